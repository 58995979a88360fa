//! One's microphone and camera in the bar, each with a menu to choose another device.

use egui::{Align2, Popup, Response, Role, Sense, Ui, WidgetInfo, vec2};

use super::Bar;
use super::fit::{BUTTON, MENU, WIDE};
use crate::command::Command;
use crate::text;
use crate::theme::{self, radius, size};
use crate::view::Device;
use crate::widgets::button::focus_ring;
use crate::widgets::icon::Icon;
use crate::widgets::{popup, pressed, toolbar};

/// What was asked for beside commands.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    /// Whether a menu with devices is open.
    pub lists_devices: bool,
    pub settings: bool,
}

/// Shows both buttons, with their menus where there is room.
pub fn show(ui: &mut Ui, bar: &Bar<'_>, with_menus: bool, commands: &mut Vec<Command>) -> Asked {
    let mut asked = Asked::default();
    let (width, taken) = if with_menus { (WIDE, MENU) } else { (BUTTON, 0.0) };
    let texts = text::of(ui).bar();
    let (microphone, camera) = (&bar.meeting.microphone, &bar.meeting.camera);

    let left = ui.cursor().left();
    commands.extend(toolbar::microphone_beside(ui, microphone, width, taken, texts.or_hold_space()));
    if with_menus {
        let button = menu_button(ui, left, microphone, texts.microphone_menu());
        popup::show(&button, popup::WIDTH, false, |ui| sound_rows(ui, bar, &mut asked, commands));
        asked.lists_devices |= Popup::is_id_open(ui, Popup::default_response_id(&button));
    }
    let left = ui.cursor().left();
    commands.extend(toolbar::camera_beside(ui, camera, width, taken));
    if with_menus {
        let button = menu_button(ui, left, camera, texts.camera_menu());
        popup::show(&button, popup::WIDTH, false, |ui| camera_rows(ui, bar, &mut asked, commands));
        asked.lists_devices |= Popup::is_id_open(ui, Popup::default_response_id(&button));
    }
    asked
}

/// The right end of a device's button whose left is at `left`.
fn menu_button(ui: &Ui, left: f32, device: &Device, label: &str) -> Response {
    let colors = theme::colors(ui);
    let right_center = egui::pos2(left + WIDE, ui.max_rect().center().y);
    let rect = Align2::RIGHT_CENTER.anchor_size(right_center, vec2(MENU, BUTTON));
    let response = ui.interact(rect, ui.scope_id().with(label), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, label));
    let (_, ink) = toolbar::meaning(device).colors(colors);
    let ink = if pressed::is_lit(ui, &response) { ink } else { ink.gamma_multiply(0.75) };
    Icon::Open.paint(ui.painter(), rect.center() - vec2(3.0, 0.0), size::SMALL_ICON, ink);
    if response.has_focus() {
        focus_ring(ui, rect.shrink(4.0), radius::TAG);
    }
    response.on_hover_text(label)
}

fn sound_rows(ui: &mut Ui, bar: &Bar<'_>, asked: &mut Asked, commands: &mut Vec<Command>) {
    let common = text::of(ui).common();
    let settings = &bar.sound.settings;
    popup::heading(ui, common.microphone());
    if let Some(microphone) = choose(ui, &bar.sound.microphones, settings.microphone.as_deref()) {
        commands.push(Command::SetSound(crate::settings::SoundSettings { microphone, ..settings.clone() }));
    }
    popup::line(ui);
    popup::heading(ui, common.speaker());
    if let Some(speaker) = choose(ui, &bar.sound.speakers, settings.speaker.as_deref()) {
        commands.push(Command::SetSound(crate::settings::SoundSettings { speaker, ..settings.clone() }));
    }
    all_settings(ui, asked);
}

fn camera_rows(ui: &mut Ui, bar: &Bar<'_>, asked: &mut Asked, commands: &mut Vec<Command>) {
    popup::heading(ui, text::of(ui).common().camera());
    if let Some(camera) = choose(ui, &bar.camera.cameras, bar.camera.chosen.as_deref()) {
        commands.push(Command::ChooseCamera(camera));
    }
    all_settings(ui, asked);
}

fn all_settings(ui: &mut Ui, asked: &mut Asked) {
    popup::line(ui);
    asked.settings |= popup::item(ui, Icon::Settings, text::of(ui).bar().all_settings()).clicked();
}

/// Returns what was chosen anew: a device, or what the system has.
fn choose(ui: &mut Ui, devices: &[String], chosen: Option<&str>) -> Option<Option<String>> {
    let texts = text::of(ui).bar();
    let mut picked = None;
    if popup::choice(ui, texts.as_the_system_has_it(), chosen.is_none()).clicked() && chosen.is_some() {
        picked = Some(None);
    }
    // One that was unplugged is still the one that was chosen.
    let missing = chosen.filter(|chosen| !devices.iter().any(|device| device == chosen));
    for device in devices.iter().map(String::as_str).chain(missing) {
        let is_chosen = chosen == Some(device);
        if popup::choice(ui, device, is_chosen).clicked() && !is_chosen {
            picked = Some(Some(device.to_owned()));
        }
    }
    if devices.is_empty() {
        popup::heading(ui, texts.looking_for_devices());
    }
    picked
}
