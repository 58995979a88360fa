//! On the way into a meeting: what is being done, for how long, and a way out.

use std::time::{Duration, Instant};

use egui::{Align, Key, Layout, Rect, RichText, Ui, UiBuilder, vec2};

use crate::command::Command;
use crate::text;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, size, space};
use crate::view::Joining;
use crate::widgets::button::Button;
use crate::widgets::spinner;

/// Shows the screen.
pub fn show(ui: &mut Ui, joining: &Joining, now: Instant, commands: &mut Vec<Command>) {
    let colors = theme::colors(ui);
    let texts = text::of(ui);
    let elapsed = now.saturating_duration_since(joining.since);
    ui.ctx().request_repaint_after(Duration::from_millis(1000 - u64::from(elapsed.subsec_millis())));

    let room = Rect::from_center_size(ui.max_rect().center(), vec2(ui.max_rect().width() - 2.0 * space::L, 180.0));
    ui.scope_builder(UiBuilder::new().max_rect(room).layout(Layout::top_down(Align::Center)), |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let (place, _) = ui.allocate_exact_size(vec2(40.0, 40.0), egui::Sense::hover());
        spinner::paint(ui, place.center(), 16.0, colors.accent);
        ui.add_space(space::L);
        ui.label(RichText::new(&joining.what).font(font(size::HEADING, Weight::SemiBold)).color(colors.text));
        ui.add_space(space::S);
        // A first second that is not worth a number, in the same room.
        let since = match elapsed.as_secs() {
            0 => texts.joining().just_a_moment().to_owned(),
            seconds => texts.joining().for_seconds(seconds),
        };
        ui.label(RichText::new(since).font(font(size::TEXT, Weight::Regular)).color(colors.dim));
        ui.add_space(space::XL);
        let cancelled = Button::text(texts.common().cancel()).min_width(96.0).show(ui).clicked();
        if cancelled || ui.input(|input| input.key_pressed(Key::Escape)) {
            commands.push(Command::CancelJoining);
        }
    });
}
