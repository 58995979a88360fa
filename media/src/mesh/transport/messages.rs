//! The transport's messages as the WebRTC stack has them: feedback both ways, requests for packets and for key frames.

use rtc::rtcp::Packet;
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtcp::transport_feedbacks::transport_layer_cc::{
    PacketStatusChunk, RecvDelta, RunLengthChunk, StatusChunkTypeTcc, StatusVectorChunk, SymbolSizeTypeTcc,
    SymbolTypeTcc, TransportLayerCc,
};
use rtc::rtcp::transport_feedbacks::transport_layer_nack::{TransportLayerNack, nack_pairs_from_sequence_numbers};

use super::feedback::{Feedback, FeedbackReader, Report, Status, TICK};
use super::receiver::Message;

/// Symbols of one chunk with one and with two bits for each.
const ONE_BIT_SYMBOLS: usize = 14;
const TWO_BIT_SYMBOLS: usize = 7;
/// The longest run in one chunk.
const LONGEST_RUN: usize = 0x1fff;

/// A message as it is sent. `media_ssrc` is a stream of the peer's, for messages that are about all of them.
pub fn encode(message: Message, sender_ssrc: u32, media_ssrc: u32) -> Box<dyn Packet> {
    match message {
        Message::Feedback(report) => Box::new(encode_report(&report, sender_ssrc, media_ssrc)),
        Message::Retransmission { ssrc, sequence_numbers } => {
            let nacks = nack_pairs_from_sequence_numbers(&sequence_numbers);
            Box::new(TransportLayerNack { sender_ssrc, media_ssrc: ssrc, nacks })
        }
        Message::KeyFrame { ssrc } => Box::new(PictureLossIndication { sender_ssrc, media_ssrc: ssrc }),
    }
}

/// Reads feedback that came. However much a message claims to tell of, it is at most 65,535 packets.
pub fn decode_feedback(reader: &mut FeedbackReader, message: &TransportLayerCc) -> Feedback {
    let mut differences = message.recv_deltas.iter();
    let statuses = message
        .packet_chunks
        .iter()
        .flat_map(|chunk| {
            let (run, list) = match chunk {
                PacketStatusChunk::RunLengthChunk(run) => (Some((run.packet_status_symbol, run.run_length)), None),
                PacketStatusChunk::StatusVectorChunk(vector) => (None, Some(&vector.symbol_list)),
            };
            let run = run.into_iter().flat_map(|(symbol, length)| std::iter::repeat_n(symbol, usize::from(length)));
            run.chain(list.into_iter().flatten().copied())
        })
        .take(usize::from(message.packet_status_count))
        .map(|symbol| match symbol {
            SymbolTypeTcc::PacketNotReceived => Status::Missing,
            SymbolTypeTcc::PacketReceivedWithoutDelta => Status::ArrivedAtUnknownTime,
            SymbolTypeTcc::PacketReceivedSmallDelta | SymbolTypeTcc::PacketReceivedLargeDelta => {
                let ticks = differences.next().and_then(|difference| ticks(difference.delta));
                ticks.map_or(Status::ArrivedAtUnknownTime, Status::Arrived)
            }
        });
    reader.read(message.base_sequence_number, message.reference_time, statuses)
}

fn ticks(micros: i64) -> Option<i16> {
    i16::try_from(micros / TICK.as_micros() as i64).ok()
}

fn encode_report(report: &Report, sender_ssrc: u32, media_ssrc: u32) -> TransportLayerCc {
    let symbols: Vec<_> = report.differences.iter().map(|difference| symbol(*difference)).collect();
    let recv_deltas = report
        .differences
        .iter()
        .flatten()
        .map(|difference| RecvDelta {
            type_tcc_packet: symbol(Some(*difference)),
            delta: i64::from(*difference) * TICK.as_micros() as i64,
        })
        .collect();
    TransportLayerCc {
        sender_ssrc,
        media_ssrc,
        base_sequence_number: report.base,
        packet_status_count: u16::try_from(symbols.len()).unwrap_or(u16::MAX),
        reference_time: report.reference,
        fb_pkt_count: report.count,
        packet_chunks: chunks(&symbols),
        recv_deltas,
    }
}

fn symbol(difference: Option<i16>) -> SymbolTypeTcc {
    match difference {
        None => SymbolTypeTcc::PacketNotReceived,
        Some(difference) if u8::try_from(difference).is_ok() => SymbolTypeTcc::PacketReceivedSmallDelta,
        Some(_) => SymbolTypeTcc::PacketReceivedLargeDelta,
    }
}

