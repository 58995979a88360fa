//! The bar at the bottom of a meeting: its ground, and the buttons for one's devices, which stand elsewhere too.

use egui::{CornerRadius, Rect, Stroke, StrokeKind, Ui};

use super::button::{Button, Meaning};
use super::icon::Icon;
use crate::command::Command;
use crate::text;
use crate::theme::{self, radius, space};
use crate::view::Device;

/// The bar's height in points.
pub const HEIGHT: f32 = space::CONTROL + 2.0 * PADDING;
/// From its edge to what is in it.
pub const PADDING: f32 = 9.0;

/// Draws what the bar's buttons stand on.
pub fn ground(ui: &Ui, bar: Rect) {
    let colors = theme::colors(ui);
    let rounding = CornerRadius::same(radius::BAR);
    ui.painter().rect(bar, rounding, colors.surface, Stroke::new(1.0, colors.line), StrokeKind::Inside);
}

/// The button for one's microphone; `besides` is what else can be done while it is off.
pub fn microphone(ui: &mut Ui, microphone: &Device, width: f32, besides: &str) -> Option<Command> {
    microphone_beside(ui, microphone, width, 0.0, besides)
}

/// As [`microphone`], where something else takes the right end of the button.
pub fn microphone_beside(ui: &mut Ui, device: &Device, width: f32, taken: f32, besides: &str) -> Option<Command> {
    let (texts, label) = (text::of(ui).bar(), text::of(ui).common().microphone());
    let hint = match device {
        Device::On => texts.turn_microphone_off().to_owned(),
        Device::Off => format!("{}{besides}", texts.turn_microphone_on()),
        Device::Unavailable(why) => why.clone(),
    };
    let icons = (Icon::Microphone, Icon::MicrophoneOff);
    show(ui, device, icons, Words { label, hint: &hint }, width, taken).map(Command::SetMicrophone)
}

/// The button for one's camera.
pub fn camera(ui: &mut Ui, camera: &Device, width: f32) -> Option<Command> {
    camera_beside(ui, camera, width, 0.0)
}

/// As [`camera`], where something else takes the right end of the button.
pub fn camera_beside(ui: &mut Ui, device: &Device, width: f32, taken: f32) -> Option<Command> {
    let (texts, label) = (text::of(ui).bar(), text::of(ui).common().camera());
    let hint = match device {
        Device::On => texts.turn_camera_off(),
        Device::Off => texts.turn_camera_on(),
        Device::Unavailable(why) => why,
    };
    let icons = (Icon::Camera, Icon::CameraOff);
    show(ui, device, icons, Words { label, hint }, width, taken).map(Command::SetCamera)
}

#[derive(Clone, Copy)]
struct Words<'a> {
    label: &'a str,
    hint: &'a str,
}

/// What pressing a device's button means to it. One that is unavailable is wanted and tried again all the time; what can be asked
/// for is to stop that.
pub fn wanted(device: &Device) -> bool {
    *device == Device::Off
}

/// What a device's button looks like.
pub fn meaning(device: &Device) -> Meaning {
    match device {
        Device::On => Meaning::Plain,
        Device::Off => Meaning::Off,
        Device::Unavailable(_) => Meaning::Broken,
    }
}

/// Returns what the device was asked to become.
fn show(ui: &mut Ui, device: &Device, icons: (Icon, Icon), words: Words<'_>, width: f32, taken: f32) -> Option<bool> {
    let is_on = *device == Device::On;
    let icon = if is_on { icons.0 } else { icons.1 };
    let button = Button::icon(icon, words.label).min_width(width).taken_at_right(taken).meaning(meaning(device));
    button.on(is_on).hint(words.hint).show(ui).clicked().then(|| wanted(device))
}
