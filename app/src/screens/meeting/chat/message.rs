//! One message: who said it and when, its text with its links, and whether it is on its way.

use std::ops::Range;
use std::sync::Arc;

use egui::text::{LayoutJob, TextFormat};
use egui::text_selection::LabelSelectionState;
use egui::{
    Align2, Color32, CornerRadius, CursorIcon, Galley, OpenUrl, Rect, Response, Role, Sense, Stroke, Ui, Vec2,
    WidgetInfo, pos2, vec2,
};

use super::{clock, links};
use crate::text;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, radius, size, space};
use crate::view::ChatMessage;
use crate::widgets::button::focus_ring;
use crate::widgets::icon::Icon;
use crate::widgets::name_tag::one_line;
use crate::widgets::pressed;

/// From the list's sides to the text.
pub const SIDE: f32 = space::L;
/// Height of the line above what was not read.
const LINE: f32 = 28.0;
const ABOVE_HEAD: f32 = space::M;
const BELOW_HEAD: f32 = 2.0;
const ABOVE_TEXT: f32 = space::XS;
const TEXT_LINE: f32 = 20.0;
/// An estimate of the width of a letter.
const LETTER: f32 = 7.0;

/// A message that was laid out.
#[derive(Clone, Debug)]
pub struct Laid {
    head: Option<Arc<Galley>>,
    text: Arc<Galley>,
    /// In characters.
    links: Vec<(Range<usize>, String)>,
    has_line: bool,
}

/// About how high a message is.
pub fn estimate(text: &str, width: f32, has_head: bool, has_line: bool) -> f32 {
    let letters = ((width - 2.0 * SIDE) / LETTER).max(1.0);
    let lines: f32 = text.split('\n').map(|line| (line.len() as f32 / letters).ceil().max(1.0)).sum();
    let head = if has_head { ABOVE_HEAD + TEXT_LINE + BELOW_HEAD } else { ABOVE_TEXT };
    head + lines * TEXT_LINE + if has_line { LINE } else { 0.0 }
}

/// Lays a message out in a list of this width; what is laid out at each paint is kept by egui.
pub fn lay_out(ui: &Ui, message: &ChatMessage, width: f32, has_head: bool, has_line: bool) -> Laid {
    let colors = theme::colors(ui);
    let room = (width - 2.0 * SIDE).max(1.0);
    let ink = if message.is_sent { colors.text } else { colors.dim };
    let mut format = TextFormat::simple(font(size::TEXT, Weight::Regular), ink);
    format.line_height = Some(TEXT_LINE);
    let of_link = TextFormat { color: colors.accent, underline: Stroke::new(1.0, colors.accent), ..format.clone() };
    let text = message.text.as_str();
    let (mut job, mut from, mut in_characters) = (LayoutJob::default(), 0, Vec::new());
    let count = |text: &str| text.chars().count();
    for link in links::find(text) {
        job.append(&text[from..link.start], 0.0, format.clone());
        job.append(&text[link.clone()], 0.0, of_link.clone());
        let start = count(&text[..link.start]);
        in_characters.push((start..start + count(&text[link.clone()]), text[link.clone()].to_owned()));
        from = link.end;
    }
    job.append(&text[from..], 0.0, format);
    job.wrap.max_width = room;
    Laid {
        head: has_head.then(|| head(ui, message, room)),
        text: ui.painter().layout_job(job),
        links: in_characters,
        has_line,
    }
}

fn head(ui: &Ui, message: &ChatMessage, room: f32) -> Arc<Galley> {
    let colors = theme::colors(ui);
    let (texts, common) = (text::of(ui).chat(), text::of(ui).common());
    let time = clock::time_of_day(message.at);
    let mut job = match &message.to {
        Some(to) => {
            let who = if message.from.is_self {
                texts.privately_from_you(&to.name)
            } else {
                texts.privately_to_you(&message.from.name)
            };
            let words = format!("{who} · {time}");
            return ui.painter().layout_job(one_line(&words, font(size::LABEL, Weight::Medium), colors.accent, room));
        }
        None => {
            let name = if message.from.is_self { common.you() } else { &message.from.name };
            one_line(name, font(size::TEXT, Weight::SemiBold), colors.text, room)
        }
    };
    job.append(&time, 6.0, TextFormat::simple(font(size::LABEL, Weight::Regular), colors.dim));
    ui.painter().layout_job(job)
}

impl Laid {
    /// How high it is.
    pub fn height(&self) -> f32 {
        let head = self.head.as_ref().map_or(ABOVE_TEXT, |head| ABOVE_HEAD + head.size().y + BELOW_HEAD);
        head + self.text.size().y + if self.has_line { LINE } else { 0.0 }
    }

