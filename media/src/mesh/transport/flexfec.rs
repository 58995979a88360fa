//! Packets of parity that make up for lost ones, as they lie on the wire (FlexFEC, draft-ietf-payload-flexible-fec-scheme-03,
//! flexible mask, which SDP calls `flexfec-03`).
//!
//! Owns the bytes: a packet of parity is the sum modulo two of those it covers, so that with all but one of them the missing
//! one is known. Knows neither which packets are to be covered nor when. Bytes from the network may be absurd.

use bytes::Bytes;

use super::packet::MediaPacket;

/// Packets that one packet of parity can cover, from the first one on, as far as this sender makes use of it: two masks.
pub const MAX_COVERED: usize = 15 + 31;

/// What lies before the masks: the sums of header fields, the count of streams, the stream, and the first number.
const FIXED_BYTES: usize = 18;

/// The masks that may follow each other: their bytes, of whose bits the first says whether it is the last.
const MASKS: [usize; 3] = [2, 4, 8];

/// In the first byte of an RTP header: an extension follows.
const HAS_EXTENSION: u8 = 0x10;
/// In the first byte of an RTP header: padding, extension, and the count of contributing sources.
const RECOVERED_FLAGS: u8 = 0x3f;
const IS_MARKED: u8 = 0x80;

/// The header extension with the transport-wide number, as it lies between header and payload (RFC 8285 §4.2). The number is
/// another one at each transmission and counts as zero, as it does in libwebrtc.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NumberExtension(Option<[u8; 8]>);

impl NumberExtension {
    /// With this id, 1 to 14; `None` where packets carry no number.
    pub fn new(id: Option<u8>) -> Self {
        Self(id.map(|id| [0xbe, 0xde, 0, 1, id << 4 | 1, 0, 0, 0]))
    }

    fn bytes(&self) -> &[u8] {
        self.0.as_ref().map_or(&[], |bytes| bytes)
    }

    fn flags(&self) -> u8 {
        if self.0.is_some() { HAS_EXTENSION } else { 0 }
    }
}

/// The sum of packets: flags, marker and payload type, length, timestamp, and all that follows the fixed header.
#[derive(Clone, Debug, Default)]
struct Sum {
    header: [u8; 8],
    body: Vec<u8>,
}

impl Sum {
    fn add(&mut self, packet: &MediaPacket, extension: NumberExtension) {
        let start = extension.bytes().len();
        let bytes = start + packet.payload.len();
        let mut header = [0; 8];
        header[0] = extension.flags();
        header[1] = packet.payload_type | if packet.marker { IS_MARKED } else { 0 };
        header[2..4].copy_from_slice(&(bytes as u16).to_be_bytes());
        header[4..].copy_from_slice(&packet.timestamp.to_be_bytes());
        add(&mut self.header, &header);
        if self.body.len() < bytes {
            self.body.resize(bytes, 0);
        }
        add(&mut self.body, extension.bytes());
        add(&mut self.body[start..], &packet.payload);
    }
}

fn add(sum: &mut [u8], bytes: &[u8]) {
    for (sum, byte) in sum.iter_mut().zip(bytes) {
        *sum ^= byte;
    }
}

/// The payload of a packet of parity over packets of one stream, of which none is more than [`MAX_COVERED`] behind the first;
/// `None` for no packets.
pub fn parity_of(packets: &[&MediaPacket], extension: NumberExtension) -> Option<Bytes> {
    let first = packets.first()?;
    let mut sum = Sum::default();
    let mut places = 0u64;
    for packet in packets {
        let place = packet.sequence_number.wrapping_sub(first.sequence_number);
        if usize::from(place) >= MAX_COVERED {
            return None;
        }
        places |= 1 << place;
        sum.add(packet, extension);
    }
    let mut payload = Vec::with_capacity(FIXED_BYTES + 6 + sum.body.len());
    payload.extend_from_slice(&sum.header);
    // One stream is covered; the rest is reserved.
    payload.extend_from_slice(&[1, 0, 0, 0]);
    payload.extend_from_slice(&first.ssrc.to_be_bytes());
    payload.extend_from_slice(&first.sequence_number.to_be_bytes());
    let early = (0..15).filter(|place| places >> place & 1 == 1).fold(0u16, |mask, place| mask | 1 << (14 - place));
    let late =
        (0..31).filter(|place| places >> (15 + place) & 1 == 1).fold(0u32, |mask, place| mask | 1 << (30 - place));
    if late == 0 {
        payload.extend_from_slice(&(early | 1 << 15).to_be_bytes());
    } else {
        payload.extend_from_slice(&early.to_be_bytes());
        payload.extend_from_slice(&(late | 1 << 31).to_be_bytes());
    }
    payload.extend_from_slice(&sum.body);
    Some(payload.into())
}

/// A packet of parity that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parity {
    /// The stream that is covered.
    pub ssrc: u32,
    /// The packets that are covered: at least one, at most 109, in their order.
    pub sequence_numbers: Vec<u16>,
    header: [u8; 8],
    body: Bytes,
}

impl Parity {
    /// Reads the payload of a packet of parity; `None` where it is none that can be made use of.
    pub fn read(payload: &Bytes) -> Option<Self> {
        let (fixed, mut masks) = payload.split_first_chunk::<FIXED_BYTES>()?;
        let (header, rest) = fixed.split_first_chunk::<8>()?;
        // Neither a retransmission nor a fixed matrix, and one stream.
        if header[0] & !RECOVERED_FLAGS != 0 || rest[0] != 1 {
            return None;
        }
        let ssrc = u32::from_be_bytes(*rest[4..].first_chunk()?);
        let mut number = u16::from_be_bytes(*rest[8..].first_chunk()?);
        let mut sequence_numbers = Vec::new();
        for bytes in MASKS {
            let (mask, following) = masks.split_at_checked(bytes)?;
            masks = following;
            let is_last = mask[0] & 0x80 != 0;
            for place in 1..bytes * 8 {
                if mask[place / 8] & 0x80 >> (place % 8) != 0 {
                    sequence_numbers.push(number);
                }
                number = number.wrapping_add(1);
            }
            if is_last {
                let body = payload.slice(payload.len() - masks.len()..);
                return (!sequence_numbers.is_empty()).then_some(Self {
                    ssrc,
                    sequence_numbers,
                    header: *header,
                    body,
                });
            }
        }
        None
    }

    /// The packet of that number, from all the others that are covered; `None` where what comes out cannot have been one.
    pub fn recover(&self, number: u16, others: &[&MediaPacket], extension: NumberExtension) -> Option<MediaPacket> {
        let mut sum = Sum { header: self.header, body: self.body.to_vec() };
        for packet in others {
            sum.add(packet, extension);
        }
        let [flags, kind, length @ .., _, _, _, _] = sum.header;
        let length = usize::from(u16::from_be_bytes(length));
        let start = extension.bytes().len();
        if flags != extension.flags() || length > self.body.len() || !sum.body.starts_with(extension.bytes()) {
            return None;
        }
        Some(MediaPacket {
            ssrc: self.ssrc,
            payload_type: kind & !IS_MARKED,
            sequence_number: number,
            timestamp: u32::from_be_bytes(*sum.header[4..].first_chunk()?),
            marker: kind & IS_MARKED != 0,
            audio_level: None,
            payload: Bytes::copy_from_slice(sum.body.get(start..length)?),
        })
    }
}

#[cfg(test)]
mod tests;
