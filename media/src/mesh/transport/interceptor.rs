//! The transport in the WebRTC stack's chain: translates between the stack's packets and the cores'.
//!
//! Stands between the receiver reports, which count streams as they come over the network, and the sender reports, which want
//! to know when a packet was made rather than when its turn came. Retransmissions are put back into their streams here, as is
//! what parity has brought, so that nobody after this has to know of them. The chain has no other part that paces, numbers,
//! asks, sends again or makes parity.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rtc::interceptor::{AttributedPacket, Interceptor, Packet, Slot, StreamInfo, TaggedPacket};
use rtc::peer_connection::configuration::media_engine::MIME_TYPE_H264;
use rtc::rtcp::payload_feedbacks::full_intra_request::FullIntraRequest;
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtcp::receiver_report::ReceiverReport;
use rtc::rtcp::reception_report::ReceptionReport;
use rtc::rtcp::sender_report::SenderReport;
use rtc::rtcp::transport_feedbacks::transport_layer_cc::TransportLayerCc;
use rtc::rtcp::transport_feedbacks::transport_layer_nack::TransportLayerNack;
use rtc::rtp::{self, header::Header};
use rtc::sansio::Protocol;
use rtc::sdp::extmap::TRANSPORT_CC_URI;
use rtc::shared::TransportContext;
use rtc::shared::error::Error;

use super::super::arrival_times::ArrivalTimes;
use super::super::congestion::EstimatorConfig;
use super::super::level;
use super::feedback::FeedbackReader;
use super::flexfec::NumberExtension;
use super::link::TransportLink;
use super::messages;
use super::packet::{MediaPacket, RetransmissionStream, original_of, wire_bytes};
use super::protector::ParityStream;
use super::receiver::{ReceivedPacket, Receiver};
use super::round_trip::RoundTrip;
use super::sender::{Departure, Sender, StreamKind};
use crate::audio::audio_level;

/// Between the stack's receiver reports and its sender reports.
pub fn slot() -> Slot {
    Slot::from(10_500)
}

/// Streams of the peer's that repairs are known of, at most; a connection has one.
const MAX_STREAMS: usize = 8;

/// A stream of the peer's that carries retransmissions, and the one whose they are.
#[derive(Clone, Copy)]
struct Repairing {
    ssrc: u32,
    original_ssrc: u32,
    original_payload_type: u8,
}

/// A stream of the peer's that carries parity, and the one whose it is.
#[derive(Clone, Copy)]
struct Protecting {
    ssrc: u32,
    original_ssrc: u32,
}

/// One connection's transport.
pub struct TransportInterceptor {
    sender: Sender,
    receiver: Receiver,
    round_trip: RoundTrip,
    reader: FeedbackReader,
    link: Arc<TransportLink>,
    arrival_times: Arc<ArrivalTimes>,
    /// Under which our packets carry their numbers, and under which the peer's do.
    sent_extension: Option<u8>,
    received_extension: Option<u8>,
    /// Under which our packets carry the level of their sound.
    level_extension: Option<u8>,
    repairing: Vec<Repairing>,
    protecting: Vec<Protecting>,
    /// Our name in messages that are about the peer's streams, and a stream of the peer's for those about all of them.
    message_ssrc: u32,
    peer_ssrc: u32,
    told_bps: u32,
    wanted_bps: Option<u32>,
    /// The time as it was told last.
    now: Instant,
    inbound: VecDeque<TaggedPacket>,
    outbound: VecDeque<TaggedPacket>,
}

impl TransportInterceptor {
    /// A transport whose state can be seen at `link`, and that learns from `arrival_times` when packets came before it saw them.
    pub fn new(now: Instant, link: Arc<TransportLink>, arrival_times: Arc<ArrivalTimes>) -> Self {
        let round_trip = RoundTrip::default();
        Self {
            sender: Sender::new(now, EstimatorConfig::default(), round_trip.get()),
            receiver: Receiver::default(),
            round_trip,
            reader: FeedbackReader::default(),
            link,
            arrival_times,
            sent_extension: None,
            received_extension: None,
            level_extension: None,
            repairing: Vec::new(),
            protecting: Vec::new(),
            message_ssrc: rand::random(),
            peer_ssrc: 0,
            told_bps: 0,
            wanted_bps: None,
            now,
            inbound: VecDeque::new(),
            outbound: VecDeque::new(),
        }
    }

