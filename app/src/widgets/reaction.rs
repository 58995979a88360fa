//! Reactions and the raised hand as pictures in colour, which no font of the window has: drawn by this program at the size that is
//! needed, once for each, and kept as textures.

use egui::{Color32, ColorImage, Id, Painter, Rect, TextureHandle, TextureOptions, Ui, pos2};

use crate::text::stage::Stage;
use crate::view::ReactionKind;

mod brush;
mod drawings;
pub mod rise;

/// What there is a picture of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Picture {
    ThumbsUp,
    Clapping,
    Heart,
    Laughing,
    Surprised,
    Celebrating,
    RaisedHand,
}

impl From<ReactionKind> for Picture {
    fn from(kind: ReactionKind) -> Self {
        match kind {
            ReactionKind::ThumbsUp => Self::ThumbsUp,
            ReactionKind::Clapping => Self::Clapping,
            ReactionKind::Heart => Self::Heart,
            ReactionKind::Laughing => Self::Laughing,
            ReactionKind::Surprised => Self::Surprised,
            ReactionKind::Celebrating => Self::Celebrating,
        }
    }
}

/// What a reaction is called.
pub fn name(kind: ReactionKind, texts: Stage) -> &'static str {
    match kind {
        ReactionKind::ThumbsUp => texts.thumbs_up(),
        ReactionKind::Clapping => texts.clapping(),
        ReactionKind::Heart => texts.heart(),
        ReactionKind::Laughing => texts.laughing(),
        ReactionKind::Surprised => texts.surprised(),
        ReactionKind::Celebrating => texts.celebrating(),
    }
}

impl Picture {
    /// Draws it over a square; what it is is told by whoever has it drawn.
    pub fn paint(self, ui: &Ui, painter: &Painter, rect: Rect, opacity: f32) {
        let texture = self.texture(ui, rect.width() * ui.ctx().pixels_per_point());
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        painter.image(texture.id(), rect, whole, Color32::WHITE.gamma_multiply(opacity));
    }

    /// A texture of at least this many pixels in width, up to a limit beyond which nobody sees a difference.
    fn texture(self, ui: &Ui, pixels: f32) -> TextureHandle {
        const SIZES: [usize; 3] = [32, 64, 128];
        let size = SIZES.into_iter().find(|size| *size as f32 >= pixels).unwrap_or(SIZES[2]);
        let id = Id::unique(("reaction picture", self, size));
        if let Some(texture) = ui.ctx().data(|data| data.get_temp::<TextureHandle>(id)) {
            return texture;
        }
        let texture = ui.ctx().load_texture(format!("{self:?} {size}"), self.image(size), TextureOptions::LINEAR);
        ui.ctx().data_mut(|data| data.insert_temp(id, texture.clone()));
        texture
    }

    fn image(self, size: usize) -> ColorImage {
        let pixel = 1.0 / size as f32;
        let pixels = (0..size * size).map(|index| {
            let at = pos2((index % size) as f32 + 0.5, (index / size) as f32 + 0.5) * pixel;
            drawings::color_at(self, at, pixel)
        });
        ColorImage::new([size, size], pixels.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_picture_is_of_its_own_and_leaves_the_corners_free() {
        let all = ReactionKind::ALL.into_iter().map(Picture::from).chain([Picture::RaisedHand]);
        let images: Vec<_> = all.map(|picture| picture.image(32)).collect();
        for (index, image) in images.iter().enumerate() {
            let seen = image.pixels.iter().filter(|pixel| pixel.a() > 128).count();
            assert!((250..900).contains(&seen), "{index} covers {seen} of 1024 pixels");
            assert_eq!(image.pixels[0], Color32::TRANSPARENT);
            assert!(images[..index].iter().all(|other| other.pixels != image.pixels));
        }
    }
}
