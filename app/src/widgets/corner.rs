//! The corners of a large tile that a small one may lie in: pure geometry.

use egui::{Key, Pos2, Rect, Vec2, pos2, vec2};

use super::grid::ASPECT;

/// One of four.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Corner {
    TopLeft,
    TopRight,
    BottomLeft,
    #[default]
    BottomRight,
}

/// How large the small tile is in a large one, or none where there is no room.
pub fn size_in(large: Rect) -> Option<Vec2> {
    /// Of the large tile's width and height.
    const SHARE: Vec2 = vec2(0.1925, 0.34);
    let wanted = (SHARE.x * large.width()).min(SHARE.y * large.height() * ASPECT).clamp(96.0, 320.0);
    let size = vec2(wanted, wanted / ASPECT);
    (2.0 * size.x <= large.width() && 2.0 * size.y <= large.height()).then_some(size)
}

impl Corner {
    /// Where a tile of `size` lies in this corner of `large`, `margin` from its edges.
    pub fn place(self, large: Rect, size: Vec2, margin: f32) -> Rect {
        let room = large.shrink(margin);
        let x = if self.is_left() { room.left() } else { room.right() - size.x };
        let y = if self.is_top() { room.top() } else { room.bottom() - size.y };
        Rect::from_min_size(pos2(x, y), size)
    }

    /// The one that a point is nearest to.
    pub fn nearest(large: Rect, point: Pos2) -> Self {
        Self::of(point.x < large.center().x, point.y < large.center().y)
    }

    /// The one that an arrow key leads to from here.
    pub fn towards(self, key: Key) -> Self {
        match key {
            Key::ArrowLeft => Self::of(true, self.is_top()),
            Key::ArrowRight => Self::of(false, self.is_top()),
            Key::ArrowUp => Self::of(self.is_left(), true),
            Key::ArrowDown => Self::of(self.is_left(), false),
            _ => self,
        }
    }

    fn of(is_left: bool, is_top: bool) -> Self {
        match (is_left, is_top) {
            (true, true) => Self::TopLeft,
            (false, true) => Self::TopRight,
            (true, false) => Self::BottomLeft,
            (false, false) => Self::BottomRight,
        }
    }

    fn is_left(self) -> bool {
        matches!(self, Self::TopLeft | Self::BottomLeft)
    }

    fn is_top(self) -> bool {
        matches!(self, Self::TopLeft | Self::TopRight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [Corner; 4] = [Corner::TopLeft, Corner::TopRight, Corner::BottomLeft, Corner::BottomRight];

    #[test]
    fn arrows_lead_along_the_edges_and_no_further() {
        assert_eq!(Corner::BottomRight.towards(Key::ArrowUp), Corner::TopRight);
        assert_eq!(Corner::TopRight.towards(Key::ArrowUp), Corner::TopRight);
        assert_eq!(Corner::TopRight.towards(Key::ArrowLeft), Corner::TopLeft);
        assert_eq!(Corner::TopLeft.towards(Key::ArrowDown), Corner::BottomLeft);
        assert_eq!(Corner::BottomLeft.towards(Key::ArrowRight), Corner::BottomRight);
        assert_eq!(Corner::BottomLeft.towards(Key::Enter), Corner::BottomLeft);
    }

    #[test]
    fn a_small_picture_has_no_room_in_a_tiny_one() {
        assert_eq!(size_in(Rect::from_min_size(Pos2::ZERO, vec2(180.0, 200.0))), None);
    }

    proptest! {
        #[test]
        fn a_tile_in_a_corner_lies_inside_and_is_nearest_to_it(width in 250f32..4000.0, height in 160f32..3000.0) {
            let large = Rect::from_min_size(pos2(16.0, 52.0), vec2(width, height));
            let size = size_in(large).unwrap();
            for corner in ALL {
                let rect = corner.place(large, size, 12.0);
                prop_assert!(large.contains_rect(rect));
                prop_assert_eq!(Corner::nearest(large, rect.center()), corner);
            }
        }
    }
}