    /// Lets time pass, and hands on all that may leave now.
    fn settle(&mut self, now: Instant) {
        self.now = now;
        if let Some(round_trip) = self.link.take_checked_round_trip() {
            let round_trip = self.round_trip.checked(now, round_trip);
            self.follow_round_trip(round_trip);
        }
        let wanted_bps = self.link.wanted_bps();
        if let Some(bps) = wanted_bps.filter(|_| wanted_bps != self.wanted_bps) {
            self.wanted_bps = wanted_bps;
            self.sender.set_wanted(now, bps);
        }
        self.sender.advance(now);
        while let Some(departure) = self.sender.poll(now) {
            let packet = self.packet_of(departure);
            self.emit(now, Packet::Rtp(packet));
        }
        self.receiver.advance(now, self.round_trip.get());
        while let Some(message) = self.receiver.poll() {
            let message = messages::encode(message, self.message_ssrc, self.peer_ssrc);
            self.emit(now, Packet::Rtcp(vec![message]));
        }
        self.link.publish_sender(&self.sender);
        self.link.publish_receiver(&self.receiver.counters());
    }

    fn emit(&mut self, now: Instant, packet: Packet) {
        let transport = TransportContext::default();
        self.outbound.push_back(TaggedPacket { now, transport, message: AttributedPacket::new(packet) });
    }

    fn packet_of(&self, Departure { packet, number }: Departure) -> rtp::Packet {
        let MediaPacket { ssrc, payload_type, sequence_number, timestamp, marker, audio_level, payload } = packet;
        let mut header =
            Header { version: 2, marker, payload_type, sequence_number, timestamp, ssrc, ..Header::default() };
        if let (Some(extension), Some(number)) = (self.sent_extension, number)
            && let Err(error) = header.set_extension(extension, number.to_be_bytes().to_vec().into())
        {
            tracing::debug!(%error, "a packet goes without its number");
        }
        if let (Some(extension), Some(level)) = (self.level_extension, audio_level) {
            level::put(&mut header, extension, level);
        }
        rtp::Packet { header, payload }
    }

    fn follow_round_trip(&mut self, round_trip: Option<Duration>) {
        if let Some(round_trip) = round_trip {
            self.sender.set_round_trip(self.now, round_trip);
            self.link.publish_round_trip(round_trip);
        }
    }

    /// Takes in a packet of the peer's; whether anybody has use for it. Puts into `recovered` what is had with it out of parity.
    fn packet_came(&mut self, now: Instant, packet: &mut rtp::Packet, recovered: &mut Vec<MediaPacket>) -> bool {
        let came_at = self.arrival_times.take(packet.header.ssrc, packet.header.sequence_number).unwrap_or(now);
        if let Some(number) = self.received_extension.and_then(|extension| packet.header.get_extension(extension))
            && let Ok(number) = <[u8; 2]>::try_from(&number[..])
        {
            self.peer_ssrc = packet.header.ssrc;
            self.receiver.numbered(came_at, u16::from_be_bytes(number), wire_bytes(packet.payload.len()));
        }
        if self.protecting.iter().any(|stream| stream.ssrc == packet.header.ssrc) {
            *recovered = self.receiver.parity_came(now, &packet.payload);
            return false;
        }
        let repairing = self.repairing.iter().find(|stream| stream.ssrc == packet.header.ssrc).copied();
        if let Some(Repairing { original_ssrc, original_payload_type, .. }) = repairing {
            // What holds no original is a probe of the path.
            let Some((sequence_number, payload)) = original_of(&packet.payload) else { return false };
            packet.header.ssrc = original_ssrc;
            packet.header.payload_type = original_payload_type;
            packet.header.sequence_number = sequence_number;
            packet.payload = payload;
        }
        let Header { ssrc, payload_type, sequence_number, timestamp, marker, .. } = packet.header;
        let is_retransmission = repairing.is_some();
        let is_of_use = self.receiver.arrived(now, ReceivedPacket { ssrc, sequence_number, is_retransmission });
        if is_of_use && self.protecting.iter().any(|stream| stream.original_ssrc == ssrc) {
            let payload = packet.payload.clone();
            let audio_level = None;
            let packet = MediaPacket { ssrc, payload_type, sequence_number, timestamp, marker, audio_level, payload };
            *recovered = self.receiver.complete(now, &packet);
        }
        is_of_use
    }

