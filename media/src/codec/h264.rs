//! H.264 in and out of [`VideoFrame`](crate::frame::VideoFrame)s, through openh264.
//!
//! Owns what the codec is set to and what it is allowed to be given: a decoder's input comes from the network. Knows
//! byte streams (ITU-T H.264 Annex B) and nothing of packets.

mod decoder;
mod encoder;
pub mod nal;
pub mod sps;

pub use decoder::{DecodeError, Decoder};
pub use encoder::{EncodeError, EncodedPicture, Encoder, EncoderConfig, default_bitrate_bps, least_bitrate_bps};

#[cfg(test)]
pub(crate) mod clip;

#[cfg(test)]
mod tests {
    use super::clip::{Clip, luma_psnr_db};
    use super::*;
    use crate::frame::{ColorMatrix, ColorRange, ColorSpace, FramePool, VideoFrame};
    use std::time::Instant;

    fn encoder(bitrate_bps: Option<u32>) -> Encoder {
        Encoder::new(EncoderConfig { fps: 30, bitrate_bps })
    }

    fn encode(encoder: &mut Encoder, frame: &VideoFrame, force: bool) -> EncodedPicture {
        encoder.encode(frame, force).expect("the frame can be encoded").expect("frames are not skipped")
    }

    fn unit_types(picture: &EncodedPicture) -> Vec<u8> {
        nal::units(&picture.annexb).map(|unit| nal::unit_type(unit[0])).collect()
    }

    /// Encodes and decodes a clip; gives mean luma PSNR in dB and bits per second.
    fn quality(clip: &Clip, frames: u32, bitrate_bps: Option<u32>) -> (f64, f64) {
        let (mut encoder, mut decoder) = (encoder(bitrate_bps), Decoder::new().unwrap());
        let (mut psnr, mut bytes) = (0.0, 0);
        for number in 0..frames {
            let frame = clip.frame(number);
            let picture = encode(&mut encoder, &frame, false);
            assert_eq!(picture.is_key_frame, number == 0, "picture {number}");
            bytes += picture.annexb.len();
            psnr += luma_psnr_db(&frame, &decoder.decode(&picture.annexb).unwrap().unwrap());
        }
        (psnr / f64::from(frames), bytes as f64 * 8.0 * 30.0 / f64::from(frames))
    }

    #[test]
    fn moving_texture_keeps_its_quality_at_the_default_bitrate() {
        for (width, height, least_db) in [(640, 360, 34.0), (320, 180, 33.0)] {
            let (psnr, bitrate) = quality(&Clip::new(width, height), 90, None);
            let target = f64::from(default_bitrate_bps(width, height));
            assert!(psnr >= least_db, "{psnr:.1} dB at {width}×{height}");
            assert!(bitrate < 1.2 * target, "{bitrate:.0} instead of {target} bits per second at {width}×{height}");
        }
    }

    #[test]
    fn the_least_bitrates_are_kept_to() {
        for (width, height, fps) in [(320, 180, 15), (640, 360, 30)] {
            let least = least_bitrate_bps(width, height);
            let (clip, mut encoder) = (Clip::new(width, height), encoder(Some(least)));
            encoder.set_frame_rate(fps);
            let bytes: usize = (0..90)
                .map(|number| encode(&mut encoder, &clip.frame(number * 30 / fps), false).annexb.len())
                .skip(30) // the key frame is large, and is made up for
                .sum();
            let bitrate = bytes as f64 * 8.0 * f64::from(fps) / 60.0;
            assert!(bitrate < 1.2 * f64::from(least), "{bitrate:.0} instead of {least} at {width}×{height}");
        }
    }

    #[test]
    fn a_lower_frame_rate_gives_each_picture_more_bits() {
        let (clip, mut encoder) = (Clip::new(320, 180), encoder(Some(120_000)));
        let mut bytes = |numbers: std::ops::Range<u32>| -> usize {
            numbers.map(|number| encode(&mut encoder, &clip.frame(number), false).annexb.len()).sum()
        };
        bytes(0..30);
        let full = bytes(30..90);
        encoder.set_frame_rate(15);
        let half: usize = (45..105).map(|n| encode(&mut encoder, &clip.frame(2 * n), false).annexb.len()).sum();
        assert!(half as f64 > 1.5 * full as f64, "60 pictures take {full} bytes at 30 and {half} at 15 a second");
    }

    #[test]
    fn every_key_frame_carries_its_parameter_sets() {
        let (clip, mut encoder) = (Clip::new(320, 180), encoder(None));
        for number in 0..12 {
            let picture = encode(&mut encoder, &clip.frame(number), number == 5);
            let key = number == 0 || number == 5;
            assert_eq!(picture.is_key_frame, key);
            assert_eq!(
                unit_types(&picture),
                if key { vec![nal::SPS, nal::PPS, nal::IDR_SLICE] } else { vec![nal::SLICE] }
            );
        }
    }

