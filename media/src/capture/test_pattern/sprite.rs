//! Shapes painted into planes once, to be blended over a picture each frame.
//!
//! All lengths are in heights of the picture, from the middle of its upper edge, so that any size and aspect looks the same.

use crate::frame::PlanesMut;

/// Red, green and blue, 0–1.
pub(super) type Rgb = [f32; 3];

/// A point, in heights of the picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    pub x: f32,
    pub y: f32,
}

/// A part of the picture, in its heights.
#[derive(Clone, Copy, Debug)]
pub(super) struct Area {
    pub left: f32,
    pub right: f32,
    pub top: f32,
    pub bottom: f32,
}

impl Area {
    /// The area that reaches so far from its centre.
    pub(super) fn around(x: f32, y: f32, half_width: f32, half_height: f32) -> Self {
        Self { left: x - half_width, right: x + half_width, top: y - half_height, bottom: y + half_height }
    }

    /// A point as seen from the centre, and the distance from there to the edges.
    fn seen_from_centre(self, point: Point) -> (Point, Point) {
        let half = Point { x: (self.right - self.left) / 2.0, y: (self.bottom - self.top) / 2.0 };
        (Point { x: point.x - self.left - half.x, y: point.y - self.top - half.y }, half)
    }
}

/// A colour and how much of it there is, 0–1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layer {
    pub color: Rgb,
    pub alpha: f32,
}

impl Layer {
    pub(super) const NOTHING: Self = Self { color: [0.0; 3], alpha: 0.0 };
}

/// A layer with a colour over it that covers so much.
pub(super) fn over(below: Layer, color: Rgb, covers: f32) -> Layer {
    let shines_through = below.alpha * (1.0 - covers);
    let alpha = covers + shines_through;
    Layer { color: mix(color, below.color, shines_through / alpha.max(f32::MIN_POSITIVE)), alpha }
}

/// From one colour (0) to another (1).
pub(super) fn mix(from: Rgb, to: Rgb, part: f32) -> Rgb {
    let part = part.clamp(0.0, 1.0);
    std::array::from_fn(|index| from[index] + (to[index] - from[index]) * part)
}

/// A colour of a hue in degrees, with saturation and lightness 0–1.
pub(super) fn hsl(hue: f32, saturation: f32, lightness: f32) -> Rgb {
    let strength = saturation * lightness.min(1.0 - lightness);
    [0.0, 8.0, 4.0].map(|offset| {
        let sector = (offset + hue / 30.0).rem_euclid(12.0);
        lightness - strength * (sector - 3.0).min(9.0 - sector).clamp(-1.0, 1.0)
    })
}

/// Like `hypot`, faster and good enough.
pub(super) fn length(x: f32, y: f32) -> f32 {
    (x * x + y * y).sqrt()
}

/// How much of a pixel a shape covers, whose edge is so far away (negative inside).
pub(super) fn cover(distance: f32, pixel: f32) -> f32 {
    (0.5 - distance / pixel).clamp(0.0, 1.0)
}

/// Distance to a rectangle with round corners.
pub(super) fn rounded_rectangle(point: Point, area: Area, radius: f32) -> f32 {
    let (seen, half) = area.seen_from_centre(point);
    let (x, y) = (seen.x.abs() - half.x + radius, seen.y.abs() - half.y + radius);
    length(x.max(0.0), y.max(0.0)) + x.max(y).min(0.0) - radius
}

/// About the distance to an ellipse.
pub(super) fn ellipse(point: Point, area: Area) -> f32 {
    let (seen, half) = area.seen_from_centre(point);
    (length(seen.x / half.x, seen.y / half.y) - 1.0) * half.x.min(half.y)
}

/// About the distance to an ellipse with fuller corners the higher the power is.
pub(super) fn superellipse(point: Point, area: Area, power: f32) -> f32 {
    let (seen, half) = area.seen_from_centre(point);
    let sum = (seen.x / half.x).abs().powf(power) + (seen.y / half.y).abs().powf(power);
    (sum.powf(power.recip()) - 1.0) * half.x.min(half.y)
}

/// A painted part of a picture, BT.601 limited range, 4:2:0.
#[derive(Debug)]
pub(super) struct Sprite {
    /// Where it is in the picture when drawn at (0, 0), in pixels from the middle of the upper edge; even.
    left: isize,
    top: isize,
    luma: Plane,
    blue: Plane,
    red: Plane,
}

/// Samples of one plane of a sprite.
#[derive(Debug)]
struct Plane {
    width: usize,
    samples: Vec<u8>,
    alphas: Vec<u8>,
}

