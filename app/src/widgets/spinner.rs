//! Says that something is under way.

use std::f32::consts::TAU;
use std::time::Duration;

use egui::{Color32, Pos2, Shape, Stroke, Ui, Vec2};

use crate::theme;

/// How often it is drawn: often enough to turn, seldom enough to cost little where pixels are drawn by the processor.
const STEP: Duration = Duration::from_millis(33);

/// Draws a turning arc. Where motion is reduced it stands still.
pub fn paint(ui: &Ui, center: Pos2, radius: f32, color: Color32) {
    let turn = if theme::is_still(ui) {
        0.0
    } else {
        ui.ctx().request_repaint_after(STEP);
        ui.input(|input| (input.time % 1.0) as f32)
    };
    let stroke = Stroke::new(3.0, color);
    ui.painter().circle_stroke(center, radius, Stroke::new(3.0, color.gamma_multiply(0.35)));
    let arc = (0..=24).map(|step| center + radius * Vec2::angled(TAU * (turn + 0.3 * step as f32 / 24.0 - 0.4)));
    ui.painter().add(Shape::line(arc.collect(), stroke));
}
