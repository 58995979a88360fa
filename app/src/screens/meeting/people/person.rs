//! One of the people in the list: what they are called, how they are, and what hosts can do about them.

use egui::{CornerRadius, Popup, Rect, Role, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};

use crate::command::Command;
use crate::screens::meeting::host_actions;
use crate::text;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, radius, size, space};
use crate::view::{Connection, Participant, QualityGrade};
use crate::widgets::button::focus_ring;
use crate::widgets::icon::Icon;
use crate::widgets::name_tag::one_line;
use crate::widgets::{avatar, popup, pressed, spinner};

const ROW: f32 = 42.0;
const DISC: f32 = 28.0;
/// An icon with the space around it.
const SIGN: f32 = 24.0;
const BUTTON: f32 = 30.0;

/// Shows the row of somebody; `is_host` is whether one may do what hosts may. Returns whether they are to be written to.
pub fn show(ui: &mut Ui, participant: &Participant, is_host: bool, commands: &mut Vec<Command>) -> bool {
    let colors = theme::colors(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let words = words(ui, participant);
    response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, &words));
    let disc = Rect::from_center_size(pos2(rect.left() + DISC / 2.0, rect.center().y), Vec2::splat(DISC));
    avatar::paint(ui.painter(), disc, &participant.name);

    let mut write = false;
    if !participant.is_self {
        let center = pos2(rect.right() - BUTTON / 2.0 + 6.0, rect.center().y);
        let place = Rect::from_center_size(center, Vec2::splat(BUTTON));
        write = show_actions(ui, place, participant, is_host, commands);
    }
    // Signs stand below each other, with and without actions.
    let mut right = show_signs(ui, pos2(rect.right() - BUTTON + 4.0, rect.center().y), participant);
    if let Some(place) = participant.hand {
        right = show_hand(ui, pos2(right, rect.center().y), place);
    }

    let texts = text::of(ui).people();
    let name = if participant.is_self { texts.you(&participant.name) } else { participant.name.clone() };
    let left = disc.right() + space::S + 2.0;
    let room = right - space::S - left;
    let name = ui.painter().layout_job(one_line(&name, font(size::TEXT, Weight::Medium), colors.text, room));
    let is_host = participant.is_host;
    let height = name.size().y;
    let top = rect.center().y - if is_host { height / 2.0 + 7.0 } else { height / 2.0 };
    ui.painter().galley(pos2(left, top), name, colors.text);
    if is_host {
        let host = one_line(texts.host(), font(size::LABEL, Weight::Regular), colors.dim, room);
        let host = ui.painter().layout_job(host);
        ui.painter().galley(pos2(left, top + height), host, colors.dim);
    }
    write
}

/// Connection, camera and microphone; returns where they begin.
fn show_signs(ui: &Ui, right_center: egui::Pos2, participant: &Participant) -> f32 {
    let colors = theme::colors(ui);
    let mut x = right_center.x;
    let mut sign = |icon: Icon, color| {
        icon.paint(ui.painter(), pos2(x - SIGN / 2.0, right_center.y), size::SMALL_ICON + 3.0, color);
        x -= SIGN;
    };
    match (participant.microphone_on, participant.speaking) {
        (true, true) => sign(Icon::Microphone, colors.speaking),
        (true, false) => sign(Icon::Microphone, colors.dim),
        (false, _) => sign(Icon::MicrophoneOff, colors.danger),
    }
    if participant.camera_on {
        sign(Icon::Camera, colors.dim);
    } else {
        sign(Icon::CameraOff, colors.danger);
    }
    if participant.connection != Connection::Connected {
        spinner::paint(ui, pos2(x - SIGN / 2.0, right_center.y), 6.0, colors.dim);
        return x - SIGN;
    }
    let quality = participant.quality.as_ref();
    let weak = match quality.map(|quality| quality.grade) {
        Some(QualityGrade::Poor) => Some((Icon::WeakSignal, colors.warn)),
        Some(QualityGrade::Fair) => Some((Icon::FairSignal, colors.dim)),
        Some(QualityGrade::Good) | None => None,
    };
    let Some((icon, color)) = weak else { return x };
    let center = pos2(x - SIGN / 2.0, right_center.y);
    // The bars that are missing are seen as well.
    Icon::GoodSignal.paint(ui.painter(), center, size::SMALL_ICON + 3.0, colors.line);
    icon.paint(ui.painter(), center, size::SMALL_ICON + 3.0, color);
    if let Some(why) = quality.and_then(|quality| quality.why.as_deref()) {
        let place = Rect::from_center_size(center, Vec2::splat(SIGN));
        ui.interact(place, ui.scope_id().with(("quality", participant.id)), Sense::hover()).on_hover_text(why);
    }
    x - SIGN
}

