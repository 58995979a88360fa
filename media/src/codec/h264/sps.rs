//! What a sequence parameter set (ITU-T H.264 §7.3.2.1.1, Annex E) says about picture size and colours.
//!
//! The decoder library tells neither colours nor, before it has allocated, sizes; both come from the network, so they
//! are read here first. Reads what it needs and stops; loops are bounded by the standard's own limits.

use crate::frame::{ColorMatrix, ColorRange, ColorSpace};

/// What is taken from a sequence parameter set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SequenceParameters {
    /// Width in pixels, after cropping.
    pub width: u32,
    /// Height in pixels, after cropping.
    pub height: u32,
    /// Macroblocks of a coded picture, before cropping; what decoding memory goes by.
    pub macroblocks: u32,
    /// How samples become colours; [`ColorSpace::DEFAULT`] in each part that the stream leaves out.
    pub color: ColorSpace,
}

/// Reads a sequence parameter set, given as a NAL unit with its header byte. `None` when it is cut short, breaks the
/// standard, or is of a kind that this program does not decode (not 8-bit 4:2:0).
pub fn parse(nal_unit: &[u8]) -> Option<SequenceParameters> {
    let mut bits = BitReader::new(nal_unit.get(1..)?);
    let profile_idc = bits.bits(8)?;
    bits.skip(16)?; // constraint flags, level
    bits.unsigned()?; // seq_parameter_set_id
    let (mut chroma_format_idc, mut bit_depths_minus8) = (1, 0);
    if HIGH_PROFILES.contains(&profile_idc) {
        chroma_format_idc = bits.unsigned()?;
        if chroma_format_idc == 3 {
            return None;
        }
        bit_depths_minus8 = bits.unsigned()? | bits.unsigned()?;
        bits.skip(1)?; // qpprime_y_zero_transform_bypass_flag
        if bits.flag()? {
            for list in 0..8 {
                if bits.flag()? {
                    skip_scaling_list(&mut bits, if list < 6 { 16 } else { 64 })?;
                }
            }
        }
    }
    if chroma_format_idc != 1 || bit_depths_minus8 != 0 {
        return None;
    }
    bits.unsigned()?; // log2_max_frame_num_minus4
    match bits.unsigned()? {
        0 => drop(bits.unsigned()?), // log2_max_pic_order_cnt_lsb_minus4
        1 => {
            bits.skip(1)?; // delta_pic_order_always_zero_flag
            bits.unsigned()?; // offset_for_non_ref_pic, of the same length as a signed one
            bits.unsigned()?; // offset_for_top_to_bottom_field
            let cycle = bits.unsigned()?;
            if cycle > 255 {
                return None;
            }
            for _ in 0..cycle {
                bits.unsigned()?;
            }
        }
        2 => {}
        _ => return None,
    }
    bits.unsigned()?; // max_num_ref_frames
    bits.skip(1)?; // gaps_in_frame_num_value_allowed_flag
    let width_macroblocks = bits.unsigned()?.checked_add(1)?;
    let height_map_units = bits.unsigned()?.checked_add(1)?;
    let frame_macroblocks_only = bits.flag()?;
    if !frame_macroblocks_only {
        bits.skip(1)?; // mb_adaptive_frame_field_flag
    }
    bits.skip(1)?; // direct_8x8_inference_flag
    let height_macroblocks = height_map_units.checked_mul(if frame_macroblocks_only { 1 } else { 2 })?;
    let (mut crop_x, mut crop_y) = (0, 0);
    if bits.flag()? {
        let [left, right, top, bottom] = [bits.unsigned()?, bits.unsigned()?, bits.unsigned()?, bits.unsigned()?];
        crop_x = left.checked_add(right)?.checked_mul(2)?;
        crop_y = top.checked_add(bottom)?.checked_mul(if frame_macroblocks_only { 2 } else { 4 })?;
    }
    let width = width_macroblocks.checked_mul(16)?.checked_sub(crop_x).filter(|width| *width > 0)?;
    let height = height_macroblocks.checked_mul(16)?.checked_sub(crop_y).filter(|height| *height > 0)?;
    let macroblocks = width_macroblocks.checked_mul(height_macroblocks)?;
    let color = if bits.flag()? { color_description(&mut bits)? } else { ColorSpace::DEFAULT };
    Some(SequenceParameters { width, height, macroblocks, color })
}

