//! One of a few things to choose, all of them in sight.

use egui::{CornerRadius, Pos2, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::theme::fonts::{Weight, font};
use crate::theme::{self, radius, size};
use crate::widgets::button::focus_ring;
use crate::widgets::{chip, pressed};

/// From the sides of a name to those of its ground.
const PADDING: f32 = 9.0;

/// Shows the names in a row, the row's left end at `left_center`. Returns the place of what was chosen anew.
pub fn show(ui: &Ui, left_center: Pos2, names: &[&str], chosen: usize) -> Option<usize> {
    let colors = theme::colors(ui);
    let mut left = left_center.x;
    let mut picked = None;
    for (place, name) in names.iter().enumerate() {
        let is_chosen = place == chosen;
        let color = if is_chosen { colors.text } else { colors.dim };
        let name_font = font(size::SECONDARY, Weight::Medium);
        let galley = ui.painter().layout_no_wrap((*name).to_owned(), name_font, color);
        let top_left = pos2(left, left_center.y - chip::HEIGHT / 2.0);
        let rect = Rect::from_min_size(top_left, vec2(galley.size().x + 2.0 * PADDING, chip::HEIGHT));
        let response = ui.interact(rect, ui.scope_id().with(("segment", name)), Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_chosen, *name));
        let hover = ui.ctx().animate_bool(response.id, response.hovered());
        let strength = if is_chosen { 1.0 } else { 0.5 * hover };
        let rounding = CornerRadius::same(radius::TAG);
        let fill = colors.surface.lerp_to_gamma(colors.raised, strength);
        let fill = if pressed::is(ui, &response) { pressed::ground(fill, colors) } else { fill };
        ui.painter().rect_filled(rect, rounding, fill);
        ui.painter().galley(rect.center() - galley.size() / 2.0, galley, color);
        if response.has_focus() {
            focus_ring(ui, rect, radius::TAG);
        }
        if response.clicked() && !is_chosen {
            picked = Some(place);
        }
        left = rect.right();
    }
    picked
}
