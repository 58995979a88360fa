//! What is the same wherever devices are chosen and tried: in the settings, and before a meeting.

use std::time::Duration;

use egui::{RichText, Ui};
use nonet_media::audio::voice_test::VoiceTestStage;

use crate::command::Command;
use crate::settings::SoundSettings;
use crate::text;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, size, space};
use crate::view::{Camera, Sound};
use crate::widgets::button::Button;
use crate::widgets::icon::Icon;
use crate::widgets::{level_meter, picker};

/// From one look at the level to the next.
const LOOK_INTERVAL: Duration = Duration::from_millis(40);

/// How a button that tries something looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    Words,
    Icon,
}

/// Shows which camera is chosen, to choose another.
pub fn choose_camera(ui: &mut Ui, camera: &Camera, commands: &mut Vec<Command>) {
    let mut chosen = camera.chosen.clone();
    choose(ui, text::of(ui).preview().choose_camera(), &camera.cameras, &mut chosen);
    if chosen != camera.chosen {
        commands.push(Command::ChooseCamera(chosen));
    }
}

/// Shows which microphone is chosen, to choose another.
pub fn choose_microphone(ui: &mut Ui, sound: &Sound, settings: &mut SoundSettings) {
    choose(ui, text::of(ui).preview().choose_microphone(), &sound.microphones, &mut settings.microphone);
}

/// Shows which speaker is chosen, to choose another.
pub fn choose_speaker(ui: &mut Ui, sound: &Sound, settings: &mut SoundSettings) {
    choose(ui, text::of(ui).preview().choose_speaker(), &sound.speakers, &mut settings.speaker);
}

fn choose(ui: &mut Ui, label: &str, devices: &[String], chosen: &mut Option<String>) {
    // One that was unplugged is still the one that was chosen.
    let missing = chosen.iter().filter(|chosen| !devices.contains(chosen));
    let names: Vec<String> = devices.iter().chain(missing).cloned().collect();
    let default = text::of(ui).preview().as_the_system();
    let choices: Vec<&str> = std::iter::once(default).chain(names.iter().map(String::as_str)).collect();
    let picked = picker::show(ui, label, &choices, chosen.as_deref().unwrap_or(default));
    if let Some(picked) = picked {
        *chosen = picked.checked_sub(1).map(|place| names[place].clone());
    }
}

/// Says why a device cannot be had, if that is so.
pub fn problem(ui: &mut Ui, problem: Option<&str>) {
    if let Some(problem) = problem {
        ui.add_space(space::S);
        let text = RichText::new(problem).font(font(size::SECONDARY, Weight::Medium)).color(theme::colors(ui).warn);
        ui.add(egui::Label::new(text).wrap());
    }
}

/// Shows how loud it is at the microphone, where anything is captured, and looks again and again.
pub fn level(ui: &mut Ui, sound: &Sound) {
    let Some(look) = &sound.look else { return };
    ui.ctx().request_repaint_after(LOOK_INTERVAL);
    level_meter::show(ui, text::of(ui).preview().microphone_level(), look.level().dbfs());
}

/// A button that records one's voice and plays it back, or ends that.
pub fn test_microphone(ui: &mut Ui, stage: VoiceTestStage, enabled: bool, look: Look, commands: &mut Vec<Command>) {
    let is_idle = stage == VoiceTestStage::Idle;
    let texts = text::of(ui).preview();
    let (label, icon) = if is_idle { (texts.test_microphone(), Icon::Record) } else { (texts.stop(), Icon::Stop) };
    if button(label, icon, look).enabled(enabled).show(ui).clicked() {
        commands.push(Command::TestVoice(is_idle));
    }
}

/// A button that plays two notes.
pub fn test_speaker(ui: &mut Ui, enabled: bool, look: Look, commands: &mut Vec<Command>) {
    if button(text::of(ui).preview().test_speaker(), Icon::Speaker, look).enabled(enabled).show(ui).clicked() {
        commands.push(Command::TestSpeaker);
    }
}

fn button(label: &str, icon: Icon, look: Look) -> Button<'_> {
    match look {
        Look::Words => Button::text(label),
        Look::Icon => Button::icon(icon, label).height(picker::HEIGHT).hint(label),
    }
}
