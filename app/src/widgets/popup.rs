//! What opens at a button: rows to press or to choose from. Never higher than the window; what does not fit is scrolled to.

use egui::{
    CornerRadius, Popup, PopupCloseBehavior, RectAlign, Response, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2,
};

use super::button::focus_ring;
use super::icon::Icon;
use super::name_tag::one_line;
use super::pressed;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, radius, size, space};

/// The width of most menus in points.
pub const WIDTH: f32 = 248.0;
const ROW_HEIGHT: f32 = 36.0;
const HEADING_HEIGHT: f32 = 26.0;
/// Left of a row's words.
const ICON_ROOM: f32 = size::ICON + 2.0 * space::S;

/// Shows a menu above a button while it is open. `stays` is whether it stays open when something in it is pressed.
pub fn show(button: &Response, width: f32, stays: bool, content: impl FnOnce(&mut Ui)) {
    let close = if stays { PopupCloseBehavior::CloseOnClickOutside } else { PopupCloseBehavior::CloseOnClick };
    let window = button.ctx.content_rect().size();
    // Of the frame around it, and to the window's edges.
    let around = 2.0 * (space::M + 1.0) + space::S;
    let (width, height) = (width.min(window.x - around), window.y - around);
    let popup = Popup::menu(button).align(RectAlign::TOP).gap(space::S).close_behavior(close).width(width);
    popup.show(|ui| {
        ui.set_width(width);
        ui.spacing_mut().item_spacing.y = 2.0;
        ScrollArea::vertical().max_height(height).show(ui, content);
    });
}

/// What the rows below it are.
pub fn heading(ui: &mut Ui, text: &str) {
    let color = theme::colors(ui).dim;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEADING_HEIGHT), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, text));
    let job = one_line(text, font(size::LABEL, Weight::Medium), color, rect.width() - space::S);
    let galley = ui.painter().layout_job(job);
    let top = rect.center().y - galley.size().y / 2.0;
    ui.painter().galley(pos2(rect.left() + space::S, top), galley, color);
}

/// A line between rows.
pub fn line(ui: &mut Ui) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 2.0 * space::XS + 1.0), Sense::hover());
    let line = rect.shrink2(vec2(space::S, space::XS));
    ui.painter().rect_filled(line, CornerRadius::ZERO, theme::colors(ui).line);
}

/// Something that can be asked for.
pub fn item(ui: &mut Ui, icon: Icon, label: &str) -> Response {
    row(ui, Some(icon), label, theme::colors(ui).text, || WidgetInfo::labeled(Role::MenuItem, true, label))
}

/// As [`item`], where it ends something.
pub fn dangerous_item(ui: &mut Ui, icon: Icon, label: &str) -> Response {
    row(ui, Some(icon), label, theme::colors(ui).danger, || WidgetInfo::labeled(Role::MenuItem, true, label))
}

/// One of several things of which one is chosen.
pub fn choice(ui: &mut Ui, label: &str, is_chosen: bool) -> Response {
    let icon = is_chosen.then_some(Icon::Done);
    let info = || WidgetInfo::selected(Role::MenuItemRadio, true, is_chosen, label);
    row(ui, icon, label, theme::colors(ui).text, info)
}

fn row(ui: &mut Ui, icon: Option<Icon>, label: &str, color: egui::Color32, info: impl Fn() -> WidgetInfo) -> Response {
    let colors = theme::colors(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW_HEIGHT), Sense::click());
    response.widget_info(info);
    let rounding = CornerRadius::same(radius::TAG);
    let is_pressed = pressed::is(ui, &response);
    if is_pressed || response.hovered() || response.has_focus() {
        let fill = if is_pressed { pressed::ground(colors.raised, colors) } else { colors.raised };
        ui.painter().rect_filled(rect, rounding, fill);
    }
    if response.has_focus() {
        focus_ring(ui, rect.shrink(3.0), radius::TAG);
    }
    if let Some(icon) = icon {
        let center = pos2(rect.left() + ICON_ROOM / 2.0, rect.center().y);
        icon.paint(ui.painter(), center, size::ICON - 2.0, color);
    }
    let room = rect.width() - ICON_ROOM - space::S;
    let galley = ui.painter().layout_job(one_line(label, font(size::TEXT, Weight::Regular), color, room));
    let at = pos2(rect.left() + ICON_ROOM, rect.center().y - galley.size().y / 2.0);
    let is_cut = galley.elided;
    ui.painter().galley(at, galley, color);
    if is_cut { response.on_hover_text(label) } else { response }
}
