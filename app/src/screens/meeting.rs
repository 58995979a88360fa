//! The meeting: people, as large as the window allows, and the few controls they need.

use std::time::Instant;

use egui::{Rect, Ui, pos2, vec2};

use crate::command::{Command, ShownTile};
use crate::shortcuts::{self, Action};
use crate::theme::space;
use crate::view::Meeting;
use crate::widgets::toolbar;
use bar_visibility::BarVisibility;
use layout::Layout;
use push_to_talk::PushToTalk;
use stage::Stage;
use top_line::TopLine;

mod bar_visibility;
pub mod keys;
mod layout;
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
    statistics: statistics::Panel,
    push_to_talk: PushToTalk,
    bar: BarVisibility,
}

impl State {
    /// Who else was shown at the last paint, and how large.
    pub fn shown(&self) -> &[ShownTile] {
        self.stage.shown()
    }

    /// Whether the figures were shown at the last paint.
    pub fn shows_statistics(&self) -> bool {
        self.shows_statistics
    }
}

/// What of the screen is the window's business.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    /// Where notices may begin.
    pub notices_from: f32,
    /// Whether the settings were asked for.
    pub settings: bool,
    /// Whether the chat is seen, so that nobody needs to be told of what is written there.
    pub is_chat_open: bool,
}

/// Shows the screen.
pub fn show(ui: &mut Ui, state: &mut State, meeting: &Meeting, now: Instant, commands: &mut Vec<Command>) -> Shown {
    let window = ui.max_rect();
    let roomy = window.width() >= ROOMY.x && window.height() >= ROOMY.y;
    let bar_bottom = window.bottom() - if roomy { BELOW_BAR } else { space::S };
    let bar = Rect::from_min_max(pos2(window.left(), bar_bottom - toolbar::HEIGHT), pos2(window.right(), bar_bottom));
    let people = if roomy {
        let top_left = window.left_top() + vec2(space::L, TOP_LINE);
        Rect::from_min_max(top_left, pos2(window.right() - space::L, bar.top() - BETWEEN_TILES_AND_BAR))
    } else {
        window.shrink(space::S)
    };

    let (mut copy_link, mut settings) = (keys::listen(ui, meeting, commands).copy_link, false);
    state.layout.listen(ui);
    let mut switch_statistics = shortcuts::pressed(ui, Action::Statistics);
    if roomy {
        let line = window.with_max_y(window.top() + TOP_LINE).shrink2(vec2(space::L, 0.0));
        let pressed = state.top_line.show(ui, line, meeting, state.shows_statistics, now);
        copy_link |= pressed.copy_link;
        settings |= pressed.settings;
        switch_statistics |= pressed.statistics;
    }
    state.shows_statistics ^= switch_statistics;
    // Whom to write to is for the chat.
    let _asked = state.stage.show(ui, people, &mut state.layout, meeting, !roomy, now, commands);
    if state.shows_statistics {
        let area = people.with_max_y(people.bottom().min(bar.top() - space::XS));
        let is_closed = state.statistics.show(ui, area, meeting, now);
        state.shows_statistics = !is_closed;
    }
    commands.extend(state.push_to_talk.show(ui, &meeting.microphone));
    let is_seen = state.bar.show(ui, bar, now);
    let seen = ui.ctx().animate_bool(ui.scope_id().with("bar"), is_seen);
    let pressed = ui.scope(|ui| {
        ui.multiply_opacity(seen);
        toolbar::show(ui, bar, &meeting.microphone, &meeting.camera, !roomy, commands)
    });
    let pressed = pressed.inner;
    copy_link |= pressed.copy_link;
    settings |= pressed.settings;
    if copy_link {
        state.top_line.copy_link(ui, meeting, now);
    }
    let notices_from = if roomy { people.top() + space::XS } else { people.top() };
    Shown { notices_from, settings, is_chat_open: false }
}
