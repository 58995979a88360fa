//! What stands beside the form: meetings on this network, and those one was in. Without any there are no cards.

use std::time::Duration;

use egui::{
    Align, Align2, CornerRadius, Label, Layout, Popup, Rect, Response, RichText, Role, Sense, Stroke, StrokeKind, Ui,
    UiBuilder, WidgetInfo, pos2, vec2,
};

use crate::command::Command;
use crate::text;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, radius, size, space};
use crate::view::{Home, NearbyMeeting, RecentMeeting};
use crate::when;
use crate::widgets::button::{Button, focus_ring};
use crate::widgets::icon::Icon;
use crate::widgets::name_tag::one_line;
use crate::widgets::pressed;

const CAPTION_HEIGHT: f32 = 22.0;
const NEARBY_HEIGHT: f32 = 66.0;
const RECENT_HEIGHT: f32 = 58.0;
/// Above the first and below the last of several rows.
const MARGIN: f32 = 6.0;
const BETWEEN: f32 = 20.0;
const PADDING: f32 = space::L;
const SMALL_BUTTON: f32 = 32.0;
/// How long it is said that something was copied.
const COPIED_FOR: Duration = Duration::from_secs(2);
const MENU_WIDTH: f32 = 180.0;

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The meeting of this code or link.
    Join(String),
    /// To type a code.
    TypeCode,
    Forget(Command),
}

/// The link that was copied last, and when by the context's clock.
pub type Copied = Option<(String, f64)>;

/// Whether there is anything to show.
pub fn is_any(home: &Home) -> bool {
    !home.nearby.is_empty() || !home.recent.is_empty()
}

/// How high all of it is.
pub fn height(home: &Home) -> f32 {
    let of = |count: usize, row: f32| if count == 0 { 0.0 } else { CAPTION_HEIGHT + count as f32 * row + 2.0 * MARGIN };
    let both = !home.nearby.is_empty() && !home.recent.is_empty();
    of(home.nearby.len(), NEARBY_HEIGHT) - if home.nearby.is_empty() { 0.0 } else { 2.0 * MARGIN }
        + of(home.recent.len(), RECENT_HEIGHT)
        + if both { BETWEEN } else { 0.0 }
}

/// Shows it over the whole width.
pub fn show(ui: &mut Ui, home: &Home, copied: &mut Copied) -> Option<Asked> {
    let texts = text::of(ui).home();
    let mut asked = None;
    ui.spacing_mut().item_spacing.y = 0.0;
    if !home.nearby.is_empty() {
        let rows = card(ui, texts.on_this_network(), home.nearby.len(), NEARBY_HEIGHT, 0.0);
        for (meeting, row) in home.nearby.iter().zip(rows) {
            asked = asked.or(show_nearby(ui, row, meeting));
        }
    }
    if !home.recent.is_empty() {
        if !home.nearby.is_empty() {
            ui.add_space(BETWEEN);
        }
        let rows = card(ui, texts.recent(), home.recent.len(), RECENT_HEIGHT, MARGIN);
        for (place, (meeting, row)) in home.recent.iter().zip(rows).enumerate() {
            let new = ui.push_id(place, |ui| show_recent(ui, row, meeting, copied)).inner;
            asked = asked.or(new);
        }
    }
    asked
}

