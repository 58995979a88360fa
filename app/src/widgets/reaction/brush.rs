//! Shapes by their distance, and one pixel that they are painted on: smooth edges at any size, without a library.

use egui::{Color32, Pos2, Rgba, Vec2};

/// A pixel of a picture of size 1×1, on which shapes are laid one over the other.
#[derive(Clone, Copy, Debug)]
pub struct Brush {
    pub at: Pos2,
    /// Its width.
    pixel: f32,
    /// Premultiplied, as it is stored: blended like all that the window draws.
    color: [f32; 4],
}

impl Brush {
    pub fn new(at: Pos2, pixel: f32) -> Self {
        Self { at, pixel, color: [0.0; 4] }
    }

    /// Paints inside of a shape: where its distance is negative.
    pub fn fill(&mut self, distance: f32, color: Color32) {
        let coverage = (0.5 - distance / self.pixel).clamp(0.0, 1.0);
        let [red, green, blue, alpha] = color.to_normalized_gamma_f32().map(|channel| channel * coverage);
        for (below, above) in self.color.iter_mut().zip([red, green, blue, alpha]) {
            *below = above + *below * (1.0 - alpha);
        }
    }

    /// Paints with a colour that changes from the top to the bottom of the picture.
    pub fn fill_graded(&mut self, distance: f32, top: Color32, bottom: Color32) {
        self.fill(distance, top.lerp_to_gamma(bottom, self.at.y.clamp(0.0, 1.0)));
    }

    pub fn color(self) -> Color32 {
        let [red, green, blue, alpha] = self.color.map(|channel| (channel * 255.0).round() as u8);
        Color32::from_rgba_premultiplied(red, green, blue, alpha)
    }
}

pub fn circle(at: Pos2, center: Pos2, radius: f32) -> f32 {
    (at - center).length() - radius
}

/// Nearly the distance to an ellipse, which is enough at its edge.
pub fn ellipse(at: Pos2, center: Pos2, radii: Vec2, angle: f32) -> f32 {
    let from = turned(at - center, -angle);
    let scaled = (from / radii).length();
    let slope = (from / (radii * radii)).length();
    if slope == 0.0 { -radii.min_elem() } else { scaled * (scaled - 1.0) / slope }
}

/// A line with round ends of two radii.
pub fn capsule(at: Pos2, from: Pos2, to: Pos2, radius_from: f32, radius_to: f32) -> f32 {
    let along = to - from;
    let share = ((at - from).dot(along) / along.length_sq()).clamp(0.0, 1.0);
    (at - from - share * along).length() - egui::lerp(radius_from..=radius_to, share)
}

pub fn rounded_box(at: Pos2, center: Pos2, half: Vec2, rounding: f32, angle: f32) -> f32 {
    let corner = turned(at - center, -angle).abs() - half + Vec2::splat(rounding);
    corner.max(Vec2::ZERO).length() + corner.max_elem().min(0.0) - rounding
}

pub fn triangle(at: Pos2, corners: [Pos2; 3]) -> f32 {
    let mut nearest = f32::MAX;
    let mut is_inside = true;
    for (index, corner) in corners.into_iter().enumerate() {
        let edge = corners[(index + 1) % 3] - corner;
        let from = at - corner;
        let share = (from.dot(edge) / edge.length_sq()).clamp(0.0, 1.0);
        nearest = nearest.min((from - share * edge).length());
        is_inside &= edge.x * from.y - edge.y * from.x >= 0.0;
    }
    if is_inside { -nearest } else { nearest }
}

/// A part of a circle's line with round ends: from one angle on, clockwise from the right, over another.
pub fn arc(at: Pos2, center: Pos2, radius: f32, width: f32, start: f32, sweep: f32) -> f32 {
    let from = at - center;
    let middle = Vec2::angled(start + sweep / 2.0);
    let aside = (from.x * middle.y - from.y * middle.x).atan2(from.dot(middle)).abs();
    let distance = if aside <= sweep / 2.0 {
        (from.length() - radius).abs()
    } else {
        let end = |angle| (from - radius * Vec2::angled(angle)).length();
        end(start).min(end(start + sweep))
    };
    distance - width / 2.0
}

/// A heart of width 1.2 and height 1.1 whose point is at the origin; y upwards. After Inigo Quilez, "2D distance functions".
pub fn heart(at: Vec2) -> f32 {
    let at = Vec2::new(at.x.abs(), at.y);
    if at.x + at.y > 1.0 {
        return (at - Vec2::new(0.25, 0.75)).length() - std::f32::consts::SQRT_2 / 4.0;
    }
    let nearest = (at - Vec2::new(0.0, 1.0)).length_sq();
    let edge = (at - Vec2::splat(0.5 * (at.x + at.y).max(0.0))).length_sq();
    nearest.min(edge).sqrt() * (at.x - at.y).signum()
}

fn turned(vector: Vec2, angle: f32) -> Vec2 {
    egui::emath::Rot2::from_angle(angle) * vector
}

/// The mean of two colours as light, a little towards the second.
pub fn shaded(color: Color32, share: f32) -> Color32 {
    let [red, green, blue, _] = (Rgba::from(color) * (1.0 - share)).to_array();
    Rgba::from_rgb(red, green, blue).into()
}
