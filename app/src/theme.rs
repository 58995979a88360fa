//! Colours, type, spacing, radii and durations, in one place.
//!
//! Screens and widgets name tokens from here and never a number of their own where a token exists. Dark and light follow
//! the system; where it does not say, it is dark.

use std::time::Duration;

use egui::{Color32, CornerRadius, FontId, Stroke, Theme, Vec2};

use crate::settings::{AppearanceSettings, ThemeChoice};

pub mod fonts;

use fonts::Weight;

/// The colours of one theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colors {
    pub background: Color32,
    /// Bars, cards and toasts.
    pub surface: Color32,
    /// Buttons and fields.
    pub raised: Color32,
    pub line: Color32,
    pub text: Color32,
    pub dim: Color32,
    pub accent: Color32,
    pub on_accent: Color32,
    pub speaking: Color32,
    pub danger: Color32,
    /// Words on it; icons may be white.
    pub on_danger: Color32,
    pub warn: Color32,
}

/// Colours for dark rooms; also the default.
pub const DARK: Colors = Colors {
    background: Color32::from_rgb(0x0E, 0x10, 0x14),
    surface: Color32::from_rgb(0x16, 0x19, 0x1F),
    raised: Color32::from_rgb(0x1E, 0x22, 0x2A),
    line: Color32::from_rgb(0x2B, 0x30, 0x3B),
    text: Color32::from_rgb(0xEC, 0xEF, 0xF4),
    dim: Color32::from_rgb(0x9A, 0xA3, 0xB1),
    accent: Color32::from_rgb(0x7B, 0x9B, 0xFF),
    on_accent: Color32::from_rgb(0x0B, 0x10, 0x20),
    speaking: Color32::from_rgb(0x55, 0xD6, 0xA0),
    danger: Color32::from_rgb(0xF2, 0x55, 0x5A),
    on_danger: Color32::from_rgb(0x0B, 0x10, 0x20),
    warn: Color32::from_rgb(0xFF, 0xB4, 0x54),
};

/// Colours for bright rooms.
pub const LIGHT: Colors = Colors {
    background: Color32::from_rgb(0xF4, 0xF5, 0xF7),
    surface: Color32::from_rgb(0xFF, 0xFF, 0xFF),
    raised: Color32::from_rgb(0xEE, 0xF0, 0xF4),
    line: Color32::from_rgb(0xD9, 0xDD, 0xE5),
    text: Color32::from_rgb(0x15, 0x18, 0x1D),
    dim: Color32::from_rgb(0x5A, 0x63, 0x72),
    accent: Color32::from_rgb(0x3A, 0x5F, 0xE0),
    on_accent: Color32::from_rgb(0xFF, 0xFF, 0xFF),
    speaking: Color32::from_rgb(0x0B, 0x7A, 0x50),
    danger: Color32::from_rgb(0xC8, 0x32, 0x3A),
    on_danger: Color32::from_rgb(0xFF, 0xFF, 0xFF),
    warn: Color32::from_rgb(0x92, 0x57, 0x00),
};

/// What lies on pictures is the same in both themes.
pub mod on_picture {
    use egui::Color32;

    /// Behind name tags.
    pub const TAG: Color32 = Color32::from_rgba_unmultiplied_const(10, 12, 16, 190);
    /// Behind the HOST badge.
    pub const BADGE: Color32 = Color32::from_rgba_unmultiplied_const(255, 255, 255, 56);
    pub const TEXT: Color32 = Color32::WHITE;
    /// A microphone that is off.
    pub const MUTED: Color32 = Color32::from_rgb(0xFF, 0x8A, 0x8E);
    pub const SPEAKING: Color32 = super::DARK.speaking;
}

/// Type sizes in points.
pub mod size {
    pub const BADGE: f32 = 10.0;
    pub const LABEL: f32 = 12.0;
    pub const SECONDARY: f32 = 13.0;
    pub const TEXT: f32 = 14.0;
    pub const TITLE: f32 = 15.0;
    pub const HEADING: f32 = 22.0;
    pub const DISPLAY: f32 = 34.0;
    /// Icons on buttons and in lines of text.
    pub const ICON: f32 = 18.0;
    pub const SMALL_ICON: f32 = 13.0;
}

