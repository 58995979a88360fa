//! A line with something that is on or off, and what that means.

use egui::{CornerRadius, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::button::focus_ring;
use super::pressed;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, size, space};

const TRACK: egui::Vec2 = vec2(38.0, 22.0);
/// Between the track's edge and the knob.
const MARGIN: f32 = 3.0;

/// Shows it over the whole width. Returns what it was asked to become.
pub fn show(ui: &mut Ui, label: &str, meaning: &str, on: bool) -> Option<bool> {
    let colors = theme::colors(ui);
    let text_width = ui.available_width() - TRACK.x - space::M;
    let label_galley = ui.painter().layout(label.to_owned(), font(size::TEXT, Weight::Medium), colors.text, text_width);
    let meaning_galley =
        ui.painter().layout(meaning.to_owned(), font(size::LABEL, Weight::Regular), colors.dim, text_width);
    let height = label_galley.size().y + meaning_galley.size().y + 2.0;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, on, label));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_description(meaning));

    let meaning_at = rect.left_top() + vec2(0.0, label_galley.size().y + 2.0);
    ui.painter().galley(rect.left_top(), label_galley, colors.text);
    ui.painter().galley(meaning_at, meaning_galley, colors.dim);

    let track = egui::Rect::from_min_size(pos2(rect.right() - TRACK.x, rect.center().y - TRACK.y / 2.0), TRACK);
    let along = ui.ctx().animate_bool(response.id, on);
    let rounding = CornerRadius::same((TRACK.y / 2.0) as u8);
    let hover = if response.hovered() { 0.08 } else { 0.0 };
    let fill = colors.line.lerp_to_gamma(colors.accent, along).lerp_to_gamma(colors.text, hover);
    let fill = if pressed::is(ui, &response) { pressed::ground(fill, colors) } else { fill };
    ui.painter().rect_filled(track, rounding, fill);
    let radius = TRACK.y / 2.0 - MARGIN;
    let x = egui::lerp(track.left() + MARGIN + radius..=track.right() - MARGIN - radius, along);
    // In both themes lighter than the track.
    let off = if ui.visuals().dark_mode { colors.dim } else { colors.surface };
    let knob = off.lerp_to_gamma(colors.on_accent, along);
    ui.painter().circle_filled(pos2(x, track.center().y), radius, knob);
    if response.has_focus() {
        focus_ring(ui, track, (TRACK.y / 2.0) as u8);
    }
    response.clicked().then_some(!on)
}
