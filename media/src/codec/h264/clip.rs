//! A synthetic clip for tests: texture of all sizes that pans by parts of a pixel, and a patch that moves against it.

use std::time::{Duration, Instant};

use crate::frame::{ColorSpace, FramePool, VideoFrame};

/// A clip at 30 frames per second.
pub(crate) struct Clip {
    pool: FramePool,
    width: u32,
    height: u32,
    start: Instant,
}

impl Clip {
    pub(crate) fn new(width: u32, height: u32) -> Self {
        Self { pool: FramePool::new(), width, height, start: Instant::now() }
    }

    pub(crate) fn frame(&self, number: u32) -> VideoFrame {
        let captured_at = self.start + Duration::from_micros(33_333) * number;
        let mut frame = self.pool.frame(self.width, self.height, ColorSpace::DEFAULT, captured_at);
        let (width, height) = (self.width as i32, self.height as i32);
        // Positions in sixteenths of a pixel: 1.6 pixels right and 0.5 down a frame.
        let (pan_x, pan_y) = (26 * number as i32, 8 * number as i32);
        let patch_x = width - 2 * number as i32 % width;
        let chroma_width = frame.chroma_width() as usize;
        let planes = frame.planes_mut();
        for (y, row) in (0..).zip(planes.y.chunks_exact_mut(width as usize)) {
            for (x, sample) in (0..).zip(row) {
                let in_patch = (patch_x - width / 4..patch_x).contains(&x) && (height / 4..height * 3 / 4).contains(&y);
                let (x, y) = if in_patch { (16 * x + 3 * pan_x, 16 * y) } else { (16 * x + pan_x, 16 * y + pan_y) };
                let texture: i32 = (5..=10).map(|scale| noise(x, y, scale) * (scale - 3) / 14).sum();
                *sample = (128 + texture).clamp(16, 235) as u8;
            }
        }
        for (plane, shift) in [(planes.u, 0), (planes.v, 9)] {
            for (y, row) in (0..).zip(plane.chunks_exact_mut(chroma_width)) {
                for (x, sample) in (0..).zip(row) {
                    *sample = (128 + noise(32 * x + pan_x, 32 * y + pan_y, 10 + shift % 2) / 4).clamp(16, 240) as u8;
                }
            }
        }
        frame
    }
}

/// Smooth noise in −127…127 whose lattice has a distance of 2^`scale` sixteenths of a pixel.
fn noise(x: i32, y: i32, scale: i32) -> i32 {
    let corner = |x: i32, y: i32| {
        let hash = (x as u32).wrapping_mul(0x9e37_79b1) ^ (y as u32).wrapping_mul(0x85eb_ca6b) ^ scale as u32;
        let hash = (hash ^ hash >> 15).wrapping_mul(0x2c1b_3c6d);
        i64::from((hash ^ hash >> 13) & 0xff) - 128
    };
    let (column, row, size) = (x >> scale, y >> scale, 1_i64 << scale);
    let (right, down) = (i64::from(x & ((1 << scale) - 1)), i64::from(y & ((1 << scale) - 1)));
    let top = corner(column, row) * (size - right) + corner(column + 1, row) * right;
    let bottom = corner(column, row + 1) * (size - right) + corner(column + 1, row + 1) * right;
    ((top * (size - down) + bottom * down) / (size * size)) as i32
}

/// Peak signal-to-noise ratio of luma.
pub(crate) fn luma_psnr_db(original: &VideoFrame, decoded: &VideoFrame) -> f64 {
    assert_eq!((original.width(), original.height()), (decoded.width(), decoded.height()));
    let squares = original.y().iter().zip(decoded.y()).map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2)).sum::<u64>();
    let mean = squares as f64 / original.y().len() as f64;
    10.0 * (255.0 * 255.0 / mean.max(1e-3)).log10()
}
