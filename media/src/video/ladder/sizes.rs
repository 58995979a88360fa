//! Which layers a capture of some size has, and what they take.

use crate::capture::scale::fit;
use crate::choice::VideoLimits;
use crate::codec::h264::{default_bitrate_bps, least_bitrate_bps};
use crate::layer::{Layer, LayerFormat, PerLayer};

/// Smallest side of a layer below the top one: an encoder takes no less.
const MIN_SIDE: u32 = 16;

/// Most of each layer's sides, at [`Layer::index`].
const LIMITS: PerLayer<(u32, u32)> = [(320, 180), (640, 360), (VideoLimits::MAX.width, VideoLimits::MAX.height)];

/// The layers of frames of a size. All have its aspect and even sides. The top one is always there; a smaller one that
/// would be nearly as large as the next (less than 1.2 times smaller each way) is not.
pub fn formats(width: u32, height: u32) -> PerLayer<Option<LayerFormat>> {
    let mut formats = [None; Layer::COUNT];
    let mut above: Option<(u32, u32)> = None;
    for layer in Layer::ALL.into_iter().rev() {
        let (most_width, most_height) = LIMITS[layer.index()];
        let limits = VideoLimits { width: most_width, height: most_height, ..VideoLimits::MAX };
        let (width, height) = fit(width, height, limits);
        let is_worth_it = above.is_none_or(|above| {
            let (longer, longer_above) = if width > height { (width, above.0) } else { (height, above.1) };
            longer_above * 5 >= longer * 6 && width.min(height) >= MIN_SIDE
        });
        if is_worth_it {
            above = Some((width, height));
            let (min_bps, max_bps) = (least_bitrate_bps(width, height), default_bitrate_bps(width, height));
            formats[layer.index()] = Some(LayerFormat { width, height, min_bps, max_bps });
        }
    }
    formats
}

/// The largest of these layers that is no larger than the limits, whichever way the picture lies; the smallest where all are larger.
pub fn largest_within(formats: &PerLayer<Option<LayerFormat>>, limits: VideoLimits) -> Layer {
    let (longer, shorter) = (limits.width.max(limits.height), limits.width.min(limits.height));
    let is_within = |layer: &Layer| {
        formats[layer.index()].is_some_and(|LayerFormat { width, height, .. }| {
            width.max(height) <= longer && width.min(height) <= shorter
        })
    };
    Layer::ALL.into_iter().rev().find(is_within).unwrap_or(Layer::Low)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(width: u32, height: u32) -> PerLayer<Option<(u32, u32)>> {
        formats(width, height).map(|format| format.map(|format| (format.width, format.height)))
    }

    #[test]
    fn layers_keep_the_aspect_with_even_sides() {
        assert_eq!(sizes(1280, 720), [Some((320, 180)), Some((640, 360)), Some((1280, 720))]);
        assert_eq!(sizes(1920, 1080), [Some((320, 180)), Some((640, 360)), Some((1280, 720))]);
        assert_eq!(sizes(960, 720), [Some((240, 180)), Some((480, 360)), Some((960, 720))]);
        assert_eq!(sizes(406, 720), [Some((102, 180)), Some((204, 360)), Some((406, 720))]);
    }

    #[test]
    fn a_small_capture_has_fewer_layers() {
        assert_eq!(sizes(640, 360), [Some((320, 180)), None, Some((640, 360))]);
        assert_eq!(sizes(700, 394), [Some((320, 180)), None, Some((700, 394))]);
        assert_eq!(sizes(640, 480), [Some((240, 180)), Some((480, 360)), Some((640, 480))]);
        assert_eq!(sizes(320, 180), [None, None, Some((320, 180))]);
        assert_eq!(sizes(352, 198), [None, None, Some((352, 198))]);
        assert_eq!(sizes(33, 27), [None, None, Some((32, 26))]);
        assert_eq!(sizes(1, 1), [None, None, Some((2, 2))]);
    }

    #[test]
    fn the_largest_layer_within_limits_is_found_whatever_the_shape() {
        let within = |capture: (u32, u32), width, height| {
            largest_within(&formats(capture.0, capture.1), VideoLimits { width, height, fps: 30 })
        };
        for (capture, large, middle, small) in [
            ((1280, 720), Layer::Top, Layer::Middle, Layer::Low),
            ((960, 720), Layer::Top, Layer::Middle, Layer::Low),
            ((406, 720), Layer::Top, Layer::Middle, Layer::Low),
            ((640, 360), Layer::Top, Layer::Top, Layer::Low),
        ] {
            let found = [within(capture, 1280, 720), within(capture, 640, 360), within(capture, 320, 180)];
            assert_eq!(found, [large, middle, small], "{capture:?}");
        }
        assert_eq!(within((352, 198), 320, 180), Layer::Low, "there is no such layer, so the smallest is sent");
    }

    #[test]
    fn a_larger_layer_takes_more_bits_and_ranges_of_full_layers_do_not_overlap() {
        let [low, middle, top] = formats(1280, 720).map(|format| format.expect("all three are there"));
        assert!(low.min_bps < low.max_bps && low.max_bps < middle.min_bps);
        assert!(middle.min_bps < middle.max_bps && middle.max_bps < top.max_bps && middle.min_bps < top.min_bps);
    }
}
