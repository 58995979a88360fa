//! Where tiles go: a pure function from their number and the room there is to rectangles.

use egui::{Rect, Vec2, vec2};

/// Width by height of a tile.
pub const ASPECT: f32 = 16.0 / 9.0;

/// Rectangles for `count` tiles of one size, in reading order: as large as `area` allows, `gap` apart, in the middle, with the
/// last row centred. Nothing for no tiles or no room.
pub fn layout(count: usize, area: Rect, gap: f32) -> Vec<Rect> {
    let best = (1..=count)
        .map(|columns| Arrangement::new(count, columns, area.size(), gap))
        .reduce(|best, other| if other.tile.x > best.tile.x { other } else { best });
    match best {
        Some(arrangement) if arrangement.tile.x > 0.0 => arrangement.rects(count, area, gap),
        _ => Vec::new(),
    }
}

#[derive(Clone, Copy, Debug)]
struct Arrangement {
    columns: usize,
    rows: usize,
    tile: Vec2,
}

impl Arrangement {
    fn new(count: usize, columns: usize, area: Vec2, gap: f32) -> Self {
        let rows = count.div_ceil(columns);
        let room = area - gap * vec2((columns - 1) as f32, (rows - 1) as f32);
        let cell = room / vec2(columns as f32, rows as f32);
        let width = cell.x.min(cell.y * ASPECT);
        Self { columns, rows, tile: vec2(width, width / ASPECT) }
    }

    fn rects(self, count: usize, area: Rect, gap: f32) -> Vec<Rect> {
        let step = self.tile + Vec2::splat(gap);
        let extent = |tiles: usize, step: f32| tiles as f32 * step - gap;
        let top = area.center().y - extent(self.rows, step.y) / 2.0;
        (0..count)
            .map(|index| {
                let (row, column) = (index / self.columns, index % self.columns);
                let in_row = (count - row * self.columns).min(self.columns);
                let left = area.center().x - extent(in_row, step.x) / 2.0;
                let min = egui::pos2(left + column as f32 * step.x, top + row as f32 * step.y);
                Rect::from_min_size(min, self.tile)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::Pos2;
    use proptest::prelude::*;

    fn columns_and_rows(count: usize, width: f32, height: f32) -> (usize, usize) {
        let rects = layout(count, Rect::from_min_size(Pos2::ZERO, vec2(width, height)), 12.0);
        let columns = rects.iter().filter(|rect| rect.min.y == rects[0].min.y).count();
        (columns, count.div_ceil(columns))
    }

    #[test]
    fn a_wide_window_has_the_familiar_grids() {
        let grids: Vec<_> = (1..=9).map(|count| columns_and_rows(count, 1248.0, 580.0)).collect();
        assert_eq!(grids[..2], [(1, 1), (2, 1)]);
        assert_eq!(grids[3], (2, 2));
        assert_eq!(grids[4..6], [(3, 2), (3, 2)]);
        assert_eq!(grids[6..], [(3, 3), (3, 3), (3, 3)]);
    }

    #[test]
    fn a_tall_window_stacks_tiles() {
        assert_eq!(columns_and_rows(2, 400.0, 700.0), (1, 2));
        assert_eq!(columns_and_rows(3, 400.0, 900.0), (1, 3));
    }

    #[test]
    fn a_last_row_that_is_not_full_is_centred() {
        let area = Rect::from_min_size(Pos2::ZERO, vec2(1200.0, 700.0));
        let rects = layout(3, area, 12.0);
        assert_eq!(rects[0].min.y, rects[1].min.y);
        assert!((rects[2].center().x - area.center().x).abs() < 0.01);
    }

    #[test]
    fn without_tiles_or_room_there_is_nothing() {
        assert!(layout(0, Rect::from_min_size(Pos2::ZERO, vec2(100.0, 100.0)), 12.0).is_empty());
        assert!(layout(9, Rect::from_min_size(Pos2::ZERO, vec2(10.0, 10.0)), 12.0).is_empty());
    }

    proptest! {
        #[test]
        fn tiles_lie_inside_apart_and_of_one_shape(
            count in 1usize..=9, width in 100f32..4000.0, height in 100f32..3000.0, gap in 0f32..16.0,
        ) {
            let area = Rect::from_min_size(egui::pos2(16.0, 52.0), vec2(width, height));
            let rects = layout(count, area, gap);
            prop_assert_eq!(rects.len(), count);
            for (index, rect) in rects.iter().enumerate() {
                prop_assert!(area.expand(0.01).contains_rect(*rect));
                prop_assert!((rect.aspect_ratio() - ASPECT).abs() < 0.01);
                for other in &rects[..index] {
                    let apart = (rect.min - other.max).max(other.min - rect.max).max_elem();
                    prop_assert!(apart >= gap - 0.01, "{} between {:?} and {:?}", apart, rect, other);
                }
            }
        }

        #[test]
        fn no_other_grid_has_larger_tiles(count in 1usize..=9, width in 200f32..4000.0, height in 200f32..3000.0) {
            let area = Rect::from_min_size(Pos2::ZERO, vec2(width, height));
            let chosen = layout(count, area, 12.0)[0].width();
            for columns in 1..=count {
                let rows = count.div_ceil(columns);
                let across = (width - 12.0 * (columns - 1) as f32) / columns as f32;
                let down = (height - 12.0 * (rows - 1) as f32) / rows as f32;
                prop_assert!(chosen >= across.min(down * ASPECT) - 0.01);
            }
        }

        #[test]
        fn a_larger_window_never_has_smaller_tiles(count in 1usize..=9, width in 200f32..2000.0, height in 200f32..2000.0) {
            let tile = |width, height| layout(count, Rect::from_min_size(Pos2::ZERO, vec2(width, height)), 12.0)[0].width();
            prop_assert!(tile(width + 50.0, height) >= tile(width, height) - 0.01);
            prop_assert!(tile(width, height + 50.0) >= tile(width, height) - 0.01);
        }
    }
}
