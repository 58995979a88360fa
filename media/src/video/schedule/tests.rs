use super::*;
use proptest::prelude::*;

fn ms(milliseconds: f64) -> Duration {
    Duration::from_secs_f64(milliseconds.max(0.0) / 1000.0)
}

/// A small generator (PCG's multiplier), so that each run sees the same network.
struct Chance(u64);

impl Chance {
    /// 0…1.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as f64 / f64::from(1_u32 << 31)
    }
}

/// One picture: captured, there, shown, in milliseconds.
#[derive(Clone, Copy, Debug)]
struct Shown {
    captured: f64,
    arrived: f64,
    shown: f64,
}

impl Shown {
    fn wait(self) -> f64 {
        self.shown - self.arrived
    }

    fn delay(self) -> f64 {
        self.shown - self.captured
    }
}

/// 30 pictures a second for some seconds, each on its way for as long as `way_ms` says, given out in order.
struct Network {
    schedule: Schedule,
    start: Instant,
    first_timestamp: u32,
    /// Of the sender's clock against ours.
    rate: f64,
    arrived: f64,
}

impl Network {
    fn new() -> Self {
        let start = Instant::now();
        Self { schedule: Schedule::new(), start, first_timestamp: u32::MAX - 90_000, rate: 1.0, arrived: 0.0 }
    }

    fn timestamp(&self, captured: f64) -> u32 {
        self.first_timestamp.wrapping_add((captured * 90.0 * self.rate).round() as i64 as u32)
    }

    fn run(&mut self, seconds: std::ops::Range<u32>, mut way_ms: impl FnMut(u32) -> f64) -> Vec<Shown> {
        let pictures = seconds.start * 30..seconds.end * 30;
        pictures
            .map(|number| {
                let captured = f64::from(number) * 1000.0 / 30.0;
                self.arrived = self.arrived.max(captured + way_ms(number));
                let due = self.schedule.arrived(self.start + ms(self.arrived), self.timestamp(captured));
                let shown = (due - self.start).as_secs_f64() * 1000.0;
                Shown { captured, arrived: self.arrived, shown }
            })
            .collect()
    }
}

/// The worst but one in twenty.
fn most(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() * 95 / 100]
}

/// How far from even the intervals between shown pictures are, in milliseconds.
fn unevenness(shown: &[Shown]) -> f64 {
    most(shown.windows(2).map(|pair| (pair[1].delay() - pair[0].delay()).abs()))
}

#[test]
fn on_a_quiet_network_no_picture_waits() {
    let (mut network, mut chance) = (Network::new(), Chance(1));
    // What encoding and the machine's other work make of it.
    let shown = network.run(0..60, |_| 8.0 + 14.0 * chance.next());
    assert!(shown.iter().all(|picture| picture.wait() < 0.01), "{:?}", network.schedule.wait());
}

#[test]
fn on_an_uneven_network_movement_is_nearly_even_and_waits_no_longer_than_it_must() {
    let (mut network, mut chance) = (Network::new(), Chance(2));
    let shown = network.run(0..60, |_| 50.0 + 80.0 * chance.next());
    let settled = &shown[300..];
    assert!(unevenness(settled) <= 18.0, "{} ms", unevenness(settled));
    let delay = most(settled.iter().map(|picture| picture.delay()));
    assert!(delay <= 50.0 + 80.0, "{delay} ms");
    let arrivals: Vec<Shown> = settled.iter().map(|picture| Shown { shown: picture.arrived, ..*picture }).collect();
    assert!(unevenness(&arrivals) > 40.0, "the network is not as uneven as the test means it to be");
}

#[test]
fn the_wait_is_gone_soon_after_the_network_is_quiet_again() {
    let (mut network, mut chance) = (Network::new(), Chance(3));
    network.run(0..20, |_| 50.0 + 100.0 * chance.next());
    assert!(network.schedule.wait() > ms(50.0));
    let shown = network.run(20..28, |_| 50.0);
    assert!(shown.last().unwrap().wait() < 0.01, "{:?}", shown.last());
}

#[test]
fn key_frames_that_take_longer_do_not_delay_the_others() {
    let mut network = Network::new();
    let shown = network.run(0..60, |number| if number % 90 == 0 { 120.0 } else { 20.0 });
    let waits = shown.iter().map(|picture| picture.wait());
    assert!(waits.fold(0.0, f64::max) < 0.01);
}

#[test]
fn a_picture_that_is_late_is_shown_at_once_and_so_are_those_behind_it() {
    let mut network = Network::new();
    let shown = network.run(0..20, |number| if number == 400 { 320.0 } else { 20.0 });
    assert!(shown[400..410].iter().all(|picture| picture.wait() < 0.01), "{:?}", &shown[398..412]);
}

#[test]
fn the_first_picture_is_shown_at_once() {
    let mut network = Network::new();
    network
        .schedule
        .follow_sound(Some(Presentation { timestamp: network.timestamp(0.0), at: network.start + ms(300.0) }));
    let shown = network.run(0..1, |_| 20.0);
    assert!(shown[0].wait() < 0.01);
}

#[test]
fn clocks_that_drift_apart_cost_nothing() {
    for rate in [0.9998, 1.0002] {
        let mut network = Network { rate, ..Network::new() };
        let shown = network.run(0..1800, |_| 30.0);
        let longest = shown.iter().map(|picture| picture.wait()).fold(0.0, f64::max);
        assert!(longest < 3.0, "{longest} ms at {rate}");
    }
}

