//! In the waiting room: one sees oneself, is told how it stands, and can go.

use std::time::{Duration, Instant};

use egui::{Align, Layout, RichText, ScrollArea, Ui, UiBuilder, vec2};

use crate::command::Command;
use crate::pictures::OwnPicture;
use crate::screens::own_tile::{self, OwnDevices, Places};
use crate::text;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, size, space};
use crate::view::{Device, Waiting};
use crate::widgets::button::Button;
use crate::widgets::spinner;

/// What the screen remembers from one paint to the next.
#[derive(Debug, Default)]
pub struct State {
    picture: OwnPicture,
}

/// Shows the screen to somebody of this name.
pub fn show(ui: &mut Ui, state: &mut State, waiting: &Waiting, name: &str, now: Instant, commands: &mut Vec<Command>) {
    let waited = now.saturating_duration_since(waiting.since);
    ui.ctx().request_repaint_after(Duration::from_millis(1000 - u64::from(waited.subsec_millis())));
    let places = Places::new(ui.max_rect());
    let picture = state.picture.update(&waiting.pictures, waiting.camera == Device::On);
    let own = OwnDevices { name, microphone: &waiting.microphone, camera: &waiting.camera };
    own_tile::show(ui, &places, own, picture, commands);
    let room = UiBuilder::new().max_rect(places.beside).layout(Layout::top_down(Align::Min));
    ui.scope_builder(room, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ScrollArea::vertical().auto_shrink([false, true]).show(ui, |ui| show_words(ui, waiting, waited, commands));
    });
}

fn show_words(ui: &mut Ui, waiting: &Waiting, waited: Duration, commands: &mut Vec<Command>) {
    let colors = theme::colors(ui);
    let texts = text::of(ui);
    let (title, more) = if waiting.is_host_there {
        (texts.joining().soon(), texts.joining().told())
    } else {
        (texts.joining().nobody_yet(), texts.joining().nobody_yet_more())
    };
    let line = |ui: &mut Ui, text: &str, points: f32, weight: Weight, color| {
        ui.add(egui::Label::new(RichText::new(text).font(font(points, weight)).color(color)).wrap());
    };
    line(ui, &waiting.code, size::SECONDARY, Weight::Medium, colors.dim);
    ui.add_space(space::XS);
    line(ui, title, size::HEADING, Weight::Bold, colors.text);
    ui.add_space(space::S);
    line(ui, more, size::TEXT, Weight::Regular, colors.dim);
    ui.add_space(space::L);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        let (place, _) = ui.allocate_exact_size(vec2(20.0, 20.0), egui::Sense::hover());
        spinner::paint(ui, place.center(), 8.0, colors.accent);
        let seconds = waited.as_secs();
        let time = texts.joining().waiting_for(&format!("{}:{:02}", seconds / 60, seconds % 60));
        ui.label(RichText::new(time).font(font(size::TEXT, Weight::Medium)).color(colors.text));
    });
    ui.add_space(space::XL);
    if Button::text(texts.common().leave()).min_width(120.0).show(ui).clicked() {
        commands.push(Command::Leave);
    }
}
