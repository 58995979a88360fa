//! The settings: a sheet over the right side of any screen, with one's devices, how one sounds, and how the window looks.

mod appearance;

use egui::{
    Align, Align2, Area, CornerRadius, Frame, Id, Key, Layout, Margin, Modifiers, Order, Rect, RichText, ScrollArea,
    Stroke, Ui, vec2,
};

use crate::command::Command;
use crate::screens::devices::{self, Look};
use crate::settings::{AppearanceSettings, SoundSettings};
use crate::shortcuts::{self, Action};
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, radius, size, space};
use crate::view::{Sound, View};
use crate::widgets::button::Button;
use crate::widgets::icon::Icon;
use crate::widgets::switch;

const WIDTH: f32 = 400.0;
/// Least room that a screen is shown in beside it.
const ROOM_BESIDE: f32 = 560.0;
/// The sheet.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sheet {
    is_open: bool,
}

impl Sheet {
    /// Opens or closes it.
    pub fn set_open(&mut self, open: bool) {
        self.is_open = open;
    }

    /// Whether it is open.
    pub fn is_open(self) -> bool {
        self.is_open
    }

    /// Listens to its keys, before anything below it does.
    pub fn listen(&mut self, ui: &Ui, look: AppearanceSettings, commands: &mut Vec<Command>) {
        commands.extend(appearance::listen(ui, look).map(Command::SetAppearance));
        if shortcuts::pressed(ui, Action::Settings) {
            self.set_open(!self.is_open);
        }
        if self.is_open && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
            self.set_open(false);
        }
    }

    /// What of the window is left for the screen: all of it where there is no room beside the sheet.
    pub fn beside(self, window: Rect) -> Rect {
        let sheet = place(window);
        let is_roomy = sheet.left() - window.left() >= ROOM_BESIDE;
        if self.is_open && is_roomy { window.with_max_x(sheet.left()) } else { window }
    }

    /// Shows it while it is open.
    pub fn show(&mut self, ui: &mut Ui, view: &View, commands: &mut Vec<Command>) {
        if !self.is_open {
            return;
        }
        let rect = place(ui.max_rect());
        let mut close = false;
        let area = Area::new(Id::unique("settings")).order(Order::Middle).fixed_pos(rect.min);
        area.accessible_name("Settings").show(ui.ctx(), |ui| close = show_sheet(ui, rect, view, commands));
        if close {
            self.set_open(false);
        }
    }
}

fn place(window: Rect) -> Rect {
    let room = window.shrink(space::S);
    Align2::RIGHT_TOP.anchor_size(room.right_top(), vec2(WIDTH.min(room.width()), room.height()))
}

/// Returns whether it is to be closed.
fn show_sheet(ui: &mut Ui, rect: Rect, view: &View, commands: &mut Vec<Command>) -> bool {
    let View { sound, camera, appearance: look, .. } = view;
    let look = *look;
    let colors = theme::colors(ui);
    let padding = Margin::same(space::L as i8);
    let frame = Frame::new()
        .fill(colors.surface)
        .stroke(Stroke::new(1.0, colors.line))
        .corner_radius(CornerRadius::same(radius::BAR))
        .inner_margin(padding);
    let mut close = false;
    frame.show(ui, |ui| {
        let inside = rect.size() - padding.sum() - vec2(2.0, 2.0);
        ui.set_min_size(inside);
        ui.set_max_size(inside);
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.horizontal(|ui| {
            ui.label(RichText::new("Settings").font(font(size::HEADING, Weight::Bold)).color(colors.text));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                close = Button::icon(Icon::Close, "Close settings").hint("Close (Esc)").show(ui).clicked();
            });
        });
        ui.add_space(space::S);
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            // Room for the scroll bar.
            ui.set_max_width(ui.available_width() - space::M);
            let mut settings = sound.settings.clone();
            heading(ui, "Camera");
            devices::choose_camera(ui, camera, commands);
            devices::problem(ui, camera.problem.as_deref());
            section(ui);
            show_microphone(ui, sound, &mut settings, commands);
            section(ui);
            show_speaker(ui, sound, &mut settings, commands);
            section(ui);
            show_processing(ui, &mut settings);
            if settings != sound.settings {
                commands.push(Command::SetSound(settings));
            }
            section(ui);
            heading(ui, "Appearance");
            commands.extend(appearance::show(ui, look).map(Command::SetAppearance));
        });
    });
    close
}

fn show_microphone(ui: &mut Ui, sound: &Sound, settings: &mut SoundSettings, commands: &mut Vec<Command>) {
    heading(ui, "Microphone");
    devices::choose_microphone(ui, sound, settings);
    devices::problem(ui, sound.microphone_problem.as_deref());
    let Some(look) = &sound.look else { return };
    ui.add_space(space::M);
    devices::level(ui, sound);
    ui.add_space(space::M);
    let stage = look.voice_test();
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        devices::test_microphone(ui, stage, true, Look::Words, commands);
        dim(ui, &devices::words_for(stage));
    });
    ui.add_space(space::L);
    let meaning =
        "Other programs can have it, and the system shows that nobody listens. It takes a moment to come back.";
    let released = &mut settings.release_muted_microphone;
    *released = switch::show(ui, "Let go of the microphone while it is off", meaning, *released).unwrap_or(*released);
}

fn show_speaker(ui: &mut Ui, sound: &Sound, settings: &mut SoundSettings, commands: &mut Vec<Command>) {
    heading(ui, "Speaker");
    devices::choose_speaker(ui, sound, settings);
    devices::problem(ui, sound.speaker_problem.as_deref());
    if sound.look.is_none() {
        return;
    }
    ui.add_space(space::M);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        devices::test_speaker(ui, true, Look::Words, commands);
        dim(ui, "You should hear two notes.");
    });
}

fn show_processing(ui: &mut Ui, settings: &mut SoundSettings) {
    heading(ui, "What others hear of you");
    let meaning = "Sends both channels as they are, with more bits. Wear headphones: echo stays in.";
    settings.music = switch::show(ui, "Music mode", meaning, settings.music).unwrap_or(settings.music);
    ui.add_space(space::M);
    if settings.music {
        return;
    }
    let switches = [
        ("Remove echo", "Takes out what your speaker plays.", &mut settings.echo_cancellation),
        ("Remove noise", "Takes out fans, keyboards and the street.", &mut settings.noise_suppression),
        ("Even out loudness", "Makes you as loud as everybody else.", &mut settings.automatic_gain),
        ("Remove rumble", "Takes out wind, steps and hum.", &mut settings.high_pass),
    ];
    for (label, meaning, on) in switches {
        *on = switch::show(ui, label, meaning, *on).unwrap_or(*on);
        ui.add_space(space::M);
    }
}

fn heading(ui: &mut Ui, text: &str) {
    ui.label(RichText::new(text).font(font(size::TITLE, Weight::SemiBold)).color(theme::colors(ui).text));
    ui.add_space(space::S);
}

fn section(ui: &mut Ui) {
    ui.add_space(space::L);
    let (line, _) = ui.allocate_exact_size(vec2(ui.available_width(), 1.0), egui::Sense::hover());
    ui.painter().rect_filled(line, CornerRadius::ZERO, theme::colors(ui).line);
    ui.add_space(space::L);
}

fn dim(ui: &mut Ui, text: &str) {
    let text = RichText::new(text).font(font(size::SECONDARY, Weight::Regular)).color(theme::colors(ui).dim);
    ui.add(egui::Label::new(text).wrap());
}
