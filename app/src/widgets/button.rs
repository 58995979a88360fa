//! The one kind of button, in the colours of what it means.

use egui::{Color32, CornerRadius, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::icon::Icon;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, Colors, radius, size, space};

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
    hint: Option<&'a str>,
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
            hint: None,
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

    /// A sentence for those who point at it or listen to it.
    pub fn hint(self, hint: &'a str) -> Self {
        Self { hint: Some(hint), ..self }
    }

    /// Shows it where the layout has it.
    pub fn show(self, ui: &mut Ui) -> Response {
        let colors = theme::colors(ui);
        let (fill, ink) = self.colors(colors);
        let text = self.shows_label.then(|| {
            let weight = if self.meaning == Meaning::Primary { Weight::SemiBold } else { Weight::Medium };
            ui.painter().layout_no_wrap(self.label.to_owned(), font(size::TEXT, weight), ink)
        });
        let text_width = text.as_ref().map_or(0.0, |text| text.size().x);
        let icon_width = self.icon.map_or(0.0, |_| size::ICON);
        let between = if text.is_some() && self.icon.is_some() { space::S } else { 0.0 };
        let content = text_width + between + icon_width;
        let padding = if self.shows_label { space::L } else { space::S };
        let width = (content + 2.0 * padding).max(self.min_width);

        let sense = if self.enabled { Sense::click() } else { Sense::hover() };
        let response = ui.allocate_response(vec2(width, self.height), sense);
        response.widget_info(|| self.info());
        if let Some(hint) = self.hint {
            ui.ctx().accesskit_node_builder(response.id, |node| node.set_description(hint));
        }

        let hover = ui.ctx().animate_bool(response.id, self.enabled && response.hovered());
        let press = if response.is_pointer_button_down_on() { 1.0 } else { 0.0 };
        let rect = response.rect;
        let rounding = CornerRadius::same(radius::CONTROL);
        ui.painter().rect_filled(rect, rounding, fill.lerp_to_gamma(colors.text, 0.07 * hover + 0.06 * press));
        if response.has_focus() {
            focus_ring(ui, rect, radius::CONTROL);
        }
        let mut x = rect.center().x - content / 2.0;
        if let Some(icon) = self.icon {
            icon.paint(ui.painter(), pos2(x + size::ICON / 2.0, rect.center().y), size::ICON, ink);
            x += icon_width + between;
        }
        if let Some(text) = text {
            let top = rect.center().y - text.size().y / 2.0;
            ui.painter().galley(pos2(x, top), text, ink);
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

    /// Ground and ink.
    fn colors(&self, colors: &Colors) -> (Color32, Color32) {
        if !self.enabled {
            return (colors.surface, colors.dim.gamma_multiply(0.6));
        }
        let tinted = |tint: Color32| (colors.surface.lerp_to_gamma(tint, 0.16), tint);
        match self.meaning {
            Meaning::Primary => (colors.accent, colors.on_accent),
            Meaning::Plain => (colors.raised, colors.text),
            Meaning::Danger if self.shows_label => (colors.danger, colors.on_danger),
            Meaning::Danger => (colors.danger, Color32::WHITE),
            Meaning::Off => tinted(colors.danger),
            Meaning::Broken => tinted(colors.warn),
        }
    }
}

/// Shows that something has the keyboard's focus.
pub fn focus_ring(ui: &Ui, rect: Rect, corner_radius: u8) {
    let colors = theme::colors(ui);
    let rect = rect.expand(2.0);
    let rounding = CornerRadius::same(corner_radius + 2);
    ui.painter().rect_stroke(rect, rounding, Stroke::new(2.0, colors.text), StrokeKind::Outside);
}
