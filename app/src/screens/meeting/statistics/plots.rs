//! The course of what goes to one person or comes from them, over the last minutes.

use egui::{Align2, Color32, Rangef, Rect, Role, ScrollArea, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use egui_plot::{AxisHints, GridMark, HoverPosition, Line, Plot, PlotBounds, PlotPoints, Points};

use super::segments;
use crate::text;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, size, space};
use crate::view::Meeting;
use crate::widgets::picker;
use courses::{Course, Direction, Figure};

pub(super) mod courses;

/// Two plots stand beside each other from this width on.
const TWO_COLUMNS: f32 = 540.0;
/// A plot with its title; more where there is room for more.
const LEAST_HEIGHT: f32 = 148.0;
const TITLE_HEIGHT: f32 = 18.0;
const LEGEND_HEIGHT: f32 = 16.0;
const AXIS_WIDTH: f32 = 44.0;
const PERSON_WIDTH: f32 = 190.0;
/// Widths of lines.
const LINE: f32 = 1.5;
/// Lines across a plot at most, beside the one at 0.
const MOST_MARKS: f32 = 4.0;

/// Whose figures are shown, and in which direction.
#[derive(Clone, Copy, Debug, Default)]
pub struct Chosen {
    person: Option<u32>,
    direction: Direction,
}

/// Shows who can be chosen and the plots of the one who is.
pub fn show(ui: &mut Ui, chosen: &mut Chosen, meeting: &Meeting) {
    let texts = text::of(ui).statistics();
    let others: Vec<_> = meeting.participants.iter().filter(|participant| !participant.is_self).collect();
    let Some(place) =
        others.iter().position(|other| Some(other.id) == chosen.person).or((!others.is_empty()).then_some(0))
    else {
        return;
    };
    let names: Vec<String> =
        others.iter().enumerate().map(|(place, other)| unique(place, &other.name, &others)).collect();
    let mut place = place;
    let line = Rect::from_min_size(ui.cursor().min, vec2(ui.available_width(), picker::HEIGHT));
    let person = line.with_max_x(line.left() + PERSON_WIDTH.min(line.width() / 2.0));
    ui.scope_builder(UiBuilder::new().max_rect(person), |ui| {
        let choices: Vec<&str> = names.iter().map(String::as_str).collect();
        if let Some(picked) = picker::show(ui, texts.person(), &choices, &names[place]) {
            chosen.person = Some(others[picked].id);
            place = picked;
        }
    });
    let directions = [texts.from_them(), texts.to_them()];
    let at = pos2(person.right() + space::M, line.center().y);
    if let Some(direction) = segments::show(ui, at, &directions, chosen.direction as usize) {
        chosen.direction = [Direction::From, Direction::To][direction];
    }

    let area = ui.max_rect().with_min_y(line.bottom() + space::S);
    let figures = courses::of(&meeting.statistics, others[place].id, chosen.direction, texts);
    let span = courses::span(&meeting.statistics);
    ui.scope_builder(UiBuilder::new().max_rect(area), |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            let columns = if area.width() >= TWO_COLUMNS { 2 } else { 1 };
            let rows = figures.len().div_ceil(columns);
            let room = (area.height() - space::S * (rows - 1) as f32) / rows as f32;
            let height = room.max(LEAST_HEIGHT);
            // The bar for scrolling has room of its own.
            let right = if height > room { space::M } else { 0.0 };
            let width = (ui.available_width() - right - space::L * (columns - 1) as f32) / columns as f32;
            let whole = vec2(ui.available_width(), (height + space::S) * rows as f32 - space::S);
            let (whole, _) = ui.allocate_exact_size(whole, Sense::hover());
            for (number, figure) in figures.iter().enumerate() {
                let (row, column) = (number / columns, number % columns);
                let offset = vec2(column as f32 * (width + space::L), row as f32 * (height + space::S));
                let cell = Rect::from_min_size(whole.min + offset, vec2(width, height));
                if ui.is_rect_visible(cell) {
                    show_figure(ui, cell, figure, span);
                }
            }
        });
    });
}

/// A name, numbered where several have it.
fn unique(place: usize, name: &str, others: &[&crate::view::Participant]) -> String {
    let before = others[..place].iter().filter(|other| other.name == name).count();
    if before == 0 { name.to_owned() } else { format!("{name} ({})", before + 1) }
}

