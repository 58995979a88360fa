//! What keys ask for in a meeting, and of one's devices before it.

use egui::Ui;

use super::State;
use crate::command::Command;
use crate::shortcuts::{self, Action};
use crate::view::{Device, Meeting};
use crate::widgets::toolbar;

/// What was asked for that is not a command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    pub copy_link: bool,
}

/// Listens to the keys of whatever has no panel of its own.
pub fn listen(ui: &Ui, meeting: &Meeting, commands: &mut Vec<Command>) -> Asked {
    listen_for_devices(ui, &meeting.microphone, &meeting.camera, commands);
    if shortcuts::pressed(ui, Action::Hand) {
        let is_up = meeting.participants.iter().any(|somebody| somebody.is_self && somebody.hand.is_some());
        commands.push(Command::RaiseHand(!is_up));
    }
    if shortcuts::pressed(ui, Action::Leave) {
        commands.push(Command::Leave);
    }
    Asked { copy_link: shortcuts::pressed(ui, Action::CopyLink) }
}

/// Listens to the keys of microphone and camera.
pub fn listen_for_devices(ui: &Ui, microphone: &Device, camera: &Device, commands: &mut Vec<Command>) {
    if shortcuts::pressed(ui, Action::Microphone) {
        commands.push(Command::SetMicrophone(toolbar::wanted(microphone)));
    }
    if shortcuts::pressed(ui, Action::Camera) {
        commands.push(Command::SetCamera(toolbar::wanted(camera)));
    }
}

/// Listens in a window beside the large one, which has the keyboard then.
pub fn listen_aside(ui: &Ui, state: &mut State, meeting: &Meeting, commands: &mut Vec<Command>) {
    let Asked { copy_link } = listen(ui, meeting, commands);
    if copy_link {
        ui.ctx().copy_text(meeting.link.clone());
    }
    commands.extend(state.push_to_talk.show(ui, &meeting.microphone));
}
