//! What the window shows, as a function of the newest view; free of eframe, so that tests can drive it.

use std::time::Instant;

use egui::{Ui, ViewportCommand};

use crate::command::{Command, ShownTile};
use crate::pending::Pending;
use crate::screens::{ended, home, joining, meeting, preview, settings, waiting};
use crate::settings::AppearanceSettings;
use crate::shortcuts::{self, Action, Shortcuts, recording};
use crate::text;
use crate::theme::{self, space};
use crate::view::{Meeting, Screen, View};
use crate::widgets::icon::Icon;
use crate::widgets::notice::{Notices, Standing};
use crate::widgets::pressed;

pub mod small;

use small::Small;

/// What belongs to the window alone: text being typed, pictures on the screen.
#[derive(Debug, Default)]
pub struct Window {
    form: home::Form,
    preview: preview::State,
    waiting: waiting::State,
    meeting: meeting::State,
    settings: settings::Sheet,
    small: Small,
    notices: Notices,
    pending: Pending,
    /// What the engine was last told: whether devices are to be chosen, in the settings or in a meeting's bar.
    looks_at_settings: bool,
    /// How the context looks; [`theme::install`] makes it look as by default.
    worn: AppearanceSettings,
    /// The keys it listens to.
    shortcuts: Shortcuts,
}

impl Window {
    /// A window in which nothing was done yet. The context needs [`theme::install`] and, to show pictures,
    /// [`crate::gpu::tile::TileRenderer::install`].
    pub fn new() -> Self {
        Self::default()
    }

    /// Shows the view over the whole of `ui`, on a ground of the theme's background (a fill would cost more than all tiles where
    /// the processor draws, so clearing the window does that); what was asked for is added to `commands`.
    pub fn ui(&mut self, ui: &mut Ui, view: &View, now: Instant, commands: &mut Vec<Command>) {
        let window = ui.max_rect();
        self.pending.settle(view, now);
        pressed::begin(ui.ctx(), self.pending.pressed(), self.pending.switching());
        let asked_from = commands.len();
        if !matches!(view.screen, Screen::Meeting(_)) {
            // Pictures go with the meeting.
            self.meeting = meeting::State::default();
            self.small.close();
        }
        if !matches!(view.screen, Screen::Preview(_)) {
            self.preview = preview::State::default();
        }
        if !matches!(view.screen, Screen::Waiting(_)) {
            self.waiting = waiting::State::default();
        }
        if self.worn != view.appearance {
            theme::wear(ui.ctx(), view.appearance);
            text::speak(ui.ctx(), view.appearance.language.language());
            self.worn = view.appearance;
        }
        if self.shortcuts != view.shortcuts {
            shortcuts::wear(ui.ctx(), &view.shortcuts);
            self.shortcuts = view.shortcuts.clone();
        }
        recording::listen(ui.ctx());
        if shortcuts::pressed(ui, Action::Fullscreen) {
            let is_fullscreen = ui.input(|input| input.viewport().fullscreen.unwrap_or_default());
            ui.ctx().send_viewport_cmd(ViewportCommand::Fullscreen(!is_fullscreen));
        }
        self.settings.listen(ui, view.appearance, commands);
        let (mut notices_from, mut standing, mut is_chat_seen) = (window.top() + space::M, None, false);
        let mut ask_settings = false;
        let room = egui::UiBuilder::new().max_rect(self.settings.beside(window));
        ui.scope_builder(room, |ui| match &view.screen {
            Screen::Home(home) => ask_settings |= home::show(ui, &mut self.form, home, commands),
            Screen::Preview(preview) => {
                meeting::keys::listen_for_devices(ui, &preview.microphone, &preview.camera, commands);
                ask_settings |= preview::show(ui, &mut self.preview, preview, &view.sound, &view.camera, commands);
            }
            Screen::Joining(joining) => joining::show(ui, joining, now, commands),
            Screen::Meeting(meeting) => {
                if self.small.show(ui, &mut self.meeting, meeting, view.appearance, now, commands) {
                    return;
                }
                let devices = meeting::Devices { sound: &view.sound, camera: &view.camera };
                let shown = meeting::show(ui, &mut self.meeting, meeting, devices, now, commands);
                notices_from = shown.notices_from;
                ask_settings |= shown.settings;
                is_chat_seen = shown.is_chat_open;
                standing = server_lost(ui, meeting, now);
            }
            Screen::Waiting(waiting) => {
                waiting::show(ui, &mut self.waiting, waiting, &view.kept.name, now, commands);
            }
            Screen::Ended(ended) => ended::show(ui, ended, &view.kept.name, commands),
        });
        self.show_notices(ui, view, now, (notices_from, standing, is_chat_seen));
        if ask_settings {
            self.settings.set_open(!self.settings.is_open());
        }
        self.settings.show(ui, view, commands);
        let is_looked_at = self.settings.is_open() || self.meeting.lists_devices();
        if std::mem::replace(&mut self.looks_at_settings, is_looked_at) != is_looked_at {
            commands.push(Command::LookAtSettings(is_looked_at));
        }
        self.note_presses(ui, view, now, &commands[asked_from..]);
    }

    /// What was pressed looks so from now on, until what it asked for has come.
    fn note_presses(&mut self, ui: &Ui, view: &View, now: Instant, commands: &[Command]) {
        let clicked = pressed::end(ui.ctx());
        self.pending.ask(commands, &clicked, view, now);
        if !clicked.is_empty() {
            // What asked for nothing is let go.
            ui.ctx().request_repaint();
        }
        if let Some(left) = self.pending.next(view, now) {
            ui.ctx().request_repaint_after(left);
        }
    }

    fn show_notices(&mut self, ui: &mut Ui, view: &View, now: Instant, place: (f32, Option<Standing>, bool)) {
        let (from, standing, is_chat_seen) = place;
        let meeting = match &view.screen {
            Screen::Meeting(meeting) => Some(meeting),
            _ => None,
        };
        // In the small window there is no room; what is seen there of a meeting is enough.
        self.notices.look(meeting.filter(|_| !self.is_small()), is_chat_seen, &view.notices, now);
        if !self.is_small() && self.notices.show(ui, from, standing, now).open_chat {
            shortcuts::ask(ui.ctx(), Action::Chat);
        }
    }

    /// Who else was shown at the last paint, and how large.
    pub fn shown(&self) -> &[ShownTile] {
        self.small.shown().unwrap_or_else(|| self.meeting.shown())
    }

    /// Whether the meeting is in the small window.
    pub fn is_small(&self) -> bool {
        self.small.shown().is_some()
    }

    /// Whether a meeting would be in the small window if this one, which is minimised, were painted.
    pub fn is_small_due(&self) -> bool {
        self.small.is_due()
    }

    /// Whether the figures of the meeting were shown at the last paint.
    pub fn shows_statistics(&self) -> bool {
        self.meeting.shows_statistics()
    }
}

/// What is said while the server cannot be reached: since when, which is counted.
fn server_lost(ui: &Ui, meeting: &Meeting, now: Instant) -> Option<Standing> {
    let since = meeting.signaling_lost_since?;
    let texts = text::of(ui).notices();
    if meeting.is_forgotten {
        let text = texts.meeting_forgotten().to_owned();
        return Some(Standing { icon: Icon::Offline, said: text.clone(), text });
    }
    let seconds = now.saturating_duration_since(since).as_secs();
    Some(Standing { icon: Icon::Offline, text: texts.server_lost_for(seconds), said: texts.server_lost().to_owned() })
}