    fn message_came(&mut self, now: Instant, message: &dyn rtc::rtcp::Packet) {
        let message = message.as_any();
        if let Some(nack) = message.downcast_ref::<TransportLayerNack>() {
            let sequence_numbers = nack.nacks.iter().flat_map(|pair| {
                let following = (0..16u16).filter(|bit| pair.lost_packets & 1 << bit != 0);
                std::iter::once(0).chain(following.map(|bit| bit + 1)).map(|past| pair.packet_id.wrapping_add(past))
            });
            self.sender.retransmit(now, nack.media_ssrc, sequence_numbers);
        } else if let Some(feedback) = message.downcast_ref::<TransportLayerCc>() {
            let feedback = messages::decode_feedback(&mut self.reader, feedback);
            self.sender.feedback(now, &feedback);
            if let Some(estimate_bps) = self.sender.estimate_bps() {
                self.link.publish_estimate(estimate_bps, &mut self.told_bps, &self.sender.estimator_statistics());
            }
        } else if let Some(report) = message.downcast_ref::<ReceiverReport>() {
            self.reports_came(now, &report.reports);
        } else if let Some(report) = message.downcast_ref::<SenderReport>() {
            self.reports_came(now, &report.reports);
        } else if message.is::<PictureLossIndication>() || message.is::<FullIntraRequest>() {
            self.link.count_key_frame_request_received();
        }
    }

    fn reports_came(&mut self, now: Instant, reports: &[ReceptionReport]) {
        for report in reports {
            let round_trip = self.round_trip.report_answered(now, report.last_sender_report, report.delay);
            self.follow_round_trip(round_trip);
        }
    }
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for TransportInterceptor {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, mut packet: TaggedPacket) -> Result<(), Error> {
        let (now, transport) = (packet.now, packet.transport);
        let mut recovered = Vec::new();
        let is_of_use = match &mut packet.message.packet {
            Packet::Rtp(packet) => self.packet_came(now, packet, &mut recovered),
            Packet::Rtcp(messages) => {
                messages.iter().for_each(|message| self.message_came(now, &**message));
                true
            }
            _ => true,
        };
        if is_of_use {
            self.inbound.push_back(packet);
        }
        for packet in recovered {
            let packet = Packet::Rtp(self.packet_of(Departure { packet, number: None }));
            self.inbound.push_back(TaggedPacket { now, transport, message: AttributedPacket::new(packet) });
        }
        self.settle(now);
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.inbound.pop_front()
    }

    fn handle_write(&mut self, packet: TaggedPacket) -> Result<(), Error> {
        let now = packet.now;
        match packet.message.packet {
            Packet::Rtp(rtp::Packet { header, payload }) => {
                let audio_level = self.level_extension.and_then(|extension| level::of(&header, extension));
                let Header { ssrc, payload_type, sequence_number, timestamp, marker, .. } = header;
                let packet =
                    MediaPacket { ssrc, payload_type, sequence_number, timestamp, marker, audio_level, payload };
                self.sender.send(now, packet);
                self.settle(now);
            }
            Packet::Rtcp(ref messages) => {
                for message in messages {
                    if let Some(report) = message.as_any().downcast_ref::<SenderReport>() {
                        self.round_trip.report_sent(now, report.ntp_time);
                    }
                }
                self.outbound.push_back(packet);
            }
            _ => self.outbound.push_back(packet),
        }
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.outbound.pop_front()
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), Error> {
        self.settle(now);
        Ok(())
    }

