//! The type faces that come with the program: Inter for text, Noto Emoji for emoji, Lucide for icons.
//!
//! Inter is one variable font, used at four weights; egui's own fonts and the system's are what it falls back to.

use std::sync::Arc;

use egui::epaint::text::VariationCoords;
use egui::{FontData, FontDefinitions, FontFamily, FontId, FontTweak};

/// Inter 4.0 (variable weight), under the Open Font License: see `assets/fonts/OFL.txt`.
const INTER: &[u8] = include_bytes!("../../assets/fonts/Inter.ttf");

/// Noto Emoji, in one colour, under the Open Font License: see `assets/fonts/NotoEmoji-OFL.txt`. Without it, what people say would
/// look different on each system, and on some there would be nothing to see.
const EMOJI: &[u8] = include_bytes!("../../assets/fonts/NotoEmoji.ttf");
const EMOJI_NAME: &str = "Noto Emoji";

const ICONS: &str = "Lucide";

/// How heavy text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    Regular,
    Medium,
    SemiBold,
    Bold,
}

impl Weight {
    const ALL: [Self; 4] = [Self::Regular, Self::Medium, Self::SemiBold, Self::Bold];

    fn name(self) -> &'static str {
        match self {
            Self::Regular => "Inter Regular",
            Self::Medium => "Inter Medium",
            Self::SemiBold => "Inter SemiBold",
            Self::Bold => "Inter Bold",
        }
    }

    /// On the font's `wght` axis.
    fn value(self) -> f32 {
        match self {
            Self::Regular => 400.0,
            Self::Medium => 500.0,
            Self::SemiBold => 600.0,
            Self::Bold => 700.0,
        }
    }
}

/// Inter at a size in points.
pub fn font(size: f32, weight: Weight) -> FontId {
    FontId::new(size, FontFamily::Name(weight.name().into()))
}

/// The icon font at a size in points; used by `widgets::icon` alone.
pub fn icon_font(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(ICONS.into()))
}

/// All families: one for each weight, the icons, and egui's two with Inter in front.
pub fn definitions() -> FontDefinitions {
    let mut definitions = FontDefinitions::default();
    // As large as letters beside it, and no higher than their line.
    let emoji = FontData::from_static(EMOJI).tweak(FontTweak { scale: 0.86, ..FontTweak::default() });
    definitions.font_data.insert(EMOJI_NAME.to_owned(), Arc::new(emoji));
    for family in [FontFamily::Proportional, FontFamily::Monospace] {
        definitions.families.entry(family).or_default().push(EMOJI_NAME.to_owned());
    }
    let fallback = definitions.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    for weight in Weight::ALL {
        let coords = VariationCoords::new([(b"wght", weight.value())]);
        // Inter is drawn for screens; fitting its outlines to pixels only makes it uneven.
        let tweak = FontTweak { coords, hinting: Some(false), ..FontTweak::default() };
        let data = FontData::from_static(INTER).tweak(tweak);
        definitions.font_data.insert(weight.name().to_owned(), Arc::new(data));
        let family = std::iter::once(weight.name().to_owned()).chain(fallback.iter().cloned()).collect();
        definitions.families.insert(FontFamily::Name(weight.name().into()), family);
    }
    let proportional = definitions.families.entry(FontFamily::Proportional).or_default();
    proportional.insert(0, Weight::Regular.name().to_owned());

    let icons = FontData::from_static(lucide_icons::LUCIDE_FONT_BYTES);
    definitions.font_data.insert(ICONS.to_owned(), Arc::new(icons));
    definitions.families.insert(FontFamily::Name(ICONS.into()), vec![ICONS.to_owned()]);
    definitions
}
