//! One tile large and the others in a strip beside it: a pure function from their number and the room there is to rectangles.

use egui::{Rect, Vec2, pos2, vec2};

use super::grid::ASPECT;

/// Width of a tile in a strip, in points: narrower ones say nothing, wider ones take from the large one.
const NARROWEST: f32 = 88.0;
const WIDEST: f32 = 280.0;
/// How much of the room a strip may take where the large one could use it.
const SHARE: f32 = 0.16;
/// Width by height of the large tile: beyond these too much of a picture would be cut off.
const TALLEST: f32 = 4.0 / 3.0;
const FLATTEST: f32 = 2.2;

/// Where tiles go.
#[derive(Clone, Debug, PartialEq)]
pub struct Strip {
    pub large: Rect,
    /// In their order; fewer than asked for where there is [`Strip::more`].
    pub others: Vec<Rect>,
    pub more: Option<More>,
}

/// Where it is told how many there was no room for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct More {
    pub rect: Rect,
    pub count: usize,
}

/// Where a strip may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Right,
    Above,
    Below,
}

/// One large tile and a strip of `others` smaller ones of one size, `gap` apart, in the middle of `area`: on the side that leaves the
/// large one larger. Where the lower end of the area is covered now and then, a strip that is not at the side is above. None where
/// there is no room for a strip that is smaller than the large one.
pub fn layout(others: usize, area: Rect, gap: f32, covered_below: bool) -> Option<Strip> {
    if others == 0 {
        let large = alone(area);
        return large.is_positive().then_some(Strip { large, others: Vec::new(), more: None });
    }
    let upright = if covered_below { Side::Above } else { Side::Below };
    let plans = [Side::Right, upright].into_iter().filter_map(|side| Plan::new(side, others, area.size(), gap));
    let best = plans.reduce(|best, other| if seen(other.large) > seen(best.large) { other } else { best })?;
    Some(best.place(others, area, gap))
}

/// A large tile that nobody is beside.
pub fn alone(area: Rect) -> Rect {
    Rect::from_center_size(area.center(), shaped(area.size()))
}

/// How wide a usual picture is seen in a tile.
fn seen(tile: Vec2) -> f32 {
    tile.x.min(tile.y * ASPECT)
}

/// As large as there is room, in a shape that suits pictures.
fn shaped(room: Vec2) -> Vec2 {
    vec2(room.x.min(room.y * FLATTEST), room.y.min(room.x / TALLEST))
}

#[derive(Clone, Copy, Debug)]
struct Plan {
    side: Side,
    large: Vec2,
    tile: Vec2,
    /// How many tiles the strip has room for, one at least.
    cells: usize,
}

impl Plan {
    fn new(side: Side, others: usize, area: Vec2, gap: f32) -> Option<Self> {
        let is_column = side == Side::Right;
        let along = if is_column { area.y } else { area.x };
        let fitting = (along - gap * (others - 1) as f32) / others as f32 * if is_column { ASPECT } else { 1.0 };
        // What the large tile has no use for costs nothing.
        let (spare, share) = if is_column {
            (area.x - gap - area.y * ASPECT, SHARE * area.x)
        } else {
            ((area.y - gap) * ASPECT - area.x, SHARE * area.y * ASPECT)
        };
        let width = spare.max(share).clamp(NARROWEST, WIDEST).min(fitting.max(NARROWEST));
        let tile = vec2(width, width / ASPECT);
        let extent = if is_column { tile.y } else { tile.x };
        // Tiles that just fit do, whatever floating point says.
        let cells = ((along + gap + 0.01) / (extent + gap)).floor() as usize;
        let taken = if is_column { vec2(tile.x + gap, 0.0) } else { vec2(0.0, tile.y + gap) };
        let large = shaped(area - taken);
        (cells > 0 && large.x >= tile.x && large.y >= tile.y).then_some(Self { side, large, tile, cells })
    }

