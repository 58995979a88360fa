//! What one sees of oneself before others do: one's picture, and the switches of microphone and camera; and where it stands.

use egui::{Align, Align2, Color32, Layout, Rect, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use crate::command::Command;
use crate::gpu::tile::{Tile, TilePicture, paint_callback};
use crate::text;
use crate::theme::fonts::{Weight, font};
use crate::theme::{on_picture, radius, size, space};
use crate::view::Device;
use crate::widgets::name_tag::NameTag;
use crate::widgets::{avatar, grid, toolbar};

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

/// Where things go.
#[derive(Clone, Copy, Debug)]
pub struct Places {
    pub tile: Rect,
    /// Of the buttons for microphone and camera.
    pub buttons: Rect,
    /// What stands beside or below it.
    pub beside: Rect,
}

impl Places {
    /// In a window of this size.
    pub fn new(window: Rect) -> Self {
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
            let beside = Rect::from_min_max(pos2(tile.left(), below), pos2(tile.right(), room.bottom()));
            return Self { tile, buttons, beside };
        }
        let total = room.width().min((WIDTH_SHARE * window.width()).clamp(*WIDTH.start(), *WIDTH.end()));
        let devices_width = (DEVICES_SHARE * total).clamp(*DEVICES_WIDTH.start(), *DEVICES_WIDTH.end());
        let width = (total - devices_width - gap).min(room.height() * grid::ASPECT);
        let height = width / grid::ASPECT;
        let left = room.center().x - (width + gap + devices_width) / 2.0;
        let top = (room.center().y - height.max(DEVICES_HEIGHT) / 2.0).max(room.top());
        let tile = Rect::from_min_size(pos2(left, top), vec2(width, height));
        let devices_top = top + ((height - DEVICES_HEIGHT) / 2.0).max(0.0);
        let beside = Rect::from_min_max(
            pos2(tile.right() + gap, devices_top),
            pos2(tile.right() + gap + devices_width, room.bottom()),
        );
        Self { tile, buttons: buttons_of(tile), beside }
    }

    /// Whether a sentence stands in the tile where there is no picture; else it is to be said elsewhere.
    pub fn has_sentence(&self) -> bool {
        self.tile.height() >= ROOM_FOR_SENTENCE
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

/// What is one's own.
#[derive(Clone, Copy, Debug)]
pub struct OwnDevices<'a> {
    pub name: &'a str,
    pub microphone: &'a Device,
    pub camera: &'a Device,
}

/// One's picture as in a mirror, or initials and why there is none; and what switches microphone and camera.
pub fn show(
    ui: &mut Ui,
    places: &Places,
    own: OwnDevices<'_>,
    picture: Option<TilePicture>,
    commands: &mut Vec<Command>,
) {
    let Places { tile, buttons, .. } = *places;
    let texts = text::of(ui);
    let status = match own.camera {
        Device::On if picture.is_some() => None,
        Device::On => Some(texts.preview().starting_camera()),
        Device::Off => Some(texts.preview().camera_off()),
        Device::Unavailable(why) => Some(why.as_str()),
    };
    let description = status.map_or_else(|| texts.common().you().to_owned(), |status| texts.preview().you_with(status));
    ui.interact(tile, ui.scope_id().with("own picture"), Sense::hover())
        .widget_info(|| WidgetInfo::labeled(Role::Image, true, &description));
    let has_picture = picture.is_some();
    let surface = Tile {
        rect: tile,
        background: if has_picture { Color32::BLACK } else { avatar::ground(own.name) },
        corner_radius: radius::TILE,
        ring: None,
        brightness: 1.0,
        saturation: 1.0,
        opacity: 1.0,
        picture,
    };
    ui.painter().add(paint_callback(tile.expand(1.0), vec![surface]));
    if let Some(status) = status {
        let has_sentence = places.has_sentence();
        // Over the buttons, and over the sentence if there is one.
        let free = if buttons.top() < tile.bottom() { tile.with_max_y(buttons.top()) } else { tile };
        let free = if has_sentence { free.with_max_y(free.bottom() - SENTENCE_HEIGHT) } else { free };
        avatar::paint(ui.painter(), free, own.name);
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
    let microphone_on = *own.microphone == Device::On;
    NameTag { name: own.name, microphone_on, ..NameTag::default() }.paint(
        ui.painter(),
        tile,
        tile.width() < ROOM_FOR_NAME_BELOW,
    );
    let layout = Layout::left_to_right(Align::Center);
    ui.scope_builder(UiBuilder::new().max_rect(buttons).layout(layout), |ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        commands.extend(toolbar::microphone(ui, own.microphone, space::CONTROL, ""));
        commands.extend(toolbar::camera(ui, own.camera, space::CONTROL));
    });
}
