use super::*;

const PACKET: u32 = 1250; // 10,000 bits: 10 ms at 1 Mb/s

fn milliseconds(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

#[test]
fn a_packet_takes_its_bits_and_the_delay() {
    let start = Instant::now();
    let mut path = SimulatedPath::new(PathConfig::default(), 1);
    assert_eq!(path.send(start, PACKET), Some(start + milliseconds(60)));
    assert_eq!(path.queueing_delay(start), milliseconds(10));
    assert_eq!(path.queueing_delay(start + milliseconds(10)), Duration::ZERO);
}

#[test]
fn packets_wait_for_those_before_them_and_a_full_queue_drops() {
    let start = Instant::now();
    let mut path = SimulatedPath::new(PathConfig::default(), 1);
    let arrivals: Vec<_> = (0..40).map(|_| path.send(start, PACKET)).collect();
    for (place, arrival) in (1..=31).zip(&arrivals) {
        assert_eq!(*arrival, Some(start + milliseconds(10 * place + 50)));
    }
    assert!(arrivals[31..].iter().all(Option::is_none));
    assert!(path.send(start + milliseconds(10), PACKET).is_some());
}

#[test]
fn a_change_that_is_known_splits_the_packet_it_meets() {
    let start = Instant::now();
    let mut path = SimulatedPath::new(PathConfig::default(), 1);
    path.set_capacity(start + milliseconds(5), 500_000);
    assert_eq!(path.send(start, PACKET), Some(start + milliseconds(5 + 10 + 50)));
    assert_eq!(path.capacity_bps(start), 1_000_000);
    assert_eq!(path.capacity_bps(start + milliseconds(5)), 500_000);
}

#[test]
fn an_outage_holds_what_the_queue_bears_and_drops_the_rest() {
    let start = Instant::now();
    let mut path = SimulatedPath::new(PathConfig { capacity_bps: 0, ..PathConfig::default() }, 1);
    assert_eq!(path.send(start, PACKET), None, "no end of the outage is known");
    path.set_capacity(start + milliseconds(1000), 1_000_000);
    assert_eq!(path.send(start + milliseconds(100), PACKET), None);
    assert_eq!(path.send(start + milliseconds(900), PACKET), Some(start + milliseconds(1060)));
}

#[test]
fn the_share_that_is_lost_is_the_one_asked_for() {
    for (loss, mean_burst) in [(Loss::random(0.2), 1.25), (Loss::bursts(0.05, 8.0), 8.0)] {
        let config = PathConfig { capacity_bps: 1_000_000_000, loss, ..PathConfig::default() };
        let (mut path, mut now) = (SimulatedPath::new(config, 7), Instant::now());
        let (mut lost, mut bursts, mut was_lost) = (0_u32, 0_u32, false);
        for _ in 0..200_000 {
            now += milliseconds(1);
            let is_lost = path.send(now, PACKET).is_none();
            lost += u32::from(is_lost);
            bursts += u32::from(is_lost && !was_lost);
            was_lost = is_lost;
        }
        let wanted = if mean_burst > 2.0 { 0.05 } else { 0.2 };
        let share = f64::from(lost) / 200_000.0;
        assert!((share / wanted - 1.0).abs() < 0.1, "{share} of the packets were lost instead of {wanted}");
        let burst = f64::from(lost) / f64::from(bursts);
        assert!((burst / mean_burst - 1.0).abs() < 0.1, "{burst} packets were lost in a row instead of {mean_burst}");
    }
}

#[test]
fn jitter_spreads_around_the_delay_and_overtakes_only_where_it_may() {
    for reorders in [false, true] {
        let jitter = milliseconds(10);
        let config = PathConfig { capacity_bps: 1_000_000_000, jitter, reorders, ..PathConfig::default() };
        let (mut path, mut now) = (SimulatedPath::new(config, 7), Instant::now());
        let mut last = now;
        let (mut sum, mut overtaken) = (Duration::ZERO, 0);
        for _ in 0..10_000 {
            now += milliseconds(5);
            let arrival = path.send(now, PACKET).unwrap();
            assert!(arrival >= now + milliseconds(20) && arrival <= now + milliseconds(81));
            overtaken += u32::from(arrival < last);
            sum += arrival - now;
            last = arrival;
        }
        assert_eq!(overtaken > 0, reorders);
        if reorders {
            let mean = sum.as_secs_f64() / 10_000.0;
            assert!((mean - 0.05).abs() < 0.001, "the mean delay is {mean} s");
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_arrivals() {
    let start = Instant::now();
    let config = PathConfig { jitter: milliseconds(10), loss: Loss::bursts(0.1, 3.0), ..PathConfig::default() };
    let arrivals = |seed| -> Vec<_> {
        let mut path = SimulatedPath::new(config, seed);
        (0..500).map(|packet| path.send(start + milliseconds(11 * packet), PACKET)).collect()
    };
    assert_eq!(arrivals(3), arrivals(3));
    assert_ne!(arrivals(3), arrivals(4));
}
