//! The picture of the test pattern: a room, three lights, a person.
//!
//! Painted once from floating-point shapes ([`super::sprite`]); drawn each frame by copying and blending 8-bit planes.

use super::sprite::{
    Area, Layer, Point, Rgb, Sprite, cover, ellipse, hsl, length, mix, over, rounded_rectangle, superellipse,
};
use crate::frame::PlanesMut;

/// What stands still, and what is drawn over it.
#[derive(Debug)]
pub(super) struct Scene {
    room: Sprite,
    lights: [Sprite; 3],
    body: Sprite,
    head: Sprite,
    /// Shifts the movements of each number against the others', in radians.
    phase: f32,
}

impl Scene {
    /// Paints the scene of a number. Both sides are even.
    pub(super) fn paint(number: u8, width: u32, height: u32) -> Self {
        let (width, height) = (width as usize, height as usize);
        // Golden angle: any two numbers near each other are far apart in hue.
        let hue = 228.0 + 137.5 * f32::from(number);
        Self {
            room: room(hue, width as f32 / height as f32, height),
            lights: [
                light(hsl(hue + 40.0, 0.7, 0.72), 0.34, height),
                light(hsl(hue - 50.0, 0.7, 0.66), 0.26, height),
                light(hsl(hue + 150.0, 0.7, 0.70), 0.20, height),
            ],
            body: body(hue + 175.0, number, height),
            head: head(number, height),
            phase: f32::from(number) * 1.7,
        }
    }

    /// Size of the picture in pixels.
    pub(super) fn size(&self) -> (u32, u32) {
        let (width, height) = self.room.size();
        (width as u32, height as u32)
    }

    /// Draws the scene as it is after so many seconds over all of a picture of its size.
    pub(super) fn draw(&self, seconds: f32, mut planes: PlanesMut<'_>) {
        let (width, height) = self.room.size();
        self.room.copy_to(&mut planes);
        let wave = |rate: f32, shift: f32| (seconds * rate + self.phase + shift).sin();
        let reach = 0.46 * width as f32 / height as f32;
        for (light, (rate, shift)) in self.lights.iter().zip([(0.8, 0.0), (-0.6, 2.1), (1.1, 4.2)]) {
            let at = Point { x: reach * wave(rate, shift), y: 0.4 + 0.3 * wave(rate * 0.7, shift * 1.6) };
            light.draw(at, (width, height), &mut planes);
        }
        let sway = wave(0.9, 0.0) + 0.4 * wave(2.1, 1.0);
        self.body.draw(Point { x: 0.018 * sway, y: 0.006 * wave(1.3, 0.5) }, (width, height), &mut planes);
        self.head.draw(Point { x: 0.03 * sway, y: 0.012 * wave(1.9, 0.0) }, (width, height), &mut planes);
    }
}

/// A wall lit from the upper left, with a window and a picture, and enough texture to give an encoder some work.
fn room(hue: f32, aspect: f32, height: usize) -> Sprite {
    let (near, far) = (hsl(hue, 0.24, 0.42), hsl(hue + 40.0, 0.32, 0.18));
    let (window_color, picture_color) = (hsl(hue - 12.0, 0.28, 0.56), hsl(hue + 62.0, 0.36, 0.44));
    let window = Area::around(-0.345 * aspect, 0.335, 0.19, 0.245);
    let picture = Area::around(0.325 * aspect, 0.27, 0.168, 0.112);
    Sprite::paint(height, Area { left: -aspect / 2.0, right: aspect / 2.0, top: 0.0, bottom: 1.0 }, |point, pixel| {
        let across = 0.55 * (point.x / aspect + 0.5) + 0.45 * point.y;
        let weave = 0.01 * ((point.x + point.y) * 90.0).sin() * ((point.x - point.y) * 70.0).sin();
        let wall = mix(near, far, across).map(|part| part + weave + grain(point));
        let in_window = cover(rounded_rectangle(point, window, 0.012), pixel);
        let in_picture = cover(rounded_rectangle(point, picture, 0.012), pixel);
        Layer { color: mix(mix(wall, window_color, 0.35 * in_window), picture_color, 0.45 * in_picture), alpha: 1.0 }
    })
}

