//! H.264 pictures into RTP payloads (RFC 6184, packetization-mode 1).
//!
//! A picture is cut once, whatever the number of peers; sequence numbers and the rest of the header come later.

use bytes::{BufMut, Bytes, BytesMut};

use crate::codec::h264::nal;

/// Payload type numbers that only RTP knows (RFC 6184 §5.2).
pub(super) const STAP_A: u8 = 24;
pub(super) const FU_A: u8 = 28;

/// Start and end bit of a fragment's header (RFC 6184 §5.8).
pub(super) const FU_START: u8 = 0x80;
pub(super) const FU_END: u8 = 0x40;

/// The bits of a NAL unit header beside its type: `forbidden_zero_bit` and `nal_ref_idc`.
pub(super) const HEADER_FLAGS: u8 = 0xe0;

/// Least room for a payload: what two bytes of a fragment's header leave anything of.
const MIN_PAYLOAD: usize = 16;

/// Cuts one picture, NAL units with start codes, into payloads of at most `max_payload` bytes (at least 16), in sending
/// order. Neighbours that fit together go together, so that parameter sets cost no packet of their own; units too large
/// are cut into fragments of nearly equal size. A unit that fits alone is not copied.
pub fn packetize(annexb: &Bytes, max_payload: usize) -> Vec<Bytes> {
    let max_payload = max_payload.clamp(MIN_PAYLOAD, usize::from(u16::MAX));
    let mut payloads = Vec::with_capacity(annexb.len() / max_payload + 2);
    let mut together: Vec<&[u8]> = Vec::new();
    let mut together_len = 1;
    for unit in nal::units(annexb) {
        if together_len + 2 + unit.len() > max_payload {
            flush(annexb, &mut together, &mut together_len, &mut payloads);
        }
        if unit.len() > max_payload {
            fragment(unit, max_payload, &mut payloads);
        } else {
            together_len += 2 + unit.len();
            together.push(unit);
        }
    }
    flush(annexb, &mut together, &mut together_len, &mut payloads);
    payloads
}

/// Sends what was gathered: as it is if it is one unit, as STAP-A (RFC 6184 §5.7.1) if there are more.
fn flush(annexb: &Bytes, together: &mut Vec<&[u8]>, together_len: &mut usize, payloads: &mut Vec<Bytes>) {
    match together[..] {
        [] => {}
        [unit] => payloads.push(annexb.slice_ref(unit)),
        _ => {
            let mut payload = BytesMut::with_capacity(*together_len);
            let importance = together.iter().map(|unit| unit[0] & HEADER_FLAGS).max().unwrap_or_default();
            payload.put_u8(importance | STAP_A);
            for unit in together.iter() {
                payload.put_u16(u16::try_from(unit.len()).expect("aggregated units fit into a packet"));
                payload.put_slice(unit);
            }
            payloads.push(payload.freeze());
        }
    }
    together.clear();
    *together_len = 1;
}

/// Cuts one unit into FU-A payloads (RFC 6184 §5.8), all in one allocation.
fn fragment(unit: &[u8], max_payload: usize, payloads: &mut Vec<Bytes>) {
    let (header, body) = (unit[0], &unit[1..]);
    let count = body.len().div_ceil(max_payload - 2);
    let mut buffer = BytesMut::with_capacity(body.len() + 2 * count);
    for (number, piece) in body.chunks(body.len().div_ceil(count)).enumerate() {
        let mut fragment_header = nal::unit_type(header);
        if number == 0 {
            fragment_header |= FU_START;
        }
        if number + 1 == count {
            fragment_header |= FU_END;
        }
        buffer.put_u8(header & HEADER_FLAGS | FU_A);
        buffer.put_u8(fragment_header);
        buffer.put_slice(piece);
        payloads.push(buffer.split().freeze());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A byte stream of units, each given by its header byte and length.
    fn stream(units: &[(u8, usize)]) -> Bytes {
        let mut stream = Vec::new();
        for (header, len) in units {
            stream.extend(nal::START_CODE);
            stream.push(*header);
            stream.resize(stream.len() + len - 1, 0x55);
        }
        stream.into()
    }

    #[test]
    fn parameter_sets_go_together_and_a_large_slice_in_fragments() {
        let payloads = packetize(&stream(&[(0x67, 10), (0x68, 4), (0x65, 250)]), 100);
        assert_eq!(payloads[0][..6], [0x78, 0, 10, 0x67, 0x55, 0x55]);
        assert_eq!(payloads[0].len(), 1 + 2 + 10 + 2 + 4);
        let headers: Vec<_> = payloads[1..].iter().map(|payload| (payload[0], payload[1])).collect();
        assert_eq!(headers, [(0x7c, 0x85), (0x7c, 0x05), (0x7c, 0x45)]);
        assert_eq!(payloads[1..].iter().map(|payload| payload.len() - 2).sum::<usize>(), 249);
    }

    #[test]
    fn a_small_key_frame_fits_one_payload() {
        assert_eq!(packetize(&stream(&[(0x67, 10), (0x68, 4), (0x65, 70)]), 100).len(), 1);
    }

    #[test]
    fn a_unit_that_fits_alone_is_sent_as_it_is_without_a_copy() {
        let stream = stream(&[(0x41, 100)]);
        let payloads = packetize(&stream, 100);
        assert_eq!(payloads, [stream.slice(4..)]);
        assert_eq!(payloads[0].as_ptr(), stream[4..].as_ptr());
    }

    #[test]
    fn a_unit_one_byte_too_large_becomes_two_fragments() {
        let payloads = packetize(&stream(&[(0x41, 101)]), 100);
        assert_eq!(payloads.iter().map(Bytes::len).collect::<Vec<_>>(), [52, 52]);
        assert_eq!((payloads[0][1], payloads[1][1]), (0x81, 0x41));
    }

    #[test]
    fn no_payload_is_larger_than_allowed() {
        for len in (1..2000).step_by(7) {
            for max_payload in [16, 17, 100, 1180] {
                let payloads = packetize(&stream(&[(0x67, 9), (0x68, 4), (0x65, len)]), max_payload);
                assert!(payloads.iter().all(|payload| payload.len() <= max_payload), "{len} in {max_payload}");
            }
        }
    }

    #[test]
    fn nothing_becomes_nothing() {
        assert!(packetize(&Bytes::new(), 100).is_empty());
    }
}
