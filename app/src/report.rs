//! What a meeting measured, as `--report` writes it.

use std::time::{Duration, Instant};

use nonet_media::audio::xruns::MissedSound;
use nonet_media::mesh::PathKind;
use nonet_media::session::RemoteStatistics;
use nonet_media::video::ladder::LayerStatistics;
use serde::Serialize;

use crate::frame_times::WindowFigures;
use crate::resources::Resources;
use crate::statistics::History;
use history::ReportHistory;

pub mod bug_text;
mod history;
pub mod text;

/// Everything that was measured from the start of joining to the end.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// From the start of joining to being in the meeting; absent when that never came.
    pub joined_ms: Option<f64>,
    /// Of the whole process; absent where the system does not tell.
    pub cpu_seconds: Option<f64>,
    pub peak_rss_bytes: Option<u64>,
    /// How often the microphone's sound was not fetched in time.
    pub microphone_overruns: u64,
    /// How often the speaker wanted sound that was not there.
    pub speaker_underruns: u64,
    /// One for each layer of which something was sent, from the smallest.
    pub sent: Vec<SentLayer>,
    /// Everybody else who was there, those who left included.
    pub remotes: Vec<Remote>,
    /// How the window kept up, where there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<WindowFigures>,
    /// The last five minutes, second by second.
    pub history: ReportHistory,
}

/// What was sent in one layer.
#[derive(Clone, Debug, Serialize)]
pub struct SentLayer {
    pub width: u32,
    pub height: u32,
    pub frames: u64,
    pub fps: f64,
    pub kbps: f64,
    pub mean_encode_ms: f64,
}

/// What came from one participant.
#[derive(Clone, Debug, Serialize)]
pub struct Remote {
    pub name: String,
    /// From the start of joining to the first decoded picture.
    pub first_frame_ms: Option<f64>,
    /// From the start of joining to the first sound.
    pub first_audio_ms: Option<f64>,
    pub frames_decoded: u64,
    pub width: u32,
    pub height: u32,
    pub fps: f64,
    pub freezes: u64,
    pub frozen_ms: f64,
    /// Root mean square of all that was played of this participant, in dB of full scale.
    pub audio_dbfs: f64,
    pub concealed_ms: f64,
    /// By how much sound was made longer and shorter.
    pub stretched_ms: f64,
    pub rtt_ms: Option<f64>,
    /// Share of the video packets that never came.
    pub loss: f64,
    pub path: Option<&'static str>,
    /// Median time from capture to decoded picture, when the pictures carry the test pattern's stamp.
    pub latency_ms: Option<f64>,
    pub decode_errors: u64,
    pub key_frame_requests: u64,
    /// How often the connection was negotiated: once where nothing went wrong.
    pub negotiations: u64,
}

impl Report {
    /// `joined` is the time from the start of joining to being in the meeting.
    pub fn new(
        joined: Option<Duration>,
        missed: MissedSound,
        sent: &[LayerStatistics],
        remotes: Vec<Remote>,
        history: &History,
    ) -> Self {
        let Resources { cpu_seconds, peak_rss_bytes } = Resources::used();
        Self {
            joined_ms: joined.map(milliseconds),
            cpu_seconds,
            peak_rss_bytes,
            microphone_overruns: missed.overruns,
            speaker_underruns: missed.underruns,
            sent: sent.iter().filter_map(SentLayer::new).collect(),
            remotes,
            window: None,
            history: ReportHistory::new(history),
        }
    }

    /// Of a meeting that was never reached.
    pub fn of_nothing() -> Self {
        Self::new(None, MissedSound::default(), &[], Vec::new(), &History::default())
    }
}

impl SentLayer {
    /// `None` when nothing was sent.
    pub fn new(statistics: &LayerStatistics) -> Option<Self> {
        let seconds = statistics.active.as_secs_f64();
        (statistics.frames_encoded > 0 && seconds > 0.0).then(|| Self {
            width: statistics.width,
            height: statistics.height,
            frames: statistics.frames_encoded,
            fps: statistics.frames_encoded as f64 / seconds,
            kbps: statistics.bytes as f64 * 8.0 / 1000.0 / seconds,
            mean_encode_ms: milliseconds(statistics.encode_time_total) / statistics.frames_encoded as f64,
        })
    }
}

impl Remote {
    /// `joining_since` is what the first frame and sound are counted from.
    pub fn new(name: &str, joining_since: Instant, statistics: &RemoteStatistics) -> Self {
        let RemoteStatistics { video, audio, link, latency, negotiations } = statistics;
        let since_joining = |at: Instant| milliseconds(at.saturating_duration_since(joining_since));
        let packets = video.packets + video.lost_packets;
        Self {
            name: name.to_owned(),
            first_frame_ms: video.first_picture_at.map(since_joining),
            first_audio_ms: audio.first_audio_at.map(since_joining),
            frames_decoded: video.pictures_decoded,
            width: video.width,
            height: video.height,
            fps: rate(video.pictures_decoded, video.first_picture_at, video.last_picture_at),
            freezes: video.freezes,
            frozen_ms: milliseconds(video.frozen),
            audio_dbfs: f64::from(audio.audio_dbfs),
            concealed_ms: milliseconds(audio.concealed),
            stretched_ms: milliseconds(audio.stretched),
            rtt_ms: link.round_trip.map(milliseconds),
            loss: if packets == 0 { 0.0 } else { video.lost_packets as f64 / packets as f64 },
            path: link.path.map(|path| match path {
                PathKind::Host => "host",
                PathKind::ServerReflexive => "srflx",
                PathKind::PeerReflexive => "prflx",
                PathKind::Relay => "relay",
            }),
            latency_ms: latency.map(milliseconds),
            decode_errors: video.decode_errors,
            key_frame_requests: video.key_frame_requests,
            negotiations: *negotiations,
        }
    }
}

fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

/// Pictures a second between the first and the last of them.
fn rate(pictures: u64, first: Option<Instant>, last: Option<Instant>) -> f64 {
    match (first, last) {
        (Some(first), Some(last)) if last > first => pictures.saturating_sub(1) as f64 / (last - first).as_secs_f64(),
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_counts_the_intervals_between_pictures() {
        let start = Instant::now();
        assert_eq!(rate(31, Some(start), Some(start + Duration::from_secs(1))), 30.0);
        assert_eq!(rate(1, Some(start), Some(start)), 0.0);
        assert_eq!(rate(0, None, None), 0.0);
    }
}
