//! Both ends of a link over a simulated path, in virtual time.

mod ends;
mod events;
mod profiles;

use std::time::Duration;

use super::super::simulated_path::{Loss, PathConfig};
use super::round_trip::repair_wait;
use ends::{AUDIO_SSRC, Ends, Setup, VIDEO_SSRC};

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

fn path(round_trip: Duration) -> PathConfig {
    PathConfig { capacity_bps: 10_000_000, delay: round_trip / 2, ..PathConfig::default() }
}

fn lossy(round_trip: Duration, share: f64) -> PathConfig {
    PathConfig { loss: Loss::random(share), ..path(round_trip) }
}

#[test]
fn nothing_that_is_lost_is_left_unrepaired() {
    for takes_retransmissions in [true, false] {
        let mut ends = Ends::new(Setup { takes_retransmissions, ..Setup::over(lossy(50 * MS, 0.05)) });
        ends.meet(30 * SECOND, 1_000_000);
        assert!(ends.lost > 100, "{} packets were lost", ends.lost);
        let (sent, repair_times) = ends.video_delays();
        assert_eq!(sent - repair_times.len(), 0, "packets never came");
        let longest = repair_times.iter().max().unwrap();
        // Noticed with the next picture, asked for as long as anybody waits, and paced both times.
        assert!(*longest < repair_wait(50 * MS) + 75 * MS, "{longest:?}: later than anybody waits");
    }
}

#[test]
fn repairs_make_no_storm() {
    for (round_trip, share) in [(20 * MS, 0.05), (50 * MS, 0.2), (300 * MS, 0.1)] {
        let mut ends = Ends::new(Setup::over(lossy(round_trip, share)));
        ends.meet(60 * SECOND, 1_000_000);
        let (lost, again) = (ends.lost_video, ends.sender.counters().retransmitted_packets);
        assert!(lost > 200, "{lost} packets were lost");
        assert!(again * 100 <= lost * 115, "{again} were sent again for {lost}");
        assert!(ends.doubled * 100 <= lost * 15, "{} of {lost} came twice", ends.doubled);
    }
}

#[test]
fn a_path_that_reorders_is_not_taken_for_one_that_loses() {
    let jitter = PathConfig { jitter: 4 * MS, reorders: true, ..path(50 * MS) };
    let mut ends = Ends::new(Setup::over(jitter));
    ends.meet(30 * SECOND, 1_000_000);
    let (sent, _) = ends.video_delays();
    let again = ends.sender.counters().retransmitted_packets;
    assert!(again * 100 <= sent as u64, "{again} of {sent} were sent again, none was lost");
}

#[test]
fn sound_does_not_wait_for_a_key_frame() {
    let mut ends = Ends::new(Setup::over(path(50 * MS)));
    for round in 0..10 {
        ends.video(150);
        for _ in 0..10 {
            ends.audio();
            ends.run(20 * MS);
        }
        assert!(ends.longest_wait(AUDIO_SSRC) <= 5 * MS, "in round {round}");
    }
    assert!(ends.longest_wait(VIDEO_SSRC) > 100 * MS, "the key frames did wait");
}

#[test]
fn an_idle_link_wants_no_timers() {
    let mut ends = Ends::new(Setup::over(lossy(50 * MS, 0.05)));
    ends.meet(5 * SECOND, 1_000_000);
    ends.run(3 * SECOND);
    let now = ends.now();
    assert_eq!((ends.sender.next_at(now), ends.receiver.next_at()), (None, None));
    // And goes on when there is something to send.
    ends.meet(5 * SECOND, 1_000_000);
    assert!(ends.sender.next_at(ends.now()).is_some());
}

#[test]
fn a_packet_that_is_sent_again_in_its_own_stream_stays_as_it_was() {
    let mut ends = Ends::new(Setup { takes_retransmissions: false, ..Setup::over(lossy(50 * MS, 0.1)) });
    ends.meet(20 * SECOND, 1_000_000);
    assert!(ends.sender.counters().retransmitted_packets > 50);
    let mut departures = std::collections::HashMap::new();
    for departure in &ends.departures {
        let same = departures.entry((departure.packet.ssrc, departure.packet.sequence_number)).or_insert(departure);
        assert_eq!(*same, departure, "other bytes under the same nonce");
    }
}

#[test]
fn transmissions_are_numbered_without_gaps_and_packets_never_repeat_in_a_stream() {
    let mut ends = Ends::new(Setup::over(lossy(50 * MS, 0.1)));
    ends.meet(20 * SECOND, 1_000_000);
    let numbers: Vec<_> = ends.departures.iter().map(|departure| departure.number.unwrap()).collect();
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0].wrapping_add(1)));
    let mut seen = std::collections::HashSet::new();
    for departure in &ends.departures {
        assert!(seen.insert((departure.packet.ssrc, departure.packet.sequence_number)));
    }
}

#[test]
fn a_peer_that_asks_for_everything_again_and_again_does_not_get_it() {
    let mut ends = Ends::new(Setup::over(path(50 * MS)));
    ends.meet(SECOND, 1_000_000);
    let now = ends.now();
    for _ in 0..100 {
        ends.sender.retransmit(now, VIDEO_SSRC, 0..=u16::MAX);
    }
    let bytes = ends.sender.counters().retransmitted_bytes;
    let share = u64::from(ends.sender.estimate_bps().unwrap()) / 2 / 8 / 4;
    assert!(
        bytes <= share + 1500,
        "{bytes} bytes in one instant; half of the estimate for a quarter of a second is {share}"
    );
}

