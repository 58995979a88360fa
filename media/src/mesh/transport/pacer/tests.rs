use super::*;

const MS: Duration = Duration::from_millis(1);
/// A packet of this length takes a millisecond at a megabit per second.
const BYTES: u32 = 125;

fn cluster() -> ProbeCluster {
    ProbeCluster(7)
}

fn name(release: &Release<&'static str>) -> &'static str {
    match release {
        Release::Packet { packet, .. } => packet,
        Release::Padding { .. } => "padding",
    }
}

fn all(pacer: &mut Pacer<&'static str>, now: Instant) -> Vec<&'static str> {
    std::iter::from_fn(|| pacer.pop(now).as_ref().map(name)).collect()
}

#[test]
fn sound_leaves_first_then_retransmissions_then_pictures() {
    let mut pacer = Pacer::new(1_000_000);
    let now = Instant::now();
    for (class, packet) in [
        (Class::Video, "picture"),
        (Class::Retransmission, "again"),
        (Class::Audio, "sound"),
        (Class::Audio, "sound too"),
    ] {
        pacer.push(now, class, BYTES, packet).unwrap();
    }
    assert_eq!(all(&mut pacer, now), ["sound", "sound too", "again", "picture"]);
    assert_eq!(pacer.queued_bytes(), 0);
}

#[test]
fn a_burst_leaves_at_once_and_the_rest_at_its_pace() {
    let mut pacer = Pacer::new(1_000_000);
    let start = Instant::now();
    for _ in 0..20 {
        pacer.push(start, Class::Video, BYTES, "picture").unwrap();
    }
    assert_eq!(all(&mut pacer, start).len(), 6, "the first, and what falls due within the burst");
    let mut left_at = Vec::new();
    while let Some(at) = pacer.next_at(start) {
        assert!(pacer.pop(at - MS / 10).is_none(), "not before its time");
        left_at.extend(all(&mut pacer, at).iter().map(|_| (at - start).as_millis()));
    }
    assert_eq!(left_at, (1..=14).collect::<Vec<_>>());
}

#[test]
fn sound_does_not_wait_for_a_key_frame() {
    let mut pacer = Pacer::new(100_000);
    let now = Instant::now();
    for _ in 0..100 {
        pacer.push(now, Class::Video, 1200, "picture").unwrap();
    }
    all(&mut pacer, now);
    for past in 0..50 {
        let now = now + past * MS;
        pacer.push(now, Class::Audio, BYTES, "sound").unwrap();
        assert_eq!(pacer.next_at(now), Some(now));
        assert_eq!(pacer.pop(now).as_ref().map(name), Some("sound"));
    }
}

#[test]
fn nothing_waits_much_longer_than_it_is_of_use() {
    let mut pacer = Pacer::new(100_000);
    let start = Instant::now();
    for _ in 0..100 {
        pacer.push(start, Class::Video, 1200, "picture").unwrap();
    }
    let mut now = start;
    while let Some(at) = pacer.next_at(now) {
        now = at.max(now);
        all(&mut pacer, now);
    }
    assert!(now - start <= LONGEST_WAIT + SHORTEST_EMPTYING, "{:?}", now - start);
    assert!(now - start >= LONGEST_WAIT / 2, "and yet it is no single burst: {:?}", now - start);
}

#[test]
fn a_pause_saves_nothing_up() {
    let mut pacer = Pacer::new(1_000_000);
    let start = Instant::now();
    pacer.push(start, Class::Video, BYTES, "picture").unwrap();
    all(&mut pacer, start);
    let later = start + 1000 * MS;
    for _ in 0..20 {
        pacer.push(later, Class::Video, BYTES, "picture").unwrap();
    }
    assert_eq!(all(&mut pacer, later).len(), 6);
}

#[test]
fn another_pace_holds_also_for_what_has_left() {
    let mut pacer = Pacer::new(100_000);
    let now = Instant::now();
    for _ in 0..2 {
        pacer.push(now, Class::Video, 1250, "picture").unwrap();
    }
    assert_eq!(all(&mut pacer, now).len(), 1, "100 ms of it");
    assert_eq!(pacer.next_at(now), Some(now + 95 * MS));
    pacer.set_pace(now, 1_000_000);
    assert_eq!(pacer.next_at(now), Some(now + 5 * MS));
}

#[test]
fn too_many_packets_are_refused() {
    let mut pacer = Pacer::new(1);
    let now = Instant::now();
    for _ in 0..MAX_PACKETS {
        pacer.push(now, Class::Video, BYTES, "picture").unwrap();
    }
    assert_eq!(pacer.push(now, Class::Video, BYTES, "refused"), Err("refused"));
}

#[test]
fn a_probe_sends_what_there_is_and_fills_up_with_padding_at_its_own_pace() {
    let mut pacer = Pacer::new(100_000);
    let start = Instant::now();
    pacer.begin_probe(Probe { cluster: cluster(), bps: 10_000_000, packets: 5, bytes: 12_500 });
    for _ in 0..3 {
        pacer.push(start, Class::Video, 1250, "picture").unwrap();
    }
    let (mut sent, mut now) = (Vec::new(), start);
    while pacer.is_probing() {
        now = pacer.next_at(now).expect("a probe goes on until it is over");
        while let Some(release) = pacer.pop(now) {
            let (name, probe) = match release {
                Release::Packet { packet, probe, .. } => (packet, probe),
                Release::Padding { probe } => {
                    pacer.padded(now, 1250);
                    ("padding", Some(probe))
                }
            };
            assert_eq!(probe, Some(cluster()));
            sent.push((name, (now - start).as_millis()));
        }
    }
    assert_eq!(sent.iter().map(|(_, at)| *at).collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
    assert!(
        sent[..3].iter().all(|(name, _)| *name == "picture") && sent[3..].iter().all(|(name, _)| *name == "padding")
    );
    assert_eq!(pacer.next_at(now), None);
}

#[test]
fn a_probe_that_nothing_is_sent_for_is_given_up() {
    let mut pacer = Pacer::<()>::new(100_000);
    let start = Instant::now();
    pacer.begin_probe(Probe { cluster: cluster(), bps: 1_000_000, packets: 5, bytes: 12_500 });
    assert!(matches!(pacer.pop(start), Some(Release::Padding { .. })));
    pacer.padded(start, 100);
    assert!(pacer.pop(start + PROBE_TAKES_AT_MOST + MS).is_none());
    assert!(!pacer.is_probing() && pacer.next_at(start).is_none());
}

#[test]
fn an_empty_pacer_wants_no_timer() {
    let mut pacer = Pacer::new(1_000_000);
    let now = Instant::now();
    assert_eq!(pacer.next_at(now), None);
    pacer.push(now, Class::Video, 100_000, "picture").unwrap();
    pacer.pop(now);
    assert_eq!(pacer.next_at(now), None);
}
