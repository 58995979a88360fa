use proptest::prelude::*;

use super::*;

fn convert(raw: &[u8], format: FrameFormat, size: (u32, u32), row_bytes: usize) -> Result<VideoFrame, ConvertError> {
    let layout = Layout { format, width: size.0, height: size.1, row_bytes };
    Converter::default().convert(raw, layout, &FramePool::new(), Instant::now())
}

fn planes(frame: &VideoFrame) -> (&[u8], &[u8], &[u8]) {
    (frame.y(), frame.u(), frame.v())
}

#[test]
fn yuyv_keeps_luma_and_averages_chroma_of_two_rows() {
    let raw = [1, 10, 2, 20, 3, 30, 4, 40, 5, 12, 6, 24, 7, 30, 8, 44];
    let frame = convert(&raw, FrameFormat::YUYV, (4, 2), 0).expect("whole");
    assert_eq!(planes(&frame), (&[1, 2, 3, 4, 5, 6, 7, 8][..], &[11, 30][..], &[22, 42][..]));
    assert_eq!(frame.color(), ColorSpace::DEFAULT);
}

#[test]
fn nv12_rows_may_be_padded() {
    let raw = [1, 2, 0, 0, 3, 4, 0, 0, 50, 60];
    let frame = convert(&raw, FrameFormat::NV12, (2, 2), 4).expect("whole, but for the last padding");
    assert_eq!(planes(&frame), (&[1, 2, 3, 4][..], &[50][..], &[60][..]));
}

#[test]
fn grey_has_no_colour() {
    let frame = convert(&[1, 2, 3, 4, 9], FrameFormat::GRAY, (2, 2), 0).expect("whole");
    assert_eq!(planes(&frame), (&[1, 2, 3, 4][..], &[128][..], &[128][..]));
}

#[test]
fn rgb_and_bgr_become_limited_range() {
    let of = |pixel: [u8; 3], format| {
        let frame = convert(&pixel.repeat(4), format, (2, 2), 0).expect("whole");
        (frame.y()[0], frame.u()[0], frame.v()[0])
    };
    assert_eq!(of([255; 3], FrameFormat::RAWRGB), (235, 128, 128));
    assert_eq!(of([0; 3], FrameFormat::RAWRGB), (16, 128, 128));
    assert_eq!(of([255, 0, 0], FrameFormat::RAWRGB), (82, 90, 240));
    assert_eq!(of([255, 0, 0], FrameFormat::RAWBGR), (41, 240, 110));
}

#[test]
fn what_is_cut_short_is_refused() {
    for (format, bytes) in
        [(FrameFormat::YUYV, 31), (FrameFormat::NV12, 23), (FrameFormat::GRAY, 15), (FrameFormat::RAWRGB, 47)]
    {
        let error = convert(&vec![0; bytes], format, (4, 4), 0).expect_err("too short");
        assert!(
            matches!(error, ConvertError::TooShort { has, wants } if has == bytes && wants == bytes + 1),
            "{error}"
        );
    }
    assert!(matches!(convert(&[0; 99], FrameFormat::YUYV, (3, 2), 0), Err(ConvertError::Size { .. })));
}