    fn poll_timeout(&mut self) -> Option<Instant> {
        self.sender.next_at(self.now).into_iter().chain(self.receiver.next_at()).min()
    }
}

impl Interceptor for TransportInterceptor {
    fn bind_local_stream(&mut self, info: &StreamInfo) {
        let stream =
            |(ssrc, payload_type)| RetransmissionStream { ssrc, payload_type, next_sequence_number: rand::random() };
        let kind = if is_video(info) {
            let retransmission = info.ssrc_rtx.zip(info.payload_type_rtx).map(stream);
            let extension = NumberExtension::new(number_extension(info));
            let parity = info.ssrc_fec.zip(info.payload_type_fec).map(|(ssrc, payload_type)| ParityStream {
                ssrc,
                payload_type,
                next_sequence_number: rand::random(),
                extension,
            });
            StreamKind::Video { retransmission, parity }
        } else {
            StreamKind::Audio
        };
        self.sender.bind(info.ssrc, kind);
        self.sent_extension = number_extension(info).or(self.sent_extension);
        self.level_extension = extension(info, audio_level::URI).or(self.level_extension);
        self.sender.set_numbered(self.sent_extension.is_some());
    }

    fn unbind_local_stream(&mut self, info: &StreamInfo) {
        self.sender.unbind(info.ssrc);
    }

    fn bind_remote_stream(&mut self, info: &StreamInfo) {
        self.received_extension = number_extension(info).or(self.received_extension);
        // The stack binds streams of retransmissions and parity as if they were of pictures, after the one whose they are.
        if self.repairing.iter().any(|stream| stream.ssrc == info.ssrc)
            || self.protecting.iter().any(|stream| stream.ssrc == info.ssrc)
        {
            return;
        }
        if let Some(ssrc) = info.ssrc_rtx.filter(|_| info.payload_type_rtx.is_some()) {
            let (original_ssrc, original_payload_type) = (info.ssrc, info.payload_type);
            self.repairing.retain(|stream| stream.original_ssrc != original_ssrc);
            if self.repairing.len() < MAX_STREAMS {
                self.repairing.push(Repairing { ssrc, original_ssrc, original_payload_type });
            }
        }
        if info.rtcp_feedback.iter().any(|feedback| feedback.typ == "nack" && feedback.parameter.is_empty()) {
            self.receiver.bind(info.ssrc);
        }
        self.protecting.retain(|stream| stream.original_ssrc != info.ssrc);
        let parity_ssrc = info.ssrc_fec.filter(|_| info.payload_type_fec.is_some());
        if let Some(ssrc) = parity_ssrc.filter(|_| self.protecting.len() < MAX_STREAMS) {
            self.protecting.push(Protecting { ssrc, original_ssrc: info.ssrc });
            self.receiver.set_protected(info.ssrc, NumberExtension::new(number_extension(info)));
        }
    }

    fn unbind_remote_stream(&mut self, info: &StreamInfo) {
        self.receiver.unbind(info.ssrc);
        self.repairing.retain(|stream| stream.original_ssrc != info.ssrc);
        self.protecting.retain(|stream| stream.original_ssrc != info.ssrc);
    }
}

fn is_video(info: &StreamInfo) -> bool {
    info.mime_type.eq_ignore_ascii_case(MIME_TYPE_H264)
}

/// The id of the header extension with the transport-wide number, where both sides have agreed on it.
fn number_extension(info: &StreamInfo) -> Option<u8> {
    extension(info, TRANSPORT_CC_URI)
}

/// The id of a header extension, where both sides have agreed on it.
fn extension(info: &StreamInfo, uri: &str) -> Option<u8> {
    let extension = info.rtp_header_extensions.iter().find(|extension| extension.uri == uri)?;
    u8::try_from(extension.id).ok().filter(|id| (1..=14).contains(id))
}

#[cfg(test)]
mod tests;