    /// Shows it over `row`.
    pub fn show(self, ui: &mut Ui, row: Rect, message: &ChatMessage) {
        let colors = theme::colors(ui);
        let mut y = row.top();
        if self.has_line {
            show_line(ui, row.with_max_y(y + LINE));
            y += LINE;
        }
        let left = row.left() + SIDE;
        match self.head {
            Some(head) => {
                y += ABOVE_HEAD;
                let height = head.size().y;
                ui.painter().galley(pos2(left, y), head, colors.text);
                y += height + BELOW_HEAD;
            }
            None => y += ABOVE_TEXT,
        }
        let text_at = pos2(left, y);
        let text_rect = Rect::from_min_size(text_at, self.text.size());
        let mut sense = Sense::click_and_drag();
        // Who goes on by keyboard goes from link to link, and not through all that was said.
        sense -= Sense::FOCUSABLE;
        let response = ui.interact(text_rect, ui.scope_id().with(("message", message.number)), sense);
        let words = words(ui, message);
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
        if !message.is_sent {
            show_pending(ui, pos2(row.right() - SIDE, text_rect.bottom() - TEXT_LINE / 2.0), message.number);
        }
        let galley = self.text.clone();
        LabelSelectionState::label_text_selection(ui, &response, text_at, galley, colors.text, Stroke::NONE);
        for (part, (characters, url)) in self.links.iter().enumerate() {
            show_link(ui, &self.text, text_at.to_vec2(), characters, url, (message.number, part));
        }
        show_copy(ui, row.with_min_y(y - ABOVE_TEXT), message);
    }
}

/// What is said of a message to those who listen.
fn words(ui: &Ui, message: &ChatMessage) -> String {
    let (texts, common) = (text::of(ui).chat(), text::of(ui).common());
    let who = match &message.to {
        Some(to) if message.from.is_self => texts.privately_from_you(&to.name),
        Some(_) => texts.privately_to_you(&message.from.name),
        None if message.from.is_self => common.you().to_owned(),
        None => message.from.name.clone(),
    };
    format!("{who}, {}: {}", clock::time_of_day(message.at), message.text)
}

fn show_line(ui: &Ui, row: Rect) {
    let (colors, new) = (theme::colors(ui), text::of(ui).chat().not_read());
    let middle = row.center().y + 4.0;
    let right = pos2(row.right() - SIDE, middle);
    let face = font(size::LABEL, Weight::SemiBold);
    let words = ui.painter().text(right, Align2::RIGHT_CENTER, new, face, colors.accent);
    ui.painter().hline(row.left() + SIDE..=words.left() - space::S, middle, Stroke::new(1.0, colors.accent));
}

fn show_pending(ui: &Ui, center: egui::Pos2, number: u64) {
    let (colors, words) = (theme::colors(ui), text::of(ui).chat().sending());
    Icon::Pending.paint(ui.painter(), center, 11.0, colors.dim);
    let rect = Rect::from_center_size(center, Vec2::splat(SIDE));
    let response = ui.interact(rect, ui.scope_id().with(("pending", number)), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
    response.on_hover_text(words);
}

/// A link may go over several lines, and can be pressed in each.
fn show_link(ui: &Ui, galley: &Galley, at: Vec2, characters: &Range<usize>, url: &str, id: (u64, usize)) {
    let mut pressed = false;
    let mut first = true;
    let mut begin = 0;
    for row in &galley.rows {
        let end = begin + row.char_count_excluding_newline().0;
        let (from, to) = (characters.start.max(begin), characters.end.min(end));
        if from < to {
            let place = |character: usize| row.x_offset((character - begin).into()) + row.pos.x;
            let rect = Rect::from_x_y_ranges(place(from)..=place(to), row.min_y()..=row.max_y()).translate(at);
            let sense = if first { Sense::click() } else { Sense::CLICK };
            let response = ui.interact(rect, ui.scope_id().with(("link", id, from)), sense);
            if first {
                response.widget_info(|| WidgetInfo::labeled(Role::Link, true, url));
            }
            if response.has_focus() {
                focus_ring(ui, rect, 4);
            }
            pressed |= response.on_hover_cursor(CursorIcon::PointingHand).clicked();
            first = false;
        }
        begin += row.char_count_including_newline().0;
    }
    if pressed {
        ui.ctx().open_url(OpenUrl::new_tab(url));
    }
}

/// What copies the message: seen by who points at it or comes by with the keyboard.
fn show_copy(ui: &Ui, row: Rect, message: &ChatMessage) {
    const SIZE: f32 = 26.0;
    let (colors, texts) = (theme::colors(ui), text::of(ui).chat());
    let corner = row.right_top() + vec2(-space::S, -space::XS);
    let rect = Align2::RIGHT_TOP.anchor_size(corner, Vec2::splat(SIZE));
    let response: Response = ui.interact(rect, ui.scope_id().with(("copy", message.number)), Sense::click());
    let of = if message.from.is_self { texts.your_message() } else { &message.from.name };
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, texts.copy_of(of)));
    let is_lit = pressed::is_lit(ui, &response);
    if is_lit || ui.rect_contains_pointer(row) || response.has_focus() {
        let fill: Color32 = if is_lit { colors.line } else { colors.raised };
        ui.painter().rect_filled(rect, CornerRadius::same(radius::TAG), fill);
        Icon::Copy.paint(ui.painter(), rect.center(), size::SMALL_ICON, colors.text);
    }
    if response.has_focus() {
        focus_ring(ui, rect.shrink(2.0), radius::TAG);
    }
    if response.on_hover_text(text::of(ui).common().copy()).clicked() {
        ui.ctx().copy_text(message.text.clone());
    }
}