/// Profiles whose parameter set has the chroma format and scaling matrices (§7.3.2.1.1).
const HIGH_PROFILES: [u32; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

/// The beginning of the video usability information, up to the colours (§E.1.1).
fn color_description(bits: &mut BitReader<'_>) -> Option<ColorSpace> {
    const EXTENDED_SAMPLE_ASPECT_RATIO: u32 = 255;
    if bits.flag()? && bits.bits(8)? == EXTENDED_SAMPLE_ASPECT_RATIO {
        bits.skip(32)?;
    }
    if bits.flag()? {
        bits.skip(1)?; // overscan_appropriate_flag
    }
    let mut color = ColorSpace::DEFAULT;
    if bits.flag()? {
        bits.skip(3)?; // video_format
        if bits.flag()? {
            color.range = ColorRange::Full;
        }
        if bits.flag()? {
            bits.skip(16)?; // colour_primaries, transfer_characteristics
            if bits.bits(8)? == 1 {
                color.matrix = ColorMatrix::Bt709;
            }
        }
    }
    Some(color)
}

fn skip_scaling_list(bits: &mut BitReader<'_>, size: usize) -> Option<()> {
    let (mut last, mut next) = (8_i64, 8_i64);
    for _ in 0..size {
        if next != 0 {
            next = (last + i64::from(bits.signed()?)).rem_euclid(256);
        }
        last = if next == 0 { last } else { next };
    }
    Some(())
}

/// Reads bits, most significant first, leaving out the emulation prevention bytes (§7.4.1).
struct BitReader<'a> {
    bytes: &'a [u8],
    /// Bits of the first byte that were read.
    used: u32,
    /// Zero bytes directly before the first byte.
    zeros: u32,
}

