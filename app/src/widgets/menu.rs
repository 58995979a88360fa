//! The lines of a menu: what can be done, or one of several things to choose. What opens and closes it, and leads through it by
//! keyboard, is egui's popup.

use egui::{CornerRadius, Response, RichText, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::button::focus_ring;
use super::icon::Icon;
use super::name_tag::one_line;
use super::pressed;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, radius, size, space};

/// Height of a line that says one thing.
const HEIGHT: f32 = 32.0;
/// Height of a line with a second, smaller one below.
const HEIGHT_WITH_MEANING: f32 = 46.0;
/// From a line's sides to what it says.
const PADDING: f32 = space::S;

/// One line before it is shown.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Line<'a> {
    icon: Icon,
    label: &'a str,
    meaning: Option<&'a str>,
    is_danger: bool,
    /// What it is and whether it is chosen, for one that stays in place and says so.
    choice: Option<(Role, bool)>,
}

impl<'a> Line<'a> {
    /// Something that can be done.
    pub fn new(icon: Icon, label: &'a str) -> Self {
        Self { icon, label, meaning: None, is_danger: false, choice: None }
    }

    /// What it is about, in smaller letters.
    pub fn meaning(self, meaning: &'a str) -> Self {
        Self { meaning: Some(meaning), ..self }
    }

    /// Something that ends something.
    pub fn danger(self) -> Self {
        Self { is_danger: true, ..self }
    }

    /// One of several, of which one is chosen.
    pub fn radio(self, is_chosen: bool) -> Self {
        Self { choice: Some((Role::RadioButton, is_chosen)), ..self }
    }

    /// Something that is on or off.
    pub fn check(self, is_on: bool) -> Self {
        Self { choice: Some((Role::CheckBox, is_on)), ..self }
    }

    /// Shows it over the whole width.
    pub fn show(self, ui: &mut Ui) -> Response {
        let colors = theme::colors(ui);
        let height = if self.meaning.is_some() { HEIGHT_WITH_MEANING } else { HEIGHT };
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click());
        response.widget_info(|| match self.choice {
            Some((role, is_chosen)) => WidgetInfo::selected(role, true, is_chosen, self.label),
            None => WidgetInfo::labeled(Role::Button, true, self.label),
        });
        if let Some(meaning) = self.meaning {
            ui.ctx().accesskit_node_builder(response.id, |node| node.set_description(meaning));
        }
        let hover = ui.ctx().animate_bool(response.id, response.hovered() || response.has_focus());
        let tint = if self.is_danger { colors.danger } else { colors.text };
        let fill = colors.surface.lerp_to_gamma(tint, 0.1 * hover);
        let fill = if pressed::is(ui, &response) { pressed::ground(fill, colors) } else { fill };
        ui.painter().rect_filled(rect, CornerRadius::same(radius::TAG), fill);

        let ink = if self.is_danger { colors.danger } else { colors.text };
        let inner = rect.shrink2(vec2(PADDING, 0.0));
        let middle = rect.center().y;
        self.icon.paint(ui.painter(), pos2(inner.left() + size::ICON / 2.0, middle), size::ICON, ink);
        let chosen = self.choice.is_some_and(|(_, is_chosen)| is_chosen);
        let mark_width = if self.choice.is_some() { size::ICON + space::S } else { 0.0 };
        let text_left = inner.left() + size::ICON + 10.0;
        let room = inner.right() - text_left - mark_width;
        let label = ui.painter().layout_job(one_line(self.label, font(size::TEXT, Weight::Medium), ink, room));
        match self.meaning {
            None => ui.painter().galley(pos2(text_left, middle - label.size().y / 2.0), label, ink),
            Some(meaning) => {
                let face = font(size::LABEL, Weight::Regular);
                let meaning = ui.painter().layout_job(one_line(meaning, face, colors.dim, room));
                let top = middle - (label.size().y + 2.0 + meaning.size().y) / 2.0;
                let below = top + label.size().y + 2.0;
                ui.painter().galley(pos2(text_left, top), label, ink);
                ui.painter().galley(pos2(text_left, below), meaning, colors.dim);
            }
        }
        if chosen {
            Icon::Done.paint(ui.painter(), pos2(inner.right() - size::ICON / 2.0, middle), size::ICON, colors.accent);
        }
        if response.has_focus() {
            // Inside, since lines stand close.
            focus_ring(ui, rect.shrink(4.0), radius::TAG - 4);
        }
        response
    }
}

/// What a menu, or a part of one, is about.
pub fn title(ui: &mut Ui, text: &str) {
    let text = RichText::new(text).font(font(size::TEXT, Weight::SemiBold)).color(theme::colors(ui).text);
    indented(ui, |ui| drop(ui.add(egui::Label::new(text).truncate())));
}

/// Something that is said in small letters, in as many lines as it takes.
pub fn note(ui: &mut Ui, text: &str) {
    let text = RichText::new(text).font(font(size::LABEL, Weight::Regular)).color(theme::colors(ui).dim);
    indented(ui, |ui| drop(ui.add(egui::Label::new(text).wrap())));
}

/// A thin line between parts.
pub fn separator(ui: &mut Ui) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 1.0 + space::S), Sense::hover());
    let line = egui::Rect::from_center_size(rect.center(), vec2(rect.width() - 2.0 * PADDING, 1.0));
    ui.painter().rect_filled(line, CornerRadius::ZERO, theme::colors(ui).line);
}

/// As far from the sides as what lines say.
pub fn indented(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    let margin = egui::Margin::symmetric(PADDING as i8, 0);
    egui::Frame::new().inner_margin(margin).show(ui, content);
}
