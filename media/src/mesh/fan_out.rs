//! Encoded once, sent to all: one bounded queue a peer, filled without blocking by the encoders' threads.
//!
//! A slow link costs only itself: it loses whole pictures up to the next key frame, never parts of one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::mpsc::{self, error::TrySendError};

use super::lock;
use crate::rtp::{AudioPacket, PeerId, VideoPackets};

/// Pictures that wait for one link: a quarter of a second at 30 frames per second. When full, the link drops.
const VIDEO_QUEUE: usize = 8;
/// Pieces of sound that wait for one link: a third of a second. When full, the newest is dropped.
const AUDIO_QUEUE: usize = 16;

/// The receiving ends of one link's queues.
pub(super) struct LinkQueues {
    pub video: mpsc::Receiver<Arc<VideoPackets>>,
    pub audio: mpsc::Receiver<Arc<AudioPacket>>,
    /// Pictures that did not fit.
    pub dropped: Arc<AtomicU64>,
}

struct Link {
    peer: PeerId,
    /// Tells links of the same peer apart, so that an old connection's end does not remove its successor.
    number: u64,
    video: mpsc::Sender<Arc<VideoPackets>>,
    audio: mpsc::Sender<Arc<AudioPacket>>,
    /// Whether the next picture must be a key frame, because the ones before it were not sent.
    needs_key_frame: bool,
    dropped: Arc<AtomicU64>,
}

#[derive(Default)]
struct Links {
    links: Vec<Link>,
    next_number: u64,
}

#[derive(Default)]
pub(super) struct FanOut {
    links: Mutex<Links>,
}

impl FanOut {
    /// Adds a link. It gets pictures from the next key frame on. Returns its number, for [`FanOut::remove`].
    pub fn add(&self, peer: PeerId) -> (u64, LinkQueues) {
        let (video, video_receiver) = mpsc::channel(VIDEO_QUEUE);
        let (audio, audio_receiver) = mpsc::channel(AUDIO_QUEUE);
        let dropped = Arc::<AtomicU64>::default();
        let mut links = lock(&self.links);
        let number = links.next_number;
        links.next_number += 1;
        links.links.push(Link { peer, number, video, audio, needs_key_frame: true, dropped: dropped.clone() });
        (number, LinkQueues { video: video_receiver, audio: audio_receiver, dropped })
    }

    pub fn remove(&self, number: u64) {
        lock(&self.links).links.retain(|link| link.number != number);
    }

    pub fn video(&self, picture: &Arc<VideoPackets>) {
        for link in &mut lock(&self.links).links {
            if link.needs_key_frame && !picture.is_key_frame {
                continue;
            }
            match link.video.try_send(picture.clone()) {
                Ok(()) => link.needs_key_frame = false,
                Err(TrySendError::Full(_)) => {
                    tracing::debug!(peer = link.peer.0, "a link's video queue is full");
                    link.needs_key_frame = true;
                    link.dropped.fetch_add(1, Ordering::Relaxed);
                }
                Err(TrySendError::Closed(_)) => {}
            }
        }
    }

    pub fn audio(&self, packet: &Arc<AudioPacket>) {
        for link in &lock(&self.links).links {
            if let Err(TrySendError::Full(_)) = link.audio.try_send(packet.clone()) {
                tracing::debug!(peer = link.peer.0, "a link's audio queue is full");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(timestamp: u32, is_key_frame: bool) -> Arc<VideoPackets> {
        Arc::new(VideoPackets { timestamp, is_key_frame, payloads: Vec::new() })
    }

    fn received(queues: &mut LinkQueues) -> Vec<u32> {
        std::iter::from_fn(|| queues.video.try_recv().ok()).map(|picture| picture.timestamp).collect()
    }

    #[test]
    fn a_new_link_starts_at_a_key_frame() {
        let fan_out = FanOut::default();
        let (_, mut queues) = fan_out.add(PeerId(1));
        for (timestamp, is_key_frame) in [(0, false), (1, true), (2, false)] {
            fan_out.video(&picture(timestamp, is_key_frame));
        }
        assert_eq!(received(&mut queues), [1, 2]);
    }

    #[test]
    fn a_full_link_drops_to_the_next_key_frame_and_leaves_others_alone() {
        let fan_out = FanOut::default();
        let (_, mut slow) = fan_out.add(PeerId(1));
        let (_, mut fast) = fan_out.add(PeerId(2));
        let mut fast_got = Vec::new();
        for timestamp in 0..VIDEO_QUEUE as u32 + 1 {
            fan_out.video(&picture(timestamp, timestamp == 0));
            fast_got.extend(received(&mut fast));
        }
        assert_eq!(received(&mut slow), (0..VIDEO_QUEUE as u32).collect::<Vec<_>>());
        assert_eq!(slow.dropped.load(Ordering::Relaxed), 1);
        fan_out.video(&picture(100, false));
        fan_out.video(&picture(101, true));
        fast_got.extend(received(&mut fast));
        assert_eq!(received(&mut slow), [101]);
        assert_eq!(fast_got.len(), VIDEO_QUEUE + 3);
    }

    #[test]
    fn a_removed_link_gets_nothing_and_its_successor_stays() {
        let fan_out = FanOut::default();
        let (first, mut old) = fan_out.add(PeerId(1));
        let (_, mut new) = fan_out.add(PeerId(1));
        fan_out.remove(first);
        fan_out.video(&picture(5, true));
        assert_eq!(received(&mut old), [0u32; 0]);
        assert_eq!(received(&mut new), [5]);
    }
}
