//! What each picture looks like, in a square of size 1×1 with y downwards.

use std::f32::consts::{FRAC_PI_4, PI};

use egui::emath::Rot2;
use egui::{Color32, Pos2, Vec2, pos2, vec2};

use super::Picture;
use super::brush::{Brush, arc, capsule, circle, ellipse, heart, rounded_box, shaded, triangle};

const YELLOW: [Color32; 2] = [Color32::from_rgb(0xFF, 0xDB, 0x63), Color32::from_rgb(0xF7, 0xA8, 0x2B)];
const OUTLINE: Color32 = Color32::from_rgb(0xD2, 0x82, 0x1A);
const DARK: Color32 = Color32::from_rgb(0x5A, 0x2B, 0x12);
const TONGUE: Color32 = Color32::from_rgb(0xEE, 0x55, 0x5A);
const WATER: [Color32; 2] = [Color32::from_rgb(0x8E, 0xD8, 0xFF), Color32::from_rgb(0x2F, 0x97, 0xEA)];
const RED: [Color32; 2] = [Color32::from_rgb(0xFF, 0x6A, 0x7C), Color32::from_rgb(0xD8, 0x24, 0x42)];
const SLEEVE: [Color32; 2] = [Color32::from_rgb(0x6A, 0xA5, 0xFF), Color32::from_rgb(0x2C, 0x63, 0xD8)];
const GREEN: Color32 = Color32::from_rgb(0x3F, 0xC3, 0x80);
const PURPLE: Color32 = Color32::from_rgb(0xA8, 0x6B, 0xF5);

const LINE: f32 = 0.022;

/// The colour of the pixel of width `pixel` around a point.
pub fn color_at(picture: Picture, at: Pos2, pixel: f32) -> Color32 {
    let mut brush = Brush::new(at, pixel);
    match picture {
        Picture::ThumbsUp => thumbs_up(&mut brush),
        Picture::Clapping => clapping(&mut brush),
        Picture::Heart => whole_heart(&mut brush),
        Picture::Laughing => laughing(&mut brush),
        Picture::Surprised => surprised(&mut brush),
        Picture::Celebrating => celebrating(&mut brush),
        Picture::RaisedHand => open_hand(&mut brush, at, 0.0),
    }
    brush.color()
}

fn face(brush: &mut Brush) {
    let disc = circle(brush.at, pos2(0.5, 0.5), 0.46);
    brush.fill_graded(disc, YELLOW[0], YELLOW[1]);
}

/// The same on the other side.
fn mirrored(at: Pos2) -> Pos2 {
    pos2(1.0 - at.x, at.y)
}

fn laughing(brush: &mut Brush) {
    face(brush);
    let at = brush.at;
    for at in [at, mirrored(at)] {
        brush.fill(arc(at, pos2(0.32, 0.42), 0.088, 0.052, PI * 1.05, PI * 0.9), DARK);
    }
    let mouth = ellipse(at, pos2(0.5, 0.54), vec2(0.29, 0.31), 0.0).max(0.54 - at.y) - 0.012;
    brush.fill(mouth, DARK);
    brush.fill(ellipse(at, pos2(0.5, 0.83), vec2(0.17, 0.12), 0.0).max(mouth + 0.012), TONGUE);
    brush.fill((at.y - 0.615).max(mouth + 0.012), Color32::WHITE);
    for at in [at, mirrored(at)] {
        let tear = capsule(at, pos2(0.205, 0.475), pos2(0.115, 0.62), 0.012, 0.082);
        brush.fill_graded(tear, WATER[0], WATER[1]);
    }
}

fn surprised(brush: &mut Brush) {
    face(brush);
    let at = brush.at;
    for at in [at, mirrored(at)] {
        brush.fill(ellipse(at, pos2(0.335, 0.43), vec2(0.06, 0.085), 0.0), DARK);
        brush.fill(circle(at, pos2(0.32, 0.4), 0.02), Color32::WHITE);
        brush.fill(arc(at, pos2(0.335, 0.34), 0.12, 0.035, PI * 1.2, PI * 0.5), DARK);
    }
    brush.fill(ellipse(at, pos2(0.5, 0.715), vec2(0.115, 0.145), 0.0), DARK);
}

fn whole_heart(brush: &mut Brush) {
    const SCALE: f32 = 0.74;
    let at = brush.at;
    let from_point = vec2(at.x - 0.5, 0.91 - at.y) / SCALE;
    brush.fill_graded(SCALE * heart(from_point) - 0.025, RED[0], RED[1]);
    let light = ellipse(at, pos2(0.27, 0.29), vec2(0.105, 0.055), -FRAC_PI_4);
    brush.fill(light, Color32::from_white_alpha(105));
}

fn thumbs_up(brush: &mut Brush) {
    let at = brush.at;
    let thumb = capsule(at, pos2(0.41, 0.6), pos2(0.5, 0.19), 0.135, 0.082);
    let fist = rounded_box(at, pos2(0.53, 0.66), vec2(0.24, 0.235), 0.1, 0.0);
    let whole = thumb.min(fist);
    brush.fill(whole - LINE, OUTLINE);
    brush.fill_graded(whole, YELLOW[0], YELLOW[1]);
    for finger in 0..4 {
        let y = 0.483 + 0.118 * finger as f32;
        let reach = [0.79, 0.81, 0.8, 0.765][finger];
        let knuckles = capsule(at, pos2(0.6, y), pos2(reach, y), 0.056, 0.056);
        brush.fill(knuckles - LINE, OUTLINE);
        brush.fill_graded(knuckles, YELLOW[0], YELLOW[1]);
    }
    let cuff = rounded_box(at, pos2(0.19, 0.67), vec2(0.105, 0.235), 0.045, 0.0);
    brush.fill(cuff - LINE, shaded(SLEEVE[1], 0.35));
    brush.fill_graded(cuff, SLEEVE[0], SLEEVE[1]);
}