/// Packs symbols: runs where they are longer than what fits into a list, else lists.
fn chunks(mut symbols: &[SymbolTypeTcc]) -> Vec<PacketStatusChunk> {
    let mut chunks = Vec::new();
    while let Some(first) = symbols.first() {
        let run = symbols.iter().take(LONGEST_RUN).take_while(|symbol| *symbol == first).count();
        let fit = symbols.iter().take(ONE_BIT_SYMBOLS);
        let fits_one_bit = fit.clone().all(|symbol| *symbol != SymbolTypeTcc::PacketReceivedLargeDelta);
        let listed = if fits_one_bit { ONE_BIT_SYMBOLS } else { TWO_BIT_SYMBOLS }.min(symbols.len());
        let taken = if run >= listed {
            chunks.push(PacketStatusChunk::RunLengthChunk(RunLengthChunk {
                type_tcc: StatusChunkTypeTcc::RunLengthChunk,
                packet_status_symbol: *first,
                run_length: run as u16,
            }));
            run
        } else {
            let (symbol_size, length) = if fits_one_bit {
                (SymbolSizeTypeTcc::OneBit, ONE_BIT_SYMBOLS)
            } else {
                (SymbolSizeTypeTcc::TwoBit, TWO_BIT_SYMBOLS)
            };
            let mut symbol_list = symbols[..listed].to_vec();
            symbol_list.resize(length, SymbolTypeTcc::PacketNotReceived);
            chunks.push(PacketStatusChunk::StatusVectorChunk(StatusVectorChunk {
                type_tcc: StatusChunkTypeTcc::StatusVectorChunk,
                symbol_size,
                symbol_list,
            }));
            listed
        };
        symbols = &symbols[taken..];
    }
    chunks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::transport::feedback::Fate;
    use proptest::prelude::*;
    use rtc::shared::marshal::{Marshal, Unmarshal};
    use std::time::Duration;

    fn across(report: &Report) -> Feedback {
        let bytes = encode_report(report, 1, 2).marshal().unwrap();
        let message = TransportLayerCc::unmarshal(&mut bytes.freeze()).unwrap();
        decode_feedback(&mut FeedbackReader::default(), &message)
    }

    #[test]
    fn what_is_reported_is_read_at_the_other_end() {
        let differences = vec![Some(0), None, Some(255), Some(256), Some(-1), None, None, Some(4)];
        let feedback = across(&Report { base: 65_534, count: 3, reference: 0, differences });
        let start = Duration::from_millis(64) * (1 << 24);
        let arrived = |ticks: u32| Fate::Arrived(start + TICK * ticks);
        let fates = [
            arrived(0),
            Fate::Missing,
            arrived(255),
            arrived(511),
            arrived(510),
            Fate::Missing,
            Fate::Missing,
            arrived(514),
        ];
        assert_eq!(feedback, Feedback { base: 65_534, fates: fates.to_vec() });
    }

    #[test]
    fn a_message_that_claims_too_much_is_cut() {
        let run = RunLengthChunk {
            type_tcc: StatusChunkTypeTcc::RunLengthChunk,
            packet_status_symbol: SymbolTypeTcc::PacketNotReceived,
            run_length: 8191,
        };
        let message = TransportLayerCc {
            packet_status_count: 10,
            packet_chunks: vec![PacketStatusChunk::RunLengthChunk(run); 500],
            ..TransportLayerCc::default()
        };
        assert_eq!(decode_feedback(&mut FeedbackReader::default(), &message).fates, [Fate::Missing; 10]);
    }

    #[test]
    fn a_steady_stream_is_told_in_few_bytes() {
        let report = Report { base: 0, count: 0, reference: 0, differences: vec![Some(4); 100] };
        let message = encode_report(&report, 1, 2);
        assert_eq!(message.packet_chunks.len(), 1);
    }

    proptest! {
        #[test]
        fn any_report_crosses(
            differences in proptest::collection::vec(proptest::option::of(-300i16..3000), 1..300),
            base: u16,
        ) {
            let feedback = across(&Report { base, count: 0, reference: 77, differences: differences.clone() });
            prop_assert_eq!(feedback.base, base);
            let arrived: Vec<_> = feedback.fates.iter().map(|fate| *fate != Fate::Missing).collect();
            prop_assert_eq!(arrived, differences.iter().map(Option::is_some).collect::<Vec<_>>());
        }
    }
}
