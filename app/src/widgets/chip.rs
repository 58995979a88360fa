//! A small button that stands in a line of text.

use egui::{Align2, Color32, CornerRadius, Pos2, Rect, Response, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2};

use super::button::focus_ring;
use super::icon::Icon;
use super::pressed;
use crate::theme::{self, radius, size};

/// Its height in points.
pub const HEIGHT: f32 = 28.0;
/// From its sides to what it shows.
pub const PADDING: f32 = 10.0;

/// A chip that shows an icon and has its right end at `right_center`.
pub fn icon(ui: &Ui, right_center: Pos2, icon: Icon, color: Color32, info: impl Fn() -> WidgetInfo) -> Response {
    let rect = Align2::RIGHT_CENTER.anchor_size(right_center, vec2(2.0 * PADDING + size::SMALL_ICON, HEIGHT));
    let response = ground(ui, rect, info);
    icon.paint(ui.painter(), rect.center(), size::SMALL_ICON, color);
    response
}

/// Draws the ground of a chip and gives it a button's behaviour; what it shows is drawn over it by the caller.
pub fn ground(ui: &Ui, rect: Rect, info: impl Fn() -> WidgetInfo) -> Response {
    let colors = theme::colors(ui);
    let label = info().label.unwrap_or_default();
    let response = ui.interact(rect, ui.scope_id().with(label), Sense::click());
    response.widget_info(info);
    let hover = ui.ctx().animate_bool(response.id, response.hovered());
    let rounding = CornerRadius::same(radius::TAG);
    let fill = colors.surface.lerp_to_gamma(colors.text, 0.06 * hover);
    let fill = if pressed::is(ui, &response) { pressed::ground(fill, colors) } else { fill };
    ui.painter().rect(rect, rounding, fill, Stroke::new(1.0, colors.line), StrokeKind::Inside);
    if response.has_focus() {
        focus_ring(ui, rect, radius::TAG);
    }
    response
}
