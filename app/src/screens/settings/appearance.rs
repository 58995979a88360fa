//! How the window looks, in the settings: theme, size of text, motion. The same by keys, on any screen.

use egui::{Align, Key, KeyboardShortcut, Label, Layout, Modifiers, RichText, Ui};

use crate::settings::{AppearanceSettings, ThemeChoice};
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, size, space};
use crate::widgets::button::Button;
use crate::widgets::icon::Icon;
use crate::widgets::{picker, switch};

/// The themes, as they are called.
const THEMES: [(ThemeChoice, &str); 3] =
    [(ThemeChoice::System, "As the system has it"), (ThemeChoice::Dark, "Dark"), (ThemeChoice::Light, "Light")];

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

/// Shows it. Returns what was asked for.
pub(super) fn show(ui: &mut Ui, appearance: AppearanceSettings) -> Option<AppearanceSettings> {
    let mut asked = appearance;
    let (_, chosen) = THEMES.into_iter().find(|(theme, _)| *theme == appearance.theme)?;
    if let Some(place) = picker::show(ui, "Choose light or dark", &THEMES.map(|(_, name)| name), chosen) {
        asked.theme = THEMES[place].0;
    }
    ui.add_space(space::M);
    ui.horizontal(|ui| {
        ui.set_min_height(space::CONTROL);
        let text = RichText::new("Size of text").font(font(size::TEXT, Weight::Medium)).color(theme::colors(ui).text);
        ui.add(Label::new(text));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = space::S;
            let mut step = |ui: &mut Ui, icon, label, hint, to: Option<AppearanceSettings>| {
                if Button::icon(icon, label).hint(hint).enabled(to.is_some()).show(ui).clicked()
                    && let Some(to) = to
                {
                    asked.text_percent = to.text_percent;
                }
            };
            step(ui, Icon::Plus, "Larger text", "Larger (Ctrl and +)", appearance.larger());
            let percent = format!("{} %", appearance.scale_percent());
            let text = RichText::new(percent).font(font(size::TEXT, Weight::Regular)).color(theme::colors(ui).dim);
            ui.add(Label::new(text));
            step(ui, Icon::Minus, "Smaller text", "Smaller (Ctrl and −)", appearance.smaller());
        });
    });
    ui.add_space(space::M);
    let meaning = "Nothing glides or fades.";
    let reduced = &mut asked.reduced_motion;
    *reduced = switch::show(ui, "Reduce motion", meaning, *reduced).unwrap_or(*reduced);
    (asked != appearance).then_some(asked)
}