/// A hand and which it is; returns where that begins.
fn show_hand(ui: &Ui, right_center: egui::Pos2, place: u32) -> f32 {
    let colors = theme::colors(ui);
    let color = colors.text;
    let number = ui.painter().layout_no_wrap(place.to_string(), font(size::LABEL, Weight::Bold), color);
    let chip = vec2(number.size().x + size::SMALL_ICON + 3.0 * space::XS + 4.0, 22.0);
    let rect = egui::Align2::RIGHT_CENTER.anchor_size(right_center - vec2(space::XS, 0.0), chip);
    ui.painter().rect_filled(rect, CornerRadius::same(radius::TAG), colors.warn.gamma_multiply(0.2));
    let icon = pos2(rect.left() + space::XS + 2.0 + size::SMALL_ICON / 2.0, rect.center().y);
    Icon::Hand.paint(ui.painter(), icon, size::SMALL_ICON, colors.warn);
    let at = pos2(icon.x + size::SMALL_ICON / 2.0 + space::XS, rect.center().y - number.size().y / 2.0);
    ui.painter().galley(at, number, color);
    rect.left()
}

/// Returns whether they are to be written to.
fn show_actions(ui: &Ui, place: Rect, participant: &Participant, is_host: bool, commands: &mut Vec<Command>) -> bool {
    let colors = theme::colors(ui);
    let label = text::of(ui).people().actions(&participant.name);
    let response = ui.interact(place, ui.scope_id().with(("actions", participant.id)), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
    if pressed::is_lit(ui, &response) || Popup::menu(&response).is_open() {
        ui.painter().rect_filled(place, CornerRadius::same(radius::TAG), colors.raised);
    }
    if response.has_focus() {
        focus_ring(ui, place.shrink(2.0), radius::TAG);
    }
    Icon::More.paint(ui.painter(), place.center(), size::ICON, colors.dim);
    if response.clicked() {
        host_actions::forget(ui, participant.id);
    }
    let mut write = false;
    popup::show(&response, popup::WIDTH, true, |ui| {
        popup::heading(ui, &participant.name);
        let before = commands.len();
        write = popup::item(ui, Icon::Chat, text::of(ui).people().message_privately()).clicked();
        if is_host {
            commands.extend(host_actions::show(ui, participant));
        }
        if write || commands.len() > before {
            ui.close();
        }
    });
    write
}

/// What is said of somebody to those who listen.
fn words(ui: &Ui, participant: &Participant) -> String {
    let texts = text::of(ui).people();
    let name = if participant.is_self { texts.you(&participant.name) } else { participant.name.clone() };
    let is_weak = participant.quality.as_ref().is_some_and(|quality| quality.grade == QualityGrade::Poor);
    let parts = [
        Some(name),
        participant.is_host.then(|| texts.host().to_owned()),
        participant.hand.map(|place| texts.hand(place)),
        participant.speaking.then(|| texts.is_speaking().to_owned()),
        (!participant.microphone_on).then(|| texts.microphone_off().to_owned()),
        (!participant.camera_on).then(|| texts.camera_off().to_owned()),
        match participant.connection {
            Connection::Connecting => Some(texts.connecting().to_owned()),
            Connection::Reconnecting { .. } => Some(texts.reconnecting().to_owned()),
            Connection::Connected => is_weak.then(|| texts.weak().to_owned()),
        },
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
