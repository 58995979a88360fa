//! Camera, microphone and speaker, to choose and to try.

use egui::Ui;

use super::parts::{dim, heading, line};
use crate::command::Command;
use crate::screens::devices::{self, Look};
use crate::settings::SoundSettings;
use crate::text;
use crate::theme::space;
use crate::view::{Camera, Sound};

/// Shows the section.
pub(super) fn show(ui: &mut Ui, sound: &Sound, camera: &Camera, commands: &mut Vec<Command>) {
    let mut settings = sound.settings.clone();
    heading(ui, text::of(ui).common().camera());
    devices::choose_camera(ui, camera, commands);
    devices::problem(ui, camera.problem.as_deref());
    line(ui);
    show_microphone(ui, sound, &mut settings, commands);
    line(ui);
    show_speaker(ui, sound, &mut settings, commands);
    if settings != sound.settings {
        commands.push(Command::SetSound(settings));
    }
}

fn show_microphone(ui: &mut Ui, sound: &Sound, settings: &mut SoundSettings, commands: &mut Vec<Command>) {
    let texts = text::of(ui);
    heading(ui, texts.common().microphone());
    devices::choose_microphone(ui, sound, settings);
    devices::problem(ui, sound.microphone_problem.as_deref());
    let Some(look) = &sound.look else { return };
    ui.add_space(space::M);
    devices::level(ui, sound);
    ui.add_space(space::M);
    let stage = look.voice_test();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        devices::test_microphone(ui, stage, true, Look::Words, commands);
    });
    ui.add_space(space::S);
    dim(ui, &texts.preview().voice_test(stage));
}

fn show_speaker(ui: &mut Ui, sound: &Sound, settings: &mut SoundSettings, commands: &mut Vec<Command>) {
    let texts = text::of(ui);
    heading(ui, texts.common().speaker());
    devices::choose_speaker(ui, sound, settings);
    devices::problem(ui, sound.speaker_problem.as_deref());
    if sound.look.is_none() {
        return;
    }
    ui.add_space(space::M);
    devices::test_speaker(ui, true, Look::Words, commands);
    ui.add_space(space::S);
    dim(ui, texts.preview().two_notes());
}
