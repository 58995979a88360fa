use nonet_media::audio::receive::AudioStatistics;
use nonet_media::mesh::LinkStatistics;
use nonet_media::video::receive::ReceiveStatistics;

use super::*;

const ANA: u32 = 7;

fn at(start: Instant, ms: u64) -> Instant {
    start + Duration::from_millis(ms)
}

fn nobody() -> Counts {
    Counts::default()
}

/// Counts with one other participant.
fn ana(video: ReceiveStatistics, audio: AudioStatistics, link: LinkStatistics) -> Counts {
    let statistics = RemoteStatistics { video, audio, link, latency: None, negotiations: 0 };
    let remote = RemoteCounts {
        id: ANA,
        name: "Ana".into(),
        is_connected: true,
        awaited_height: Some(720),
        layer: Some(Layer::Middle),
        wanted_bps: Some(1_500_000),
        statistics,
    };
    Counts { remotes: vec![remote], ..nobody() }
}

/// What is recorded of counts that were taken at these milliseconds.
fn recorded(counts: impl IntoIterator<Item = (u64, Counts)>) -> History {
    let start = Instant::now();
    let mut recorder = Recorder::new(start);
    for (ms, counts) in counts {
        recorder.record(at(start, ms), counts);
    }
    recorder.history().clone()
}

#[test]
fn a_record_is_due_each_second() {
    let start = Instant::now();
    let mut recorder = Recorder::new(start);
    assert!(recorder.is_due(start));
    recorder.record(start, nobody());
    assert!(!recorder.is_due(at(start, 999)) && recorder.is_due(at(start, 1000)));
}

#[test]
fn rates_are_of_the_time_that_really_passed() {
    let layer = |frames_encoded, bytes, encode_ms| {
        let mut counts = nobody();
        let encode_time_total = Duration::from_millis(encode_ms);
        counts.layers[Layer::Middle.index()] = LayerStatistics {
            width: 640,
            height: 360,
            frames_encoded,
            bytes,
            encode_time_total,
            key_frames: 1,
            ..LayerStatistics::default()
        };
        counts.targets[Layer::Middle.index()] = Some(LayerTarget { bitrate_bps: 500_000, max_fps: 30 });
        counts
    };
    let history = recorded([(200, layer(10, 9_000, 15)), (2200, layer(70, 134_000, 195))]);
    let second = history.last().unwrap();
    assert_eq!(second.ended, Duration::from_millis(2200));
    let middle = LayerSecond {
        width: 640,
        height: 360,
        fps: 30.0,
        kbps: 500.0,
        target_kbps: Some(500.0),
        encode_ms: Some(3.0),
        key_frames: 0,
        left_out: 0,
    };
    assert_eq!(second.layers, [None, Some(middle), None]);
}

#[test]
fn what_came_from_somebody_is_counted_second_by_second() {
    let counts = |packets, lost_packets, pictures_assembled, concealed_ms| {
        let video = ReceiveStatistics { packets, lost_packets, pictures_assembled, ..ReceiveStatistics::default() };
        let concealed = Duration::from_millis(concealed_ms);
        ana(video, AudioStatistics { concealed, ..AudioStatistics::default() }, LinkStatistics::default())
    };
    let history =
        recorded([(0, counts(100, 50, 10, 40)), (1000, counts(190, 60, 40, 40)), (2000, counts(190, 60, 40, 100))]);
    let of = |second: &Second| {
        let remote = second.remote(ANA).unwrap();
        (remote.fps, remote.loss, remote.concealed_ms.round())
    };
    assert_eq!(history.seconds().map(of).collect::<Vec<_>>(), [(30.0, Some(0.1), 0.0), (0.0, None, 60.0)]);
}

#[test]
fn a_link_keeps_its_rates_until_it_is_measured_again() {
    let start = Instant::now();
    let link = |measured_ms, bytes_received| LinkStatistics {
        measured_at: Some(at(start, measured_ms)),
        bytes_received,
        pictures_dropped: bytes_received / 100_000,
        ..LinkStatistics::default()
    };
    let counts = |link| ana(ReceiveStatistics::default(), AudioStatistics::default(), link);
    // The second record finds nothing new, the third two seconds' worth.
    let history = recorded([
        (0, counts(link(500, 0))),
        (1000, counts(link(1500, 100_000))),
        (2000, counts(link(1500, 100_000))),
        (3000, counts(link(3500, 350_000))),
    ]);
    let of = |second: &Second| {
        let link = second.remote(ANA).unwrap().link;
        (link.received_kbps, link.pictures_dropped)
    };
    assert_eq!(history.seconds().map(of).collect::<Vec<_>>(), [(800.0, 1), (800.0, 0), (1000.0, 2)]);
}

#[test]
fn packets_that_were_repaired_or_recovered_were_lost_on_the_way() {
    let start = Instant::now();
    let counts = |seconds: u64| {
        let video = ReceiveStatistics { packets: 100 * seconds, lost_packets: seconds, ..ReceiveStatistics::default() };
        let mut link = LinkStatistics { measured_at: Some(at(start, 1000 * seconds)), ..LinkStatistics::default() };
        link.transport.repaired_packets = 6 * seconds;
        link.transport.recovered_packets = 3 * seconds;
        link.transport.parity_bytes = 1000 * seconds;
        (1000 * seconds, ana(video, AudioStatistics::default(), link))
    };
    let history = recorded([counts(0), counts(1), counts(2)]);
    let remote = history.last().unwrap().remote(ANA).unwrap();
    assert_eq!(remote.lost_on_the_way(), (10, 101));
    assert_eq!((remote.link.recovered, remote.link.parity_kbps, remote.link.wanted_kbps), (3, 8.0, Some(1500.0)));
}

#[test]
fn a_new_connection_counts_from_zero_without_absurd_rates() {
    let start = Instant::now();
    let counts = |measured_ms, bytes_sent| {
        let measured_at = Some(at(start, measured_ms));
        let link = LinkStatistics { measured_at, bytes_sent, ..LinkStatistics::default() };
        ana(ReceiveStatistics::default(), AudioStatistics::default(), link)
    };
    let history = recorded([(0, counts(0, 9_000_000)), (1000, counts(1000, 4_000)), (2000, counts(2000, 104_000))]);
    let sent: Vec<_> = history.seconds().map(|second| second.remote(ANA).unwrap().link.sent_kbps).collect();
    assert_eq!(sent, [0.0, 800.0]);
}

#[test]
fn who_has_left_stays_in_the_seconds_that_were() {
    let somebody = ana(ReceiveStatistics::default(), AudioStatistics::default(), LinkStatistics::default());
    let history = recorded([(0, nobody()), (1000, somebody), (2000, nobody())]);
    let present: Vec<_> = history.seconds().map(|second| second.remotes.len()).collect();
    assert_eq!(present, [1, 0]);
}

#[test]
fn five_minutes_are_kept_and_no_more() {
    let history = recorded((0..400).map(|second| (second * 1000, nobody())));
    assert_eq!(history.seconds().len(), KEPT_SECONDS);
    assert_eq!(history.last().unwrap().ended, Duration::from_secs(399));
}
