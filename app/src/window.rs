//! What the window shows, as a function of the newest view; free of eframe, so that tests can drive it.

use std::time::Instant;

use egui::{Ui, ViewportCommand};

use crate::command::{Command, ShownTile};
use crate::screens::{ended, home, joining, meeting, preview, settings, waiting};
use crate::settings::AppearanceSettings;
use crate::shortcuts::{self, Action};
use crate::text;
use crate::theme::{self, space};
use crate::view::{Screen, View};
use crate::widgets::icon::Icon;
use crate::widgets::notice::{self, Toast};

/// What belongs to the window alone: text being typed, pictures on the screen.
#[derive(Debug, Default)]
pub struct Window {
    form: home::Form,
    preview: preview::State,
    meeting: meeting::State,
    settings: settings::Sheet,
    /// What the engine was last told: whether devices are to be chosen, in the settings or in a meeting's bar.
    looks_at_settings: bool,
    /// How the context looks; [`theme::install`] makes it look as by default.
    worn: AppearanceSettings,
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
        if !matches!(view.screen, Screen::Meeting(_)) {
            // Pictures go with the meeting.
            self.meeting = meeting::State::default();
        }
        if !matches!(view.screen, Screen::Preview(_)) {
            self.preview = preview::State::default();
        }
        if self.worn != view.appearance {
            theme::wear(ui.ctx(), view.appearance);
            text::speak(ui.ctx(), view.appearance.language.language());
            self.worn = view.appearance;
        }
        if shortcuts::pressed(ui, Action::Fullscreen) {
            let is_fullscreen = ui.input(|input| input.viewport().fullscreen.unwrap_or_default());
            ui.ctx().send_viewport_cmd(ViewportCommand::Fullscreen(!is_fullscreen));
        }
        self.settings.listen(ui, view.appearance, commands);
        let mut notices_from = window.top() + space::M;
        let mut standing = None;
        let mut ask_settings = false;
        let room = egui::UiBuilder::new().max_rect(self.settings.beside(window));
        ui.scope_builder(room, |ui| match &view.screen {
            Screen::Home(home) => ask_settings |= home::show(ui, &mut self.form, home, commands),
            Screen::Preview(preview) => {
                ask_settings |= preview::show(ui, &mut self.preview, preview, &view.sound, &view.camera, commands);
            }
            Screen::Joining(joining) => joining::show(ui, joining, now, commands),
            Screen::Meeting(meeting) => {
                let devices = meeting::Devices { sound: &view.sound, camera: &view.camera };
                let shown = meeting::show(ui, &mut self.meeting, meeting, devices, now, commands);
                notices_from = shown.notices_from;
                ask_settings |= shown.settings;
                standing = meeting.signaling_lost_since.map(|_| Toast {
                    icon: Icon::Offline,
                    color: theme::colors(ui).warn,
                    text: if meeting.is_forgotten {
                        "The server has lost this meeting: nobody can join any more. You stay connected to everyone."
                    } else {
                        "Server lost, trying again. You stay connected to everyone."
                    },
                });
            }
            Screen::Waiting(waiting) => waiting::show(ui, waiting, now, commands),
            Screen::Ended(ended) => ended::show(ui, ended, commands),
        });
        notice::show(ui, notices_from, standing, &view.notices, now);
        if ask_settings {
            self.settings.set_open(!self.settings.is_open());
        }
        self.settings.show(ui, view, commands);
        let is_looked_at = self.settings.is_open() || self.meeting.lists_devices();
        if std::mem::replace(&mut self.looks_at_settings, is_looked_at) != is_looked_at {
            commands.push(Command::LookAtSettings(is_looked_at));
        }
    }

    /// Who else was shown at the last paint, and how large.
    pub fn shown(&self) -> &[ShownTile] {
        self.meeting.shown()
    }
}
