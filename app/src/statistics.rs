//! What was sent and received in each of the last seconds.
//!
//! Sessions count up for as long as they live; [`Recorder`] turns two of their counts into the figures of the time between
//! them and keeps five minutes of those. Told the time and what was counted; asks nobody, and draws nothing.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nonet_media::layer::{Layer, LayerTarget, PerLayer};
use nonet_media::mesh::{Account, PathKind};
use nonet_media::session::RemoteStatistics;
use nonet_media::video::ladder::LayerStatistics;

pub mod map;
mod rates;

#[cfg(test)]
mod tests;

/// From one record to the next.
pub const INTERVAL: Duration = Duration::from_secs(1);

/// Seconds that are kept: five minutes.
pub const KEPT_SECONDS: usize = 300;

/// The last seconds, oldest first. Cheap to clone: seconds are shared.
#[derive(Clone, Debug, Default)]
pub struct History {
    seconds: VecDeque<Arc<Second>>,
}

/// What happened in about one second.
#[derive(Clone, Debug, Default)]
pub struct Second {
    /// When it ended, from the start of joining.
    pub ended: Duration,
    /// What was encoded, at [`Layer::index`]; none of a layer that nobody got.
    pub layers: PerLayer<Option<LayerSecond>>,
    /// The others who were there, in the order of their ids.
    pub remotes: Vec<RemoteSecond>,
    /// One's own id in the meeting.
    pub me: Option<u32>,
    /// Whether one's own machine did not keep up with encoding.
    pub is_overloaded: bool,
    /// What the others told lately of how they receive everybody; of those only who were asked and answered.
    pub told: Vec<Told>,
}

/// What another participant told. It is that one's word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Whose word.
    pub by: u32,
    pub account: Account,
}

/// One layer in one second. Rates are of what was encoded, once whatever the number of those who got it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LayerSecond {
    /// Size in pixels; 0 before the first picture.
    pub width: u32,
    pub height: u32,
    /// Pictures a second.
    pub fps: f32,
    /// Kilobits of payload a second.
    pub kbps: f32,
    /// Kilobits of payload a second that were aimed at; none when nobody is to get the layer any more.
    pub target_kbps: Option<f32>,
    /// Mean time that a picture took to encode; none without pictures.
    pub encode_ms: Option<f32>,
    pub key_frames: u32,
    /// Captured pictures that were left out, because the layer's rate or the machine allows fewer.
    pub left_out: u32,
}

/// One other participant in one second: what came from there, and the link to it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RemoteSecond {
    /// As in [`crate::view::Participant`].
    pub id: u32,
    pub name: Arc<str>,
    /// Whether there was a path to it.
    pub is_connected: bool,
    /// Height in pixels in which its picture was shown; none while none was to be expected.
    pub awaited_height: Option<u32>,
    /// Whole pictures a second.
    pub fps: f32,
    /// Size of the last picture in pixels; 0 before the first.
    pub width: u32,
    pub height: u32,
    /// Video packets that came in time, repaired ones included, and those that never did.
    pub packets: u32,
    pub lost: u32,
    /// Share of the video packets that never came, 0…1; none when none were expected.
    pub loss: Option<f32>,
    /// Packets of sound that came, and those that were not played.
    pub sound_packets: u32,
    pub sound_lost: u32,
    /// How much later than the fastest pictures the slow ones came.
    pub video_jitter_ms: f32,
    /// How long a picture that came as fast as it can waits to be shown.
    pub video_delay_ms: f32,
    /// The same of packets of sound, and until they are played.
    pub audio_jitter_ms: f32,
    pub audio_delay_ms: f32,
    /// Sound that had to be guessed.
    pub concealed_ms: f32,
    /// By how much sound was made longer and shorter to change how long it waits.
    pub stretched_ms: f32,
    /// Freezes that ended.
    pub freezes: u32,
    pub key_frame_requests: u32,
    pub decode_errors: u32,
    /// Mean time that a picture took to decode; none without pictures.
    pub decode_ms: Option<f32>,
    /// Packets thrown away because decoding did not keep up.
    pub overflowed: u32,
    /// Median time from capture to decoded picture since the start, when the pictures carry the test pattern's stamp.
    pub latency_ms: Option<f32>,
    pub link: LinkSecond,
}

/// The link to one other participant in one second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LinkSecond {
    /// The layer it was given; none for no pictures.
    pub layer: Option<Layer>,
    /// Kilobits a second of everything that went over it, sound, repairs and headers of RTP included.
    pub sent_kbps: f32,
    pub received_kbps: f32,
    /// What it is estimated to carry, headers included; none before the first estimate.
    pub estimate_kbps: Option<f32>,
    /// What would be sent if it carried everything.
    pub wanted_kbps: Option<f32>,
    /// How the path leaves this machine.
    pub path: Option<PathKind>,
    /// How long what waits will take to leave.
    pub queue_ms: f32,
    pub rtt_ms: Option<f32>,
    /// Share of what we send that does not arrive, 0…1.
    pub loss: f32,
    /// Packets that we sent again, and what they took.
    pub retransmitted: u32,
    pub retransmitted_kbps: f32,
    /// Packets that were asked for again, by the other and by us, and those that came because we asked.
    pub requests_received: u32,
    pub requests_sent: u32,
    pub repaired: u32,
    /// Packets that were missing and came out of the other's parity, and what our own parity took.
    pub recovered: u32,
    pub parity_kbps: f32,
    /// Key frames that the other asked for.
    pub key_frame_requests_received: u32,
    /// Bursts sent to find out whether the link carries more.
    pub probes: u32,
    /// Pictures not sent, because the link's queue was full.
    pub pictures_dropped: u32,
}

