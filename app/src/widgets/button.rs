//! The one kind of button, in the colours of what it means.

use egui::{
    Color32, CornerRadius, FontId, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::icon::Icon;
use super::pressed;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, Colors, radius, size, space};

/// How strong the ink of what looks pressed is.
const PRESSED_INK: f32 = 0.6;

/// What a button means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The one thing most people want here.
    Primary,
    /// Anything else.
    Plain,
    /// It ends something.
    Danger,
    /// It stands for something that is switched off.
    Off,
    /// It stands for something that does not work.
    Broken,
}

/// A button before it is shown.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Button<'a> {
    label: &'a str,
    shows_label: bool,
    icon: Option<Icon>,
    meaning: Meaning,
    min_width: f32,
    height: f32,
    enabled: bool,
    on: Option<bool>,
    waits: bool,
    hint: Option<&'a str>,
    taken_at_right: f32,
}

impl<'a> Button<'a> {
    /// A button that shows its label.
    pub fn text(label: &'a str) -> Self {
        Self {
            label,
            shows_label: true,
            icon: None,
            meaning: Meaning::Plain,
            min_width: space::CONTROL,
            height: space::CONTROL,
            enabled: true,
            on: None,
            waits: false,
            hint: None,
            taken_at_right: 0.0,
        }
    }

    /// A button that shows an icon; the label is what it is called.
    pub fn icon(icon: Icon, label: &'a str) -> Self {
        Self { icon: Some(icon), shows_label: false, ..Self::text(label) }
    }

    /// Puts an icon before the label.
    pub fn with_icon(self, icon: Icon) -> Self {
        Self { icon: Some(icon), ..self }
    }

    pub fn meaning(self, meaning: Meaning) -> Self {
        Self { meaning, ..self }
    }

    pub fn min_width(self, min_width: f32) -> Self {
        Self { min_width, ..self }
    }

    /// As high as what it stands beside.
    pub fn height(self, height: f32) -> Self {
        Self { height, ..self }
    }

    pub fn enabled(self, enabled: bool) -> Self {
        Self { enabled, ..self }
    }

    /// Whether what the button switches is on.
    pub fn on(self, on: bool) -> Self {
        Self { on: Some(on), ..self }
    }

    /// Whether it looks pressed, because what it was asked for is on its way.
    pub fn waits(self, waits: bool) -> Self {
        Self { waits, ..self }
    }

    /// A sentence for those who point at it or listen to it.
    pub fn hint(self, hint: &'a str) -> Self {
        Self { hint: Some(hint), ..self }
    }

    /// Leaves so much of its right end to something else.
    pub fn taken_at_right(self, taken_at_right: f32) -> Self {
        Self { taken_at_right, ..self }
    }

    /// How wide it will be.
    pub fn width(&self, ui: &Ui) -> f32 {
        let text_width = if self.shows_label {
            let galley = ui.painter().layout_no_wrap(self.label.to_owned(), self.font(), Color32::WHITE);
            galley.size().x
        } else {
            0.0
        };
        let icon_width = self.icon.map_or(0.0, |_| size::ICON);
        let between = if self.shows_label && self.icon.is_some() { space::S } else { 0.0 };
        let padding = if self.shows_label { space::L } else { space::S };
        (text_width + between + icon_width + 2.0 * padding).max(self.min_width)
    }

    fn font(&self) -> FontId {
        let weight = if self.meaning == Meaning::Primary { Weight::SemiBold } else { Weight::Medium };
        font(size::TEXT, weight)
    }

