//! Before a meeting: how one will be seen and heard there, and the way in.

use egui::{
    Align, Event, Key, Layout, Popup, Response, RichText, Role, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, pos2,
    vec2,
};
use nonet_media::audio::voice_test::VoiceTestStage;
use nonet_media::sound::SoundLook;

use crate::command::Command;
use crate::pictures::OwnPicture;
use crate::screens::devices::{self, Look};
use crate::screens::own_tile::{self, OwnDevices, Places};
use crate::shortcuts::{self, Action};
use crate::text;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, size, space};
use crate::view::{Camera, Device, Preview, Sound};
use crate::widgets::button::{Button, Meaning};
use crate::widgets::icon::Icon;
use crate::widgets::name_tag::one_line;
use crate::widgets::{chip, picker};

/// Of the line over a picker, with the space below it.
const CAPTION_HEIGHT: f32 = 20.0;

/// What the screen remembers from one paint to the next.
#[derive(Debug, Default)]
pub struct State {
    picture: OwnPicture,
}

/// Shows the screen. Returns whether the settings were asked for.
pub fn show(
    ui: &mut Ui,
    state: &mut State,
    preview: &Preview,
    sound: &Sound,
    camera: &Camera,
    commands: &mut Vec<Command>,
) -> bool {
    let keys = Keys::pressed(ui);
    let places = Places::new(ui.max_rect());
    let picture = state.picture.update(&preview.pictures, preview.camera == Device::On);
    let own = OwnDevices { name: &preview.name, microphone: &preview.microphone, camera: &preview.camera };
    own_tile::show(ui, &places, own, picture, commands);
    let mut asked = Asked::default();
    let room = UiBuilder::new().max_rect(places.beside).layout(Layout::top_down(Align::Min));
    ui.scope_builder(room, |ui| {
        ui.spacing_mut().item_spacing = vec2(space::M, 0.0);
        let footer = space::L + space::CONTROL;
        let height = ui.available_height() - footer;
        ScrollArea::vertical().auto_shrink([false, true]).max_height(height).show(ui, |ui| {
            asked.settings = show_title(ui, preview);
            show_devices(ui, preview, sound, camera, !places.has_sentence(), commands);
        });
        ui.add_space(space::L);
        show_ways(ui, preview, &mut asked);
    });
    if asked.back || keys.back {
        commands.push(Command::GoHome);
    } else if asked.enter || keys.enter {
        commands.push(entering(preview));
    }
    asked.settings
}

/// What was pressed.
#[derive(Clone, Copy, Debug, Default)]
struct Asked {
    enter: bool,
    back: bool,
    settings: bool,
}

/// What the keyboard asks for.
#[derive(Clone, Copy, Debug)]
struct Keys {
    enter: bool,
    back: bool,
}

impl Keys {
    /// Looked at before anything is shown: what is open takes its keys itself, and so does what has the keyboard's focus. A key that is
    /// still held down from the screen before asks for nothing.
    fn pressed(ui: &Ui) -> Self {
        let is_free = !Popup::is_any_open(ui.ctx());
        let is_focused = ui.memory(|memory| memory.focused().is_some());
        let is_fresh = |wanted: Key| {
            let fresh = |event: &Event| matches!(event, Event::Key { key, pressed: true, repeat: false, modifiers, .. } if *key == wanted && modifiers.is_none());
            ui.input(|input| input.events.iter().any(fresh))
        };
        Self { enter: is_free && !is_focused && is_fresh(Key::Enter), back: is_free && is_fresh(Key::Escape) }
    }
}

fn entering(preview: &Preview) -> Command {
    let name = preview.name.clone();
    match &preview.code_or_link {
        None => Command::Host { name },
        Some(code_or_link) => Command::Join { name, code_or_link: code_or_link.clone() },
    }
}

