//! The meeting: people, as large as the window allows, and the few controls they need.

use std::time::Instant;

use egui::{Rect, Ui, pos2, vec2};

use crate::command::{Command, ShownTile};
use crate::theme::space;
use crate::view::{Camera, Meeting, Sound};
use crate::widgets::toolbar;
use alert::Alerts;
use bar::Bar;
use bar_visibility::BarVisibility;
use layout::Layout;
use panel::{Opening, Panel};
use push_to_talk::PushToTalk;
use stage::Stage;
use top_line::TopLine;

mod alert;
mod bar;
mod bar_visibility;
mod chat;
mod door;
mod host_actions;
mod layout;
mod panel;
mod people;
mod person_menu;
mod push_to_talk;
mod stage;
mod statistics;
mod top_line;

/// Height of the line with time and code.
pub const TOP_LINE: f32 = 52.0;
/// Windows smaller than this have no top line, and the bar lies over the tiles.
const ROOMY: egui::Vec2 = vec2(560.0, 480.0);
/// From the bar to the edge of the window.
const BELOW_BAR: f32 = 14.0;
const BETWEEN_TILES_AND_BAR: f32 = 10.0;

/// What the screen remembers from one paint to the next.
#[derive(Debug, Default)]
pub struct State {
    stage: Stage,
    layout: Layout,
    top_line: TopLine,
    shows_statistics: bool,
    push_to_talk: PushToTalk,
    bar: BarVisibility,
    panel: Opening,
    chat: chat::State,
    people: people::State,
    alerts: Alerts,
    lists_devices: bool,
}

impl State {
    /// Who else was shown at the last paint, and how large.
    pub fn shown(&self) -> &[ShownTile] {
        self.stage.shown()
    }

    /// Whether devices are to be chosen from here.
    pub fn lists_devices(&self) -> bool {
        self.lists_devices
    }
}

/// What of the screen is the window's business.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    /// Where notices may begin.
    pub notices_from: f32,
    /// Whether the settings were asked for.
    pub settings: bool,
}

/// The devices that one can choose from.
#[derive(Clone, Copy, Debug)]
pub struct Devices<'a> {
    pub sound: &'a Sound,
    pub camera: &'a Camera,
}

/// Shows the screen.
pub fn show(
    ui: &mut Ui,
    state: &mut State,
    meeting: &Meeting,
    devices: Devices<'_>,
    now: Instant,
    commands: &mut Vec<Command>,
) -> Shown {
    let window = ui.max_rect();
    let roomy = window.width() >= ROOMY.x && window.height() >= ROOMY.y;
    let bar_bottom = window.bottom() - if roomy { BELOW_BAR } else { space::S };
    let bar_row =
        Rect::from_min_max(pos2(window.left(), bar_bottom - toolbar::HEIGHT), pos2(window.right(), bar_bottom));
    let mut people = if roomy {
        let top_left = window.left_top() + vec2(space::L, TOP_LINE);
        Rect::from_min_max(top_left, pos2(window.right() - space::L, bar_row.top() - BETWEEN_TILES_AND_BAR))
    } else {
        window.shrink(space::S)
    };

    state.panel.listen(ui);
    state.layout.listen(ui);
    let has_news = state.chat.look(&meeting.chat, state.panel.open() == Some(Panel::Chat));
    let bar = Bar {
        meeting,
        sound: devices.sound,
        camera: devices.camera,
        open: state.panel.open(),
        unread: state.chat.unread(&meeting.chat),
        shows_statistics: state.shows_statistics,
        has_top_line: roomy,
    };
    let mut asked = bar.listen(ui, commands);
    if roomy {
        let line = window.with_max_y(window.top() + TOP_LINE).shrink2(vec2(space::L, 0.0));
        let pressed = state.top_line.show(ui, line, meeting, now);
        asked.copy_link |= pressed.copy_link;
        asked.settings |= pressed.settings;
    }
    let alert = state.alerts.seen(meeting.alert.as_ref());
    if let (Some(alert), true) = (alert, roomy) {
        people.min.y = state.alerts.show(ui, people, alert) + space::S;
    }
    let place = state.panel.open().map(|panel| (panel, panel::place(window, people, bar_row)));
    if let Some((_, place)) = place.filter(|(_, place)| place.is_beside) {
        people.max.x = place.rect.left() - space::L;
    }

    state.stage.show(ui, people, &state.layout, meeting, !roomy, now, commands);
    if state.shows_statistics {
        statistics::show(ui, people, &meeting.statistics);
    }
    commands.extend(state.push_to_talk.show(ui, &meeting.microphone));

    let mut notices_from = if roomy { people.top() + space::XS } else { people.top() };
    let is_covered = place.is_some_and(|(_, place)| !place.is_beside);
    if let (Some(alert), false, false) = (alert, roomy, is_covered) {
        notices_from = state.alerts.show(ui, people, alert) + space::S;
    }
    let lists_waiting = state.panel.open() == Some(Panel::People);
    if meeting.is_host && !lists_waiting && !is_covered {
        let door = door::show(ui, people.with_min_y(notices_from - space::XS), &meeting.waiting, commands);
        if let Some(door) = door {
            notices_from = door.bottom + space::S;
            if door.see {
                state.panel.show(Panel::People);
            }
        }
    }
    if let Some((panel, place)) = place {
        let (chat, list) = (&mut state.chat, &mut state.people);
        let mut write_to = None;
        let is_closed = panel::show(ui, &mut state.panel, place, panel, |ui, rect| match panel {
            Panel::Chat => chat.show(ui, rect, meeting, commands),
            Panel::People => write_to = list.show(ui, rect, meeting, now, commands),
        });
        if is_closed {
            state.panel.close();
        }
        if let Some(participant) = write_to {
            state.chat.write_to(participant);
            state.panel.show(Panel::Chat);
        }
    }
    if !place.is_some_and(|(_, place)| place.covers_bar) {
        if has_news {
            state.bar.touch(now);
        }
        let panel = place.map_or(Rect::NOTHING, |(_, place)| place.rect);
        let is_seen = state.bar.show(ui, bar_row, panel, now);
        let seen = ui.ctx().animate_bool(ui.scope_id().with("bar"), is_seen);
        let pressed = ui.scope(|ui| {
            ui.multiply_opacity(seen);
            bar.show(ui, bar_row, &mut state.layout, commands)
        });
        asked = asked.and(pressed.inner);
    }
    state.lists_devices = asked.lists_devices;
    state.shows_statistics ^= asked.statistics;
    if let Some(panel) = asked.panel {
        state.panel.press(panel);
    }
    if asked.copy_link {
        state.top_line.copy_link(ui, meeting, now);
    }
    Shown { notices_from, settings: asked.settings }
}
