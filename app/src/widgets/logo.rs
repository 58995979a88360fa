//! The program's mark: nine tiles, one of them lit.

use egui::{Color32, CornerRadius, Painter, Pos2, Rect, Vec2, vec2};

/// Width and height in points.
pub const SIZE: f32 = 25.0;

/// Draws the mark around a point.
pub fn paint(painter: &Painter, center: Pos2, lit: Color32, unlit: Color32) {
    const GAP: f32 = 2.0;
    let tile = Vec2::splat((SIZE - 2.0 * GAP) / 3.0);
    for (row, column) in (-1..=1).flat_map(|row| (-1..=1).map(move |column| (row, column))) {
        let offset = vec2(column as f32, row as f32) * (tile + Vec2::splat(GAP));
        let color = if (row, column) == (0, 0) { lit } else { unlit };
        painter.rect_filled(Rect::from_center_size(center + offset, tile), CornerRadius::same(2), color);
    }
}
