//! After a meeting: why it ended, and the way home.

use egui::{Align, Key, Layout, Rect, RichText, Ui, UiBuilder, vec2};

use crate::command::Command;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, size, space};
use crate::view::Ended;
use crate::widgets::button::{Button, Meaning};
use crate::widgets::logo;

/// Shows the screen.
pub fn show(ui: &mut Ui, ended: &Ended, commands: &mut Vec<Command>) {
    let colors = theme::colors(ui);
    let width = (ui.max_rect().width() - 2.0 * space::L).min(520.0);
    let room = Rect::from_center_size(ui.max_rect().center(), vec2(width, 190.0));
    ui.scope_builder(UiBuilder::new().max_rect(room).layout(Layout::top_down(Align::Center)), |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let (place, _) = ui.allocate_exact_size(vec2(36.0, 36.0), egui::Sense::hover());
        logo::paint(ui.painter(), place.center(), colors.dim, colors.line);
        ui.add_space(space::L);
        ui.label(RichText::new(&ended.why).font(font(size::HEADING, Weight::SemiBold)).color(colors.text));
        ui.add_space(space::XL);
        let home = Button::text("Home").meaning(Meaning::Primary).min_width(120.0).show(ui).clicked();
        if home || ui.input(|input| input.key_pressed(Key::Escape)) {
            commands.push(Command::GoHome);
        }
    });
}
