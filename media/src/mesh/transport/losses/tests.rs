use super::*;
use proptest::prelude::*;

const MS: Duration = Duration::from_millis(1);
const ROUND_TRIP: Duration = Duration::from_millis(50);

/// Losses of a stream of which these packets came at once.
fn after(numbers: impl IntoIterator<Item = u16>, now: Instant) -> Losses {
    let mut losses = Losses::default();
    for number in numbers {
        losses.arrived(now, number, false);
    }
    losses
}

#[test]
fn nothing_is_asked_for_while_nothing_is_missing() {
    let now = Instant::now();
    let mut losses = after([0xfffe, 0xffff, 0, 1], now);
    assert_eq!(losses.next_at(), None);
    assert!(losses.requests(now, ROUND_TRIP).is_empty());
}

#[test]
fn what_is_missing_is_asked_for_at_once() {
    let now = Instant::now();
    let mut losses = after([0xfffe, 1], now);
    assert_eq!(losses.next_at(), Some(now));
    assert_eq!(losses.requests(now, ROUND_TRIP), [0xffff, 0]);
}

#[test]
fn it_is_asked_for_again_when_no_answer_comes_and_until_nobody_waits_for_it() {
    let start = Instant::now();
    let mut losses = after([1, 3], start);
    let mut asked_at = Vec::new();
    while let Some(at) = losses.next_at() {
        asked_at.extend(losses.requests(at, ROUND_TRIP).iter().map(|_| (at - start).as_millis()));
    }
    assert_eq!(asked_at, [0, 75, 150, 225, 300, 375], "until twice 190 ms have passed");
}

#[test]
fn how_long_an_answer_takes_is_learnt() {
    let start = Instant::now();
    let mut losses = Losses::default();
    let mut now = start;
    // A round trip of 50 ms, and queues of 30 ms.
    for number in (0..200).step_by(2) {
        losses.arrived(now, number, false);
        losses.arrived(now, number + 2, false);
        losses.requests(now, ROUND_TRIP);
        now += 80 * MS;
        assert!(losses.requests(now, ROUND_TRIP).is_empty() || number == 0, "the answer is on its way");
        losses.arrived(now + MS / 10, number + 1, true);
    }
    losses.arrived(now, 202, false);
    losses.requests(now, ROUND_TRIP);
    let retry = losses.next_at().unwrap() - now;
    assert!(retry > 80 * MS && retry < 100 * MS, "{retry:?}");
}

#[test]
fn an_answer_faster_than_the_smoothed_round_trip_is_not_taken_for_a_slow_one_to_the_request_before() {
    let start = Instant::now();
    let smoothed = ROUND_TRIP + 10 * MS;
    let mut losses = after([1, 3], start);
    losses.requests(start, smoothed);
    let asked_again_at = losses.next_at().unwrap();
    losses.requests(asked_again_at, smoothed);
    let now = asked_again_at + ROUND_TRIP;
    losses.arrived(now, 2, true);
    losses.arrived(now, 5, false);
    losses.requests(now, smoothed);
    let retry = losses.next_at().unwrap() - now;
    assert!(retry <= 3 * ROUND_TRIP, "{retry:?}");
}

#[test]
fn a_short_round_trip_makes_no_storm() {
    let start = Instant::now();
    let mut losses = after([1, 3], start);
    let mut requests = 0;
    while let Some(at) = losses.next_at() {
        requests += losses.requests(at, MS).len();
    }
    assert_eq!(requests, 10, "each 20 ms for 200 ms");
}

#[test]
fn what_has_come_is_not_asked_for_any_more() {
    let now = Instant::now();
    for is_retransmission in [false, true] {
        let mut losses = after([1, 3], now);
        losses.requests(now, ROUND_TRIP);
        assert_eq!(losses.arrived(now + ROUND_TRIP, 2, is_retransmission), Arrival::New);
        assert_eq!(losses.next_at(), None);
        assert_eq!(losses.arrived(now + ROUND_TRIP, 2, is_retransmission), Arrival::Old);
    }
}

#[test]
fn a_retransmission_of_what_is_there_is_old() {
    let now = Instant::now();
    let mut losses = after([1, 2, 3], now);
    assert_eq!(losses.arrived(now, 2, true), Arrival::Old);
    assert_eq!(
        losses.arrived(now, 4, true),
        Arrival::New,
        "the packet itself may be lost and this one faster than the next"
    );
}

