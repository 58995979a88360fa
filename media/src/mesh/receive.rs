//! Takes packets off one remote track, and asks its sender for key frames.

use std::sync::Arc;

use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use tokio::sync::Notify;
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};

use crate::rtp::RtpPacket;

/// Hands every packet of a track to `deliver`, until the track ends.
pub(super) async fn forward(track: Arc<dyn TrackRemote>, deliver: impl Fn(RtpPacket) + Send) {
    while let Some(event) = track.poll().await {
        match event {
            TrackRemoteEvent::OnRtpPacket(packet) => deliver(RtpPacket {
                sequence_number: packet.header.sequence_number,
                timestamp: packet.header.timestamp,
                marker: packet.header.marker,
                payload: packet.payload,
            }),
            TrackRemoteEvent::OnEnded => return,
            _ => {}
        }
    }
}

/// Sends a picture loss indication (RFC 4585 §6.3.1) each time `wanted` is notified, until the connection closes.
pub(super) async fn request_key_frames(track: Arc<dyn TrackRemote>, wanted: Arc<Notify>) {
    loop {
        wanted.notified().await;
        let Some(media_ssrc) = track.ssrcs().await.first().copied() else { continue };
        let request = PictureLossIndication { sender_ssrc: 0, media_ssrc };
        if track.write_rtcp(vec![Box::new(request)]).await.is_err() {
            return;
        }
    }
}