/// The ground of a card with so many rows. Gives their places.
fn card(ui: &mut Ui, caption: &str, rows: usize, row_height: f32, margin: f32) -> Vec<Rect> {
    let colors = theme::colors(ui);
    let (place, _) = ui.allocate_exact_size(vec2(ui.available_width(), CAPTION_HEIGHT), Sense::hover());
    let said = ui.interact(place, ui.scope_id().with(caption), Sense::hover());
    said.widget_info(|| WidgetInfo::labeled(Role::Label, true, caption));
    let small = font(size::LABEL, Weight::Medium);
    ui.painter().text(place.left_top(), Align2::LEFT_TOP, caption, small, colors.dim);
    let height = rows as f32 * row_height + 2.0 * margin;
    let (card, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let rounding = CornerRadius::same(radius::CARD);
    ui.painter().rect(card, rounding, colors.surface, Stroke::new(1.0, colors.line), StrokeKind::Inside);
    let row = |number: usize| {
        let top = card.top() + margin + number as f32 * row_height;
        Rect::from_min_max(pos2(card.left(), top), pos2(card.right(), top + row_height))
    };
    for number in 1..rows {
        let line = row(number).shrink2(vec2(PADDING, 0.0));
        ui.painter().hline(line.x_range(), line.top(), Stroke::new(1.0, colors.line));
    }
    (0..rows).map(row).collect()
}

/// Two lines of text in a row, cut where there is no more room.
fn two_lines(ui: &Ui, room: Rect, title: &str, weight: Weight, line: &str) {
    let colors = theme::colors(ui);
    let title = one_line(title, font(size::TEXT, weight), colors.text, room.width());
    let title = ui.painter().layout_job(title);
    let line =
        ui.painter().layout_job(one_line(line, font(size::SECONDARY, Weight::Regular), colors.dim, room.width()));
    let height = title.size().y + 2.0 + line.size().y;
    let top = room.center().y - height / 2.0;
    let line_top = top + title.size().y + 2.0;
    ui.painter().galley(pos2(room.left(), top), title, colors.text);
    ui.painter().galley(pos2(room.left(), line_top), line, colors.dim);
}

fn show_nearby(ui: &mut Ui, row: Rect, meeting: &NearbyMeeting) -> Option<Asked> {
    let all = text::of(ui);
    let texts = all.home();
    let inside = row.shrink2(vec2(PADDING, 0.0));
    let (label, name) = match &meeting.code_or_link {
        Some(_) => (all.common().join(), texts.join_meeting_of(&meeting.host)),
        None => (texts.type_its_code(), texts.type_code_of(&meeting.host)),
    };
    let layout = Layout::right_to_left(Align::Center);
    let mut clicked = false;
    let mut left = inside;
    ui.scope_builder(UiBuilder::new().max_rect(inside).layout(layout), |ui| {
        let button = Button::text(label).height(SMALL_BUTTON).enabled(!meeting.is_locked).show(ui);
        left.max.x = button.rect.left() - space::M;
        clicked = button.accessible_name(name).clicked();
    });
    two_lines(ui, left, &texts.meeting_of(&meeting.host), Weight::SemiBold, &texts.nearby(meeting));
    clicked.then(|| meeting.code_or_link.clone().map_or(Asked::TypeCode, Asked::Join))
}

/// Who was there, as a title.
fn who(ui: &Ui, meeting: &RecentMeeting) -> String {
    if meeting.people.is_empty() { text::of(ui).home().alone().to_owned() } else { meeting.people.join(", ") }
}

fn show_recent(ui: &mut Ui, row: Rect, meeting: &RecentMeeting, copied: &mut Copied) -> Option<Asked> {
    let colors = theme::colors(ui);
    let texts = text::of(ui).home();
    let title = who(ui, meeting);
    let again = ui.interact(row, ui.scope_id().with("again"), Sense::click());
    let name = texts.join_again(&title);
    again.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    let hover = ui.ctx().animate_bool(again.id, pressed::is_lit(ui, &again));
    let ground = row.shrink2(vec2(MARGIN, 2.0));
    let rounding = CornerRadius::same(radius::CONTROL);
    ui.painter().rect_filled(ground, rounding, colors.raised.gamma_multiply(hover));
    if again.has_focus() {
        focus_ring(ui, ground.shrink(2.0), radius::CONTROL);
    }

    let inside = row.shrink2(vec2(PADDING, 0.0));
    let more_rect =
        Align2::RIGHT_CENTER.anchor_size(inside.right_center() + vec2(MARGIN, 0.0), vec2(SMALL_BUTTON, SMALL_BUTTON));
    let time = ui.input(|input| input.time);
    let left =
        copied.as_ref().filter(|(link, _)| *link == meeting.link).map(|(_, at)| COPIED_FOR.as_secs_f64() - (time - at));
    let is_copied = left.is_some_and(|left| left > 0.0);
    if let Some(left) = left.filter(|left| *left > 0.0) {
        ui.ctx().request_repaint_after(Duration::from_secs_f64(left));
    }
    let line = if is_copied {
        texts.link_copied().to_owned()
    } else {
        texts.recent_line(&when::on_screen(ui.ctx(), text::of(ui), meeting.left_at), meeting)
    };
    ui.ctx().accesskit_node_builder(again.id, |node| node.set_description(line.as_str()));
    two_lines(ui, inside.with_max_x(more_rect.left() - space::S), &title, Weight::Medium, &line);

    let more = show_more(ui, more_rect, &texts.more_about(&title));
    let mut asked = again.clicked().then(|| Asked::Join(meeting.link.clone()));
    let mut menu = |ui: &mut Ui| {
        if item(ui, Icon::Copy, texts.copy_link()) {
            ui.ctx().copy_text(meeting.link.clone());
            *copied = Some((meeting.link.clone(), time));
        }
        if item(ui, Icon::Delete, texts.forget()) {
            asked = Some(Asked::Forget(Command::ForgetRecent(meeting.link.clone())));
        }
        if item(ui, Icon::Delete, texts.forget_all()) {
            asked = Some(Asked::Forget(Command::ForgetAllRecent));
        }
    };
    Popup::menu(&more).width(MENU_WIDTH).show(&mut menu);
    Popup::context_menu(&again).width(MENU_WIDTH).show(&mut menu);
    asked
}

fn show_more(ui: &Ui, rect: Rect, name: &str) -> Response {
    let colors = theme::colors(ui);
    let response = ui.interact(rect, ui.scope_id().with("more"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    let hover = ui.ctx().animate_bool(response.id, pressed::is_lit(ui, &response) || Popup::menu(&response).is_open());
    let rounding = CornerRadius::same(radius::TAG);
    ui.painter().rect_filled(rect, rounding, colors.line.gamma_multiply(hover));
    Icon::More.paint(ui.painter(), rect.center(), size::ICON, colors.dim);
    if response.has_focus() {
        focus_ring(ui, rect.shrink(2.0), radius::TAG);
    }
    response
}

/// A line of a menu. Returns whether it was chosen.
fn item(ui: &mut Ui, icon: Icon, label: &str) -> bool {
    let colors = theme::colors(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), SMALL_BUTTON), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::MenuItem, true, label));
    let hover = ui.ctx().animate_bool(response.id, response.hovered() || response.has_focus());
    ui.painter().rect_filled(rect, CornerRadius::same(radius::TAG), colors.raised.gamma_multiply(hover));
    icon.paint(ui.painter(), pos2(rect.left() + space::L, rect.center().y), 15.0, colors.dim);
    let at = pos2(rect.left() + space::L + 18.0, rect.center().y);
    ui.painter().text(at, Align2::LEFT_CENTER, label, font(size::TEXT, Weight::Regular), colors.text);
    if response.clicked() {
        ui.close();
    }
    response.clicked()
}

/// A sentence in which something went wrong.
pub fn problem(ui: &mut Ui, problem: &str) {
    let colors = theme::colors(ui);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        let (place, _) = ui.allocate_exact_size(vec2(16.0, 18.0), Sense::hover());
        Icon::Warning.paint(ui.painter(), place.center(), 16.0, colors.danger);
        let text = RichText::new(problem).font(font(size::TEXT, Weight::Medium)).color(colors.danger);
        ui.add(Label::new(text).wrap());
    });
}
