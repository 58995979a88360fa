//! Sends what the fan-out queued for one link: sound before pictures, each stream under its own numbers.
//!
//! Payloads are shared by all links; only the header is this link's own, so that numbers go on when its layer changes. When the
//! transport has as many pictures as it can send in time, others wait here, where they can still be left out whole.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rtc::rtp::{Packet, header::Header};
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::media_stream::track_local::{TrackLocal, TrackLocalEvent};

use super::fan_out::{LinkQueues, QueuedPicture};
use super::level;
use super::sender_reports::{CaptureClock, LocalStream};
use super::transport::{TransportLink, wire_bytes};
use crate::audio::audio_level::AudioLevel;
use crate::rtp::AudioPacket;

/// When nothing has left for so long although there was enough, what the transport was handed is taken to be lost.
const LOST_AFTER: Duration = Duration::from_millis(500);

/// What both sides have agreed on for a stream; it may be the other side's choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Agreed {
    pub payload_type: u8,
    /// Under which packets tell the level of their sound; `None` where they do not.
    pub level_extension: Option<u8>,
}

/// One outgoing RTP stream.
pub(super) struct Stream {
    track: Arc<TrackLocalStaticRTP>,
    ssrc: u32,
    capture: CaptureClock,
    agreed: Agreed,
    sequence_number: u16,
}

impl Stream {
    pub fn new(track: Arc<TrackLocalStaticRTP>, stream: &LocalStream, agreed: Agreed) -> Self {
        let LocalStream { ssrc, capture, .. } = stream.clone();
        Self { track, ssrc, capture, agreed, sequence_number: rand::random() }
    }

    /// Hands one packet to the stack; waits while its queue is full. An error means the connection is closing, whose
    /// owner ends this task.
    async fn send(&mut self, timestamp: u32, marker: bool, level: Option<AudioLevel>, payload: Bytes) {
        let mut header = Header {
            version: 2,
            marker,
            payload_type: self.agreed.payload_type,
            sequence_number: self.sequence_number,
            timestamp,
            ssrc: self.ssrc,
            ..Header::default()
        };
        if let (Some(extension), Some(level)) = (self.agreed.level_extension, level) {
            level::put(&mut header, extension, level);
        }
        self.sequence_number = self.sequence_number.wrapping_add(1);
        if let Err(error) = self.track.write_rtp(Packet { header, payload }).await {
            tracing::debug!(%error, "a packet was not sent");
        }
    }

    async fn send_sound(&mut self, packet: &AudioPacket) {
        self.capture.set(packet.timestamp, packet.captured_at);
        self.send(packet.timestamp, false, Some(packet.level), packet.payload.clone()).await;
    }
}

/// Sends until the link is removed from the fan-out.
pub(super) async fn run(mut queues: LinkQueues, mut video: Stream, mut audio: Stream, link: Arc<TransportLink>) {
    // Bytes on the wire of pictures that the transport was handed.
    let mut handed = link.video_bytes_gone();
    loop {
        let has_enough = link.is_enough(handed.saturating_sub(link.video_bytes_gone()));
        tokio::select! {
            biased;
            packet = queues.audio.recv() => match packet {
                Some(packet) => audio.send_sound(&packet).await,
                None => return,
            },
            left = tokio::time::timeout(LOST_AFTER, link.video_left()), if has_enough => {
                if left.is_err() {
                    handed = link.video_bytes_gone();
                }
            }
            queued = queues.video.recv(), if !has_enough => {
                let Some(queued) = queued else { return };
                if !queues.is_wanted(&queued) {
                    continue;
                }
                let QueuedPicture { picture, timestamp, .. } = queued;
                video.capture.set(timestamp, picture.captured_at);
                let last = picture.payloads.len().saturating_sub(1);
                for (index, payload) in picture.payloads.iter().enumerate() {
                    while let Ok(packet) = queues.audio.try_recv() {
                        audio.send_sound(&packet).await;
                    }
                    handed += u64::from(wire_bytes(payload.len()));
                    video.send(timestamp, index == last, None, payload.clone()).await;
                }
            }
        }
    }
}

/// Calls `wanted` for each request for a key frame of the track, until the connection closes.
pub(super) async fn listen_for_key_frame_requests(track: Arc<TrackLocalStaticRTP>, wanted: impl Fn() + Send) {
    // The chain lets nothing but these requests through (`key_frame_requests`).
    while let Some(TrackLocalEvent::OnRtcpPacket(_)) = track.poll().await {
        wanted();
    }
}