/// What a session has counted up to now.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// At [`Layer::index`].
    pub layers: PerLayer<LayerStatistics>,
    pub targets: PerLayer<Option<LayerTarget>>,
    /// The others who are there, in the order of their ids.
    pub remotes: Vec<RemoteCounts>,
    /// As in [`Second`], as the following.
    pub me: Option<u32>,
    pub is_overloaded: bool,
    pub told: Vec<Told>,
}

/// What a session has counted of one other participant.
#[derive(Clone, Debug)]
pub struct RemoteCounts {
    pub id: u32,
    pub name: Arc<str>,
    /// As in [`RemoteSecond`], as the following.
    pub is_connected: bool,
    pub awaited_height: Option<u32>,
    /// The layer that is chosen for the link.
    pub layer: Option<Layer>,
    /// Bits per second that would be sent if the link carried everything.
    pub wanted_bps: Option<u32>,
    pub statistics: RemoteStatistics,
}

impl History {
    /// Oldest first, at most [`KEPT_SECONDS`].
    pub fn seconds(&self) -> impl DoubleEndedIterator<Item = &Second> + ExactSizeIterator {
        self.seconds.iter().map(|second| &**second)
    }

    /// The last few, oldest first; fewer where there are not so many.
    pub fn newest(&self, count: usize) -> impl DoubleEndedIterator<Item = &Second> + ExactSizeIterator {
        self.seconds().skip(self.seconds.len().saturating_sub(count))
    }

    /// The newest.
    pub fn last(&self) -> Option<&Second> {
        self.seconds().next_back()
    }

    /// Adds a second; the oldest goes when there is no more room.
    pub fn push(&mut self, second: Second) {
        if self.seconds.len() == KEPT_SECONDS {
            self.seconds.pop_front();
        }
        self.seconds.push_back(Arc::new(second));
    }
}

impl Second {
    /// One participant, if it was there.
    pub fn remote(&self, id: u32) -> Option<&RemoteSecond> {
        self.remotes.iter().find(|remote| remote.id == id)
    }

    /// What one participant told, if it did.
    pub fn told_by(&self, id: u32) -> Option<&Account> {
        self.told.iter().find(|told| told.by == id).map(|told| &told.account)
    }
}

impl RemoteSecond {
    /// Video packets that were lost on the way, whether or not they were repaired, and how many were sent.
    pub fn lost_on_the_way(&self) -> (u32, u32) {
        let lost = self.lost.saturating_add(self.link.repaired).saturating_add(self.link.recovered);
        (lost, self.packets.saturating_add(self.lost).max(lost))
    }
}

/// Turns counts into a [`History`].
#[derive(Debug)]
pub struct Recorder {
    since: Instant,
    /// The last counts, and when they were taken.
    before: Option<(Instant, Counts)>,
    history: History,
}

impl Recorder {
    /// One that has recorded nothing; `since` is the start of joining.
    pub fn new(since: Instant) -> Self {
        Self { since, before: None, history: History::default() }
    }

    /// Whether it is time for [`Recorder::record`].
    pub fn is_due(&self, now: Instant) -> bool {
        self.before.as_ref().is_none_or(|(before, _)| now.saturating_duration_since(*before) >= INTERVAL)
    }

    /// Takes what was counted up to `now`. The first counts are what the next are compared with, and make no second.
    pub fn record(&mut self, now: Instant, counts: Counts) {
        if let Some((before, earlier)) = &self.before {
            let elapsed = now.saturating_duration_since(*before);
            if elapsed.is_zero() {
                return;
            }
            let last = self.history.last();
            let layers = Layer::ALL.map(|layer| {
                let index = layer.index();
                rates::layer(elapsed, &earlier.layers[index], &counts.layers[index], counts.targets[index])
            });
            let remote = |remote: &RemoteCounts| {
                let earlier = earlier.remotes.iter().find(|earlier| earlier.id == remote.id);
                rates::remote(elapsed, earlier, remote, last.and_then(|last| last.remote(remote.id)))
            };
            let remotes = counts.remotes.iter().map(remote).collect();
            let ended = now.saturating_duration_since(self.since);
            let (me, is_overloaded, told) = (counts.me, counts.is_overloaded, counts.told.clone());
            self.history.push(Second { ended, layers, remotes, me, is_overloaded, told });
        }
        self.before = Some((now, counts));
    }

    /// What was recorded.
    pub fn history(&self) -> &History {
        &self.history
    }
}
