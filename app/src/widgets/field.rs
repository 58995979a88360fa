//! A line of text to type.

use egui::{CornerRadius, Frame, Margin, Response, RichText, Stroke, TextEdit, Ui, vec2};

use crate::theme::fonts::{Weight, font};
use crate::theme::{self, radius, size, space};

/// Shows a field with an invitation to type, as wide as told and for at most `limit` characters. The caller names it, by a
/// label or [`Response::accessible_name`].
pub fn show(ui: &mut Ui, hint: &'static str, text: &mut String, width: f32, limit: usize) -> Response {
    let colors = theme::colors(ui);
    let id = ui.scope_id().with(hint);
    let focused = ui.memory(|memory| memory.has_focus(id));
    let stroke = if focused { Stroke::new(2.0, colors.accent) } else { Stroke::new(1.0, colors.line) };
    let frame = Frame::new()
        .fill(colors.raised)
        .stroke(stroke)
        .corner_radius(CornerRadius::same(radius::CONTROL))
        // The stroke counts as part of the frame: whatever its width, the field stays where it is.
        .inner_margin(Margin::symmetric(14, 12));
    let hint = RichText::new(hint).font(font(size::TEXT, Weight::Regular)).color(colors.dim);
    TextEdit::singleline(text)
        .id(id)
        .hint_text(hint)
        .font(font(size::TEXT, Weight::Regular))
        .text_color(colors.text)
        .frame(frame)
        .align(egui::Align2::LEFT_CENTER)
        .min_size(vec2(0.0, space::CONTROL))
        .desired_width(width)
        .char_limit(limit)
        .show(ui)
        .response
        .response
}