/// A JPEG as webcams send it, without Huffman tables (and so with those of the standard, ITU-T T.81 Annex K.3), made of
/// flat units: each has the luma that `luma` gives its number, and the same chroma.
fn flat_jpeg(size: (u16, u16), sampling: (u8, u8), luma: impl Fn(usize) -> u8, chroma: Option<(u8, u8)>) -> Vec<u8> {
    const DC_LUMA: [&str; 12] =
        ["00", "010", "011", "100", "101", "110", "1110", "11110", "111110", "1111110", "11111110", "111111110"];
    const DC_CHROMA: [&str; 12] = [
        "00",
        "01",
        "10",
        "110",
        "1110",
        "11110",
        "111110",
        "1111110",
        "11111110",
        "111111110",
        "1111111110",
        "11111111110",
    ];
    let mut jpeg = b"\xff\xd8\xff\xe0\x00\x07AVI1\0\xff\xdb\x00\x43\x00".to_vec();
    jpeg.extend([1; 64]); // No quantisation.
    let components = if chroma.is_some() { 3 } else { 1 };
    jpeg.extend([0xff, 0xc0, 0, 8 + 3 * components, 8]);
    jpeg.extend(size.1.to_be_bytes());
    jpeg.extend(size.0.to_be_bytes());
    jpeg.extend([components, 1, sampling.0 << 4 | sampling.1, 0]);
    jpeg.extend([2, 0x11, 0, 3, 0x11, 0].iter().take(3 * usize::from(components - 1)));
    jpeg.extend([0xff, 0xda, 0, 6 + 2 * components, components, 1, 0x00]);
    jpeg.extend([2, 0x11, 3, 0x11].iter().take(2 * usize::from(components - 1)));
    jpeg.extend([0, 63, 0]);

    let mut bits = String::new();
    let mut put = |last: &mut i32, level: u8, codes: [&str; 12], end: &str| {
        let value = 8 * (i32::from(level) - 128);
        let difference = value - *last;
        *last = value;
        let length = (32 - difference.unsigned_abs().leading_zeros()) as usize;
        bits.push_str(codes[length]);
        let coded = if difference < 0 { difference - 1 } else { difference };
        bits.extend((0..length).rev().map(|bit| if coded >> bit & 1 == 1 { '1' } else { '0' }));
        bits.push_str(end);
    };
    let across = usize::from(size.0).div_ceil(8 * usize::from(sampling.0));
    let down = usize::from(size.1).div_ceil(8 * usize::from(sampling.1));
    let mut last = [0; 3];
    for unit in 0..across * down {
        for _ in 0..sampling.0 * sampling.1 {
            put(&mut last[0], luma(unit), DC_LUMA, "1010");
        }
        if let Some((blue, red)) = chroma {
            put(&mut last[1], blue, DC_CHROMA, "00");
            put(&mut last[2], red, DC_CHROMA, "00");
        }
    }
    for byte in bits.into_bytes().chunks(8) {
        let byte = (0..8).fold(0, |value, bit| value << 1 | u8::from(byte.get(bit) != Some(&b'0')));
        jpeg.push(byte);
        if byte == 0xff {
            jpeg.push(0);
        }
    }
    jpeg.extend(b"\xff\xd9");
    jpeg
}

#[test]
fn motion_jpeg_without_tables_is_decoded_to_full_range() {
    for sampling in [(1, 1), (2, 1), (2, 2)] {
        let luma = |unit: usize| (unit * 37 % 256) as u8;
        let mut jpeg = flat_jpeg((35, 21), sampling, luma, Some((90, 200)));
        jpeg.extend([0xab; 500]); // What an earlier, longer picture left in the buffer.
        let frame = convert(&jpeg, FrameFormat::MJPEG, (64, 64), 0).expect("a JPEG");
        assert_eq!((frame.width(), frame.height(), frame.color()), (35, 21, JPEG_COLOR));
        let (unit_width, unit_height) = (8 * usize::from(sampling.0), 8 * usize::from(sampling.1));
        for (index, &level) in frame.y().iter().enumerate() {
            let unit = index / 35 / unit_height * 35_usize.div_ceil(unit_width) + index % 35 / unit_width;
            assert_eq!(level, luma(unit), "{sampling:?} at {index}");
        }
        assert!(frame.u().iter().all(|&u| u == 90) && frame.v().iter().all(|&v| v == 200), "{sampling:?}");
    }
}

#[test]
fn a_grey_jpeg_has_no_colour() {
    let frame = convert(&flat_jpeg((16, 8), (1, 1), |_| 77, None), FrameFormat::MJPEG, (16, 8), 0).expect("a JPEG");
    assert_eq!(planes(&frame), (&[77; 128][..], &[128; 32][..], &[128; 32][..]));
}

#[test]
fn a_jpeg_larger_than_a_frame_may_be_is_refused() {
    let jpeg = flat_jpeg((8000, 8), (1, 1), |_| 0, None);
    assert!(convert(&jpeg, FrameFormat::MJPEG, (16, 8), 0).is_err());
}

proptest! {
    #[test]
    fn damaged_jpegs_are_errors_or_pictures_and_never_panics(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        kept in any::<prop::sample::Index>(),
    ) {
        let mut jpeg = flat_jpeg((35, 21), (2, 1), |unit| unit as u8, Some((90, 200)));
        for (index, value) in changes {
            let index = index.index(jpeg.len());
            jpeg[index] = value;
        }
        jpeg.truncate(kept.index(jpeg.len()) + 1);
        let _ = convert(&jpeg, FrameFormat::MJPEG, (35, 21), 0);
    }
}
