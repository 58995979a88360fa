//! The Rust twin of the colour conversion in `shaders/tile.wgsl`, against which the shader is tested.
//!
//! Written from the recommendations (ITU-R BT.601-7, BT.709-6; ITU-T H.273 for full range) and in double precision, without
//! looking at how the shader folds its constants. Never on a per-frame path.

use nonet_media::frame::{ColorMatrix, ColorRange, ColorSpace, VideoFrame};

/// Converts one sample triple, 0…255 each, to R'G'B', 0…255 each, neither rounded nor beyond these ends.
pub fn rgb_from_yuv([y, u, v]: [f64; 3], color: ColorSpace) -> [f64; 3] {
    let (red_weight, blue_weight) = match color.matrix {
        ColorMatrix::Bt601 => (0.299, 0.114),
        ColorMatrix::Bt709 => (0.2126, 0.0722),
    };
    let green_weight = 1.0 - red_weight - blue_weight;
    let (luma, difference_blue, difference_red) = match color.range {
        ColorRange::Limited => ((y - 16.0) / 219.0, (u - 128.0) / 224.0, (v - 128.0) / 224.0),
        ColorRange::Full => (y / 255.0, (u - 128.0) / 255.0, (v - 128.0) / 255.0),
    };
    // Cb = (B' − Y') / (2 (1 − Kb)), Cr likewise, and Y' = Kr R' + Kg G' + Kb B'.
    let red = luma + 2.0 * (1.0 - red_weight) * difference_red;
    let blue = luma + 2.0 * (1.0 - blue_weight) * difference_blue;
    let green = (luma - red_weight * red - blue_weight * blue) / green_weight;
    [red, green, blue].map(|value| value.clamp(0.0, 1.0) * 255.0)
}

/// The frame at its own size: rows of R'G'B', 0…255 each. Chroma lies between its four luma samples and is interpolated
/// linearly, as the sampler of the shader does.
pub fn rgb_picture(frame: &VideoFrame) -> Vec<[f64; 3]> {
    let (chroma_width, chroma_height) = (frame.chroma_width() as usize, frame.chroma_height() as usize);
    let chroma = |plane: &[u8], x: usize, y: usize| {
        let (left, right, across) = neighbours(x, chroma_width);
        let (top, bottom, down) = neighbours(y, chroma_height);
        let row = |row: usize| {
            let at = |column: usize| f64::from(plane[row * chroma_width + column]);
            at(left) * (1.0 - across) + at(right) * across
        };
        row(top) * (1.0 - down) + row(bottom) * down
    };
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    (0..width * height)
        .map(|index| {
            let (x, y) = (index % width, index / width);
            let yuv = [f64::from(frame.y()[index]), chroma(frame.u(), x, y), chroma(frame.v(), x, y)];
            rgb_from_yuv(yuv, frame.color())
        })
        .collect()
}

/// The two chroma samples around a luma sample in one direction, and the share of the second.
fn neighbours(luma: usize, chroma_count: usize) -> (usize, usize, f64) {
    let position = (luma as f64 + 0.5) / 2.0 - 0.5;
    let clamp = |index: f64| (index.max(0.0) as usize).min(chroma_count - 1);
    (clamp(position.floor()), clamp(position.floor() + 1.0), position - position.floor())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_rgb(yuv: [f64; 3], matrix: ColorMatrix, range: ColorRange, expected: [f64; 3]) {
        let rgb = rgb_from_yuv(yuv, ColorSpace { matrix, range });
        let close = rgb.iter().zip(expected).all(|(got, want)| (got - want).abs() < 1.6);
        assert!(close, "{yuv:?} in {matrix:?} {range:?} is {rgb:?}, not {expected:?}");
    }

    // The triples are those of the recommendations' colour bars, rounded to whole codes.

    #[test]
    fn grey_has_no_colour_in_any_space() {
        for matrix in [ColorMatrix::Bt601, ColorMatrix::Bt709] {
            assert_rgb([16.0, 128.0, 128.0], matrix, ColorRange::Limited, [0.0; 3]);
            assert_rgb([235.0, 128.0, 128.0], matrix, ColorRange::Limited, [255.0; 3]);
            assert_rgb([0.0, 128.0, 128.0], matrix, ColorRange::Full, [0.0; 3]);
            assert_rgb([255.0, 128.0, 128.0], matrix, ColorRange::Full, [255.0; 3]);
        }
    }

    #[test]
    fn primaries_of_bt601_have_their_known_codes() {
        assert_rgb([81.0, 90.0, 240.0], ColorMatrix::Bt601, ColorRange::Limited, [255.0, 0.0, 0.0]);
        assert_rgb([145.0, 54.0, 34.0], ColorMatrix::Bt601, ColorRange::Limited, [0.0, 255.0, 0.0]);
        assert_rgb([41.0, 240.0, 110.0], ColorMatrix::Bt601, ColorRange::Limited, [0.0, 0.0, 255.0]);
        assert_rgb([76.0, 85.0, 255.0], ColorMatrix::Bt601, ColorRange::Full, [254.0, 0.0, 0.0]);
    }

    #[test]
    fn primaries_of_bt709_have_their_known_codes() {
        assert_rgb([63.0, 102.0, 240.0], ColorMatrix::Bt709, ColorRange::Limited, [255.0, 0.0, 0.0]);
        assert_rgb([173.0, 42.0, 26.0], ColorMatrix::Bt709, ColorRange::Limited, [0.0, 255.0, 0.0]);
        assert_rgb([32.0, 240.0, 118.0], ColorMatrix::Bt709, ColorRange::Limited, [0.0, 0.0, 255.0]);
    }

    #[test]
    fn values_beyond_white_and_black_are_clamped() {
        assert_rgb([255.0, 128.0, 128.0], ColorMatrix::Bt709, ColorRange::Limited, [255.0; 3]);
        assert_rgb([0.0, 128.0, 128.0], ColorMatrix::Bt709, ColorRange::Limited, [0.0; 3]);
    }
}
