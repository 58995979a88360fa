//! The payloads of one picture back into a byte stream (RFC 6184, packetization-mode 1).
//!
//! Takes the payloads in order and without a gap, and trusts nothing else about them: a unit is either whole or the
//! picture is refused.

use crate::codec::h264::nal;
use crate::video::packetize::{FU_A, FU_END, FU_START, HEADER_FLAGS, STAP_A};

/// The first bit of a NAL unit header, which says that the unit is known to be damaged.
const FORBIDDEN_BIT: u8 = 0x80;

/// The payloads do not form whole NAL units.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// A picture put together.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Depacketized {
    /// NAL units with start codes.
    pub annexb: Vec<u8>,
    /// Whether it has an IDR slice and both parameter sets.
    pub is_key_frame: bool,
}

/// Puts the payloads of one picture together. `None` when they hold nothing, as padding does.
pub(super) fn depacketize<'a>(
    payloads: impl Iterator<Item = &'a [u8]> + Clone,
) -> Result<Option<Depacketized>, Malformed> {
    // Aggregation replaces 2 bytes of length by 4 of start code; fragments only get shorter.
    let capacity = payloads.clone().map(|payload| payload.len() + payload.len() / 4 + nal::START_CODE.len()).sum();
    let mut picture = Picture { annexb: Vec::with_capacity(capacity), types: 0 };
    let mut open_fragment: Option<u8> = None;
    for payload in payloads {
        let Some((&header, body)) = payload.split_first() else { continue };
        if header & FORBIDDEN_BIT != 0 || (open_fragment.is_some() && nal::unit_type(header) != FU_A) {
            return Err(Malformed);
        }
        match nal::unit_type(header) {
            1..=23 => picture.begin_unit(header, body),
            STAP_A => {
                for unit in aggregated(body) {
                    let (&header, body) = unit?.split_first().ok_or(Malformed)?;
                    if header & FORBIDDEN_BIT != 0 || !matches!(nal::unit_type(header), 1..=23) {
                        return Err(Malformed);
                    }
                    picture.begin_unit(header, body);
                }
            }
            FU_A => {
                let (&fragment, body) = body.split_first().ok_or(Malformed)?;
                let (starts, ends) = (fragment & FU_START != 0, fragment & FU_END != 0);
                let header = header & HEADER_FLAGS | nal::unit_type(fragment);
                match (starts, open_fragment) {
                    (true, None) if !ends && matches!(nal::unit_type(header), 1..=23) => {
                        picture.begin_unit(header, body);
                    }
                    (false, Some(open)) if nal::unit_type(open) == nal::unit_type(header) => {
                        picture.annexb.extend_from_slice(body);
                    }
                    _ => return Err(Malformed),
                }
                open_fragment = if ends { None } else { Some(header) };
            }
            _ => return Err(Malformed),
        }
    }
    if open_fragment.is_some() {
        return Err(Malformed);
    }
    let has = |unit_type: u8| picture.types & 1 << unit_type != 0;
    let is_key_frame = has(nal::SPS) && has(nal::PPS) && has(nal::IDR_SLICE);
    Ok((!picture.annexb.is_empty()).then_some(Depacketized { annexb: picture.annexb, is_key_frame }))
}

/// Whether a picture at which a decoder can start may begin with this payload: its first unit is a sequence parameter
/// set, or the delimiter that may stand before one.
pub(super) fn may_begin_key_frame(payload: &[u8]) -> bool {
    let first = match payload {
        [header, body @ ..] if nal::unit_type(*header) == STAP_A => match aggregated(body).next() {
            Some(Ok([header, ..])) => *header,
            _ => return false,
        },
        [header, ..] => *header,
        [] => return false,
    };
    matches!(nal::unit_type(first), nal::SPS | nal::ACCESS_UNIT_DELIMITER)
}

/// The units of a STAP-A payload after its header. Ends after the first that is cut short; an empty payload is one such.
fn aggregated(body: &[u8]) -> impl Iterator<Item = Result<&[u8], Malformed>> {
    let mut rest = Some(body);
    let mut first = true;
    std::iter::from_fn(move || {
        let bytes = rest?;
        if bytes.is_empty() && !std::mem::take(&mut first) {
            return None;
        }
        first = false;
        let unit = bytes.split_first_chunk().and_then(|(len, bytes)| {
            let (unit, bytes) = bytes.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
            rest = Some(bytes);
            Some(unit)
        });
        if unit.is_none() {
            rest = None;
        }
        Some(unit.ok_or(Malformed))
    })
}

