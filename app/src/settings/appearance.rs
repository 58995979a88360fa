//! What is kept about how the window looks.

use egui::Vec2;
use serde::{Deserialize, Serialize};

use crate::text::LanguageChoice;

/// Colours for dark or light rooms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ThemeChoice {
    /// As the system has it.
    #[default]
    System,
    Dark,
    Light,
}

/// How the window looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AppearanceSettings {
    pub theme: ThemeChoice,
    /// How large text is, and all that is around it, in percent. Read through [`AppearanceSettings::scale_percent`].
    pub text_percent: u16,
    /// Whether nothing glides or fades.
    pub reduced_motion: bool,
    /// Which language it speaks.
    pub language: LanguageChoice,
    pub mini_window: MiniWindow,
}

/// How large the small window of a meeting is, in points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MiniWindow {
    width: u16,
    height: u16,
}

impl MiniWindow {
    /// Smaller is of no use.
    pub const LEAST: Vec2 = Vec2::new(200.0, 130.0);
    const MOST: Vec2 = Vec2::new(1280.0, 960.0);

    /// Its size, within what is of use.
    pub fn size(self) -> Vec2 {
        Vec2::new(self.width.into(), self.height.into()).clamp(Self::LEAST, Self::MOST)
    }
}

impl Default for MiniWindow {
    fn default() -> Self {
        Self { width: 320, height: 200 }
    }
}

impl From<Vec2> for MiniWindow {
    fn from(size: Vec2) -> Self {
        let size = size.round().clamp(Self::LEAST, Self::MOST);
        Self { width: size.x as u16, height: size.y as u16 }
    }
}

impl Default for AppearanceSettings {
    fn default() -> Self {
        Self {
            theme: ThemeChoice::System,
            text_percent: Self::USUAL_PERCENT,
            reduced_motion: false,
            language: LanguageChoice::System,
            mini_window: MiniWindow::default(),
        }
    }
}

impl AppearanceSettings {
    /// The smallest and the largest text, in percent.
    pub const LEAST_PERCENT: u16 = 80;
    pub const MOST_PERCENT: u16 = 200;
    /// As it is drawn where nobody has chosen.
    pub const USUAL_PERCENT: u16 = 100;
    const STEP_PERCENT: u16 = 10;

    /// How large text is, within what can be drawn.
    pub fn scale_percent(&self) -> u16 {
        self.text_percent.clamp(Self::LEAST_PERCENT, Self::MOST_PERCENT)
    }

    /// The same with text a step larger; none where it is the largest.
    pub fn larger(self) -> Option<Self> {
        let text_percent = (self.scale_percent() + Self::STEP_PERCENT).min(Self::MOST_PERCENT);
        (text_percent != self.scale_percent()).then_some(Self { text_percent, ..self })
    }

    /// The same with text a step smaller; none where it is the smallest.
    pub fn smaller(self) -> Option<Self> {
        let text_percent = (self.scale_percent() - Self::STEP_PERCENT).max(Self::LEAST_PERCENT);
        (text_percent != self.scale_percent()).then_some(Self { text_percent, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_grows_and_shrinks_by_steps_within_its_bounds() {
        let mut appearance = AppearanceSettings::default();
        let mut steps = 0;
        while let Some(larger) = appearance.larger() {
            (appearance, steps) = (larger, steps + 1);
        }
        assert_eq!((appearance.scale_percent(), steps), (200, 10));
        while let Some(smaller) = appearance.smaller() {
            (appearance, steps) = (smaller, steps + 1);
        }
        assert_eq!((appearance.scale_percent(), steps), (80, 22));
    }

    #[test]
    fn a_small_window_is_neither_too_small_nor_too_large() {
        let of = |width, height| MiniWindow { width, height }.size();
        assert_eq!((of(0, 300), of(u16::MAX, 300)), (Vec2::new(200.0, 300.0), Vec2::new(1280.0, 300.0)));
        assert_eq!(MiniWindow::from(MiniWindow::default().size()), MiniWindow::default());
    }

    #[test]
    fn a_size_that_cannot_be_drawn_is_the_nearest_that_can() {
        let of = |text_percent| AppearanceSettings { text_percent, ..AppearanceSettings::default() }.scale_percent();
        assert_eq!((of(0), of(95), of(u16::MAX)), (80, 95, 200));
    }
}