#[test]
fn a_peer_without_numbers_gets_packets_and_repairs_all_the_same() {
    let mut ends = Ends::new(Setup { takes_numbers: false, ..Setup::over(lossy(50 * MS, 0.05)) });
    ends.meet(10 * SECOND, 1_000_000);
    let (sent, came) = ends.video_delays();
    assert_eq!(sent, came.len());
    assert!(ends.sender.estimate_bps().is_none());
}

#[test]
fn the_estimate_finds_out_what_the_path_carries_and_follows_it_down() {
    let capacity = PathConfig { capacity_bps: 3_000_000, ..path(50 * MS) };
    let mut ends = Ends::new(Setup::over(capacity));
    let now = ends.now();
    ends.sender.set_wanted(now, 4_000_000);
    ends.follow(3 * SECOND);
    let before = ends.sender.estimate_bps().unwrap();
    assert!(before > 2_200_000, "{before} b/s of 3 Mb/s after 3 s from 1 Mb/s");
    let now = ends.now();
    ends.path.set_capacity(now, 500_000);
    ends.follow(3 * SECOND);
    let after = ends.sender.estimate_bps().unwrap();
    assert!(after < 550_000, "{after} b/s of 500 kb/s after 3 s");
    assert!(after > 250_000, "{after} b/s of 500 kb/s after 3 s");
}

#[test]
fn losses_are_repaired_where_the_estimate_sets_the_bitrate() {
    let mut ends = Ends::new(Setup::over(PathConfig { capacity_bps: 2_000_000, ..lossy(80 * MS, 0.05) }));
    let now = ends.now();
    ends.sender.set_wanted(now, 4_000_000);
    ends.follow(20 * SECOND);
    let (sent, came) = ends.video_delays();
    let in_time = came.iter().filter(|delay| **delay < 500 * MS).count();
    let (lost, again) = (ends.lost_video, ends.sender.counters().retransmitted_packets);
    assert!(in_time * 1000 >= sent * 998, "{in_time} of {sent} in time");
    assert!(again * 100 <= lost * 115, "{again} were sent again for {lost}");
}

/// Ways of 300 ms to and fro: what they lose, and by how much the share of pictures that are whole within a round trip is to
/// be larger with parity.
fn long_ways() -> [(Loss, f64); 4] {
    [
        (Loss::random(0.05), 0.1),
        (Loss::random(0.1), 0.2),
        (Loss::bursts(0.05, 3.0), 0.02),
        (Loss::bursts(0.1, 3.0), 0.08),
    ]
}

#[test]
fn parity_brings_most_of_what_is_lost_without_a_round_trip() {
    const ROUND_TRIP: Duration = Duration::from_millis(300);
    for (loss, gain) in long_ways() {
        let [with, without] = [true, false].map(|takes_parity| {
            let path = PathConfig { capacity_bps: 2_000_000, loss, ..path(ROUND_TRIP) };
            let mut ends = Ends::new(Setup { takes_parity, ..Setup::over(path) });
            ends.meet(60 * SECOND, 1_000_000);
            let counters = ends.sender.counters();
            let bytes = counters.parity_bytes + counters.video_bytes_gone;
            assert!(counters.parity_bytes * 100 <= bytes * 31, "three tenths of all at most");
            [ROUND_TRIP, ROUND_TRIP / 2 + repair_wait(ROUND_TRIP)].map(|within| ends.whole_pictures(within))
        });
        let figures =
            format!("{loss:?}: whole within a round trip, and in time: {with:.4?}, without parity {without:.4?}");
        assert!(with[0] > without[0] + gain, "{figures}");
        assert!(with[1] > without[1] && with[1] > 0.985, "{figures}");
    }
}

#[test]
fn parity_leaves_the_link_its_room_and_little_to_ask_for() {
    const ROUND_TRIP: Duration = Duration::from_millis(300);
    let [with, without] = [true, false].map(|takes_parity| {
        let path = PathConfig { capacity_bps: 2_000_000, ..lossy(ROUND_TRIP, 0.05) };
        let mut ends = Ends::new(Setup { takes_parity, ..Setup::over(path) });
        let now = ends.now();
        ends.sender.set_wanted(now, 4_000_000);
        ends.follow(60 * SECOND);
        let counters = ends.sender.counters();
        let whole = ends.whole_pictures(ROUND_TRIP);
        (whole, counters.retransmitted_packets, ends.longest_wait(AUDIO_SSRC))
    });
    assert!(with.0 > 0.9 && with.0 > without.0 + 0.1, "{} are whole in time, without parity {}", with.0, without.0);
    assert!(with.1 * 2 < without.1, "{} were sent again, without parity {}", with.1, without.1);
    assert!(with.2 < MS, "sound waits for {:?}", with.2);
}

#[test]
fn nothing_is_spent_on_parity_where_little_is_lost_or_the_way_is_short() {
    for (round_trip, share) in [(300 * MS, 0.0), (300 * MS, 0.01), (20 * MS, 0.1), (80 * MS, 0.05)] {
        let mut ends = Ends::new(Setup::over(lossy(round_trip, share)));
        ends.meet(30 * SECOND, 1_000_000);
        let (sender, receiver) = (ends.sender.counters(), ends.receiver.counters());
        assert_eq!((sender.parity_packets, receiver.recovered_packets), (0, 0), "{round_trip:?}, {share}");
        assert_eq!(ends.sender.parity_share(), 0.0);
    }
}
