use std::time::Duration;

use super::*;
use crate::capture::scale::FrameScaler;
use crate::codec::h264::{Decoder, Encoder, EncoderConfig};

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

#[test]
fn a_stamp_survives_a_lossy_codec_at_a_low_bit_rate() {
    let mut encoder = Encoder::new(EncoderConfig { fps: SMALL.fps, bitrate_bps: Some(100_000) });
    let mut decoder = Decoder::new().unwrap();
    let (pattern, start) = (TestPattern::new(3, SMALL), Instant::now());
    let mut bytes = 0;
    for number in 0..60 {
        let frame = pattern.draw(stamp(number), start + Duration::from_secs(1) * number / SMALL.fps);
        let encoded = encoder.encode(&frame, false).unwrap().expect("frames are not skipped");
        bytes += encoded.annexb.len();
        let decoded = decoder.decode(&encoded.annexb).unwrap().expect("a picture for each");
        assert_eq!(read(&decoded), Some(stamp(number)));
    }
    assert!(bytes < 4 * 2 * 100_000 / 8, "{bytes} bytes in four seconds");
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
