use openh264::OpenH264API;
use openh264::decoder::Decoder;
use openh264::encoder::{BitRate, Encoder, EncoderConfig, FrameRate as EncoderFrameRate, UsageType};
use openh264::formats::YUVSource;

use super::*;
use crate::capture::scale::FrameScaler;

const HD: VideoLimits = VideoLimits::MAX;
const SMALL: VideoLimits = VideoLimits { width: 320, height: 180, fps: 15 };

fn stamp(frame_number: u32) -> PatternStamp {
    PatternStamp { frame_number, captured_at_micros: 1_792_000_000_000_000 + u64::from(frame_number) * 33_333 }
}

#[test]
fn a_stamp_is_read_at_any_size_it_is_drawn_at() {
    for (width, height) in [(1280, 720), (640, 480), (320, 180), (240, 426), (162, 90)] {
        let pattern = TestPattern::new(1, VideoLimits { width, height, fps: 30 });
        for number in [0, 1, 77, u32::MAX] {
            let frame = pattern.draw(stamp(number), Instant::now());
            assert_eq!((frame.width(), frame.height()), (width, height));
            assert_eq!(read(&frame), Some(stamp(number)), "{width}×{height}");
        }
    }
}

#[test]
fn a_stamp_survives_scaling() {
    let pattern = TestPattern::new(0, HD);
    let mut scaler = FrameScaler::default();
    for (width, height) in [(640, 360), (320, 180), (160, 90), (426, 240), (1000, 562)] {
        for number in 0..20 {
            let scaled = scaler.scale(&pattern.draw(stamp(number), Instant::now()), width, height);
            assert_eq!(read(&scaled), Some(stamp(number)), "{width}×{height}");
        }
    }
}

#[test]
fn a_stamp_survives_noise() {
    let pattern = TestPattern::new(0, SMALL);
    let mut random = 1_u32;
    for number in 0..50 {
        let mut frame = pattern.draw(stamp(number), Instant::now());
        for sample in frame.planes_mut().y {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *sample = sample.saturating_add_signed((random >> 24) as i8 / 2);
        }
        assert_eq!(read(&frame), Some(stamp(number)));
    }
}

#[test]
fn a_picture_without_a_whole_stamp_has_none() {
    let pool = FramePool::new();
    let mut flat = pool.frame(320, 180, ColorSpace::DEFAULT, Instant::now());
    flat.planes_mut().y.fill(100);
    assert_eq!(read(&flat), None);
    assert_eq!(read(&pool.frame(1, 1, ColorSpace::DEFAULT, Instant::now())), None);
    let mut damaged = TestPattern::new(0, SMALL).draw(stamp(5), Instant::now());
    let planes = damaged.planes_mut();
    for row in planes.y.chunks_exact_mut(320).skip(168) {
        row[100..106].iter_mut().for_each(|sample| *sample = 255 - *sample);
    }
    assert_eq!(read(&damaged), None);
}

/// What the encoder is given.
struct Source<'a>(&'a VideoFrame);

impl YUVSource for Source<'_> {
    fn dimensions(&self) -> (usize, usize) {
        (self.0.width() as usize, self.0.height() as usize)
    }

    fn strides(&self) -> (usize, usize, usize) {
        let chroma = self.0.chroma_width() as usize;
        (self.0.width() as usize, chroma, chroma)
    }

    fn y(&self) -> &[u8] {
        self.0.y()
    }

    fn u(&self) -> &[u8] {
        self.0.u()
    }

    fn v(&self) -> &[u8] {
        self.0.v()
    }
}

#[test]
fn a_stamp_survives_a_lossy_codec_at_a_low_bit_rate() {
    let config = EncoderConfig::new()
        .usage_type(UsageType::CameraVideoRealTime)
        .max_frame_rate(EncoderFrameRate::from_hz(15.0))
        .bitrate(BitRate::from_bps(100_000))
        .skip_frames(false);
    let mut encoder = Encoder::with_api_config(OpenH264API::from_source(), config).expect("an encoder");
    let mut decoder = Decoder::new().expect("a decoder");
    let pattern = TestPattern::new(3, SMALL);
    let pool = FramePool::new();
    let mut bytes = 0;
    for number in 0..60 {
        let frame = pattern.draw(stamp(number), Instant::now());
        let encoded = encoder.encode(&Source(&frame)).expect("encoded").to_vec();
        bytes += encoded.len();
        let decoded = decoder.decode(&encoded).expect("decoded").expect("a picture for each");
        let mut received = pool.frame(320, 180, ColorSpace::DEFAULT, Instant::now());
        let stride = decoded.strides().0;
        for (row, source) in received.planes_mut().y.chunks_exact_mut(320).zip(decoded.y().chunks(stride)) {
            row.copy_from_slice(&source[..320]);
        }
        assert_eq!(read(&received), Some(stamp(number)));
    }
    assert!(bytes > 0 && bytes < 4 * 2 * 100_000 / 8, "{bytes} bytes in four seconds");
}

#[test]
fn numbers_differ_and_pictures_move() {
    let draw = |number, frame_number| TestPattern::new(number, SMALL).draw(stamp(frame_number), Instant::now());
    let difference = |a: &VideoFrame, b: &VideoFrame| {
        let differences = a.u().iter().zip(b.u()).map(|(a, b)| u32::from(a.abs_diff(*b)));
        differences.sum::<u32>() as f32 / a.u().len() as f32
    };
    let people: Vec<_> = (0..9).map(|number| draw(number, 0)).collect();
    for (index, one) in people.iter().enumerate() {
        for other in &people[index + 1..] {
            assert!(difference(one, other) > 3.0, "number {index} looks like another");
        }
    }
    assert!(difference(&people[0], &draw(0, 15)) > 0.3);
}

#[test]
fn even_the_smallest_limits_give_a_picture() {
    let frame = TestPattern::new(0, VideoLimits { width: 0, height: 0, fps: 0 }).draw(stamp(0), Instant::now());
    assert_eq!((frame.width(), frame.height()), (2, 2));
    let frame = TestPattern::new(0, VideoLimits { width: 1280, height: 2, fps: 30 }).draw(stamp(0), Instant::now());
    assert_eq!(frame.height(), 2);
}