    #[test]
    fn the_stream_is_constrained_baseline_and_tells_its_size() {
        let picture = encode(&mut encoder(None), &Clip::new(640, 360).frame(0), false);
        let parameter_set = nal::units(&picture.annexb).next().unwrap();
        assert_eq!(&parameter_set[1..3], &[66, 0xc0], "profile_idc and constraint flags");
        let parameters = sps::parse(parameter_set).unwrap();
        assert_eq!((parameters.width, parameters.height), (640, 360));
    }

    #[test]
    fn a_decoder_learns_the_colour_space() {
        for matrix in [ColorMatrix::Bt601, ColorMatrix::Bt709] {
            for range in [ColorRange::Limited, ColorRange::Full] {
                let color = ColorSpace { matrix, range };
                let mut frame = FramePool::new().frame(64, 48, color, Instant::now());
                frame.planes_mut().y.fill(90);
                let picture = encode(&mut encoder(None), &frame, false);
                let decoded = Decoder::new().unwrap().decode(&picture.annexb).unwrap().unwrap();
                assert_eq!(decoded.color(), color);
            }
        }
    }

    #[test]
    fn a_change_of_size_starts_anew_with_a_key_frame() {
        let (mut encoder, mut decoder) = (encoder(None), Decoder::new().unwrap());
        for (width, height) in [(320, 180), (640, 360), (160, 90)] {
            let clip = Clip::new(width, height);
            for number in 0..3 {
                let picture = encode(&mut encoder, &clip.frame(number), false);
                assert_eq!(picture.is_key_frame, number == 0);
                let decoded = decoder.decode(&picture.annexb).unwrap().unwrap();
                assert_eq!((decoded.width(), decoded.height()), (width, height));
            }
        }
    }

    #[test]
    fn odd_sizes_lose_their_last_row_and_column() {
        let frame = Clip::new(101, 75).frame(0);
        let picture = encode(&mut encoder(Some(2_000_000)), &frame, false);
        let decoded = Decoder::new().unwrap().decode(&picture.annexb).unwrap().unwrap();
        assert_eq!((decoded.width(), decoded.height()), (100, 74));
        let row = |frame: &VideoFrame| frame.y()[10 * frame.width() as usize..][..100].to_vec();
        let error = row(&frame).iter().zip(row(&decoded)).map(|(a, b)| a.abs_diff(b)).max().unwrap();
        assert!(error < 40, "rows are where they were, off by at most {error}");
    }

    #[test]
    fn sizes_that_cannot_be_encoded_are_an_error() {
        for (width, height) in [(8, 64), (64, 8), (4096, 64), (2400, 2400)] {
            let frame = FramePool::new().frame(width, height, ColorSpace::DEFAULT, Instant::now());
            assert!(matches!(encoder(None).encode(&frame, false), Err(EncodeError::Size { .. })));
        }
    }

    #[test]
    fn the_bitrate_follows_its_target_without_a_key_frame() {
        let (clip, mut encoder) = (Clip::new(320, 180), encoder(Some(400_000)));
        let mut bitrate_after = |first: u32, target: u32| {
            encoder.set_bitrate(Some(target));
            let mut bytes = 0;
            for number in first..first + 60 {
                let picture = encode(&mut encoder, &clip.frame(number), false);
                assert_eq!(picture.is_key_frame, number == 0);
                // The first half is for getting there.
                bytes += if number < first + 30 { 0 } else { picture.annexb.len() };
            }
            bytes as f64 * 8.0
        };
        let (middle, low, high) = (bitrate_after(0, 400_000), bitrate_after(60, 250_000), bitrate_after(120, 600_000));
        assert!(low < 0.75 * middle && high > 1.25 * middle, "{low:.0}, {middle:.0}, {high:.0} bits per second");
    }

    #[test]
    fn without_its_key_frame_a_stream_gives_no_picture() {
        let (clip, mut encoder, mut decoder) = (Clip::new(320, 180), encoder(None), Decoder::new().unwrap());
        encode(&mut encoder, &clip.frame(0), false);
        for number in 1..5 {
            let picture = encode(&mut encoder, &clip.frame(number), false);
            assert!(!matches!(decoder.decode(&picture.annexb), Ok(Some(_))));
        }
        let key = encode(&mut encoder, &clip.frame(5), true);
        assert!(matches!(decoder.decode(&key.annexb), Ok(Some(_))));
    }

    #[test]
    fn default_bitrates_grow_with_size_up_to_a_limit() {
        let bitrates = [(160, 90), (320, 180), (480, 270), (640, 360), (1280, 720), (1920, 1080)]
            .map(|(width, height)| default_bitrate_bps(width, height));
        assert_eq!(bitrates, [107_500, 250_000, 562_500, 1_000_000, 1_700_000, 1_700_000]);
    }
}
