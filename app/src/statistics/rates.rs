//! From what was counted at two moments to the figures of the time between them.

use std::time::Duration;

use nonet_media::layer::LayerTarget;
use nonet_media::mesh::LinkStatistics;
use nonet_media::video::ladder::LayerStatistics;

use super::{LayerSecond, LinkSecond, RemoteCounts, RemoteSecond};

/// A layer; none when it was neither wanted nor encoded.
pub(super) fn layer(
    elapsed: Duration,
    before: &LayerStatistics,
    now: &LayerStatistics,
    target: Option<LayerTarget>,
) -> Option<LayerSecond> {
    let pictures = now.frames_encoded.saturating_sub(before.frames_encoded);
    if pictures == 0 && target.is_none() {
        return None;
    }
    let encode_time = now.encode_time_total.saturating_sub(before.encode_time_total);
    Some(LayerSecond {
        width: now.width,
        height: now.height,
        fps: pictures as f32 / elapsed.as_secs_f32(),
        kbps: kbps(before.bytes, now.bytes, elapsed),
        target_kbps: target.map(|target| target.bitrate_bps as f32 / 1000.0),
        encode_ms: (pictures > 0).then(|| milliseconds(encode_time) / pictures as f32),
        key_frames: grown(before.key_frames, now.key_frames),
        left_out: grown(before.frames_left_out, now.frames_left_out),
    })
}

/// A participant; of one who has just come, everything up to now counts. `last` is what the last second gave.
pub(super) fn remote(
    elapsed: Duration,
    before: Option<&RemoteCounts>,
    now: &RemoteCounts,
    last: Option<&RemoteSecond>,
) -> RemoteSecond {
    let of_before = before.map(|before| &before.statistics);
    let video_before = of_before.map(|before| before.video).unwrap_or_default();
    let audio_before = of_before.map(|before| before.audio).unwrap_or_default();
    let (video, audio) = (&now.statistics.video, &now.statistics.audio);
    let pictures = video.pictures_assembled.saturating_sub(video_before.pictures_assembled);
    let lost = video.lost_packets.saturating_sub(video_before.lost_packets);
    let expected = lost + video.packets.saturating_sub(video_before.packets);
    let decoded = video.pictures_decoded.saturating_sub(video_before.pictures_decoded);
    let decode_time = video.decode_time_total.saturating_sub(video_before.decode_time_total);
    let link_before = of_before.map(|before| before.link).unwrap_or_default();
    RemoteSecond {
        id: now.id,
        name: now.name.clone(),
        is_connected: now.is_connected,
        awaited_height: now.awaited_height,
        fps: pictures as f32 / elapsed.as_secs_f32(),
        width: video.width,
        height: video.height,
        packets: grown(video_before.packets, video.packets),
        lost: grown(video_before.lost_packets, video.lost_packets),
        sound_packets: grown(audio_before.packets, audio.packets),
        sound_lost: grown(audio_before.lost, audio.lost),
        loss: (expected > 0).then(|| lost as f32 / expected as f32),
        video_jitter_ms: milliseconds(video.jitter),
        video_delay_ms: milliseconds(video.wait),
        audio_jitter_ms: audio.jitter_ms,
        audio_delay_ms: audio.buffer_ms,
        concealed_ms: milliseconds(audio.concealed.saturating_sub(audio_before.concealed)),
        stretched_ms: milliseconds(audio.stretched.saturating_sub(audio_before.stretched)),
        freezes: grown(video_before.freezes, video.freezes),
        key_frame_requests: grown(video_before.key_frame_requests, video.key_frame_requests),
        decode_errors: grown(video_before.decode_errors, video.decode_errors),
        decode_ms: (decoded > 0).then(|| milliseconds(decode_time) / decoded as f32),
        overflowed: grown(video_before.overflowed_packets, video.overflowed_packets),
        latency_ms: now.statistics.latency.map(milliseconds),
        link: LinkSecond {
            layer: now.layer,
            wanted_kbps: now.wanted_bps.map(|bps| bps as f32 / 1000.0),
            ..link(&link_before, &now.statistics.link, last.map(|last| last.link).unwrap_or_default())
        },
    }
}

/// A link. It is measured once a second too, by somebody else's clock: between two measurements nothing is known, and the
/// rates of the last one stay. A new connection counts from zero again.
fn link(before: &LinkStatistics, now: &LinkStatistics, last: LinkSecond) -> LinkSecond {
    let Some(measured_at) = now.measured_at else { return LinkSecond::default() };
    let elapsed = before.measured_at.map_or(Duration::ZERO, |before| measured_at.saturating_duration_since(before));
    let is_new = before.measured_at != now.measured_at;
    let rate = |before, now, last| if is_new { kbps(before, now, elapsed) } else { last };
    let (transport_before, transport) = (&before.transport, &now.transport);
    LinkSecond {
        layer: None,
        wanted_kbps: None,
        path: now.path,
        sent_kbps: rate(before.bytes_sent, now.bytes_sent, last.sent_kbps),
        received_kbps: rate(before.bytes_received, now.bytes_received, last.received_kbps),
        estimate_kbps: transport.estimate_bps.map(|bps| bps as f32 / 1000.0),
        queue_ms: milliseconds(transport.queue),
        rtt_ms: now.round_trip.map(milliseconds),
        loss: transport.loss,
        retransmitted: grown(transport_before.retransmitted_packets, transport.retransmitted_packets),
        retransmitted_kbps: rate(
            transport_before.retransmitted_bytes,
            transport.retransmitted_bytes,
            last.retransmitted_kbps,
        ),
        requests_received: grown(transport_before.requests_received, transport.requests_received),
        requests_sent: grown(transport_before.requests_sent, transport.requests_sent),
        repaired: grown(transport_before.repaired_packets, transport.repaired_packets),
        recovered: grown(transport_before.recovered_packets, transport.recovered_packets),
        parity_kbps: rate(transport_before.parity_bytes, transport.parity_bytes, last.parity_kbps),
        key_frame_requests_received: grown(
            transport_before.key_frame_requests_received,
            transport.key_frame_requests_received,
        ),
        probes: grown(transport_before.probes, transport.probes),
        pictures_dropped: grown(before.pictures_dropped, now.pictures_dropped),
    }
}

/// Kilobits a second; none in no time.
fn kbps(before: u64, now: u64, elapsed: Duration) -> f32 {
    let bits = now.saturating_sub(before) as f32 * 8.0;
    if elapsed.is_zero() { 0.0 } else { bits / 1000.0 / elapsed.as_secs_f32() }
}

fn grown(before: u64, now: u64) -> u32 {
    u32::try_from(now.saturating_sub(before)).unwrap_or(u32::MAX)
}

fn milliseconds(duration: Duration) -> f32 {
    duration.as_secs_f32() * 1000.0
}