impl Sprite {
    /// Paints an area of a picture that is so many pixels high. `shade` is asked for the colour at a point, and given the
    /// size of a sample.
    pub(super) fn paint(height: usize, area: Area, shade: impl Fn(Point, f32) -> Layer) -> Self {
        let pixels = height as f32;
        let even = |length: f32| 2 * (length * pixels / 2.0).round() as isize;
        let (left, top) = (even(area.left), even(area.top));
        let columns = even(area.right - area.left).max(2) as usize;
        let rows = even(area.bottom - area.top).max(2) as usize;
        // The layers at the centres of all samples that are `step` pixels apart.
        let layers = |step: usize| {
            let centre = move |from: isize, index: usize| (from as f32 + index as f32 + step as f32 / 2.0) / pixels;
            let rows = (0..rows).step_by(step).map(move |row| centre(top, row));
            let shade = &shade;
            rows.flat_map(move |y| {
                let columns = (0..columns).step_by(step).map(move |column| centre(left, column));
                columns.map(move |x| shade(Point { x, y }, step as f32 / pixels))
            })
        };
        // `as` saturates.
        let code = |level: f32| (level + 0.5) as u8;
        let mut luma = Plane::new(columns);
        for Layer { color, alpha } in layers(1) {
            luma.push(code(16.0 + 219.0 * brightness(color)), code(255.0 * alpha));
        }
        let [mut blue, mut red] = [0; 2].map(|_| Plane::new(columns / 2));
        for Layer { color, alpha } in layers(2) {
            blue.push(code(128.0 + 224.0 / 1.772 * (color[2] - brightness(color))), code(255.0 * alpha));
            red.push(code(128.0 + 224.0 / 1.402 * (color[0] - brightness(color))), code(255.0 * alpha));
        }
        Self { left, top, luma, blue, red }
    }

    /// Width and height in pixels.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.luma.width, self.luma.samples.len() / self.luma.width)
    }

    /// Copies it over a picture of its own size.
    pub(super) fn copy_to(&self, planes: &mut PlanesMut<'_>) {
        planes.y.copy_from_slice(&self.luma.samples);
        planes.u.copy_from_slice(&self.blue.samples);
        planes.v.copy_from_slice(&self.red.samples);
    }

    /// Blends it over a picture of a size in pixels, both even, moved to a point. What lies outside is left out.
    pub(super) fn draw(&self, at: Point, size: (usize, usize), planes: &mut PlanesMut<'_>) {
        let half = |length: f32| (length * size.1 as f32 / 2.0).round() as isize;
        // In chroma samples, so that both move together.
        let left = half(at.x) + self.left / 2 + size.0 as isize / 4;
        let top = half(at.y) + self.top / 2;
        self.luma.draw((2 * left, 2 * top), size.0, planes.y);
        self.blue.draw((left, top), size.0 / 2, planes.u);
        self.red.draw((left, top), size.0 / 2, planes.v);
    }
}

impl Plane {
    fn new(width: usize) -> Self {
        Self { width, samples: Vec::new(), alphas: Vec::new() }
    }

    fn push(&mut self, sample: u8, alpha: u8) {
        self.samples.push(sample);
        self.alphas.push(alpha);
    }

    /// Blends the plane over one of a picture whose rows are so wide.
    fn draw(&self, (left, top): (isize, isize), width: usize, target: &mut [u8]) {
        let skipped = left.min(0).unsigned_abs();
        let first = left.max(0).unsigned_abs();
        if skipped >= self.width || first >= width {
            return;
        }
        let count = (self.width - skipped).min(width - first);
        let rows = self.samples.chunks_exact(self.width).zip(self.alphas.chunks_exact(self.width));
        let targets = target.chunks_exact_mut(width).skip(top.max(0).unsigned_abs());
        for ((samples, alphas), target) in rows.skip(top.min(0).unsigned_abs()).zip(targets) {
            let (samples, alphas) = (&samples[skipped..][..count], &alphas[skipped..][..count]);
            blend(&mut target[first..][..count], samples, alphas);
        }
    }
}

/// BT.601 luma of a colour, 0–1.
fn brightness([red, green, blue]: Rgb) -> f32 {
    0.299 * red + 0.587 * green + 0.114 * blue
}

fn blend(target: &mut [u8], samples: &[u8], alphas: &[u8]) {
    for ((target, &sample), &alpha) in target.iter_mut().zip(samples).zip(alphas) {
        // 0–255 to 0–256, so that a shift divides.
        let alpha = u16::from(alpha) + u16::from(alpha >> 7);
        *target = ((u16::from(*target) * (256 - alpha) + u16::from(sample) * alpha + 128) >> 8) as u8;
    }
}
