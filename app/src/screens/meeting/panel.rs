//! Chat and people stand beside the meeting in a panel: where it is, its ground and its head. What is in it knows none of that.
//!
//! Where a window is wide enough the panel takes room from the people and covers nobody; in a small one it fills what is above
//! the bar, or all of it where that would be too little.

use egui::{
    Align2, CornerRadius, Key, Modifiers, Popup, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use crate::text;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, radius, size, space};
use crate::widgets::button::focus_ring;
use crate::widgets::icon::Icon;
use crate::widgets::name_tag::one_line;
use crate::widgets::pressed;

/// What a panel shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Panel {
    Chat,
    People,
}

const WIDTH: f32 = 320.0;
/// Of a window in which the panel is beside people.
const LEAST_BESIDE: f32 = 720.0;
/// A panel that leaves less than this above the bar takes the bar's place too.
const LEAST_HEIGHT: f32 = 220.0;
const HEAD: f32 = 48.0;
/// Where there is little room.
const LOW_HEAD: f32 = 36.0;
/// It comes from so far.
const SLIDE: f32 = 16.0;

/// Where the panel is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    pub rect: Rect,
    /// Whether people stand beside it, rather than under it.
    pub is_beside: bool,
    /// Whether it covers the bar.
    pub covers_bar: bool,
}

/// The place of a panel in a window whose people and bar are here.
pub fn place(window: Rect, people: Rect, bar: Rect) -> Place {
    if people.left() > window.left() + space::S && window.width() >= LEAST_BESIDE {
        let rect = people.with_min_x(people.right() - WIDTH.min(0.4 * window.width()));
        return Place { rect, is_beside: true, covers_bar: false };
    }
    let room = window.shrink(space::S);
    let covers_bar = bar.top() - space::S - room.top() < LEAST_HEIGHT;
    let rect = if covers_bar { room } else { room.with_max_y(bar.top() - space::S) };
    Place { rect, is_beside: false, covers_bar }
}

/// Which panel is open.
#[derive(Clone, Copy, Debug, Default)]
pub struct Opening {
    open: Option<Panel>,
    /// So that each comes by a movement of its own.
    times_opened: u32,
    is_fresh: bool,
}

impl Opening {
    /// Which is open.
    pub fn open(self) -> Option<Panel> {
        self.open
    }

    /// Opens a panel in place of whatever was open, or closes the one that is open.
    pub fn press(&mut self, panel: Panel) {
        if self.open == Some(panel) { self.close() } else { self.show(panel) }
    }

    /// Opens a panel.
    pub fn show(&mut self, panel: Panel) {
        // One that takes the place of another does not come from anywhere.
        self.is_fresh |= self.open.is_none();
        self.times_opened += u32::from(self.open.is_none());
        self.open = Some(panel);
    }

    /// Closes it.
    pub fn close(&mut self) {
        self.open = None;
    }

    /// Listens to the key that closes it, unless that closes a menu.
    pub fn listen(&mut self, ui: &Ui) {
        if self.open.is_some()
            && !Popup::is_any_open(ui)
            && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape))
        {
            self.close();
        }
    }

    /// How far it has come, 0 to 1.
    fn along(&mut self, ui: &Ui) -> f32 {
        let seconds = if theme::is_still(ui) { 0.0 } else { theme::PANEL_SECONDS };
        let id = ui.scope_id().with(("opening", self.times_opened));
        let has_come = !std::mem::take(&mut self.is_fresh) || seconds == 0.0;
        let along = ui.ctx().animate_bool_with_time(id, has_come, seconds);
        if !has_come {
            ui.ctx().request_repaint();
        }
        egui::emath::easing::cubic_out(along)
    }
}

