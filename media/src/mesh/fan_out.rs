//! Encoded once, sent to all: one bounded queue a peer, filled without blocking by the encoders' threads, each with the
//! pictures of the layer that was chosen for it.
//!
//! A link changes its layer at a key frame of the new one and gets the old one until then, so that its pictures always build
//! on one another. A slow link costs only itself: it loses whole pictures up to the next key frame, never parts of one.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::mpsc::{self, error::TrySendError};

use crate::layer::{Layer, Layers};
use crate::lock::lock;
use crate::rtp::{AudioPacket, PeerId, VideoPackets, later_timestamp};

/// Pictures that wait for one link: a quarter of a second at 30 frames per second. When full, the link drops.
const VIDEO_QUEUE: usize = 8;
/// Pieces of sound that wait for one link: a third of a second. When full, the newest is dropped.
const AUDIO_QUEUE: usize = 16;
/// Room in a link's video queue at which a key frame is worth asking for: with less, it would not fit either.
const ROOM_FOR_KEY_FRAME: usize = VIDEO_QUEUE / 2;

/// A picture on its way to one link.
#[derive(Clone, Debug)]
pub struct QueuedPicture {
    pub picture: Arc<VideoPackets>,
    /// The picture's own, unless the link has sent that already: then the next one.
    pub timestamp: u32,
    /// How often the link had been told to stop before.
    stops: u64,
}

/// The receiving ends of one link's queues.
#[derive(Debug)]
pub struct LinkQueues {
    pub video: mpsc::Receiver<QueuedPicture>,
    pub audio: mpsc::Receiver<Arc<AudioPacket>>,
    /// Pictures that did not fit.
    pub dropped: Arc<AtomicU64>,
    /// How often the link was told to stop.
    stops: Arc<AtomicU64>,
}

impl LinkQueues {
    /// Whether a picture that was taken from the queue is to be sent: not if the link was told to stop since it was put in.
    pub fn is_wanted(&self, queued: &QueuedPicture) -> bool {
        queued.stops == self.stops.load(Ordering::Relaxed)
    }
}

#[derive(Debug)]
struct Link {
    peer: PeerId,
    /// Tells links of the same peer apart, so that an old connection's end does not remove its successor.
    number: u64,
    video: mpsc::Sender<QueuedPicture>,
    audio: mpsc::Sender<Arc<AudioPacket>>,
    /// The layer it is to have.
    target: Option<Layer>,
    /// The layer that it got last, since it has had a target.
    current: Option<Layer>,
    /// Whether pictures of the current layer were not sent, so that others that build on them cannot be.
    is_broken: bool,
    last_timestamp: Option<u32>,
    dropped: Arc<AtomicU64>,
    stops: Arc<AtomicU64>,
}

