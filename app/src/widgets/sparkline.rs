//! The course of one figure as a line without axes, for a line of text.

use egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, lerp, pos2};

/// Draws values over the whole of `rect`, which has room for `capacity` of them; the newest is at its right edge. The largest
/// reaches the top, 0 lies at the bottom; where a value is missing, so is the line.
pub fn paint(
    painter: &Painter,
    rect: Rect,
    values: impl DoubleEndedIterator<Item = Option<f32>> + Clone,
    capacity: usize,
    color: Color32,
) {
    let largest = values.clone().flatten().fold(0.0, f32::max);
    let mut piece = Vec::new();
    for (age, value) in (0..capacity).zip(values.rev()) {
        match value {
            Some(value) => piece.push(place(rect, age, value, largest, capacity)),
            None => draw(painter, std::mem::take(&mut piece), color),
        }
    }
    draw(painter, piece, color);
}

fn place(rect: Rect, age: usize, value: f32, largest: f32, capacity: usize) -> Pos2 {
    let along = 1.0 - age as f32 / capacity.saturating_sub(1).max(1) as f32;
    let up = if largest > 0.0 { value / largest } else { 0.0 };
    pos2(lerp(rect.x_range(), along), lerp(rect.bottom()..=rect.top(), up.clamp(0.0, 1.0)))
}

fn draw(painter: &Painter, piece: Vec<Pos2>, color: Color32) {
    let stroke = Stroke::new(1.25, color);
    match piece.as_slice() {
        [] => {}
        [only] => drop(painter.circle_filled(*only, 0.75, color)),
        _ => drop(painter.add(Shape::line(piece, stroke))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_value_is_at_the_right_and_the_largest_at_the_top() {
        let rect = Rect::from_min_max(pos2(10.0, 0.0), pos2(110.0, 20.0));
        assert_eq!(place(rect, 0, 5.0, 10.0, 101), pos2(110.0, 10.0));
        assert_eq!(place(rect, 100, 10.0, 10.0, 101), pos2(10.0, 0.0));
        assert_eq!(place(rect, 50, 0.0, 0.0, 101), pos2(60.0, 20.0));
        assert_eq!(place(rect, 0, 1.0, 1.0, 1), pos2(110.0, 0.0));
    }
}
