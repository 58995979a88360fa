//! Who waits to be let in: each to be let in or turned away, or all.

use egui::{Align, Layout, Rect, Sense, Ui, UiBuilder, Vec2, pos2, vec2};

use crate::command::Command;
use crate::text;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, size, space};
use crate::view::WaitingPerson;
use crate::widgets::avatar;
use crate::widgets::button::{Button, Meaning};
use crate::widgets::icon::Icon;
use crate::widgets::name_tag::one_line;

const ROW: f32 = 44.0;
const BUTTON: f32 = 32.0;

/// Shows them.
pub fn show(ui: &mut Ui, waiting: &[WaitingPerson], commands: &mut Vec<Command>) {
    for person in waiting {
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
        show_person(ui, rect, person, commands);
    }
    if waiting.len() < 2 {
        return;
    }
    let texts = text::of(ui).top_line();
    let all = || waiting.iter().map(|person| person.id).collect();
    ui.add_space(space::XS);
    let row = vec2(ui.available_width(), BUTTON);
    ui.allocate_ui_with_layout(row, Layout::left_to_right(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        if Button::text(texts.admit_all()).height(BUTTON).meaning(Meaning::Primary).show(ui).clicked() {
            commands.push(Command::Admit(all()));
        }
        if Button::text(texts.deny_all()).height(BUTTON).show(ui).clicked() {
            commands.push(Command::Deny(all()));
        }
    });
}

fn show_person(ui: &mut Ui, rect: Rect, person: &WaitingPerson, commands: &mut Vec<Command>) {
    let (colors, texts) = (theme::colors(ui), text::of(ui).people());
    let disc = Rect::from_center_size(pos2(rect.left() + 14.0, rect.center().y), Vec2::splat(28.0));
    avatar::paint(ui.painter(), disc, &person.name);
    let buttons = rect.with_min_x(rect.right() - 2.0 * BUTTON - 2.0 * space::S);
    let room = buttons.left() - disc.right() - 2.0 * space::S;
    let galley = ui.painter().layout_job(one_line(&person.name, font(size::TEXT, Weight::Medium), colors.text, room));
    let at = pos2(disc.right() + space::S + 2.0, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, colors.text);
    ui.scope_builder(UiBuilder::new().max_rect(buttons).layout(Layout::right_to_left(Align::Center)), |ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        let button = |icon, meaning, label: &str, ui: &mut Ui| {
            let button = Button::icon(icon, label).meaning(meaning).height(BUTTON).min_width(BUTTON);
            button.hint(label).show(ui).clicked()
        };
        if button(Icon::Done, Meaning::Primary, &texts.admit_one(&person.name), ui) {
            commands.push(Command::Admit(vec![person.id]));
        }
        if button(Icon::Close, Meaning::Plain, &texts.deny_one(&person.name), ui) {
            commands.push(Command::Deny(vec![person.id]));
        }
    });
}
