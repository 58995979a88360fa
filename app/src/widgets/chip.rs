//! A small button that stands in a line of text.

use egui::{CornerRadius, Rect, Response, Sense, Stroke, StrokeKind, Ui, WidgetInfo};

use super::button::focus_ring;
use crate::theme::{self, radius};

/// Its height in points.
pub const HEIGHT: f32 = 28.0;
/// From its sides to what it shows.
pub const PADDING: f32 = 10.0;

/// Draws the ground of a chip and gives it a button's behaviour; what it shows is drawn over it by the caller.
pub fn ground(ui: &Ui, rect: Rect, info: impl Fn() -> WidgetInfo) -> Response {
    let colors = theme::colors(ui);
    let label = info().label.unwrap_or_default();
    let response = ui.interact(rect, ui.scope_id().with(label), Sense::click());
    response.widget_info(info);
    let hover = ui.ctx().animate_bool(response.id, response.hovered());
    let rounding = CornerRadius::same(radius::TAG);
    let fill = colors.surface.lerp_to_gamma(colors.text, 0.06 * hover);
    ui.painter().rect(rect, rounding, fill, Stroke::new(1.0, colors.line), StrokeKind::Inside);
    if response.has_focus() {
        focus_ring(ui, rect, radius::TAG);
    }
    response
}
