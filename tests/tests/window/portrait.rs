//! Drawn people in front of drawn walls, as frames in any colour space.

use std::sync::Arc;
use std::time::Instant;

use nonet_media::frame::{ColorMatrix, ColorRange, ColorSpace, FramePool, VideoFrame};

const WIDTH: u32 = 640;
const HEIGHT: u32 = 360;

type Rgb = [f64; 3];

/// What somebody looks like, 0…255 each.
#[derive(Clone, Copy)]
pub struct Portrait {
    pub wall: [Rgb; 2],
    pub skin: Rgb,
    pub hair: Rgb,
    pub clothes: Rgb,
}

impl Portrait {
    pub fn frame(&self, color: ColorSpace) -> Arc<VideoFrame> {
        let mut frame = FramePool::new().frame(WIDTH, HEIGHT, color, Instant::now());
        let chroma_width = frame.chroma_width() as usize;
        let planes = frame.planes_mut();
        for y in 0..HEIGHT as usize {
            for x in 0..WIDTH as usize {
                let [luma, u, v] = yuv(self.at(x as f64 + 0.5, y as f64 + 0.5), color);
                planes.y[y * WIDTH as usize + x] = luma;
                let chroma = y / 2 * chroma_width + x / 2;
                (planes.u[chroma], planes.v[chroma]) = (u, v);
            }
        }
        Arc::new(frame)
    }

    fn at(&self, x: f64, y: f64) -> Rgb {
        let mut rgb =
            mix(self.wall[0], self.wall[1], (x / f64::from(WIDTH) * 0.6 + y / f64::from(HEIGHT) * 0.4).min(1.0));
        let lit = mix(self.wall[0], [255.0; 3], 0.12);
        rgb = mix(rgb, lit, 0.7 * inside_box(x, y, [32.0, 30.0], [168.0, 206.0]));
        rgb = mix(
            rgb,
            mix(self.wall[0], [130.0, 110.0, 190.0], 0.4),
            0.5 * inside_box(x, y, [470.0, 56.0], [592.0, 136.0]),
        );
        let shade = mix(self.clothes, [0.0; 3], ((y - 240.0) / 300.0).clamp(0.0, 0.4));
        rgb = mix(rgb, shade, inside_ellipse(x, y, [320.0, 400.0], [146.0, 160.0]));
        rgb = mix(rgb, self.hair, inside_ellipse(x, y, [320.0, 142.0], [66.0, 74.0]));
        rgb = mix(rgb, mix(self.skin, [0.0; 3], 0.12), inside_box(x, y, [296.0, 200.0], [344.0, 258.0]));
        let face = inside_ellipse(x, y, [320.0, 172.0], [60.0, 74.0]);
        let hairline = ((y - 122.0 - 0.0016 * (x - 320.0).powi(2)) + 0.5).clamp(0.0, 1.0);
        mix(rgb, self.skin, face * hairline)
    }
}

fn mix(a: Rgb, b: Rgb, share: f64) -> Rgb {
    std::array::from_fn(|channel| a[channel] + (b[channel] - a[channel]) * share)
}

fn inside_box(x: f64, y: f64, [left, top]: [f64; 2], [right, bottom]: [f64; 2]) -> f64 {
    let edge = (x - left).min(right - x).min(y - top).min(bottom - y);
    (edge + 0.5).clamp(0.0, 1.0)
}

fn inside_ellipse(x: f64, y: f64, [center_x, center_y]: [f64; 2], [radius_x, radius_y]: [f64; 2]) -> f64 {
    let distance = (((x - center_x) / radius_x).powi(2) + ((y - center_y) / radius_y).powi(2)).sqrt();
    ((1.0 - distance) * radius_x.min(radius_y) + 0.5).clamp(0.0, 1.0)
}

fn yuv([red, green, blue]: Rgb, color: ColorSpace) -> [u8; 3] {
    let (red_weight, blue_weight) = match color.matrix {
        ColorMatrix::Bt601 => (0.299, 0.114),
        ColorMatrix::Bt709 => (0.2126, 0.0722),
    };
    let luma = red_weight * red + (1.0 - red_weight - blue_weight) * green + blue_weight * blue;
    let (u, v) = ((blue - luma) / (2.0 * (1.0 - blue_weight)), (red - luma) / (2.0 * (1.0 - red_weight)));
    let samples = match color.range {
        ColorRange::Limited => [16.0 + luma * 219.0 / 255.0, 128.0 + u * 224.0 / 255.0, 128.0 + v * 224.0 / 255.0],
        ColorRange::Full => [luma, 128.0 + u, 128.0 + v],
    };
    samples.map(|sample| sample.round().clamp(0.0, 255.0) as u8)
}
