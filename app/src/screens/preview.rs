//! Before a meeting: how one will be seen and heard there, and the way in.

use egui::{
    Align, Align2, Color32, Event, Key, Layout, Popup, Rect, Response, RichText, Role, ScrollArea, Sense, Ui,
    UiBuilder, WidgetInfo, pos2, vec2,
};
use nonet_media::audio::voice_test::VoiceTestStage;
use nonet_media::sound::SoundLook;

use crate::command::Command;
use crate::gpu::tile::{Tile, TilePicture, paint_callback};
use crate::pictures::OwnPicture;
use crate::screens::devices::{self, Look};
use crate::shortcuts::{self, Action};
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, on_picture, radius, size, space};
use crate::view::{Camera, Device, Preview, Sound};
use crate::widgets::button::{Button, Meaning};
use crate::widgets::icon::Icon;
use crate::widgets::name_tag::{NameTag, one_line};
use crate::widgets::{avatar, chip, grid, picker, toolbar};

/// Windows smaller than this have less room around what they show.
const ROOMY: egui::Vec2 = vec2(560.0, 480.0);
/// Narrower than this, the devices stand below the picture.
const SIDE_BY_SIDE_FROM: f32 = 460.0;
/// Of the width that is used, the devices' share, and what they have at least and at most.
const DEVICES_SHARE: f32 = 0.38;
const DEVICES_WIDTH: std::ops::RangeInclusive<f32> = 208.0..=320.0;
/// Most of the window's width that is used, and what may be used of any window.
const WIDTH_SHARE: f32 = 0.75;
const WIDTH: std::ops::RangeInclusive<f32> = 960.0..=1440.0;
/// What the devices take where nothing is wrong with them.
const DEVICES_HEIGHT: f32 = 332.0;
/// In tiles of this height there is room for the buttons, and for a sentence over them.
const ROOM_FOR_BUTTONS: f32 = 160.0;
const ROOM_FOR_SENTENCE: f32 = 220.0;
/// Two lines of it, with the space above and below.
const SENTENCE_HEIGHT: f32 = 52.0;
/// Narrower than this, the name would meet the buttons.
const ROOM_FOR_NAME_BELOW: f32 = 400.0;

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
    show_self(ui, &places, preview, picture, commands);
    let mut asked = Asked::default();
    let room = UiBuilder::new().max_rect(places.devices).layout(Layout::top_down(Align::Min));
    ui.scope_builder(room, |ui| {
        ui.spacing_mut().item_spacing = vec2(space::M, 0.0);
        let footer = space::L + space::CONTROL;
        let height = ui.available_height() - footer;
        ScrollArea::vertical().auto_shrink([false, true]).max_height(height).show(ui, |ui| {
            asked.settings = show_title(ui, preview);
            let with_camera_problem = places.tile.height() < ROOM_FOR_SENTENCE;
            show_devices(ui, preview, sound, camera, with_camera_problem, commands);
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

/// Where things go.
#[derive(Clone, Copy, Debug)]
struct Places {
    tile: Rect,
    /// Of the buttons for microphone and camera.
    buttons: Rect,
    devices: Rect,
}

impl Places {
    fn new(window: Rect) -> Self {
        let is_roomy = window.width() >= ROOMY.x && window.height() >= ROOMY.y;
        let (margin, gap) = if is_roomy { (space::XL, 28.0) } else { (space::M, space::L) };
        let room = window.shrink(margin);
        if window.width() < SIDE_BY_SIDE_FROM || window.width() < window.height() {
            // The devices scroll where there is no room for all.
            let width = room.width().min(0.45 * room.height() * grid::ASPECT).min(*WIDTH.start());
            let height = width / grid::ASPECT;
            let all = buttons_of(Rect::from_min_size(room.min, vec2(width, height))).bottom().max(room.top() + height)
                - room.top()
                + space::L
                + DEVICES_HEIGHT;
            let top = room.top() + ((room.height() - all) / 2.0).max(0.0);
            let tile = Align2::CENTER_TOP.anchor_size(pos2(room.center().x, top), vec2(width, height));
            let buttons = buttons_of(tile);
            let below = tile.bottom().max(buttons.bottom()) + space::L;
            let devices = Rect::from_min_max(pos2(tile.left(), below), pos2(tile.right(), room.bottom()));
            return Self { tile, buttons, devices };
        }
        let total = room.width().min((WIDTH_SHARE * window.width()).clamp(*WIDTH.start(), *WIDTH.end()));
        let devices_width = (DEVICES_SHARE * total).clamp(*DEVICES_WIDTH.start(), *DEVICES_WIDTH.end());
        let width = (total - devices_width - gap).min(room.height() * grid::ASPECT);
        let height = width / grid::ASPECT;
        let left = room.center().x - (width + gap + devices_width) / 2.0;
        let top = (room.center().y - height.max(DEVICES_HEIGHT) / 2.0).max(room.top());
        let tile = Rect::from_min_size(pos2(left, top), vec2(width, height));
        let devices_top = top + ((height - DEVICES_HEIGHT) / 2.0).max(0.0);
        let devices = Rect::from_min_max(
            pos2(tile.right() + gap, devices_top),
            pos2(tile.right() + gap + devices_width, room.bottom()),
        );
        Self { tile, buttons: buttons_of(tile), devices }
    }
}

/// In the tile where it is large enough, else below it.
fn buttons_of(tile: Rect) -> Rect {
    let size = vec2(2.0 * space::CONTROL + space::S, space::CONTROL);
    if tile.height() < ROOM_FOR_BUTTONS {
        Align2::CENTER_TOP.anchor_size(tile.center_bottom() + vec2(0.0, space::S), size)
    } else {
        Align2::CENTER_BOTTOM.anchor_size(tile.center_bottom() - vec2(0.0, space::L), size)
    }
}

/// One's picture as in a mirror, or initials and why there is none; and what switches microphone and camera.
fn show_self(
    ui: &mut Ui,
    places: &Places,
    preview: &Preview,
    picture: Option<TilePicture>,
    commands: &mut Vec<Command>,
) {
    let Places { tile, buttons, .. } = *places;
    let status = match &preview.camera {
        Device::On if picture.is_some() => None,
        Device::On => Some("Starting the camera…"),
        Device::Off => Some("Your camera is off"),
        Device::Unavailable(why) => Some(why.as_str()),
    };
    let description = status.map_or_else(|| "You".to_owned(), |status| format!("You: {status}"));
    ui.interact(tile, ui.scope_id().with("own picture"), Sense::hover())
        .widget_info(|| WidgetInfo::labeled(Role::Image, true, &description));
    let has_picture = picture.is_some();
    let surface = Tile {
        rect: tile,
        background: if has_picture { Color32::BLACK } else { avatar::ground(&preview.name) },
        corner_radius: radius::TILE,
        ring: None,
        brightness: 1.0,
        saturation: 1.0,
        opacity: 1.0,
        picture,
    };
    ui.painter().add(paint_callback(tile.expand(1.0), vec![surface]));
    if let Some(status) = status {
        let has_sentence = tile.height() >= ROOM_FOR_SENTENCE;
        // Over the buttons, and over the sentence if there is one.
        let free = if buttons.top() < tile.bottom() { tile.with_max_y(buttons.top()) } else { tile };
        let free = if has_sentence { free.with_max_y(free.bottom() - SENTENCE_HEIGHT) } else { free };
        avatar::paint(ui.painter(), free, &preview.name);
        if has_sentence {
            let width = tile.width() - 2.0 * space::XL;
            let mut job = egui::text::LayoutJob::simple(
                status.to_owned(),
                font(size::TEXT, Weight::Medium),
                on_picture::TEXT,
                width,
            );
            job.halign = Align::Center;
            let galley = ui.painter().layout_job(job);
            let at = pos2(tile.center().x, free.bottom() + (SENTENCE_HEIGHT - space::S - galley.size().y) / 2.0);
            ui.painter().galley(at, galley, on_picture::TEXT);
        }
    }
    let microphone_on = preview.microphone == Device::On;
    NameTag { name: &preview.name, microphone_on, ..NameTag::default() }.paint(
        ui.painter(),
        tile,
        tile.width() < ROOM_FOR_NAME_BELOW,
    );
    let layout = Layout::left_to_right(Align::Center);
    ui.scope_builder(UiBuilder::new().max_rect(buttons).layout(layout), |ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        commands.extend(toolbar::microphone(ui, &preview.microphone, space::CONTROL, ""));
        commands.extend(toolbar::camera(ui, &preview.camera, space::CONTROL));
    });
}

/// Returns whether the settings were asked for.
fn show_title(ui: &mut Ui, preview: &Preview) -> bool {
    let colors = theme::colors(ui);
    let title = preview.code.as_deref().unwrap_or("New meeting");
    let text = RichText::new(title).font(font(size::HEADING, Weight::Bold)).color(colors.text);
    let title = ui.label(text.extra_letter_spacing(-0.02 * size::HEADING));
    let at_right = pos2(ui.max_rect().right(), title.rect.center().y);
    let chip =
        chip::icon(ui, at_right, Icon::Settings, colors.text, || WidgetInfo::labeled(Role::Button, true, "Settings"));
    let chip = chip.on_hover_text(shortcuts::hint(ui, "Settings", Action::Settings));
    ui.add_space(space::XS);
    let line = RichText::new("Nobody sees or hears you yet.").font(font(size::TEXT, Weight::Regular));
    ui.label(line.color(colors.dim));
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
    caption(ui, "Camera");
    devices::choose_camera(ui, camera, commands);
    if let (true, Device::Unavailable(why)) = (with_camera_problem, &preview.camera) {
        devices::problem(ui, Some(why));
    }

    let stage = sound.look.as_ref().map_or(VoiceTestStage::Idle, SoundLook::voice_test);
    // What a test does is said where the eyes are, and nothing moves for it.
    let words = (stage != VoiceTestStage::Idle).then(|| devices::words_for(stage));
    let said = caption(ui, words.as_deref().unwrap_or("Microphone"));
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

    caption(ui, "Speaker");
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
    let enter = if preview.code_or_link.is_some() { "Join" } else { "Start meeting" };
    let row = vec2(ui.available_width(), space::CONTROL);
    ui.allocate_ui_with_layout(row, Layout::right_to_left(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        asked.back = Button::text("Back").hint("Back (Esc)").show(ui).clicked();
        let width = ui.available_width();
        asked.enter = Button::text(enter).meaning(Meaning::Primary).min_width(width).show(ui).clicked();
    });
}