#[test]
fn a_path_that_becomes_slower_or_faster_for_good_is_followed() {
    for ways in [[40.0, 190.0], [190.0, 40.0]] {
        let mut network = Network::new();
        network.run(0..20, |_| ways[0]);
        let shown = network.run(20..40, |_| ways[1]);
        assert!(shown[450..].iter().all(|picture| picture.wait() < 0.01), "{ways:?}: {:?}", shown.last());
        assert!(shown.iter().all(|picture| picture.wait() <= 151.0));
    }
}

#[test]
fn a_sender_that_starts_anew_is_shown_at_once() {
    let (mut network, mut chance) = (Network::new(), Chance(4));
    network.run(0..20, |_| 50.0 + 100.0 * chance.next());
    network.first_timestamp = 77;
    let shown = network.run(20..21, |_| 50.0);
    assert!(shown.iter().all(|picture| picture.wait() < 0.01), "{shown:?}");
}

#[test]
fn after_a_pause_the_past_is_forgotten() {
    let (mut network, mut chance) = (Network::new(), Chance(5));
    network.run(0..20, |_| 50.0 + 100.0 * chance.next());
    let shown = network.run(25..26, |_| 50.0);
    assert!(shown[0].wait() < 0.01, "{:?}", shown[0]);
}

#[test]
fn a_stalled_network_does_not_make_pictures_wait_once_it_goes_on() {
    let mut network = Network::new();
    network.run(0..10, |_| 30.0);
    for stalled in [20, 90] {
        // The pictures of so long come at once.
        let shown =
            network.run(
                10..20,
                |number| if number < 300 + stalled { f64::from(300 + stalled - number) * 33.333 } else { 30.0 },
            );
        assert!(shown.iter().all(|picture| picture.wait() < 0.01), "{stalled}: {:?}", shown.last());
        network = Network::new();
        network.run(0..10, |_| 30.0);
    }
}

#[test]
fn pictures_wait_for_sound_that_is_heard_later() {
    let mut network = Network::new();
    let mut shown = Vec::new();
    for second in 0..20 {
        // What is captured together is heard 140 ms and seen 30 ms later.
        let heard = Presentation {
            timestamp: network.timestamp(f64::from(second) * 1000.0),
            at: network.start + ms(f64::from(second) * 1000.0 + 140.0),
        };
        network.schedule.follow_sound(Some(heard));
        shown.extend(network.run(second..second + 1, |_| 30.0));
    }
    let delay = shown.last().unwrap().delay();
    assert!((delay - (140.0 - 30.0)).abs() < 1.0, "{delay} ms");
    // Slowly, so that movement stays even.
    assert!(unevenness(&shown) < 4.0);
    let alone = network.schedule.by_itself().unwrap();
    assert_eq!(alone.timestamp, network.timestamp(shown.last().unwrap().captured));
    assert!(alone.at < network.start + ms(shown.last().unwrap().captured + 31.0));
}

#[test]
fn sound_that_is_not_later_changes_nothing() {
    let mut network = Network::new();
    network
        .schedule
        .follow_sound(Some(Presentation { timestamp: network.timestamp(0.0), at: network.start + ms(40.0) }));
    let shown = network.run(0..20, |_| 30.0);
    assert!(shown.iter().all(|picture| picture.wait() < 0.01));
}

#[test]
fn sound_that_has_nothing_to_do_with_the_pictures_is_not_waited_for() {
    let mut network = Network::new();
    network.schedule.follow_sound(Some(Presentation { timestamp: 5, at: network.start + ms(9e6) }));
    let shown = network.run(0..20, |_| 30.0);
    assert!(shown.iter().all(|picture| picture.wait() < 0.01));
}

#[test]
fn a_pause_of_the_sender_that_the_timestamps_tell_of_is_no_jitter() {
    let mut network = Network::new();
    network.run(0..10, |_| 30.0);
    // A picture each second and a half, as of a picture that hardly changes.
    let mut waits = Vec::new();
    for second in (11..40).step_by(2) {
        let captured = f64::from(second) * 1000.0 - f64::from(second % 4) * 200.0;
        let at = network.start + ms(captured + 30.0);
        waits.push(network.schedule.arrived(at, network.timestamp(captured)) - at);
    }
    assert!(waits.iter().all(|wait| *wait < ms(0.01)), "{waits:?}");
}

proptest! {
    /// Whatever comes, a picture is shown no earlier than it is there and no later than the limit, and memory is bounded.
    #[test]
    fn every_picture_is_shown_in_time(
        pictures in prop::collection::vec((0_u64..3_000_000, any::<u32>(), any::<bool>(), any::<Option<u32>>()), 1..400),
    ) {
        let (mut schedule, start) = (Schedule::new(), Instant::now());
        let (mut now, mut last) = (start, 0_u32);
        for (later_us, timestamp, is_wild, sound) in pictures {
            now += Duration::from_micros(later_us % if is_wild { 3_000_000 } else { 70_000 });
            last = if is_wild { timestamp } else { last.wrapping_add(timestamp % 6000) };
            schedule.follow_sound(sound.map(|sound| Presentation {
                timestamp: last.wrapping_add(sound % 180_000),
                at: start + Duration::from_micros(u64::from(sound)),
            }));
            let due = schedule.arrived(now, last);
            prop_assert!(due >= now && due <= now + LONGEST_WAIT);
            prop_assert!(schedule.wait() <= LONGEST_WAIT + ms(1.0));
            prop_assert!(schedule.stream.as_ref().is_some_and(|stream| stream.arrivals.len() <= MOST_ARRIVALS));
        }
    }
}