#[test]
fn on_a_path_that_reorders_requests_wait_for_what_overtook() {
    let now = Instant::now();
    let mut losses = after([1, 4, 2, 3], now);
    assert_eq!(losses.tolerance, 2);
    losses.arrived(now, 6, false);
    assert!(losses.requests(now, ROUND_TRIP).is_empty());
    assert_eq!(losses.next_at(), Some(now + REORDERING_TAKES));
    losses.arrived(now + MS, 7, false);
    assert!(losses.requests(now + MS, ROUND_TRIP).is_empty());
    losses.arrived(now + MS, 8, false);
    assert_eq!(losses.requests(now + MS, ROUND_TRIP), [5]);
}

#[test]
fn reordering_is_forgotten() {
    let now = Instant::now();
    let mut losses = after([1, 3, 2], now);
    assert_eq!(losses.tolerance, 1);
    for number in 4..4 + FORGET_REORDERING_AFTER as u16 {
        losses.arrived(now, number, false);
    }
    assert_eq!(losses.tolerance, 0);
}

#[test]
fn a_gap_that_is_too_large_is_not_repaired() {
    let now = Instant::now();
    let mut losses = after([1], now);
    assert_eq!(losses.arrived(now, 1 + MAX_MISSING as u16, false), Arrival::New);
    assert_eq!(losses.requests(now, ROUND_TRIP).len(), MAX_MISSING - 1);
    assert_eq!(losses.arrived(now, 3000, false), Arrival::FarAhead);
    assert_eq!(losses.next_at(), None);
    assert_eq!(losses.arrived(now, 3001, false), Arrival::New);
}

#[test]
fn many_gaps_are_bounded_as_well() {
    let now = Instant::now();
    let mut losses = Losses::default();
    let far = (0..2000).filter(|place| losses.arrived(now, place * 4, false) == Arrival::FarAhead).count();
    assert!(far > 0 && losses.missing.len() <= MAX_MISSING);
}

proptest! {
    #[test]
    fn any_packets_are_borne(packets in proptest::collection::vec((any::<u16>(), any::<bool>(), 0u64..30), 0..300)) {
        let mut now = Instant::now();
        let mut losses = Losses::default();
        for (number, is_retransmission, pause) in packets {
            now += pause as u32 * MS;
            losses.arrived(now, number, is_retransmission);
            losses.requests(now, ROUND_TRIP);
            prop_assert!(losses.missing.len() <= MAX_MISSING);
            prop_assert!(losses.next_at().is_none_or(|at| at > now));
        }
    }
}

#[test]
fn what_parity_may_bring_is_asked_for_later() {
    let start = Instant::now();
    let mut losses = after([1], start);
    losses.set_protected(true);
    losses.arrived(start, 4, false);
    losses.arrived(start + MS, 5, false);
    assert_eq!(losses.next_at(), Some(start + PARITY_TAKES));
    assert!(losses.recovered(start + 2 * MS, 2) && !losses.recovered(start + 2 * MS, 2));
    assert_eq!(losses.requests(start + PARITY_TAKES, ROUND_TRIP), [3]);
}

#[test]
fn what_parity_did_not_bring_is_asked_for_at_once() {
    let now = Instant::now();
    let mut losses = after([1], now);
    losses.set_protected(true);
    losses.arrived(now, 6, false);
    losses.not_recovered(now + MS, &[0, 1, 3, 5]);
    assert_eq!(losses.requests(now + MS, ROUND_TRIP), [3, 5]);
    losses.not_recovered(now + 2 * MS, &[3, 5]);
    assert!(losses.requests(now + 2 * MS, ROUND_TRIP).is_empty(), "the answer is on its way");
}

#[test]
fn a_packet_out_of_parity_may_be_ahead_of_all_and_tells_nothing_of_the_order() {
    let now = Instant::now();
    let mut losses = after([1], now);
    losses.set_protected(true);
    assert!(losses.recovered(now, 3), "nobody knew yet that it was missing");
    assert!(losses.recovered(now, 2));
    assert_eq!((losses.next_at(), losses.tolerance), (None, 0));
    assert_eq!(losses.arrived(now, 3, true), Arrival::Old);
    assert!(!losses.recovered(now, 5000), "that is no packet of this time");
}
