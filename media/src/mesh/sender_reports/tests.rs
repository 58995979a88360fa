use super::*;
use crate::rtp::RtpPacket;
use rtc::interceptor::AttributedPacket;
use rtc::shared::TransportContext;
use std::time::Duration;

const AUDIO: u32 = 11;
const VIDEO: u32 = 22;

#[derive(Default)]
struct Told(Mutex<Vec<(&'static str, SenderReport)>>);

impl PeerMedia for Told {
    fn video(&self, _: RtpPacket) {}
    fn audio(&self, _: RtpPacket) {}
    fn video_report(&self, report: SenderReport) {
        lock(&self.0).push(("video", report));
    }
    fn audio_report(&self, report: SenderReport) {
        lock(&self.0).push(("audio", report));
    }
}

fn reports(now: Instant, reports: &[(u32, u32)]) -> TaggedPacket {
    let part = |&(ssrc, rtp_time): &(u32, u32)| -> Box<dyn RtcpPacket> {
        Box::new(RtcpSenderReport { ssrc, rtp_time, ntp_time: 7 << 32, packet_count: 5, ..RtcpSenderReport::default() })
    };
    TaggedPacket {
        now,
        transport: TransportContext::default(),
        message: AttributedPacket::new(Packet::Rtcp(reports.iter().map(part).collect())),
    }
}

fn interceptor(told: &Arc<Told>) -> (SenderReports, [CaptureClock; 2]) {
    let clocks = [CaptureClock::default(), CaptureClock::default()];
    let ours = [
        LocalStream { ssrc: AUDIO, clock_hz: AUDIO_CLOCK_HZ, capture: clocks[0].clone() },
        LocalStream { ssrc: VIDEO, clock_hz: VIDEO_CLOCK_HZ, capture: clocks[1].clone() },
    ];
    (SenderReports::new(ours, told.clone()), clocks)
}

fn sent(interceptor: &mut SenderReports, packet: TaggedPacket) -> Vec<RtcpSenderReport> {
    interceptor.handle_write(packet).unwrap();
    let Packet::Rtcp(parts) = interceptor.poll_write().unwrap().message.packet else { panic!("it was RTCP") };
    parts.iter().map(|part| sender_report(part.as_ref()).unwrap().clone()).collect()
}

#[test]
fn our_reports_tell_what_is_captured_at_their_time() {
    let (mut interceptor, [audio, video]) = interceptor(&Arc::default());
    let start = Instant::now();
    audio.set(u32::MAX - 479, start);
    video.set(1000, start + Duration::from_millis(20));
    let sent = sent(&mut interceptor, reports(start + Duration::from_millis(30), &[(AUDIO, 1), (VIDEO, 2), (33, 3)]));
    assert_eq!(sent[0].rtp_time, 1440 - 480, "30 ms after a timestamp that wraps around");
    assert_eq!(sent[1].rtp_time, 1000 + 900, "10 ms after the last picture was captured");
    assert_eq!(sent[2].rtp_time, 3, "of another stream nothing is known");
    assert!(sent.iter().all(|report| (report.ntp_time, report.packet_count) == (7 << 32, 5)));
}

#[test]
fn before_anything_was_sent_reports_are_left_alone() {
    let (mut interceptor, _) = interceptor(&Arc::default());
    assert_eq!(sent(&mut interceptor, reports(Instant::now(), &[(AUDIO, 1)]))[0].rtp_time, 1);
}

#[test]
fn the_peers_reports_are_handed_over_and_passed_on() {
    let told = Arc::<Told>::default();
    let (mut interceptor, _) = interceptor(&told);
    for (ssrc, clock_rate) in [(91, AUDIO_CLOCK_HZ), (92, VIDEO_CLOCK_HZ)] {
        interceptor.bind_remote_stream(&StreamInfo { ssrc, clock_rate, ..StreamInfo::default() });
    }
    interceptor.handle_read(reports(Instant::now(), &[(91, 1), (92, 2), (93, 3)])).unwrap();
    assert!(interceptor.poll_read().is_some());
    let report = |timestamp| SenderReport { ntp_time: 7 << 32, timestamp };
    assert_eq!(*lock(&told.0), [("audio", report(1)), ("video", report(2))]);
}

#[test]
fn a_peer_with_endless_streams_takes_no_memory() {
    let (mut interceptor, _) = interceptor(&Arc::default());
    for ssrc in 0..1000 {
        interceptor.bind_remote_stream(&StreamInfo { ssrc, ..StreamInfo::default() });
    }
    assert_eq!(interceptor.theirs.len(), MOST_STREAMS);
}
