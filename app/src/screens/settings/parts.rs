//! What sections are made of.

use egui::{CornerRadius, Label, RichText, Sense, Ui, vec2};

use crate::theme::fonts::{Weight, font};
use crate::theme::{self, size, space};
use crate::widgets::name_tag::one_line;
use crate::widgets::{picker, switch};

/// Of the line over a picker, with the space below it.
const CAPTION_HEIGHT: f32 = 20.0;

/// What stands over a part of a section.
pub(super) fn heading(ui: &mut Ui, text: &str) {
    ui.label(RichText::new(text).font(font(size::TITLE, Weight::SemiBold)).color(theme::colors(ui).text));
    ui.add_space(space::S);
}

/// A line between two parts.
pub(super) fn line(ui: &mut Ui) {
    ui.add_space(space::L);
    let (line, _) = ui.allocate_exact_size(vec2(ui.available_width(), 1.0), Sense::hover());
    ui.painter().rect_filled(line, CornerRadius::ZERO, theme::colors(ui).line);
    ui.add_space(space::L);
}

/// A sentence that explains.
pub(super) fn dim(ui: &mut Ui, text: &str) {
    let text = RichText::new(text).font(font(size::SECONDARY, Weight::Regular)).color(theme::colors(ui).dim);
    ui.add(Label::new(text).wrap());
}

/// One of several things to choose, under what it is called. Returns what was chosen anew.
pub(super) fn choice<T: Copy + PartialEq>(ui: &mut Ui, label: &str, choices: &[(T, &str)], chosen: T) -> Option<T> {
    // The picker says itself what it is for to those who listen.
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), CAPTION_HEIGHT), Sense::hover());
    let color = theme::colors(ui).dim;
    let caption = ui.painter().layout_job(one_line(label, font(size::LABEL, Weight::Medium), color, rect.width()));
    ui.painter().galley(rect.left_top(), caption, color);
    let names: Vec<&str> = choices.iter().map(|(_, name)| *name).collect();
    let (_, name) = choices.iter().find(|(choice, _)| *choice == chosen).or(choices.first())?;
    let place = picker::show(ui, label, &names, name);
    ui.add_space(space::M);
    place.map(|place| choices[place].0)
}

/// Something that is on or off, which is changed where that is asked for.
pub(super) fn switched(ui: &mut Ui, label: &str, meaning: &str, on: &mut bool) {
    *on = switch::show(ui, label, meaning, *on).unwrap_or(*on);
    ui.add_space(space::M);
}