/// Noise of about one code, which hides the steps of a gradient.
fn grain(point: Point) -> f32 {
    let bits = (point.x.to_bits() ^ point.y.to_bits().rotate_left(13)).wrapping_mul(0x9e37_79b1);
    f32::from((bits >> 20) as i16 - 2048) / 2048.0 / 256.0
}

/// A soft disc around the point where it is drawn.
fn light(color: Rgb, radius: f32, height: usize) -> Sprite {
    Sprite::paint(height, Area::around(0.0, 0.0, radius, radius), |point, _| {
        let glow = 1.0 - (length(point.x, point.y) / radius).min(1.0);
        Layer { color, alpha: 0.5 * glow * glow * (3.0 - 2.0 * glow) }
    })
}

/// Colour of the skin of a number.
fn skin(number: u8) -> Rgb {
    const SKINS: [Rgb; 5] =
        [[0.82, 0.65, 0.51], [0.77, 0.53, 0.41], [0.85, 0.73, 0.61], [0.71, 0.43, 0.29], [0.47, 0.31, 0.23]];
    SKINS[usize::from(number) % SKINS.len()]
}

/// Neck and shoulders in a knitted pullover.
fn body(hue: f32, number: u8, height: usize) -> Sprite {
    let (light, dark) = (hsl(hue, 0.38, 0.56), hsl(hue, 0.36, 0.36));
    let skin = skin(number).map(|part| part * 0.86);
    Sprite::paint(height, Area { left: -0.42, right: 0.42, top: 0.56, bottom: 1.04 }, |point, pixel| {
        let neck = cover(rounded_rectangle(point, Area::around(0.0, 0.66, 0.068, 0.1), 0.05), pixel);
        let shoulders = cover(superellipse(point, Area::around(0.0, 1.06, 0.4, 0.375), 2.6), pixel);
        let knit = 0.02 * (point.y * 260.0 + (point.x * 120.0).sin()).sin();
        let wool = mix(light, dark, (point.y - 0.68) / 0.32).map(|part| part + knit);
        over(over(Layer::NOTHING, skin, neck), wool, shoulders)
    })
}

/// Face and hair, of three styles.
fn head(number: u8, height: usize) -> Sprite {
    const HAIRS: [Rgb; 4] = [[0.23, 0.16, 0.12], [0.40, 0.29, 0.19], [0.13, 0.09, 0.09], [0.68, 0.58, 0.40]];
    let hair = HAIRS[usize::from(number) % HAIRS.len()];
    let skin = skin(number);
    Sprite::paint(height, Area { left: -0.22, right: 0.22, top: 0.1, bottom: 0.78 }, |point, pixel| {
        let behind = match number % 3 {
            1 => {
                let gap = rounded_rectangle(point, Area::around(0.0, 0.75, 0.1, 0.2), 0.05);
                superellipse(point, Area::around(0.0, 0.475, 0.205, 0.275), 2.8).max(-gap)
            }
            2 => ellipse(point, Area::around(0.0, 0.195, 0.075, 0.07)),
            _ => f32::INFINITY,
        };
        let face = ellipse(point, Area::around(0.0, 0.445, 0.17, 0.225));
        let cap = ellipse(point, Area::around(0.0, 0.39, 0.18, 0.185));
        let hairline = 0.315 + 0.115 * (point.x / 0.17) * (point.x / 0.17);
        let shaded = skin.map(|part| part * (1.02 - 0.35 * point.x));
        let strands = hair.map(|part| part * (1.0 + 0.12 * (point.x * 160.0).sin()));
        let layer = over(Layer::NOTHING, hair.map(|part| part * 0.85), cover(behind, pixel));
        let layer = over(layer, shaded, cover(face, pixel));
        over(layer, strands, cover(cap.max(point.y - hairline), pixel))
    })
}
