//! How a picture is laid into a tile of another shape.

use egui::{Pos2, Rect, Vec2, pos2};

/// How a picture fills a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// The tile is full; what does not fit is cut off evenly.
    Cover,
    /// The whole picture is seen; the tile's background fills the rest.
    Contain,
}

impl Fit {
    /// Covers, unless that would hide more than half of the picture, as with a phone held upright in a wide tile.
    pub fn for_sizes(picture: Vec2, tile: Vec2) -> Self {
        if visible(picture, tile).min_elem() < 0.5 { Self::Contain } else { Self::Cover }
    }

    /// Where in the picture, of size 1×1, the tile's corners lie; outside of 0…1 there is no picture.
    pub fn crop(self, picture: Vec2, tile: Vec2) -> Rect {
        let covering = visible(picture, tile);
        let size = match self {
            Self::Cover => covering,
            Self::Contain => covering / covering.min_elem(),
        };
        Rect::from_center_size(pos2(0.5, 0.5), size)
    }
}

/// The share of the picture's width and height that is seen when it covers the tile; one of them is 1.
fn visible(picture: Vec2, tile: Vec2) -> Vec2 {
    let scaled = tile / picture;
    scaled / scaled.max_elem()
}

/// The same crop seen in a mirror.
pub fn mirrored(crop: Rect) -> Rect {
    Rect { min: Pos2::new(crop.max.x, crop.min.y), max: Pos2::new(crop.min.x, crop.max.y) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::vec2;

    #[test]
    fn a_picture_of_the_tiles_shape_is_seen_whole() {
        for fit in [Fit::Cover, Fit::Contain] {
            let crop = fit.crop(vec2(640.0, 360.0), vec2(320.0, 180.0));
            assert!((crop.min - Pos2::ZERO).length() < 1e-6 && (crop.max - pos2(1.0, 1.0)).length() < 1e-6);
        }
    }

    #[test]
    fn covering_cuts_the_sides_of_a_picture_that_is_too_wide() {
        let crop = Fit::Cover.crop(vec2(200.0, 100.0), vec2(100.0, 100.0));
        assert_eq!((crop.min, crop.max), (pos2(0.25, 0.0), pos2(0.75, 1.0)));
    }

    #[test]
    fn containing_leaves_room_above_and_below_a_picture_that_is_too_wide() {
        let crop = Fit::Contain.crop(vec2(200.0, 100.0), vec2(100.0, 100.0));
        assert_eq!((crop.min, crop.max), (pos2(0.0, -0.5), pos2(1.0, 1.5)));
    }

    #[test]
    fn only_a_picture_of_a_very_different_shape_is_contained() {
        assert_eq!(Fit::for_sizes(vec2(640.0, 480.0), vec2(320.0, 180.0)), Fit::Cover);
        assert_eq!(Fit::for_sizes(vec2(360.0, 640.0), vec2(320.0, 180.0)), Fit::Contain);
    }

    #[test]
    fn mirroring_twice_changes_nothing() {
        let crop = Rect::from_min_max(pos2(0.1, 0.2), pos2(0.7, 0.8));
        assert_eq!(mirrored(crop).min, pos2(0.7, 0.2));
        assert_eq!(mirrored(mirrored(crop)), crop);
    }
}
