//! How well media flows, as three bars.

use egui::{Color32, CornerRadius, Painter, Pos2, Rect, Vec2, pos2, vec2};

use crate::theme::on_picture;
use crate::view::QualityGrade;

/// Width and height of the bars together.
pub const SIZE: Vec2 = vec2(16.0, 12.0);

const BAR: f32 = 4.0;

/// Draws them around a point on a dark ground: as many as it is good, in its colour, the others faint.
pub fn paint(painter: &Painter, center: Pos2, grade: QualityGrade) {
    let (filled, color) = match grade {
        QualityGrade::Good => (3, on_picture::SPEAKING),
        QualityGrade::Fair => (2, on_picture::WARN),
        QualityGrade::Poor => (1, on_picture::WARN),
    };
    let whole = Rect::from_center_size(center, SIZE);
    for bar in 0..3 {
        let height = SIZE.y * (bar + 1) as f32 / 3.0;
        let left = whole.left() + bar as f32 * (SIZE.x - BAR) / 2.0;
        let rect = Rect::from_min_size(pos2(left, whole.bottom() - height), vec2(BAR, height));
        let color = if bar < filled { color } else { Color32::from_white_alpha(90) };
        painter.rect_filled(rect, CornerRadius::same(1), color);
    }
}