/// A hand with its fingers up; `shade` makes it darker, 0 to 1.
fn open_hand(brush: &mut Brush, at: Pos2, shade: f32) {
    let palm = rounded_box(at, pos2(0.52, 0.68), vec2(0.225, 0.25), 0.16, 0.0);
    let fingers = [
        (pos2(0.365, 0.6), pos2(0.325, 0.25)),
        (pos2(0.47, 0.55), pos2(0.455, 0.125)),
        (pos2(0.578, 0.55), pos2(0.592, 0.15)),
        (pos2(0.68, 0.6), pos2(0.712, 0.275)),
    ];
    let thumb = capsule(at, pos2(0.4, 0.8), pos2(0.175, 0.565), 0.09, 0.058);
    let finger = |(from, to)| capsule(at, from, to, 0.056, 0.053);
    let whole = fingers.into_iter().map(finger).fold(palm.min(thumb), f32::min);
    let [top, bottom] = YELLOW.map(|color| shaded(color, shade));
    let outline = shaded(OUTLINE, shade);
    brush.fill(whole - LINE, outline);
    brush.fill_graded(whole, top, bottom);
    // Between the fingers, down into the palm.
    for pair in fingers.windows(2) {
        let root = pair[0].0 + (pair[1].0 - pair[0].0) / 2.0;
        let tip = pair[0].1 + (pair[1].1 - pair[0].1) / 2.0;
        let crease = capsule(at, tip + vec2(0.0, 0.12), root - vec2(0.0, 0.04), LINE / 2.0, LINE / 2.0);
        brush.fill(crease.max(whole), outline);
    }
    brush.fill(arc(at, pos2(0.33, 0.85), 0.2, LINE, -PI * 0.47, PI * 0.36).max(whole), outline);
}

fn clapping(brush: &mut Brush) {
    let at = brush.at;
    let hand = |brush: &mut Brush, middle: Pos2, angle: f32, is_mirrored: bool, shade: f32| {
        let turned = pos2(0.5, 0.52) + Rot2::from_angle(-angle) * (at - middle) / 0.72;
        open_hand(brush, if is_mirrored { mirrored(turned) } else { turned }, shade);
    };
    hand(brush, pos2(0.62, 0.5), 0.45, true, 0.14);
    hand(brush, pos2(0.44, 0.58), -0.5, true, 0.0);
    for (angle, near, far) in [(-2.45_f32, 0.47, 0.58), (-2.1, 0.5, 0.62), (-1.75, 0.47, 0.58)] {
        let along = |length: f32| pos2(0.42, 0.66) + length * Vec2::angled(angle);
        brush.fill(capsule(at, along(near), along(far), 0.017, 0.017), YELLOW[1]);
    }
}

fn celebrating(brush: &mut Brush) {
    let at = brush.at;
    let tip = pos2(0.1, 0.9);
    let mouth = pos2(0.47, 0.53);
    let cone = triangle(at, [tip, pos2(0.29, 0.37), pos2(0.63, 0.71)]) - 0.025;
    let axis = mouth - tip;
    let along = (at - tip).dot(axis) / axis.length_sq();
    brush.fill_graded(cone, YELLOW[0], YELLOW[1]);
    for (from, to) in [(0.2, 0.38), (0.58, 0.78)] {
        let band = (from - along).max(along - to) * axis.length();
        brush.fill(band.max(cone), RED[1]);
    }
    let rim = ellipse(at, mouth, vec2(0.245, 0.085), FRAC_PI_4);
    brush.fill(rim, OUTLINE);
    brush.fill(ellipse(at, mouth, vec2(0.2, 0.055), FRAC_PI_4), DARK);
    let streamers = [
        (pos2(0.43, 0.26), 0.15, PI * 1.75, PI * 0.75, SLEEVE[0]),
        (pos2(0.72, 0.6), 0.15, PI * 1.1, PI * 0.75, PURPLE),
        (pos2(0.78, 0.38), 0.19, PI * 0.62, PI * 0.7, GREEN),
    ];
    for (center, radius, start, sweep, color) in streamers {
        brush.fill(arc(at, center, radius, 0.055, start, sweep), color);
    }
    let dots = [
        (pos2(0.28, 0.16), RED[0]),
        (pos2(0.62, 0.12), YELLOW[1]),
        (pos2(0.9, 0.16), RED[1]),
        (pos2(0.9, 0.72), SLEEVE[0]),
        (pos2(0.78, 0.86), YELLOW[1]),
        (pos2(0.14, 0.4), GREEN),
    ];
    for (index, (center, color)) in dots.into_iter().enumerate() {
        let turn = 0.7 * index as f32;
        brush.fill(rounded_box(at, center, vec2(0.042, 0.03), 0.01, turn), color);
    }
}
