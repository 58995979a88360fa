//! Frames in another size, plane by plane.
//!
//! Knows how large a frame may be sent; does not know encoders or their layers.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use super::halve::halve;
use crate::choice::VideoLimits;
use crate::frame::{FramePool, VideoFrame};

/// Scales frames into pooled ones.
#[derive(Debug, Default)]
pub struct FrameScaler {
    resizer: Resizer,
    pool: FramePool,
}

impl FrameScaler {
    /// The frame in another size, with its colour space and time. Averages what it makes smaller.
    pub fn scale(&mut self, frame: &VideoFrame, width: u32, height: u32) -> VideoFrame {
        let mut scaled = self.pool.frame(width, height, frame.color(), frame.captured_at());
        let (chroma_width, chroma_height) = (scaled.chroma_width(), scaled.chroma_height());
        let planes = scaled.planes_mut();
        self.scale_plane(frame.y(), (frame.width(), frame.height()), planes.y, (width, height));
        let from = (frame.chroma_width(), frame.chroma_height());
        self.scale_plane(frame.u(), from, planes.u, (chroma_width, chroma_height));
        self.scale_plane(frame.v(), from, planes.v, (chroma_width, chroma_height));
        scaled
    }

    fn scale_plane(&mut self, source: &[u8], from: (u32, u32), target: &mut [u8], to: (u32, u32)) {
        if from == (2 * to.0, 2 * to.1) {
            return halve(source, from.0 as usize, target);
        }
        const FITS: &str = "a plane has as many samples as its size says";
        let source = ImageRef::new(from.0, from.1, source, PixelType::U8).expect(FITS);
        let mut target = Image::from_slice_u8(to.0, to.1, target, PixelType::U8).expect(FITS);
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
        self.resizer.resize(&source, &mut target, &options).expect("both planes are 8-bit and not empty");
    }
}

/// The largest size within the limits that has the aspect of `width × height`, is not larger, and is even, as 4:2:0
/// encoders want it.
pub fn fit(width: u32, height: u32, limits: VideoLimits) -> (u32, u32) {
    let even = |length: u64| u32::try_from(length / 2 * 2).unwrap_or(u32::MAX - 1).max(2);
    let (w, h) = (u64::from(width), u64::from(height));
    let (most_w, most_h) = (u64::from(limits.width), u64::from(limits.height));
    if w <= most_w && h <= most_h {
        (even(w), even(h))
    } else if w * most_h >= most_w * h {
        // Wider than the limits: their width, and the height rounded to the nearest even number.
        (even(most_w), even(most_w * h / w.max(1) + 1))
    } else {
        (even(most_h * w / h.max(1) + 1), even(most_h))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::frame::ColorSpace;

    #[test]
    fn frames_fit_the_limits_with_their_aspect_and_even_sides() {
        let limits = |width, height| VideoLimits { width, height, fps: 30 };
        assert_eq!(fit(1920, 1080, limits(1280, 720)), (1280, 720));
        assert_eq!(fit(640, 480, limits(1280, 720)), (640, 480));
        assert_eq!(fit(640, 480, limits(320, 180)), (240, 180));
        assert_eq!(fit(720, 1280, limits(1280, 720)), (406, 720));
        assert_eq!(fit(641, 361, limits(1280, 720)), (640, 360));
        assert_eq!(fit(4096, 1, limits(1280, 720)), (1280, 2));
        assert_eq!(fit(1366, 768, limits(640, 360)), (640, 360));
        assert_eq!(fit(7, 7, limits(0, 0)), (2, 2));
    }

    #[test]
    fn scaling_keeps_colour_time_and_flat_areas() {
        let at = Instant::now();
        let mut frame = FramePool::new().frame(64, 48, ColorSpace::DEFAULT, at);
        let planes = frame.planes_mut();
        planes.y[..64 * 24].fill(40);
        planes.y[64 * 24..].fill(200);
        planes.u.fill(90);
        planes.v.fill(170);
        let scaled = FrameScaler::default().scale(&frame, 32, 24);
        assert_eq!((scaled.width(), scaled.height(), scaled.captured_at()), (32, 24, at));
        assert_eq!((scaled.y()[0], scaled.y()[32 * 24 - 1]), (40, 200));
        assert!(scaled.u().iter().all(|&u| u == 90) && scaled.v().iter().all(|&v| v == 170));
    }
}
