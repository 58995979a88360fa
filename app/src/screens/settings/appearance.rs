//! How the window looks, in the settings: theme, language, size of text, motion. The same by keys, on any screen.

use egui::{Align, Key, KeyboardShortcut, Label, Layout, Modifiers, RichText, Ui};

use super::parts::{choice, switched};
use crate::settings::{AppearanceSettings, ThemeChoice};
use crate::text::{self, Language, LanguageChoice};
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, size, space};
use crate::widgets::button::Button;
use crate::widgets::icon::Icon;

/// Makes text larger, smaller, and as large as usual.
const LARGER: [KeyboardShortcut; 2] =
    [KeyboardShortcut::new(Modifiers::COMMAND, Key::Plus), KeyboardShortcut::new(Modifiers::COMMAND, Key::Equals)];
const SMALLER: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::Minus);
const USUAL: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::Num0);

/// What the keys ask for.
pub(super) fn listen(ui: &Ui, appearance: AppearanceSettings) -> Option<AppearanceSettings> {
    let pressed = |shortcut: &KeyboardShortcut| ui.input_mut(|input| input.consume_shortcut(shortcut));
    if LARGER.iter().any(pressed) {
        return appearance.larger();
    }
    if pressed(&SMALLER) {
        return appearance.smaller();
    }
    let usual = AppearanceSettings { text_percent: AppearanceSettings::USUAL_PERCENT, ..appearance };
    (pressed(&USUAL) && usual != appearance).then_some(usual)
}

/// Shows the section. Returns what was asked for.
pub(super) fn show(ui: &mut Ui, appearance: AppearanceSettings) -> Option<AppearanceSettings> {
    let texts = text::of(ui).settings();
    let mut asked = appearance;
    let themes = [
        (ThemeChoice::System, texts.as_the_system()),
        (ThemeChoice::Dark, texts.dark()),
        (ThemeChoice::Light, texts.light()),
    ];
    asked.theme = choice(ui, texts.light_or_dark(), &themes, appearance.theme).unwrap_or(asked.theme);
    // Each language in its own words, so that whoever cannot read this one finds it.
    let languages = [
        (LanguageChoice::System, texts.as_the_system()),
        (LanguageChoice::English, Language::English.own_name()),
        (LanguageChoice::German, Language::German.own_name()),
    ];
    asked.language = choice(ui, texts.choose_language(), &languages, appearance.language).unwrap_or(asked.language);
    ui.horizontal(|ui| {
        ui.set_min_height(space::CONTROL);
        let text = RichText::new(texts.size_of_text()).font(font(size::TEXT, Weight::Medium));
        ui.add(Label::new(text.color(theme::colors(ui).text)).truncate());
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = space::S;
            let mut step = |ui: &mut Ui, icon, label, hint, to: Option<AppearanceSettings>| {
                if Button::icon(icon, label).hint(hint).enabled(to.is_some()).show(ui).clicked()
                    && let Some(to) = to
                {
                    asked.text_percent = to.text_percent;
                }
            };
            step(ui, Icon::Plus, texts.larger(), texts.larger_hint(), appearance.larger());
            let percent = format!("{} %", appearance.scale_percent());
            let text = RichText::new(percent).font(font(size::TEXT, Weight::Regular)).color(theme::colors(ui).dim);
            ui.add(Label::new(text));
            step(ui, Icon::Minus, texts.smaller(), texts.smaller_hint(), appearance.smaller());
        });
    });
    ui.add_space(space::M);
    switched(ui, texts.less_motion(), texts.less_motion_more(), &mut asked.reduced_motion);
    (asked != appearance).then_some(asked)
}
