//! After a meeting: why it ended, what it was like, and the ways on from there.

use egui::{
    Align, CornerRadius, Key, Layout, Rect, RichText, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, UiBuilder,
    WidgetInfo, vec2,
};

use crate::command::Command;
use crate::text;
use crate::text::when::lasting;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, radius, size, space};
use crate::view::{Ended, Summary};
use crate::widgets::button::{Button, Meaning};
use crate::widgets::icon::Icon;
use crate::widgets::logo;

const WIDTH: f32 = 460.0;
const MARK: f32 = 36.0;
const BAR_HEIGHT: f32 = 8.0;
/// A meeting of which less was good was not; below that it was bad.
const GOOD_FROM: f32 = 0.9;
const FAIR_FROM: f32 = 0.75;
/// Of a line of text of a size, and of a trouble's lines.
const LINE: f32 = 1.3;

/// Shows the screen to somebody who came with this name.
pub fn show(ui: &mut Ui, ended: &Ended, name: &str, commands: &mut Vec<Command>) {
    let window = ui.max_rect();
    let width = (window.width() - 2.0 * space::L).min(WIDTH);
    let height = height(ui, ended, width).min(window.height() - 2.0 * space::L);
    let room = Rect::from_center_size(window.center(), vec2(width, height));
    ui.scope_builder(UiBuilder::new().max_rect(room).layout(Layout::top_down(Align::Center)), |ui| {
        ScrollArea::vertical().auto_shrink([false, true]).show(ui, |ui| {
            ui.set_width(width);
            ui.vertical_centered(|ui| show_all(ui, ended, name, width, commands));
        });
    });
    if ui.input(|input| input.key_pressed(Key::Escape)) {
        commands.push(Command::GoHome);
    }
}

/// About how high all of it is.
fn height(ui: &Ui, ended: &Ended, width: f32) -> f32 {
    let lines = |text: &str, points: f32, width: f32| {
        let galley = ui.painter().layout(text.to_owned(), font(points, Weight::SemiBold), egui::Color32::WHITE, width);
        galley.size().y
    };
    let summary = ended.summary.as_ref().map_or(0.0, |summary| {
        let inside = width - 2.0 * space::L;
        let troubles: f32 =
            summary.troubles.iter().map(|text| space::S + lines(text, size::SECONDARY, inside - 22.0)).sum();
        2.0 * space::L + 3.0 * LINE * size::TEXT + 2.0 * space::S + BAR_HEIGHT + troubles + space::XL
    });
    MARK + space::L + lines(&ended.why, size::HEADING, width) + space::XL + summary + space::CONTROL + 4.0
}

fn show_all(ui: &mut Ui, ended: &Ended, name: &str, width: f32, commands: &mut Vec<Command>) {
    let colors = theme::colors(ui);
    ui.spacing_mut().item_spacing.y = 0.0;
    let (place, _) = ui.allocate_exact_size(vec2(MARK, MARK), Sense::hover());
    logo::paint(ui.painter(), place.center(), colors.dim, colors.line);
    ui.add_space(space::L);
    ui.label(RichText::new(&ended.why).font(font(size::HEADING, Weight::SemiBold)).color(colors.text));
    ui.add_space(space::XL);
    if let Some(summary) = &ended.summary {
        show_summary(ui, summary, width);
        ui.add_space(space::XL);
    }
    show_ways(ui, ended, name, commands);
}