impl Link {
    fn set_target(&mut self, target: Option<Layer>) {
        self.target = target;
        if target.is_none() {
            self.current = None;
            self.is_broken = false;
            // What is queued is not sent any more; it would also be without a gap before a key frame that follows.
            self.stops.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The layer that the link needs a key frame of.
    fn key_frame_wanted(&self) -> Option<Layer> {
        self.target.filter(|_| self.is_broken || self.current != self.target)
    }

    /// Whether a decoder that got what the link got can go on with this picture.
    fn takes(&self, picture: &VideoPackets) -> bool {
        let layer = Some(picture.layer);
        match self.target {
            None => false,
            Some(_) if picture.is_key_frame => layer == self.target || layer == self.current,
            Some(_) => layer == self.current && !self.is_broken,
        }
    }

    fn video(&mut self, picture: &Arc<VideoPackets>) {
        if !self.takes(picture) {
            return;
        }
        // Two layers of one captured frame have the same timestamp.
        let timestamp = later_timestamp(picture.timestamp, self.last_timestamp);
        let stops = self.stops.load(Ordering::Relaxed);
        match self.video.try_send(QueuedPicture { picture: picture.clone(), timestamp, stops }) {
            Ok(()) => {
                self.current = Some(picture.layer);
                self.is_broken = false;
                self.last_timestamp = Some(timestamp);
            }
            Err(TrySendError::Full(_)) => {
                tracing::debug!(peer = self.peer.0, "a link's video queue is full");
                // Of another layer it was a key frame to change at; the current one goes on.
                self.is_broken |= self.current.is_none_or(|current| current == picture.layer);
                self.dropped.fetch_add(1, Ordering::Relaxed);
            }
            Err(TrySendError::Closed(_)) => {}
        }
    }
}

#[derive(Debug, Default)]
struct Links {
    links: Vec<Link>,
    next_number: u64,
    /// The layers that peers are to have, whether or not there is a link to them.
    targets: HashMap<PeerId, Layer>,
}

/// Everybody who is sent to.
#[derive(Debug, Default)]
pub struct FanOut {
    links: Mutex<Links>,
}

impl FanOut {
    /// Adds a link. It gets sound at once, and pictures of its peer's target from the next key frame on. Returns its number,
    /// for [`FanOut::remove`].
    pub fn add(&self, peer: PeerId) -> (u64, LinkQueues) {
        let (video, video_receiver) = mpsc::channel(VIDEO_QUEUE);
        let (audio, audio_receiver) = mpsc::channel(AUDIO_QUEUE);
        let (dropped, stops) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
        let mut links = lock(&self.links);
        let number = links.next_number;
        links.next_number += 1;
        let link = Link {
            peer,
            number,
            video,
            audio,
            target: links.targets.get(&peer).copied(),
            current: None,
            is_broken: false,
            last_timestamp: None,
            dropped: dropped.clone(),
            stops: stops.clone(),
        };
        links.links.push(link);
        (number, LinkQueues { video: video_receiver, audio: audio_receiver, dropped, stops })
    }

    pub fn remove(&self, number: u64) {
        lock(&self.links).links.retain(|link| link.number != number);
    }

    /// Chooses what a peer's links get, now and later; nothing at first. A link moves to a new layer at its next key frame
    /// and goes on with the one it has until then; without a target it stops at once. Returns the layer of which it
    /// needs a key frame.
    pub fn set_target(&self, peer: PeerId, target: Option<Layer>) -> Option<Layer> {
        let mut links = lock(&self.links);
        match target {
            Some(layer) => links.targets.insert(peer, layer),
            None => links.targets.remove(&peer),
        };
        let mut wanted = None;
        for link in links.links.iter_mut().filter(|link| link.peer == peer) {
            link.set_target(target);
            wanted = wanted.or(link.key_frame_wanted());
        }
        wanted
    }

    /// What a peer's links are to have.
    pub fn target(&self, peer: PeerId) -> Option<Layer> {
        lock(&self.links).targets.get(&peer).copied()
    }

    /// The layers that links have or are to have: what is to be encoded for none of them to stop.
    pub fn layers_in_use(&self) -> Layers {
        lock(&self.links).links.iter().flat_map(|link| [link.target, link.current]).flatten().collect()
    }

    /// Gives a picture to the links that have its layer. Never blocks; each link drops to the next key frame when its queue
    /// is full. Returns the layers of which links need key frames and have room for them.
    pub fn video(&self, picture: &Arc<VideoPackets>) -> Layers {
        let mut wanted = Layers::NONE;
        for link in &mut lock(&self.links).links {
            link.video(picture);
            if let Some(layer) = link.key_frame_wanted()
                && link.video.capacity() >= ROOM_FOR_KEY_FRAME
            {
                wanted.insert(layer);
            }
        }
        wanted
    }

    /// Gives a piece of sound to all links. Never blocks; a link whose queue is full loses it.
    pub fn audio(&self, packet: &Arc<AudioPacket>) {
        for link in &lock(&self.links).links {
            if let Err(TrySendError::Full(_)) = link.audio.try_send(packet.clone()) {
                tracing::debug!(peer = link.peer.0, "a link's audio queue is full");
            }
        }
    }
}

#[cfg(test)]
mod tests;
