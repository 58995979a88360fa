//! The sending end: camera and microphone, the allocation every 100 ms, the queue to the link and its transport, as the session and
//! the mesh join them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::camera::{BETWEEN_PICTURES, Camera, FPS};
use super::{AUDIO_SSRC, RETRANSMISSION_SSRC, VIDEO_SSRC};
use crate::layer::{Layer, LayerFormat, PerLayer};
use crate::mesh::allocation::tests::AUDIO_BPS;
use crate::mesh::allocation::{Allocation, AllocationInput, PeerNeeds, Priority, allocate, wanted_bps};
use crate::mesh::congestion::{EstimatorConfig, LinkEstimate};
use crate::mesh::demand::Demand;
use crate::mesh::fan_out::{FanOut, LinkQueues, QueuedPicture};
use crate::mesh::transport::feedback::{FeedbackReader, Status};
use crate::mesh::transport::link::TransportLink;
use crate::mesh::transport::packet::{MediaPacket, RetransmissionStream, wire_bytes};
use crate::mesh::transport::receiver::Message;
use crate::mesh::transport::round_trip::RoundTrip;
use crate::mesh::transport::sender::{Departure, Sender, StreamKind};
use crate::rtp::PeerId;
use crate::video::ladder::sizes::formats;

const PEER: PeerId = PeerId(1);
const BETWEEN_SOUNDS: Duration = Duration::from_millis(20);
/// Opus at 40 kb/s.
const SOUND_BYTES: usize = 100;
/// How often the session allocates, beside at every fall of the estimate by [`TELL_FALLS_OF`].
const LOOKS: Duration = Duration::from_millis(100);
const TELL_FALLS_OF: f64 = 0.05;
/// So much would be sent of the largest layer, for the link to be what limits.
const MOST_BPS: u32 = 8_000_000;

pub struct Sending {
    pub camera: Camera,
    fan_out: FanOut,
    queues: LinkQueues,
    link: TransportLink,
    pub sender: Sender,
    round_trip: RoundTrip,
    reader: FeedbackReader,
    demand: Demand,
    allocation: Allocation,
    formats: PerLayer<Option<LayerFormat>>,
    /// Bytes on the wire of pictures that the transport was handed.
    handed: u64,
    told_bps: u32,
    next_video: u16,
    next_audio: u16,
    next_picture: Instant,
    next_sound: Instant,
    next_look: Instant,
    /// When each piece of sound was made, by its number.
    pub sounds: Vec<Instant>,
    /// Pictures that were captured while they were to be shown.
    pub captured: u32,
}

impl Sending {
    pub fn new(begins: Instant, seed: u64) -> Self {
        let round_trip = RoundTrip::default();
        let mut sender = Sender::new(begins, EstimatorConfig::default(), round_trip.get());
        let retransmission =
            Some(RetransmissionStream { ssrc: RETRANSMISSION_SSRC, payload_type: 103, next_sequence_number: 0 });
        sender.bind(VIDEO_SSRC, StreamKind::Video { retransmission, parity: None });
        sender.bind(AUDIO_SSRC, StreamKind::Audio);
        sender.set_numbered(true);
        let fan_out = FanOut::default();
        let (_, queues) = fan_out.add(PEER);
        let mut formats = formats(1280, 720);
        if let Some(top) = &mut formats[Layer::Top.index()] {
            top.max_bps = MOST_BPS;
        }
        Self {
            camera: Camera::new(begins, seed),
            fan_out,
            queues,
            link: TransportLink::default(),
            sender,
            round_trip,
            reader: FeedbackReader::default(),
            demand: Demand::Shown { width: 1280, height: 720 },
            allocation: Allocation::default(),
            formats,
            handed: 0,
            told_bps: 0,
            next_video: 0,
            next_audio: 0,
            next_picture: begins,
            next_sound: begins,
            next_look: begins,
            sounds: Vec::new(),
            captured: 0,
        }
    }

    pub fn show(&mut self, now: Instant, is_shown: bool) {
        self.demand = if is_shown { Demand::Shown { width: 1280, height: 720 } } else { Demand::Hidden };
        self.allocate(now);
    }

    pub fn next_at(&self, now: Instant) -> Instant {
        let due = self.next_picture.min(self.next_sound).min(self.next_look);
        self.sender.next_at(now).map_or(due, |at| at.min(due))
    }

