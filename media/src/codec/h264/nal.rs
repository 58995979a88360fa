//! NAL units in a byte stream (ITU-T H.264 §7.3.1 and Annex B).

/// Start code put before every NAL unit that this program writes.
pub const START_CODE: [u8; 4] = [0, 0, 0, 1];

/// Coded slice of a picture that is not an IDR picture.
pub const SLICE: u8 = 1;
/// Coded slice of an IDR picture, at which a decoder can start.
pub const IDR_SLICE: u8 = 5;
/// Sequence parameter set.
pub const SPS: u8 = 7;
/// Picture parameter set.
pub const PPS: u8 = 8;
/// Access unit delimiter: if there is one, a picture begins with it.
pub const ACCESS_UNIT_DELIMITER: u8 = 9;

/// The `nal_unit_type` in the first byte of a NAL unit (or of an RTP payload, RFC 6184 §5.2).
pub fn unit_type(header: u8) -> u8 {
    header & 0x1f
}

/// The NAL units of a byte stream, without start codes and the zeros around them. Bytes before the first start code are
/// not part of any; empty units are left out.
pub fn units(byte_stream: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = after_start_code(byte_stream);
    std::iter::from_fn(move || {
        loop {
            let unit = rest?;
            let (unit, next) = match start_code(unit) {
                Some(at) => (&unit[..at], Some(&unit[at + 3..])),
                None => (unit, None),
            };
            rest = next;
            // A NAL unit never ends in a zero byte: these are padding or the first byte of a longer start code.
            let end = unit.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            if end > 0 {
                return Some(&unit[..end]);
            }
        }
    })
}

/// Where the next three-byte start code begins.
fn start_code(bytes: &[u8]) -> Option<usize> {
    bytes.windows(3).position(|window| window == [0, 0, 1])
}

fn after_start_code(bytes: &[u8]) -> Option<&[u8]> {
    start_code(bytes).map(|at| &bytes[at + 3..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(byte_stream: &[u8]) -> Vec<&[u8]> {
        units(byte_stream).collect()
    }

    #[test]
    fn start_codes_of_three_and_four_bytes_separate_units() {
        assert_eq!(split(&[0, 0, 0, 1, 7, 8, 0, 0, 1, 5, 0, 3, 0, 0, 0, 1, 9]), [&[7, 8][..], &[5, 0, 3], &[9]]);
    }

    #[test]
    fn bytes_before_the_first_start_code_and_empty_units_are_left_out() {
        assert_eq!(split(&[4, 4, 0, 0, 1, 0, 0, 1, 5]), [&[5][..]]);
        assert!(split(&[1, 2, 3]).is_empty());
        assert!(split(&[0, 0, 1]).is_empty());
        assert!(split(&[]).is_empty());
    }

    #[test]
    fn zeros_after_a_unit_are_not_part_of_it() {
        assert_eq!(split(&[0, 0, 1, 5, 6, 0, 0, 0]), [&[5, 6][..]]);
    }
}