/// Returns whether the settings were asked for.
fn show_title(ui: &mut Ui, preview: &Preview) -> bool {
    let colors = theme::colors(ui);
    let all = text::of(ui);
    let (texts, settings) = (all.preview(), all.common().settings());
    let title = preview.code.as_deref().unwrap_or(texts.new_meeting());
    let text = RichText::new(title).font(font(size::HEADING, Weight::Bold)).color(colors.text);
    let title = ui.label(text.extra_letter_spacing(-0.02 * size::HEADING));
    let at_right = pos2(ui.max_rect().right(), title.rect.center().y);
    let chip =
        chip::icon(ui, at_right, Icon::Settings, colors.text, || WidgetInfo::labeled(Role::Button, true, settings));
    let chip = chip.on_hover_text(shortcuts::hint(ui, settings, Action::Settings));
    ui.add_space(space::XS);
    let line = RichText::new(texts.not_yet()).font(font(size::TEXT, Weight::Regular));
    ui.label(line.color(colors.dim));
    if let Some(percent) = preview.busy_percent {
        devices::problem(ui, Some(&texts.busy(percent)));
        ui.add_space(space::XS);
    }
    ui.add_space(space::XS);
    chip.clicked()
}

fn show_devices(
    ui: &mut Ui,
    preview: &Preview,
    sound: &Sound,
    camera: &Camera,
    with_camera_problem: bool,
    commands: &mut Vec<Command>,
) {
    let mut settings = sound.settings.clone();
    let texts = text::of(ui);
    caption(ui, texts.common().camera());
    devices::choose_camera(ui, camera, commands);
    if let (true, Device::Unavailable(why)) = (with_camera_problem, &preview.camera) {
        devices::problem(ui, Some(why));
    }

    let stage = sound.look.as_ref().map_or(VoiceTestStage::Idle, SoundLook::voice_test);
    // What a test does is said where the eyes are, and nothing moves for it.
    let words = (stage != VoiceTestStage::Idle).then(|| texts.preview().voice_test(stage));
    let said = caption(ui, words.as_deref().unwrap_or(texts.common().microphone()));
    if let Some(words) = &words {
        said.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
    }
    let is_captured = sound.look.is_some();
    beside(
        ui,
        |ui| devices::choose_microphone(ui, sound, &mut settings),
        |ui| {
            let enabled = is_captured && preview.microphone == Device::On;
            devices::test_microphone(ui, stage, enabled, Look::Icon, commands);
        },
    );
    ui.add_space(space::S);
    devices::level(ui, sound);
    devices::problem(ui, sound.microphone_problem.as_deref());

    caption(ui, texts.common().speaker());
    let choose = |ui: &mut Ui| devices::choose_speaker(ui, sound, &mut settings);
    beside(ui, choose, |ui| devices::test_speaker(ui, is_captured, Look::Icon, commands));
    devices::problem(ui, sound.speaker_problem.as_deref());
    if settings != sound.settings {
        commands.push(Command::SetSound(settings));
    }
}

/// Something that takes the room which a small button at the right leaves.
fn beside(ui: &mut Ui, wide: impl FnOnce(&mut Ui), button: impl FnOnce(&mut Ui)) {
    let size = vec2(ui.available_width(), picker::HEIGHT);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        let width = ui.available_width() - space::CONTROL - space::S;
        ui.allocate_ui(vec2(width, size.y), |ui| {
            ui.set_max_width(width);
            wide(ui);
        });
        button(ui);
    });
}

/// What stands over a picker, which says itself what it is for to those who listen.
fn caption(ui: &mut Ui, text: &str) -> Response {
    ui.add_space(space::M);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), CAPTION_HEIGHT), Sense::hover());
    let color = theme::colors(ui).dim;
    let job = one_line(text, font(size::LABEL, Weight::Medium), color, rect.width());
    let galley = ui.painter().layout_job(job);
    ui.painter().galley(rect.left_top(), galley, color);
    response
}

/// In, and back.
fn show_ways(ui: &mut Ui, preview: &Preview, asked: &mut Asked) {
    let texts = text::of(ui);
    let enter = if preview.code_or_link.is_some() { texts.common().join() } else { texts.preview().start() };
    let row = vec2(ui.available_width(), space::CONTROL);
    ui.allocate_ui_with_layout(row, Layout::right_to_left(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        asked.back = Button::text(texts.preview().back()).hint(texts.preview().back_hint()).show(ui).clicked();
        let width = ui.available_width();
        asked.enter = Button::text(enter).meaning(Meaning::Primary).min_width(width).show(ui).clicked();
    });
}