    /// Does what is due; what leaves is had with [`poll`](Self::poll).
    pub fn advance(&mut self, now: Instant) {
        if self.next_look <= now {
            self.next_look += LOOKS;
            self.allocate(now);
        }
        if self.next_sound <= now {
            self.next_sound += BETWEEN_SOUNDS;
            self.sounds.push(now);
            let payload = Bytes::from_static(&[0; SOUND_BYTES]);
            let sequence_number = self.next_audio;
            self.next_audio = sequence_number.wrapping_add(1);
            let packet = MediaPacket {
                ssrc: AUDIO_SSRC,
                payload_type: 111,
                sequence_number,
                timestamp: 0,
                marker: false,
                audio_level: None,
                payload,
            };
            self.sender.send(now, packet);
        }
        if self.next_picture <= now {
            self.next_picture += BETWEEN_PICTURES;
            self.captured += u32::from(self.demand != Demand::Hidden);
            for picture in self.camera.capture(now) {
                let wanted = self.fan_out.video(&Arc::new(picture));
                wanted.iter().for_each(|layer| self.camera.request_key_frame(layer));
            }
        }
        self.hand_over(now);
        self.sender.advance(now);
    }

    /// A packet that leaves now.
    pub fn poll(&mut self, now: Instant) -> Option<Departure> {
        let departure = self.sender.poll(now);
        self.hand_over(now);
        departure.or_else(|| self.sender.poll(now))
    }

    pub fn message(&mut self, now: Instant, message: Message) {
        match message {
            Message::Feedback(report) => {
                let statuses = report.differences.iter().map(|it| it.map_or(Status::Missing, Status::Arrived));
                let feedback = self.reader.read(report.base, report.reference, statuses);
                self.sender.feedback(now, &feedback);
                let estimate_bps = self.sender.estimate_bps().unwrap_or_default();
                if f64::from(estimate_bps) < f64::from(self.told_bps) * (1.0 - TELL_FALLS_OF) {
                    self.told_bps = estimate_bps;
                    self.allocate(now);
                }
                self.told_bps = estimate_bps.max(self.told_bps);
            }
            Message::Retransmission { ssrc, sequence_numbers } => {
                self.sender.retransmit(now, ssrc, sequence_numbers.into_iter());
            }
            Message::KeyFrame { .. } => {
                if let Some(layer) = self.fan_out.target(PEER) {
                    self.camera.request_key_frame(layer);
                }
            }
        }
    }

    /// Takes note of a round trip that was measured. Returns it smoothed.
    pub fn measured(&mut self, now: Instant, round_trip: Duration) -> Duration {
        if let Some(round_trip) = self.round_trip.checked(now, round_trip) {
            self.sender.set_round_trip(now, round_trip);
        }
        self.round_trip.get()
    }

    fn allocate(&mut self, now: Instant) {
        let steady_bps = self.sender.estimator_statistics().steady_bps;
        let estimate = self.sender.estimate_bps().map(|momentary_bps| LinkEstimate { momentary_bps, steady_bps });
        let needs = PeerNeeds { peer: PEER, demand: self.demand, priority: Priority::Normal, estimate };
        self.sender.set_wanted(now, wanted_bps(self.demand, &self.formats, Layer::Top, AUDIO_BPS));
        let allocation = allocate(&AllocationInput {
            peers: &[needs],
            sound_bps: AUDIO_BPS,
            uplink_bps: None,
            formats: self.formats,
            largest: Layer::Top,
            fps: FPS,
            previous: &self.allocation,
        });
        let wanted = self.fan_out.set_target(PEER, allocation.layer(PEER));
        let in_use = self.fan_out.layers_in_use();
        let mut targets = allocation.targets;
        for layer in in_use.iter() {
            let target = &mut targets[layer.index()];
            *target = target.or(self.allocation.targets[layer.index()]);
        }
        self.camera.targets = targets;
        wanted.into_iter().for_each(|layer| self.camera.request_key_frame(layer));
        self.allocation = Allocation { targets, ..allocation };
    }

    /// Hands pictures to the transport until it has enough, as the mesh does.
    fn hand_over(&mut self, now: Instant) {
        loop {
            self.link.publish_sender(&self.sender);
            if self.link.is_enough(self.handed.saturating_sub(self.link.video_bytes_gone())) {
                return;
            }
            let Ok(queued) = self.queues.video.try_recv() else { return };
            if !self.queues.is_wanted(&queued) {
                continue;
            }
            let QueuedPicture { picture, timestamp, .. } = queued;
            let last = picture.payloads.len().saturating_sub(1);
            for (index, payload) in picture.payloads.iter().enumerate() {
                self.handed += u64::from(wire_bytes(payload.len()));
                let sequence_number = self.next_video;
                self.next_video = sequence_number.wrapping_add(1);
                let (payload, marker) = (payload.clone(), index == last);
                let packet = MediaPacket {
                    ssrc: VIDEO_SSRC,
                    payload_type: 102,
                    sequence_number,
                    timestamp,
                    marker,
                    audio_level: None,
                    payload,
                };
                self.sender.send(now, packet);
            }
        }
    }
}