struct Picture {
    annexb: Vec<u8>,
    /// A bit for each type of unit seen.
    types: u32,
}

impl Picture {
    fn begin_unit(&mut self, header: u8, body: &[u8]) {
        self.annexb.extend_from_slice(&nal::START_CODE);
        self.annexb.push(header);
        self.annexb.extend_from_slice(body);
        self.types |= 1 << nal::unit_type(header);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(payloads: &[&[u8]]) -> Result<Option<Vec<Vec<u8>>>, Malformed> {
        let picture = depacketize(payloads.iter().copied())?;
        Ok(picture.map(|picture| nal::units(&picture.annexb).map(<[u8]>::to_vec).collect()))
    }

    #[test]
    fn single_aggregated_and_fragmented_units_come_out_whole() {
        let payloads: [&[u8]; 5] =
            [&[0x78, 0, 2, 0x67, 1, 0, 2, 0x68, 2], &[0x06, 3], &[0x7c, 0x85, 4], &[0x7c, 0x05, 5], &[0x7c, 0x45, 6]];
        let expected = vec![vec![0x67, 1], vec![0x68, 2], vec![0x06, 3], vec![0x65, 4, 5, 6]];
        assert_eq!(units(&payloads), Ok(Some(expected)));
        assert!(depacketize(payloads.into_iter()).unwrap().unwrap().is_key_frame);
    }

    #[test]
    fn an_idr_slice_without_parameter_sets_is_no_key_frame() {
        let payloads: [&[u8]; 2] = [&[0x67, 1], &[0x65, 2]];
        assert!(!depacketize(payloads.into_iter()).unwrap().unwrap().is_key_frame);
    }

    #[test]
    fn truncated_aggregates_are_refused() {
        for payload in
            [&[0x78][..], &[0x78, 0], &[0x78, 0, 0], &[0x78, 0, 0, 1], &[0x78, 0, 5, 0x67], &[0x78, 0, 1, 0x67, 9]]
        {
            assert_eq!(units(&[payload]), Err(Malformed), "{payload:02x?}");
        }
    }

    #[test]
    fn units_inside_of_units_are_refused() {
        for payload in [&[0x78, 0, 2, 0x78, 1][..], &[0x78, 0, 2, 0x7c, 0x85], &[0x7c, 0x98, 1]] {
            assert_eq!(units(&[payload, &[0x7c, 0x58, 1]]), Err(Malformed), "{payload:02x?}");
        }
    }

    #[test]
    fn fragments_that_do_not_belong_together_are_refused() {
        const START: &[u8] = &[0x7c, 0x85, 1];
        const MIDDLE: &[u8] = &[0x7c, 0x05, 2];
        const END: &[u8] = &[0x7c, 0x45, 3];
        let wrong: [&[&[u8]]; 8] = [
            &[MIDDLE, END],
            &[END],
            &[START, MIDDLE],
            &[START, START, END],
            &[START, &[0x7c, 0x41, 3]],
            &[START, &[0x41, 9], END],
            &[&[0x7c, 0xc5, 1]],
            &[START, &[0x7c]],
        ];
        for payloads in wrong {
            assert_eq!(units(payloads), Err(Malformed), "{payloads:02x?}");
        }
    }

    #[test]
    fn unknown_payload_types_and_damaged_units_are_refused() {
        for header in [0, 25, 26, 27, 29, 30, 31, 0x80 | 1] {
            assert_eq!(units(&[&[header, 1, 2, 3]]), Err(Malformed));
        }
    }

    #[test]
    fn padding_is_nothing() {
        assert_eq!(units(&[&[], &[]]), Ok(None));
    }

    #[test]
    fn a_key_frame_begins_with_a_parameter_set_or_a_delimiter() {
        for payload in [&[0x67, 1][..], &[0x78, 0, 2, 0x67, 1], &[0x09, 0xf0], &[0x78, 0, 1, 0x09]] {
            assert!(may_begin_key_frame(payload));
        }
        for payload in
            [&[0x41, 1][..], &[0x78, 0, 2, 0x68, 1], &[0x7c, 0x85], &[0x78, 0, 0, 1], &[0x78, 0, 5, 0x67], &[]]
        {
            assert!(!may_begin_key_frame(payload));
        }
    }
}