    /// Shows it where the layout has it.
    pub fn show(self, ui: &mut Ui) -> Response {
        let colors = theme::colors(ui);
        let (fill, ink) = if self.enabled { self.meaning.colors(colors) } else { disabled(colors) };
        // Words want more contrast than icons do.
        let is_danger_in_words = self.enabled && self.shows_label && self.meaning == Meaning::Danger;
        let ink = if is_danger_in_words { colors.on_danger } else { ink };
        let width = self.width(ui);
        let text = self.shows_label.then(|| ui.painter().layout_no_wrap(self.label.to_owned(), self.font(), ink));
        let text_width = text.as_ref().map_or(0.0, |text| text.size().x);
        let icon_width = self.icon.map_or(0.0, |_| size::ICON);
        let between = if text.is_some() && self.icon.is_some() { space::S } else { 0.0 };
        let content = text_width + between + icon_width;

        let sense = if self.enabled { Sense::click() } else { Sense::hover() };
        let response = ui.allocate_response(vec2(width, self.height), sense);
        response.widget_info(|| self.info());
        if let Some(hint) = self.hint {
            ui.ctx().accesskit_node_builder(response.id, |node| node.set_description(hint));
        }

        let hover = ui.ctx().animate_bool(response.id, self.enabled && response.hovered());
        let press = if response.is_pointer_button_down_on() { 1.0 } else { 0.0 };
        if self.waits {
            pressed::tell_busy(ui, &response);
        }
        let (fill, ink) = if pressed::is(ui, &response) || self.waits {
            (pressed::ground(fill, colors), ink.gamma_multiply(PRESSED_INK))
        } else {
            (fill, ink)
        };
        let rect = response.rect;
        let rounding = CornerRadius::same(radius::CONTROL);
        ui.painter().rect_filled(rect, rounding, fill.lerp_to_gamma(colors.text, 0.07 * hover + 0.06 * press));
        if response.has_focus() {
            focus_ring(ui, rect, radius::CONTROL);
        }
        let mut x = rect.center().x - (content + self.taken_at_right) / 2.0;
        if let Some(icon) = self.icon {
            icon.paint(ui.painter(), pos2(x + size::ICON / 2.0, rect.center().y), size::ICON, ink);
            x += icon_width + between;
        }
        if let Some(text) = text {
            let top = rect.center().y - text.size().y / 2.0;
            ui.painter().galley_with_override_text_color(pos2(x, top), text, ink);
        }
        if self.meaning == Meaning::Broken {
            let center = rect.right_top() + vec2(-6.0, 6.0);
            ui.painter().circle_filled(center, 7.0, colors.warn);
            let ink = colors.background;
            ui.painter().text(center, egui::Align2::CENTER_CENTER, "!", font(size::BADGE, Weight::Bold), ink);
        }
        match self.hint {
            Some(hint) => response.on_hover_text(hint),
            None => response,
        }
    }

    fn info(&self) -> WidgetInfo {
        match self.on {
            Some(on) => WidgetInfo::selected(Role::Button, self.enabled, on, self.label),
            None => WidgetInfo::labeled(Role::Button, self.enabled, self.label),
        }
    }
}

impl Meaning {
    /// Ground and ink.
    pub fn colors(self, colors: &Colors) -> (Color32, Color32) {
        let tinted = |tint: Color32| (colors.surface.lerp_to_gamma(tint, 0.16), tint);
        match self {
            Self::Primary => (colors.accent, colors.on_accent),
            Self::Plain => (colors.raised, colors.text),
            Self::Danger => (colors.danger, Color32::WHITE),
            Self::Off => tinted(colors.danger),
            Self::Broken => tinted(colors.warn),
        }
    }
}

fn disabled(colors: &Colors) -> (Color32, Color32) {
    (colors.surface, colors.dim.gamma_multiply(0.6))
}

/// Shows that something has the keyboard's focus.
pub fn focus_ring(ui: &Ui, rect: Rect, corner_radius: u8) {
    let colors = theme::colors(ui);
    let rect = rect.expand(2.0);
    let rounding = CornerRadius::same(corner_radius + 2);
    ui.painter().rect_stroke(rect, rounding, Stroke::new(2.0, colors.text), StrokeKind::Outside);
}