    fn place(self, others: usize, area: Rect, gap: f32) -> Strip {
        let Self { side, large, tile, cells } = self;
        let shown = if others <= cells { others } else { cells - 1 };
        let used = others.min(cells);
        let extent = |tile: f32| used as f32 * (tile + gap) - gap;
        let step = tile + Vec2::splat(gap);
        let center = area.center();
        let (whole, strip_at, step) = match side {
            Side::Right => {
                let whole = Rect::from_center_size(center, vec2(large.x + gap + tile.x, large.y));
                let strip_at = pos2(whole.right() - tile.x, center.y - extent(tile.y) / 2.0);
                (whole, strip_at, vec2(0.0, step.y))
            }
            Side::Above | Side::Below => {
                let whole = Rect::from_center_size(center, vec2(large.x, large.y + gap + tile.y));
                let top = if side == Side::Above { whole.top() } else { whole.bottom() - tile.y };
                (whole, pos2(center.x - extent(tile.x) / 2.0, top), vec2(step.x, 0.0))
            }
        };
        let large_at = match side {
            Side::Right | Side::Below => whole.left_top(),
            Side::Above => whole.left_bottom() - vec2(0.0, large.y),
        };
        let cell = |index: usize| Rect::from_min_size(strip_at + index as f32 * step, tile);
        Strip {
            large: Rect::from_min_size(large_at, large),
            others: (0..shown).map(cell).collect(),
            more: (shown < others).then(|| More { rect: cell(shown), count: others - shown }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::Pos2;
    use proptest::prelude::*;

    fn area(width: f32, height: f32) -> Rect {
        Rect::from_min_size(pos2(16.0, 52.0), vec2(width, height))
    }

    #[test]
    fn in_a_wide_window_the_strip_is_at_the_side_and_takes_what_the_large_one_has_no_use_for() {
        let strip = layout(2, area(1248.0, 580.0), 12.0, false).unwrap();
        assert!(strip.others.iter().all(|rect| rect.left() >= strip.large.right() + 11.9));
        assert!((strip.large.aspect_ratio() - ASPECT).abs() < 0.02, "{:?}", strip.large.size());
    }

    #[test]
    fn in_a_tall_window_it_is_below_or_above_where_below_is_covered() {
        let below = layout(3, area(500.0, 700.0), 12.0, false).unwrap();
        assert!(below.others.iter().all(|rect| rect.top() >= below.large.bottom() + 11.9));
        let above = layout(3, area(500.0, 700.0), 12.0, true).unwrap();
        assert!(above.others.iter().all(|rect| rect.bottom() <= above.large.top() - 11.9));
        assert_eq!(below.large.size(), above.large.size());
    }

    #[test]
    fn who_finds_no_room_is_counted() {
        let strip = layout(8, area(464.0, 344.0), 12.0, true).unwrap();
        let more = strip.more.unwrap();
        assert_eq!((strip.others.len(), more.count), (3, 5));
        assert!(layout(8, area(1248.0, 580.0), 12.0, false).unwrap().more.is_none());
    }

    #[test]
    fn alone_a_tile_fills_the_room_in_a_shape_that_suits_pictures() {
        assert_eq!(alone(area(1200.0, 600.0)), area(1200.0, 600.0));
        assert_eq!(alone(area(3000.0, 1000.0)).size(), vec2(2200.0, 1000.0));
        assert_eq!(alone(area(400.0, 900.0)).size(), vec2(400.0, 300.0));
    }

    #[test]
    fn without_room_there_is_nothing() {
        assert_eq!(layout(3, area(80.0, 60.0), 12.0, false), None);
        assert_eq!(layout(0, Rect::from_min_size(Pos2::ZERO, Vec2::ZERO), 12.0, false), None);
    }

    proptest! {
        #[test]
        fn tiles_lie_inside_and_apart_and_nobody_is_lost(
            others in 1usize..=20, width in 120f32..4000.0, height in 120f32..3000.0, gap in 0f32..16.0, covered in any::<bool>(),
        ) {
            let area = area(width, height);
            let Some(strip) = layout(others, area, gap, covered) else { return Ok(()) };
            prop_assert_eq!(strip.others.len() + strip.more.map_or(0, |more| more.count), others);
            let small: Vec<_> = strip.others.iter().copied().chain(strip.more.map(|more| more.rect)).collect();
            let rects: Vec<_> = small.iter().copied().chain([strip.large]).collect();
            for (index, rect) in rects.iter().enumerate() {
                prop_assert!(area.expand(0.1).contains_rect(*rect), "{rect:?} in {area:?}");
                for other in &rects[..index] {
                    let apart = (rect.min - other.max).max(other.min - rect.max).max_elem();
                    prop_assert!(apart >= gap - 0.1, "{} between {:?} and {:?}", apart, rect, other);
                }
            }
            for tile in small {
                prop_assert!(tile.width() >= NARROWEST - 0.1 && tile.width() <= WIDEST + 0.1);
                prop_assert!(strip.large.width() >= tile.width() - 0.1 && strip.large.height() >= tile.height() - 0.1);
            }
            prop_assert!((TALLEST - 0.01..=FLATTEST + 0.01).contains(&strip.large.aspect_ratio()));
        }

        #[test]
        fn any_window_that_is_not_tiny_has_room(others in 1usize..=20, width in 300f32..4000.0, height in 240f32..3000.0) {
            prop_assert!(layout(others, area(width, height), 12.0, false).is_some());
        }

        #[test]
        fn the_other_side_would_not_leave_the_large_one_larger(
            others in 1usize..=9, width in 300f32..3000.0, height in 240f32..2000.0,
        ) {
            let size = vec2(width, height);
            let chosen = seen(layout(others, Rect::from_min_size(Pos2::ZERO, size), 12.0, false).unwrap().large.size());
            for side in [Side::Right, Side::Below] {
                let plan = Plan::new(side, others, size, 12.0);
                prop_assert!(plan.is_none_or(|plan| seen(plan.large) <= chosen + 0.1));
            }
        }
    }
}