/// What it was like.
fn show_summary(ui: &mut Ui, summary: &Summary, width: f32) {
    let colors = theme::colors(ui);
    let texts = text::of(ui);
    let frame = egui::Frame::new()
        .fill(colors.surface)
        .stroke(Stroke::new(1.0, colors.line))
        .corner_radius(CornerRadius::same(radius::CARD))
        .inner_margin(egui::Margin::same(space::L as i8));
    frame.show(ui, |ui| {
        ui.set_width(width - 2.0 * space::L - 2.0);
        ui.with_layout(Layout::top_down(Align::Min), |ui| {
            let line = |ui: &mut Ui, text: String, points, weight, color| {
                ui.add(egui::Label::new(RichText::new(text).font(font(points, weight)).color(color)).wrap());
            };
            let people = texts.common().people(summary.most_people.into());
            let facts = format!("{} · {}", lasting(summary.lasted), texts.ended().at_most(&people));
            line(ui, facts, size::SECONDARY, Weight::Regular, colors.dim);
            ui.add_space(space::S);
            let words = texts.ended().quality(summary.good_part);
            line(ui, words, size::TEXT, Weight::Medium, colors.text);
            ui.add_space(space::S);
            show_bar(ui, summary.good_part);
            for trouble in &summary.troubles {
                ui.add_space(space::S);
                ui.horizontal_top(|ui| {
                    ui.spacing_mut().item_spacing.x = space::S;
                    let (place, _) = ui.allocate_exact_size(vec2(14.0, 17.0), Sense::hover());
                    Icon::Warning.paint(ui.painter(), place.center(), 14.0, colors.warn);
                    line(ui, trouble.clone(), size::SECONDARY, Weight::Regular, colors.dim);
                });
            }
        });
    });
}

fn show_bar(ui: &mut Ui, good_part: f32) {
    let colors = theme::colors(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), BAR_HEIGHT), Sense::hover());
    let label = text::of(ui).ended().quality(good_part);
    response.widget_info(|| WidgetInfo {
        value: Some(f64::from((good_part * 100.0).floor())),
        ..WidgetInfo::labeled(Role::Meter, true, &label)
    });
    let rounding = CornerRadius::same(BAR_HEIGHT as u8 / 2);
    let color = match good_part {
        GOOD_FROM.. => colors.speaking,
        FAIR_FROM.. => colors.warn,
        _ => colors.danger,
    };
    ui.painter().rect(rect, rounding, colors.line, Stroke::NONE, StrokeKind::Inside);
    let filled =
        Rect::from_min_size(rect.min, vec2((rect.width() * good_part.clamp(0.0, 1.0)).max(BAR_HEIGHT), BAR_HEIGHT));
    ui.painter().rect_filled(filled, rounding, color);
}

/// Back in, where that is of use; home; another meeting.
fn show_ways(ui: &mut Ui, ended: &Ended, name: &str, commands: &mut Vec<Command>) {
    let texts = text::of(ui).ended();
    let preview = |code_or_link| Command::Preview { name: name.to_owned(), code_or_link };
    let has_name = !name.trim().is_empty();
    let rejoin = ended.rejoin.as_ref().filter(|_| has_name);
    let mut buttons = Vec::new();
    if let Some(link) = rejoin {
        let button = Button::text(texts.rejoin()).with_icon(Icon::Rejoin).meaning(Meaning::Primary);
        buttons.push((button, preview(Some(link.clone()))));
    }
    let home = Button::text(texts.home()).min_width(96.0);
    buttons.push((if rejoin.is_none() { home.meaning(Meaning::Primary) } else { home }, Command::GoHome));
    if has_name {
        buttons.push((Button::text(texts.new_meeting()), preview(None)));
    }
    let between = space::M;
    let width = buttons.iter().map(|(button, _)| button.width(ui)).sum::<f32>() + between * (buttons.len() - 1) as f32;
    let is_narrow = width > ui.available_width();
    let mut show = |ui: &mut Ui, button: Button<'_>, command: Command| {
        if button.show(ui).clicked() {
            commands.push(command);
        }
    };
    if is_narrow {
        let width = ui.available_width();
        for (button, command) in buttons {
            show(ui, button.min_width(width), command);
            ui.add_space(space::S);
        }
        return;
    }
    ui.allocate_ui_with_layout(vec2(width, space::CONTROL), Layout::left_to_right(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = between;
        for (button, command) in buttons {
            show(ui, button, command);
        }
    });
}