impl<'a> BitReader<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, used: 0, zeros: 0 }
    }

    fn flag(&mut self) -> Option<bool> {
        if self.used == 0 && self.zeros >= 2 && self.bytes.first() == Some(&3) {
            self.bytes = &self.bytes[1..];
            self.zeros = 0;
        }
        let byte = *self.bytes.first()?;
        let bit = byte >> (7 - self.used) & 1 == 1;
        self.used += 1;
        if self.used == 8 {
            self.used = 0;
            self.zeros = if byte == 0 { self.zeros + 1 } else { 0 };
            self.bytes = &self.bytes[1..];
        }
        Some(bit)
    }

    /// At most 32 bits.
    fn bits(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            value = value << 1 | u32::from(self.flag()?);
        }
        Some(value)
    }

    fn skip(&mut self, count: u32) -> Option<()> {
        self.bits(count).map(drop)
    }

    /// `ue(v)`: an unsigned Exp-Golomb number (§9.1) of up to 31 bits, more than any field may have.
    fn unsigned(&mut self) -> Option<u32> {
        let mut leading_zeros = 0;
        while !self.flag()? {
            leading_zeros += 1;
            if leading_zeros > 31 {
                return None;
            }
        }
        let suffix = self.bits(leading_zeros)?;
        ((1_u64 << leading_zeros) - 1).checked_add(u64::from(suffix))?.try_into().ok()
    }

    /// `se(v)`: a signed Exp-Golomb number (§9.1.1).
    fn signed(&mut self) -> Option<i32> {
        let code = self.unsigned()?;
        let magnitude = i32::try_from(code.div_ceil(2)).ok()?;
        Some(if code % 2 == 1 { magnitude } else { -magnitude })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Writes what [`BitReader`] reads.
    #[derive(Default)]
    struct BitWriter {
        bits: Vec<bool>,
    }

    impl BitWriter {
        fn bits(&mut self, count: u32, value: u32) -> &mut Self {
            self.bits.extend((0..count).rev().map(|bit| value >> bit & 1 == 1));
            self
        }

        fn unsigned(&mut self, value: u32) -> &mut Self {
            let length = (value + 1).ilog2();
            self.bits(length, 0).bits(length + 1, value + 1)
        }

        /// The NAL unit, with the stop bit and emulation prevention.
        fn nal_unit(&mut self) -> Vec<u8> {
            self.bits(1, 1);
            let mut unit = vec![0x67];
            let mut zeros = 0;
            for byte in self.bits.chunks(8) {
                let byte = byte.iter().enumerate().fold(0, |byte, (at, bit)| byte | u8::from(*bit) << (7 - at));
                if zeros >= 2 && byte <= 3 {
                    unit.push(3);
                    zeros = 0;
                }
                zeros = if byte == 0 { zeros + 1 } else { 0 };
                unit.push(byte);
            }
            unit
        }
    }

    /// A baseline parameter set of 640×360 (368 coded) up to its video usability information.
    fn baseline() -> BitWriter {
        let mut writer = BitWriter::default();
        writer.bits(8, 66).bits(8, 0xc0).bits(8, 30).unsigned(0).unsigned(0).unsigned(2).unsigned(1).bits(1, 0);
        writer.unsigned(39).unsigned(22).bits(2, 0b11);
        writer.bits(1, 1).unsigned(0).unsigned(0).unsigned(0).unsigned(4);
        writer
    }

    #[test]
    fn size_is_cropped_and_colours_default() {
        let parameters = parse(&baseline().bits(1, 0).nal_unit()).unwrap();
        assert_eq!((parameters.width, parameters.height, parameters.macroblocks), (640, 360, 40 * 23));
        assert_eq!(parameters.color, ColorSpace::DEFAULT);
    }

    #[test]
    fn matrix_and_range_are_read_after_an_aspect_ratio() {
        let mut writer = baseline();
        writer.bits(1, 1).bits(1, 1).bits(8, 255).bits(32, 0x0001_0001).bits(1, 0);
        writer.bits(1, 1).bits(3, 5).bits(1, 1).bits(1, 1).bits(24, 0x01_01_01);
        let color = parse(&writer.nal_unit()).unwrap().color;
        assert_eq!(color, ColorSpace { matrix: ColorMatrix::Bt709, range: ColorRange::Full });
    }

    #[test]
    fn a_range_without_colour_description_is_read() {
        let mut writer = baseline();
        writer.bits(1, 1).bits(2, 0).bits(1, 1).bits(3, 5).bits(1, 1).bits(1, 0);
        let color = parse(&writer.nal_unit()).unwrap().color;
        assert_eq!(color, ColorSpace { matrix: ColorMatrix::Bt601, range: ColorRange::Full });
    }

    #[test]
    fn high_profile_with_scaling_lists_is_read() {
        let mut writer = BitWriter::default();
        writer.bits(8, 100).bits(16, 31).unsigned(0).unsigned(1).unsigned(0).unsigned(0).bits(1, 0);
        // One list that ends at once (delta −8), seven that are absent.
        writer.bits(1, 1).bits(1, 1).unsigned(16).bits(7, 0);
        writer.unsigned(0).unsigned(0).unsigned(0).unsigned(4).bits(1, 0);
        writer.unsigned(79).unsigned(44).bits(2, 0b11).bits(1, 0).bits(1, 0);
        let parameters = parse(&writer.nal_unit()).unwrap();
        assert_eq!((parameters.width, parameters.height), (1280, 720));
    }

    #[test]
    fn ten_bit_and_other_chroma_formats_are_refused() {
        for (chroma_format_idc, bit_depth_minus8) in [(0, 0), (2, 0), (3, 0), (1, 2)] {
            let mut writer = BitWriter::default();
            writer.bits(8, 110).bits(16, 31).unsigned(0).unsigned(chroma_format_idc).unsigned(bit_depth_minus8);
            writer.unsigned(bit_depth_minus8).bits(2, 0).unsigned(0).unsigned(2).unsigned(1).bits(1, 0);
            writer.unsigned(39).unsigned(22).bits(2, 0b11).bits(2, 0);
            assert_eq!(parse(&writer.nal_unit()), None);
        }
    }

    #[test]
    fn absurd_sizes_and_crops_are_refused_without_overflow() {
        let mut writer = BitWriter::default();
        writer.bits(24, 0x42_c0_1e).unsigned(0).unsigned(0).unsigned(2).unsigned(1).bits(1, 0);
        writer.unsigned(0x7fff_fff0).unsigned(0x7fff_fff0).bits(2, 0b11).bits(2, 0);
        assert_eq!(parse(&writer.nal_unit()), None);
        let mut writer = BitWriter::default();
        writer.bits(24, 0x42_c0_1e).unsigned(0).unsigned(0).unsigned(2).unsigned(1).bits(1, 0);
        writer
            .unsigned(1)
            .unsigned(1)
            .bits(2, 0b11)
            .bits(1, 1)
            .unsigned(8)
            .unsigned(8)
            .unsigned(0)
            .unsigned(0)
            .bits(1, 0);
        assert_eq!(parse(&writer.nal_unit()), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            parse(&bytes);
        }

        #[test]
        fn any_end_is_survived(cut in 0usize..40) {
            let unit = baseline().bits(1, 0).nal_unit();
            parse(&unit[..cut.min(unit.len())]);
        }
    }
}
