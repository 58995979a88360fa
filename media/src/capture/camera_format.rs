//! Which of a camera's formats to use. Pure.

use nokhwa::utils::{CameraFormat, FrameFormat};

use super::scale::fit;
use crate::choice::VideoLimits;
use crate::frame::MAX_DIMENSION;

/// Usable formats, the best first:
///
/// 1. one that is fast enough (four fifths of the wanted rate will do), or else the fastest;
/// 2. the largest picture within the limits after scaling down;
/// 3. what takes the least work: 4:2:0, 4:2:2, RGB, then JPEG; the fewest pixels; the fewest frames above the wanted.
pub fn ranked(mut formats: Vec<CameraFormat>, limits: VideoLimits) -> Vec<CameraFormat> {
    formats.retain(|format| {
        let is_usable = |length: u32| length.is_multiple_of(2) && (2..=MAX_DIMENSION).contains(&length);
        is_usable(format.width()) && is_usable(format.height()) && format.frame_rate() > 0
    });
    formats.sort_by_key(|format| {
        let fps = format.frame_rate();
        let missing_fps = if fps * 5 >= limits.fps * 4 { 0 } else { limits.fps - fps };
        let (width, height) = fit(format.width(), format.height(), limits);
        let missing_pixels = u64::from(u32::MAX) - u64::from(width) * u64::from(height);
        let work = match format.format() {
            FrameFormat::NV12 | FrameFormat::GRAY => 0,
            FrameFormat::YUYV => 1,
            FrameFormat::RAWRGB | FrameFormat::RAWBGR => 2,
            FrameFormat::MJPEG => 3,
        };
        // Grey is the least work, but not what one wants to see.
        let is_grey = format.format() == FrameFormat::GRAY;
        (is_grey, missing_fps, missing_pixels, work, format.width() * format.height(), fps.abs_diff(limits.fps))
    });
    formats
}

#[cfg(test)]
mod tests {
    use super::*;

    const HD: VideoLimits = VideoLimits::MAX;

    fn best(formats: &[(FrameFormat, u32, u32, u32)], limits: VideoLimits) -> Option<(FrameFormat, u32, u32, u32)> {
        let formats = formats.iter().map(|&(format, w, h, fps)| CameraFormat::new_from(w, h, format, fps)).collect();
        let best = ranked(formats, limits).into_iter().next()?;
        Some((best.format(), best.width(), best.height(), best.frame_rate()))
    }

    #[test]
    fn uncompressed_is_preferred_where_it_is_fast_enough() {
        use FrameFormat::{MJPEG, YUYV};
        let usb2 = [(YUYV, 640, 480, 30), (YUYV, 1280, 720, 10), (MJPEG, 640, 480, 30), (MJPEG, 1280, 720, 30)];
        assert_eq!(best(&usb2, HD), Some((MJPEG, 1280, 720, 30)));
        assert_eq!(best(&usb2, VideoLimits { width: 640, height: 480, fps: 30 }), Some((YUYV, 640, 480, 30)));
        assert_eq!(best(&usb2, VideoLimits { fps: 10, ..HD }), Some((YUYV, 1280, 720, 10)));
        assert_eq!(best(&[(YUYV, 1280, 720, 25), (MJPEG, 1280, 720, 30)], HD), Some((YUYV, 1280, 720, 25)));
    }

    #[test]
    fn without_a_fast_format_the_fastest_is_taken() {
        use FrameFormat::YUYV;
        assert_eq!(best(&[(YUYV, 1280, 720, 5), (YUYV, 640, 480, 15)], HD), Some((YUYV, 640, 480, 15)));
    }

    #[test]
    fn the_smallest_format_that_fills_the_limits_is_taken() {
        use FrameFormat::{GRAY, NV12, YUYV};
        let formats = [(YUYV, 320, 240, 30), (YUYV, 1920, 1080, 30), (YUYV, 640, 360, 30), (YUYV, 640, 360, 60)];
        let small = VideoLimits { width: 320, height: 180, fps: 30 };
        assert_eq!(best(&formats, small), Some((YUYV, 640, 360, 30)));
        assert_eq!(best(&formats, HD), Some((YUYV, 1920, 1080, 30)));
        assert_eq!(best(&[(GRAY, 1280, 720, 30), (NV12, 320, 240, 30)], HD), Some((NV12, 320, 240, 30)));
    }

    #[test]
    fn unusable_formats_are_left_out() {
        use FrameFormat::YUYV;
        assert_eq!(best(&[(YUYV, 641, 480, 30), (YUYV, 8000, 6000, 30), (YUYV, 640, 480, 0)], HD), None);
        assert_eq!(best(&[], HD), None);
    }
}