/// Shows ground and head of a panel, and what is in it by `content`, which is given the rest. Returns whether it is to be closed.
pub fn show(
    ui: &mut Ui,
    opening: &mut Opening,
    place: Place,
    panel: Panel,
    content: impl FnOnce(&mut Ui, Rect),
) -> bool {
    let colors = theme::colors(ui);
    let texts = text::of(ui);
    let (title, close) = match panel {
        Panel::Chat => (texts.chat().title(), texts.chat().close()),
        Panel::People => (texts.people().title(), texts.people().close()),
    };
    let id = ui.scope_id().with(("panel", title));
    let along = opening.along(ui);
    let rect = place.rect.translate(vec2(SLIDE * (1.0 - along), 0.0));
    let mut is_closed = false;
    ui.scope(|ui| {
        ui.multiply_opacity(along);
        let ground = ui.interact(rect, id, Sense::CLICK);
        ground.widget_info(|| WidgetInfo::labeled(Role::Group, true, title));
        let rounding = CornerRadius::same(radius::PANEL);
        ui.painter().rect(rect, rounding, colors.surface, Stroke::new(1.0, colors.line), StrokeKind::Inside);
        let head = rect.with_max_y(rect.top() + if rect.height() < LEAST_HEIGHT { LOW_HEAD } else { HEAD });
        is_closed = show_head(ui, head, title, close);
        content(ui, rect.with_min_y(head.bottom()).shrink(1.0));
    });
    is_closed
}

fn show_head(ui: &Ui, head: Rect, title: &str, close: &str) -> bool {
    const CLOSE: f32 = 32.0;
    let colors = theme::colors(ui);
    let job = one_line(title, font(size::TITLE, Weight::SemiBold), colors.text, head.width() - 2.0 * space::L - CLOSE);
    let galley = ui.painter().layout_job(job);
    let top = head.center().y - galley.size().y / 2.0;
    ui.painter().galley(pos2(head.left() + space::L, top), galley, colors.text);
    let line = head.with_min_y(head.bottom() - 1.0).shrink2(vec2(1.0, 0.0));
    ui.painter().rect_filled(line, CornerRadius::ZERO, colors.line);

    let right = head.right_center() - vec2(space::S + 2.0, 0.0);
    let rect = Align2::RIGHT_CENTER.anchor_size(right, vec2(CLOSE, CLOSE));
    let response = ui.interact(rect, ui.scope_id().with(close), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, close));
    if pressed::is_lit(ui, &response) {
        ui.painter().rect_filled(rect, CornerRadius::same(radius::TAG), colors.raised);
    }
    if response.has_focus() {
        focus_ring(ui, rect.shrink(2.0), radius::TAG);
    }
    Icon::Close.paint(ui.painter(), rect.center(), size::ICON, colors.dim);
    response.on_hover_text(format!("{close} (Esc)")).clicked()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rect(left: f32, top: f32, right: f32, bottom: f32) -> Rect {
        Rect::from_min_max(pos2(left, top), pos2(right, bottom))
    }

    #[test]
    fn in_a_roomy_window_it_stands_beside_people() {
        let window = rect(0.0, 0.0, 1280.0, 720.0);
        let place = place(window, rect(16.0, 52.0, 1264.0, 634.0), rect(0.0, 644.0, 1280.0, 706.0));
        assert_eq!(place.rect, rect(944.0, 52.0, 1264.0, 634.0));
        assert!(place.is_beside && !place.covers_bar);
    }

    #[test]
    fn in_a_small_window_it_leaves_the_bar_and_in_the_smallest_it_takes_all() {
        let small = place(rect(0.0, 0.0, 480.0, 360.0), rect(8.0, 8.0, 472.0, 352.0), rect(0.0, 290.0, 480.0, 352.0));
        assert_eq!(small.rect, rect(8.0, 8.0, 472.0, 282.0));
        assert!(!small.is_beside && !small.covers_bar);
        let least = place(rect(0.0, 0.0, 240.0, 180.0), rect(8.0, 8.0, 232.0, 172.0), rect(0.0, 110.0, 240.0, 172.0));
        assert_eq!(least.rect, rect(8.0, 8.0, 232.0, 172.0));
        assert!(!least.is_beside && least.covers_bar);
    }
}
