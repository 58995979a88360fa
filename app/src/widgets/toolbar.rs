//! The bar at the bottom of a meeting.

use egui::{Align, CornerRadius, Layout, Rect, Stroke, StrokeKind, Ui, UiBuilder, vec2};

use super::button::{Button, Meaning};
use super::icon::Icon;
use super::pressed;
use crate::command::Command;
use crate::theme::{self, radius, space};
use crate::view::Device;

/// The bar's height in points.
pub const HEIGHT: f32 = space::CONTROL + 2.0 * PADDING;

const PADDING: f32 = 9.0;
/// The line before the button to leave, with the space on one side of it.
const SEPARATOR_WIDTH: f32 = 1.0 + space::S;

/// What was pressed that is not a command.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pressed {
    pub copy_link: bool,
    pub settings: bool,
}

/// Shows the bar in the middle of `row`. A window without room for a top line has that line's buttons here.
pub fn show(
    ui: &mut Ui,
    row: Rect,
    microphone: &Device,
    camera: &Device,
    with_top_line: bool,
    commands: &mut Vec<Command>,
) -> Pressed {
    let colors = theme::colors(ui);
    // Where there is little room there are more buttons, and all are narrower.
    let (buttons, button_width, leave_width) = if with_top_line { (4.0, 46.0, 52.0) } else { (2.0, 56.0, 64.0) };
    let width = 2.0 * PADDING + buttons * (button_width + space::S) + SEPARATOR_WIDTH + leave_width;
    let bar = Rect::from_center_size(row.center(), vec2(width, HEIGHT));
    let rounding = CornerRadius::same(radius::BAR);
    ui.painter().rect(bar, rounding, colors.surface, Stroke::new(1.0, colors.line), StrokeKind::Inside);

    let layout = Layout::left_to_right(Align::Center);
    let mut pressed = Pressed::default();
    ui.scope_builder(UiBuilder::new().max_rect(bar.shrink(PADDING)).layout(layout), |ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        commands.extend(self::microphone(ui, microphone, button_width, ", or hold space to talk"));
        commands.extend(self::camera(ui, camera, button_width));
        if with_top_line {
            let button = Button::icon(Icon::Copy, "Copy link").min_width(button_width);
            pressed.copy_link = button.hint("Copy the link to this meeting").show(ui).clicked();
            pressed.settings = Button::icon(Icon::Settings, "Settings").min_width(button_width).show(ui).clicked();
        }
        let (line, _) = ui.allocate_exact_size(vec2(1.0, space::CONTROL), egui::Sense::hover());
        ui.painter().rect_filled(line, CornerRadius::ZERO, colors.line);
        let leave = Button::icon(Icon::Leave, "Leave").meaning(Meaning::Danger).min_width(leave_width);
        if leave.hint("Leave the meeting").show(ui).clicked() {
            commands.push(Command::Leave);
        }
    });
    pressed
}

/// The button for one's microphone; `besides` is what else can be done while it is off.
pub fn microphone(ui: &mut Ui, microphone: &Device, width: f32, besides: &str) -> Option<Command> {
    let (on, off) = (Icon::Microphone, Icon::MicrophoneOff);
    let switching = pressed::switching(ui).microphone;
    device(ui, "Microphone", microphone, switching, width, [on, off], besides).map(Command::SetMicrophone)
}

/// The button for one's camera.
pub fn camera(ui: &mut Ui, camera: &Device, width: f32) -> Option<Command> {
    let switching = pressed::switching(ui).camera;
    device(ui, "Camera", camera, switching, width, [Icon::Camera, Icon::CameraOff], "").map(Command::SetCamera)
}

/// A button for a microphone or camera; `besides` is what else can be done while it is off. It shows what is, and while that is
/// being switched, that it waits. Returns what it was asked to become.
fn device(
    ui: &mut Ui,
    label: &str,
    device: &Device,
    switching: Option<bool>,
    width: f32,
    [on, off]: [Icon; 2],
    besides: &str,
) -> Option<bool> {
    let button = |icon| Button::icon(icon, label).min_width(width).waits(switching.is_some());
    let thing = label.to_lowercase();
    let (button, hint, wanted) = match device {
        Device::On => (button(on).on(true), format!("Turn the {thing} off"), false),
        Device::Off => (button(off).on(false).meaning(Meaning::Off), format!("Turn the {thing} on{besides}"), true),
        // It is wanted and tried again all the time; what can be asked for is to stop that.
        Device::Unavailable(why) => (button(off).on(false).meaning(Meaning::Broken), why.clone(), false),
    };
    // Who presses again before it is switched wants it back.
    let wanted = switching.map_or(wanted, |switching| !switching);
    button.hint(&hint).show(ui).clicked().then_some(wanted)
}
