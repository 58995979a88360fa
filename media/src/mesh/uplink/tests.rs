use super::*;

mod simulated;

const PEERS: u32 = 8;

fn milliseconds(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// As many links as queues, on each of which 200 kb/s arrive.
fn loads(queues_ms: &[u64]) -> Vec<LinkLoad> {
    let load = |(peer, queue_ms): (u32, &u64)| LinkLoad {
        peer: PeerId(peer),
        wanted_bps: 1_250_000,
        arriving_bps: 200_000,
        queue: milliseconds(*queue_ms),
    };
    (0..).zip(queues_ms).map(load).collect()
}

/// An uplink and its time.
struct Told {
    uplink: Uplink,
    now: Instant,
}

impl Told {
    fn new() -> Self {
        Self { uplink: Uplink::default(), now: Instant::now() }
    }

    /// Tells the same for a time.
    fn tell(&mut self, queues_ms: &[u64], lasts: Duration) {
        let until = self.now + lasts;
        while self.now < until {
            self.now += milliseconds(100);
            self.uplink.update(self.now, &loads(queues_ms));
        }
    }
}

#[test]
fn a_queue_that_most_links_see_for_a_while_tells_what_they_carry_together() {
    let mut told = Told::new();
    told.tell(&[50; PEERS as usize], milliseconds(200));
    assert_eq!(told.uplink.bps(), None, "it may be for a moment");
    told.tell(&[50; PEERS as usize], milliseconds(200));
    let bps = told.uplink.bps().unwrap();
    assert!((1_300_000..1_500_000).contains(&bps), "{bps} of 1.6 Mb/s, for the queue to drain");
    told.tell(&[0; PEERS as usize], milliseconds(200));
    assert!(told.uplink.bps().unwrap() > bps);
}

#[test]
fn links_that_are_congested_one_by_one_share_nothing() {
    let mut told = Told::new();
    told.tell(&[300], Duration::from_secs(5));
    told.tell(&[300, 0, 0, 0, 300, 300, 0, 300], Duration::from_secs(5));
    told.tell(&[], Duration::from_secs(5));
    assert_eq!(told.uplink.bps(), None);
    let estimate = LinkEstimate { momentary_bps: 70_000, steady_bps: 100_000 };
    assert_eq!(told.uplink.estimate(PeerId(0), estimate), estimate);
    assert_eq!(told.uplink.wanted_bps(900_000), 900_000);
}

#[test]
fn a_link_that_gave_way_to_others_is_taken_to_carry_its_share_unless_it_is_narrow_itself() {
    let mut told = Told::new();
    told.tell(&[300, 50, 50, 50, 50, 50, 50, 50], milliseconds(600));
    let estimate = LinkEstimate { momentary_bps: 60_000, steady_bps: 60_000 };
    assert_eq!(told.uplink.estimate(PeerId(0), estimate), estimate);
    let lifted = told.uplink.estimate(PeerId(1), estimate);
    let fair_bps = told.uplink.bps().unwrap() / PEERS;
    assert!(lifted.steady_bps >= fair_bps && lifted.steady_bps < 2 * fair_bps, "{lifted:?} of {fair_bps}");
    assert_eq!(lifted.momentary_bps, lifted.steady_bps);
    let more = LinkEstimate { momentary_bps: 900_000, steady_bps: 1_000_000 };
    assert_eq!(told.uplink.estimate(PeerId(1), more), more);
    assert_eq!(told.uplink.wanted_bps(2_000_000), lifted.steady_bps);
    told.tell(&[0; PEERS as usize], Duration::from_secs(11));
    assert!(told.uplink.estimate(PeerId(0), estimate).steady_bps > fair_bps, "that was long ago");
}

#[test]
fn what_some_do_not_want_is_left_to_the_others() {
    let mut told = Told::new();
    let mut loads = loads(&[50; PEERS as usize]);
    loads.iter_mut().skip(1).for_each(|load| load.wanted_bps = 56_000);
    loads[0].wanted_bps = 3_000_000;
    for _ in 0..6 {
        told.now += milliseconds(100);
        told.uplink.update(told.now, &loads);
    }
    let large_bps = told.uplink.wanted_bps(3_000_000);
    assert!(large_bps > told.uplink.bps().unwrap() - 7 * 56_000 && large_bps < 3_000_000, "{large_bps}");
    assert_eq!(told.uplink.wanted_bps(56_000), 56_000);
}

#[test]
fn nonsense_does_not_leave_everybody_without_anything_for_ever() {
    let mut told = Told::new();
    let nothing = |load: LinkLoad| LinkLoad { arriving_bps: 0, queue: Duration::MAX, ..load };
    let nothing: Vec<_> = loads(&[0; PEERS as usize]).into_iter().map(nothing).collect();
    for _ in 0..10 {
        told.now += milliseconds(100);
        told.uplink.update(told.now, &nothing);
    }
    let bps = told.uplink.bps().unwrap();
    assert!(bps > 100_000, "{bps}");
    told.tell(&[0; PEERS as usize], Duration::from_secs(10));
    assert!(told.uplink.bps().unwrap() > bps);
}

#[test]
fn an_uplink_that_is_no_limit_any_more_is_forgotten() {
    let mut told = Told::new();
    told.tell(&[50; PEERS as usize], milliseconds(600));
    let mut seconds = 0;
    while told.uplink.bps().is_some() {
        told.tell(&[0; PEERS as usize], Duration::from_secs(1));
        seconds += 1;
    }
    assert!((30..60).contains(&seconds), "from 1.5 to 13 Mb/s in {seconds} s");
}

#[test]
fn what_is_told_too_often_takes_no_memory() {
    let mut told = Told::new();
    for _ in 0..10_000 {
        told.now += Duration::from_micros(10);
        told.uplink.update(told.now, &loads(&[50; 8]));
    }
    assert!(told.uplink.sums.len() < 20);
}
