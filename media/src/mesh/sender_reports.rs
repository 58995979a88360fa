//! Makes sender reports tell when things were captured, and hands the peer's reports over.
//!
//! The stack's reports say when packets passed by, which is after capturing, encoding and queueing, and later for sound, of
//! which 20 ms are gathered first, than for pictures. Synchronised by these, pictures and voice would be apart by the
//! difference. So the RTP timestamp of each outgoing report is replaced by the one that something captured at the report's
//! time would have (RFC 3550 §6.4.1 asks for just that).

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use rtc::interceptor::{Interceptor, Packet, Slot, StreamInfo, TaggedPacket};
use rtc::rtcp::Packet as RtcpPacket;
use rtc::rtcp::sender_report::SenderReport as RtcpSenderReport;
use rtc::sansio::Protocol;
use rtc::shared::error::Error;

use super::PeerMedia;
use crate::lock::lock;
use crate::rtp::{AUDIO_CLOCK_HZ, SenderReport, VIDEO_CLOCK_HZ};

/// Streams of either side that are known at most; a connection has two.
const MOST_STREAMS: usize = 8;

/// Nearer to the wire than what makes the reports.
pub(super) fn slot() -> Slot {
    Slot::from(usize::from(Slot::SenderReport) - 250)
}

/// When what a stream sent last was captured. Clones are of the same stream.
#[derive(Clone, Debug, Default)]
pub(super) struct CaptureClock(Arc<Mutex<Option<(u32, Instant)>>>);

impl CaptureClock {
    /// What has this timestamp is being sent.
    pub fn set(&self, timestamp: u32, captured_at: Instant) {
        *lock(&self.0) = Some((timestamp, captured_at));
    }

    /// The timestamp of what is captured now.
    fn timestamp(&self, now: Instant, clock_hz: u32) -> Option<u32> {
        let (timestamp, captured_at) = (*lock(&self.0))?;
        let ticks = now.saturating_duration_since(captured_at).as_micros() * u128::from(clock_hz) / 1_000_000;
        // Timestamps wrap around.
        Some(timestamp.wrapping_add(ticks as u32))
    }
}

/// One of our own streams.
#[derive(Clone, Debug)]
pub(super) struct LocalStream {
    pub ssrc: u32,
    pub clock_hz: u32,
    pub capture: CaptureClock,
}

/// See the module's description.
pub(super) struct SenderReports {
    ours: [LocalStream; 2],
    /// The peer's streams by SSRC, with their clock rates, by which sound and pictures are told apart.
    theirs: Vec<(u32, u32)>,
    media: Arc<dyn PeerMedia>,
    inbound: VecDeque<TaggedPacket>,
    outbound: VecDeque<TaggedPacket>,
}

impl SenderReports {
    pub fn new(ours: [LocalStream; 2], media: Arc<dyn PeerMedia>) -> Self {
        Self { ours, theirs: Vec::new(), media, inbound: VecDeque::new(), outbound: VecDeque::new() }
    }

    /// The report with the timestamp of what is captured at its time.
    fn mended(&self, report: &RtcpSenderReport, now: Instant) -> Option<RtcpSenderReport> {
        let stream = self.ours.iter().find(|stream| stream.ssrc == report.ssrc)?;
        Some(RtcpSenderReport { rtp_time: stream.capture.timestamp(now, stream.clock_hz)?, ..report.clone() })
    }
}

fn sender_report(part: &dyn RtcpPacket) -> Option<&RtcpSenderReport> {
    part.as_any().downcast_ref()
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for SenderReports {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, packet: TaggedPacket) -> Result<(), Error> {
        if let Packet::Rtcp(parts) = &packet.message.packet {
            for report in parts.iter().filter_map(|part| sender_report(part.as_ref())) {
                let clock_hz = self.theirs.iter().find(|(ssrc, _)| *ssrc == report.ssrc).map(|(_, clock_hz)| *clock_hz);
                let report = SenderReport { ntp_time: report.ntp_time, timestamp: report.rtp_time };
                match clock_hz {
                    Some(AUDIO_CLOCK_HZ) => self.media.audio_report(report),
                    Some(VIDEO_CLOCK_HZ) => self.media.video_report(report),
                    _ => {}
                }
            }
        }
        self.inbound.push_back(packet);
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.inbound.pop_front()
    }

    fn handle_write(&mut self, mut packet: TaggedPacket) -> Result<(), Error> {
        if let Packet::Rtcp(parts) = &mut packet.message.packet {
            for part in parts {
                if let Some(mended) = sender_report(part.as_ref()).and_then(|report| self.mended(report, packet.now)) {
                    *part = Box::new(mended);
                }
            }
        }
        self.outbound.push_back(packet);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.outbound.pop_front()
    }
}

impl Interceptor for SenderReports {
    fn bind_local_stream(&mut self, _: &StreamInfo) {}
    fn unbind_local_stream(&mut self, _: &StreamInfo) {}

    fn bind_remote_stream(&mut self, info: &StreamInfo) {
        self.unbind_remote_stream(info);
        if self.theirs.len() < MOST_STREAMS {
            self.theirs.push((info.ssrc, info.clock_rate));
        }
    }

    fn unbind_remote_stream(&mut self, info: &StreamInfo) {
        self.theirs.retain(|(ssrc, _)| *ssrc != info.ssrc);
    }
}
