//! One participant's tile: what goes to the GPU, and what egui draws over it.

use std::time::Instant;

use egui::{Align2, Color32, Pos2, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::name_tag::{self, NameTag};
use super::{avatar, spinner};
use crate::gpu::tile::{Ring, Tile, TilePicture};
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, on_picture, radius, size, space};
use crate::view::{Connection, Motion, Participant};

/// The part that the GPU draws: picture or ground, dimmed while it does not flow, with a ring around who speaks.
pub fn surface(ui: &Ui, rect: Rect, participant: &Participant, picture: Option<TilePicture>) -> Tile {
    let (brightness, saturation) = match participant.connection {
        Connection::Reconnecting { .. } => (0.4, 0.35),
        _ if stands_still(participant, picture.as_ref()) => (0.55, 0.35),
        Connection::Connecting | Connection::Connected => (1.0, 1.0),
    };
    let speaks = participant.speaking && participant.microphone_on;
    Tile {
        rect,
        background: if picture.is_some() { Color32::BLACK } else { avatar::ground(&participant.name) },
        corner_radius: radius::TILE,
        ring: speaks.then(|| Ring { width: space::RING, color: theme::colors(ui).speaking }),
        brightness,
        saturation,
        picture,
    }
}

/// Whether the picture is not what happens now. A picture that has come since the view was made is.
fn stands_still(participant: &Participant, picture: Option<&TilePicture>) -> bool {
    match (participant.motion, picture) {
        (Motion::Stale { since }, Some(picture)) => picture.frame.captured_at() <= since,
        _ => false,
    }
}

/// The part over it: initials, how the connection is, the name tag; and the tile's words for those who listen.
pub fn overlay(
    ui: &mut Ui,
    rect: Rect,
    participant: &Participant,
    picture: Option<&TilePicture>,
    tag_at_top: bool,
    now: Instant,
) {
    let name = if participant.is_self { "You" } else { &participant.name };
    let stands_still = stands_still(participant, picture);
    ui.interact(rect, ui.scope_id().with(("tile", participant.id)), Sense::hover())
        .widget_info(|| WidgetInfo::labeled(Role::Image, true, description(name, participant, stands_still)));

    let free = name_tag::beside(rect, tag_at_top);
    match participant.connection {
        Connection::Reconnecting { since } => {
            let seconds = now.saturating_duration_since(since).as_secs();
            activity(ui, rect, free, &format!("Reconnecting · {seconds} s"));
        }
        Connection::Connecting => activity(ui, rect, free, "Connecting…"),
        Connection::Connected if picture.is_none() => avatar::paint(ui.painter(), rect, &participant.name),
        Connection::Connected if stands_still => {
            words(ui, rect.center(), Align2::CENTER_CENTER, "The picture stands still");
        }
        Connection::Connected => {}
    }
    NameTag {
        name,
        microphone_on: participant.microphone_on,
        speaking: participant.speaking,
        is_silenced: is_silenced(participant),
        is_host: participant.is_host,
    }
    .paint(ui.painter(), rect, tag_at_top);
}

/// Whether one has chosen not to hear somebody.
fn is_silenced(participant: &Participant) -> bool {
    !participant.is_self && participant.volume_percent == 0
}

/// A spinner and what is under way, in the middle of a tile or as near to it as is free; in a very small one the words alone.
fn activity(ui: &Ui, rect: Rect, free: Rect, text: &str) {
    /// Half of the height of both, with the words below the spinner.
    const REACH: f32 = 28.0;
    if free.height() < 2.0 * REACH {
        return words(ui, free.center(), Align2::CENTER_CENTER, text);
    }
    let middle = rect.center().y.clamp(free.top() + REACH, free.bottom() - REACH);
    let center = pos2(rect.center().x, middle - 14.0);
    spinner::paint(ui, center, 12.0, on_picture::TEXT);
    words(ui, center + vec2(0.0, 22.0), Align2::CENTER_TOP, text);
}

fn words(ui: &Ui, at: Pos2, align: Align2, text: &str) {
    ui.painter().text(at, align, text, font(size::TEXT, Weight::Medium), on_picture::TEXT);
}

fn description(name: &str, participant: &Participant, stands_still: bool) -> String {
    let parts = [
        Some(name),
        participant.is_host.then_some("host"),
        participant.speaking.then_some("speaking"),
        (!participant.microphone_on).then_some("microphone off"),
        is_silenced(participant).then_some("not heard by you"),
        (!participant.camera_on).then_some("camera off"),
        match participant.connection {
            Connection::Connecting => Some("connecting"),
            Connection::Reconnecting { .. } => Some("reconnecting"),
            Connection::Connected => stands_still.then_some("the picture stands still"),
        },
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