/// Corner radii in points.
pub mod radius {
    pub const TILE: f32 = 14.0;
    pub const CONTROL: u8 = 12;
    pub const TAG: u8 = 9;
    pub const TOAST: u8 = 14;
    pub const BAR: u8 = 20;
}

/// Distances in points.
pub mod space {
    pub const XS: f32 = 4.0;
    pub const S: f32 = 8.0;
    pub const M: f32 = 12.0;
    pub const L: f32 = 16.0;
    pub const XL: f32 = 24.0;
    /// Between tiles.
    pub const TILES: f32 = 12.0;
    /// A button's or field's height.
    pub const CONTROL: f32 = 44.0;
    /// From a tile's corner to its name tag.
    pub const TAG: f32 = 10.0;
    /// Width of the ring of who speaks and of what has the keyboard's focus.
    pub const RING: f32 = 3.0;
}

/// For hover and press.
pub const HOVER_SECONDS: f32 = 0.12;

/// From one paint to the next while something moves.
pub const ANIMATION_STEP: Duration = Duration::from_millis(16);

/// Whether motion is to be reduced.
pub fn is_still(ui: &egui::Ui) -> bool {
    ui.style().animation_time == 0.0
}

/// The colours of the theme that is in use.
pub fn colors(ui: &egui::Ui) -> &'static Colors {
    colors_of(ui.theme())
}

/// The colours of a theme.
pub fn colors_of(theme: Theme) -> &'static Colors {
    match theme {
        Theme::Dark => &DARK,
        Theme::Light => &LIGHT,
    }
}

/// Sets fonts and both themes' styles. Once for each context.
pub fn install(context: &egui::Context) {
    context.set_fonts(fonts::definitions());
    context.options_mut(|options| {
        options.theme_preference = egui::ThemePreference::System;
        options.fallback_theme = Theme::Dark;
        // The keys for that change what is kept.
        options.zoom_with_keyboard = false;
    });
    for theme in [Theme::Dark, Theme::Light] {
        context.style_mut_of(theme, |style| apply(style, colors_of(theme)));
    }
}

/// Makes a context look as was chosen, after [`install`].
pub fn wear(context: &egui::Context, appearance: AppearanceSettings) {
    context.set_theme(match appearance.theme {
        ThemeChoice::System => egui::ThemePreference::System,
        ThemeChoice::Dark => egui::ThemePreference::Dark,
        ThemeChoice::Light => egui::ThemePreference::Light,
    });
    context.set_zoom_factor(f32::from(appearance.scale_percent()) / 100.0);
    let seconds = if appearance.reduced_motion { 0.0 } else { HOVER_SECONDS };
    context.all_styles_mut(|style| style.animation_time = seconds);
}

