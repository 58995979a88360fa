//! What is done to one's sound.

use egui::Ui;

use super::parts::{heading, line, switched};
use crate::command::Command;
use crate::settings::SoundSettings;
use crate::text;

/// Shows the section.
pub(super) fn show(ui: &mut Ui, kept: &SoundSettings, commands: &mut Vec<Command>) {
    let texts = text::of(ui).settings();
    let mut settings = kept.clone();
    heading(ui, texts.what_others_hear());
    switched(ui, texts.music(), texts.music_more(), &mut settings.music);
    if !kept.music {
        switched(ui, texts.echo(), texts.echo_more(), &mut settings.echo_cancellation);
        switched(ui, texts.noise(), texts.noise_more(), &mut settings.noise_suppression);
        switched(ui, texts.loudness(), texts.loudness_more(), &mut settings.automatic_gain);
        switched(ui, texts.rumble(), texts.rumble_more(), &mut settings.high_pass);
    }
    line(ui);
    switched(ui, texts.let_go(), texts.let_go_more(), &mut settings.release_muted_microphone);
    if settings != *kept {
        commands.push(Command::SetSound(settings));
    }
}