fn show_figure(ui: &mut Ui, cell: Rect, figure: &Figure, span: f64) {
    let texts = text::of(ui).statistics();
    let colors = theme::colors(ui);
    let title_font = font(size::SECONDARY, Weight::SemiBold);
    let small = font(size::LABEL, Weight::Regular);
    let painter = ui.painter();
    let middle = cell.top() + TITLE_HEIGHT / 2.0;
    painter.text(pos2(cell.left(), middle), Align2::LEFT_CENTER, figure.title, title_font, colors.text);
    painter.text(pos2(cell.right(), middle), Align2::RIGHT_CENTER, figure.unit, small.clone(), colors.dim);
    let mut left = cell.left();
    let middle = cell.top() + TITLE_HEIGHT + LEGEND_HEIGHT / 2.0;
    for (course, color) in figure.courses.iter().zip(line_colors(ui)) {
        painter.line_segment([pos2(left, middle), pos2(left + 10.0, middle)], Stroke::new(2.0, color));
        let words = format!("{} {}", course.name, course.newest().unwrap_or_else(|| "–".to_owned()));
        let at = pos2(left + 14.0, middle);
        left = painter.text(at, Align2::LEFT_CENTER, words, small.clone(), colors.dim).right() + space::M;
    }
    let rect = cell.with_min_y(cell.top() + TITLE_HEIGHT + LEGEND_HEIGHT + space::XS);
    ui.interact(cell, ui.scope_id().with(figure.title), Sense::hover())
        .widget_info(|| WidgetInfo::labeled(Role::Image, true, figure.in_words(texts)));
    if figure.courses.iter().all(Course::is_empty) {
        painter.text(rect.center(), Align2::CENTER_CENTER, texts.not_known(), small, colors.dim);
        return;
    }
    ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| show_plot(ui, figure, span));
}

/// What lines are drawn in, the first of a figure first.
fn line_colors(ui: &Ui) -> [Color32; 2] {
    let colors = theme::colors(ui);
    [colors.accent, colors.warn]
}

fn show_plot(ui: &mut Ui, figure: &Figure, span: f64) {
    let texts = text::of(ui).statistics();
    let colors = theme::colors(ui);
    let lines = line_colors(ui);
    let step = step_of(figure.most());
    let top = f64::from(figure.most());
    let small = font(size::LABEL, Weight::Regular);
    let axis = |axis: AxisHints<'static>| axis.tick_label_color(colors.dim).tick_label_font(small.clone());
    let time = axis(AxisHints::new_x()).label_spacing(Rangef::new(20.0, 30.0)).formatter(move |mark, _| {
        match (-mark.value).round() as u32 {
            0 => texts.now().to_owned(),
            seconds => texts.minutes_ago(seconds / 60),
        }
    });
    let values = axis(AxisHints::new_y())
        .label_spacing(Rangef::new(12.0, 16.0))
        .min_thickness(AXIS_WIDTH)
        .formatter(move |mark, _| texts.number(mark.value, usize::from(step < 1.0)));
    let minutes = move |_| (0..=(span / 60.0) as u32).map(|minute| mark(-60.0 * f64::from(minute), 60.0)).collect();
    let marks = move |_| {
        let count = (top / f64::from(step) + 0.01).floor() as u32;
        (0..=count).map(|number| mark(f64::from(number) * f64::from(step), f64::from(step))).collect()
    };
    let at = move |position: &HoverPosition<'_>| {
        let (HoverPosition::NearDataPoint { position, .. } | HoverPosition::Elsewhere { position }) = position;
        figure.at(position.x, texts)
    };
    Plot::new(("statistics", figure.title))
        .sense(Sense::hover())
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_double_click_reset(false)
        .allow_axis_zoom_drag(false)
        .show_background(false)
        .show_y(false)
        .cursor_color(colors.dim)
        .grid_color(colors.line)
        .grid_spacing(Rangef::new(4.0, 12.0))
        .custom_x_axes(vec![time])
        .custom_y_axes(vec![values])
        .x_grid_spacer(minutes)
        .y_grid_spacer(marks)
        .label_formatter(at)
        .show(ui, |plot| {
            // A little more on each side, so that neither lines nor words lie on the border.
            plot.set_plot_bounds(PlotBounds::from_min_max([-1.02 * span, -0.03 * top], [0.04 * span, 1.08 * top]));
            for (course, color) in figure.courses.iter().zip(lines).rev() {
                for piece in course.pieces() {
                    let points = PlotPoints::from(piece);
                    if points.points().len() == 1 {
                        plot.points(Points::new(course.name, points).color(color).radius(LINE));
                    } else {
                        plot.line(Line::new(course.name, points).color(color).width(LINE));
                    }
                }
            }
        });
}

fn mark(value: f64, step_size: f64) -> GridMark {
    GridMark { value, step_size }
}

/// The distance between lines across a plot that goes up to `most`: 1, 2 or 5 of some power of ten.
fn step_of(most: f32) -> f32 {
    let power = 10.0_f32.powf((most / MOST_MARKS).max(f32::MIN_POSITIVE).log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
    steps.into_iter().find(|step| most / step <= MOST_MARKS + 0.001).unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_lines_of_round_numbers_cross_a_plot() {
        for (most, step) in
            [(5.0, 2.0), (30.0, 10.0), (50.0, 20.0), (620.0, 200.0), (1080.0, 500.0), (2400.0, 1000.0), (1.0, 0.5)]
        {
            assert_eq!(step_of(most), step, "{most}");
        }
    }
}