fn apply(style: &mut egui::Style, colors: &Colors) {
    style.animation_time = HOVER_SECONDS;
    style.spacing.item_spacing = Vec2::splat(space::S);
    style.spacing.menu_margin = egui::Margin::same(space::M as i8);
    style.spacing.button_padding = Vec2::new(space::L, space::S);
    style.text_styles = [
        (egui::TextStyle::Heading, fonts::font(size::HEADING, Weight::Bold)),
        (egui::TextStyle::Body, fonts::font(size::TEXT, Weight::Regular)),
        (egui::TextStyle::Button, fonts::font(size::TEXT, Weight::Medium)),
        (egui::TextStyle::Small, fonts::font(size::LABEL, Weight::Regular)),
        (egui::TextStyle::Monospace, FontId::monospace(size::SECONDARY)),
    ]
    .into();
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.4;

    let visuals = &mut style.visuals;
    visuals.panel_fill = colors.background;
    visuals.window_fill = colors.surface;
    visuals.extreme_bg_color = colors.raised;
    visuals.window_stroke = Stroke::new(1.0, colors.line);
    visuals.window_corner_radius = CornerRadius::same(radius::TOAST);
    visuals.menu_corner_radius = CornerRadius::same(radius::TAG);
    visuals.override_text_color = Some(colors.text);
    visuals.weak_text_color = Some(colors.dim);
    visuals.hyperlink_color = colors.accent;
    visuals.warn_fg_color = colors.warn;
    visuals.error_fg_color = colors.danger;
    let states = &mut visuals.widgets;
    for (state, fill) in [
        (&mut states.inactive, colors.raised),
        (&mut states.hovered, colors.raised.lerp_to_gamma(colors.text, 0.07)),
        (&mut states.active, colors.raised.lerp_to_gamma(colors.text, 0.13)),
        (&mut states.open, colors.raised),
    ] {
        (state.weak_bg_fill, state.bg_fill) = (fill, fill);
        state.corner_radius = CornerRadius::same(radius::TAG);
        state.bg_stroke = Stroke::new(1.0, colors.line);
        state.fg_stroke = Stroke::new(1.5, colors.text);
    }
    visuals.selection.bg_fill = colors.accent.gamma_multiply(0.35);
    visuals.selection.stroke = Stroke::new(1.0, colors.text);
    visuals.text_cursor.stroke = Stroke::new(2.0, colors.accent);
}

/// Contrast ratio of WCAG 2, 1…21.
#[cfg(test)]
pub(crate) fn contrast(a: Color32, b: Color32) -> f32 {
    let luminance = |color: Color32| {
        let linear = egui::Rgba::from(color);
        0.2126 * linear.r() + 0.7152 * linear.g() + 0.0722 * linear.b()
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For words.
    const TEXT: f32 = 4.5;
    /// For icons and what has the focus or speaks.
    const SIGN: f32 = 3.0;

    fn assert_contrast(least: f32, ink: Color32, ground: Color32, what: &str) {
        let ratio = contrast(ink, ground);
        assert!(ratio >= least, "{what}: {ratio:.2} where {least} is needed");
    }

    #[test]
    fn text_is_legible_in_both_themes() {
        for (theme, colors) in [("dark", DARK), ("light", LIGHT)] {
            for ground in [colors.background, colors.surface, colors.raised] {
                assert!(contrast(colors.text, ground) >= 7.0);
                for (name, ink) in [
                    ("dim", colors.dim),
                    ("accent", colors.accent),
                    ("speaking", colors.speaking),
                    ("danger", colors.danger),
                    ("warn", colors.warn),
                ] {
                    assert_contrast(TEXT, ink, ground, &format!("{theme}: {name} on {ground:?}"));
                }
            }
            assert_contrast(TEXT, colors.on_accent, colors.accent, &format!("{theme}: on accent"));
            assert_contrast(TEXT, colors.on_danger, colors.danger, &format!("{theme}: on danger"));
            let selected = colors.raised.lerp_to_gamma(colors.accent, 0.35);
            assert_contrast(TEXT, colors.text, selected, &format!("{theme}: selected"));
        }
    }

    #[test]
    fn signs_are_seen_in_both_themes() {
        for (theme, colors) in [("dark", DARK), ("light", LIGHT)] {
            assert_contrast(SIGN, Color32::WHITE, colors.danger, &format!("{theme}: leaving"));
            for tint in [colors.danger, colors.warn] {
                let ground = colors.surface.lerp_to_gamma(tint, 0.16);
                assert_contrast(SIGN, tint, ground, &format!("{theme}: {tint:?} on its tint"));
            }
        }
    }

    #[test]
    fn what_lies_on_pictures_is_legible_on_any() {
        for picture in [Color32::WHITE, Color32::GRAY, Color32::BLACK] {
            let tag = picture.blend(on_picture::TAG);
            assert_contrast(TEXT, on_picture::TEXT, tag, "name");
            assert_contrast(TEXT, on_picture::TEXT, tag.blend(on_picture::BADGE), "badge");
            assert_contrast(SIGN, on_picture::MUTED, tag, "muted");
            assert_contrast(SIGN, on_picture::SPEAKING, tag, "speaking");
        }
    }
}
