//! What one is about to say: for whom, the text, and what sends it.
//!
//! Who was to be told alone and has left is not silently replaced by everybody.

use egui::text::{CCursor, CCursorRange};
use egui::text_edit::TextEditState;
use egui::{
    Align2, CornerRadius, Frame, Id, Key, KeyboardShortcut, Modifiers, Rect, Response, RichText, Role, ScrollArea,
    Sense, Stroke, StrokeKind, TextEdit, Ui, UiBuilder, Vec2, WidgetInfo, pos2, vec2,
};

use super::emoji;
use crate::command::Command;
use crate::text;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, radius, size, space};
use crate::view::Meeting;
use crate::widgets::button::focus_ring;
use crate::widgets::icon::Icon;
use crate::widgets::name_tag::one_line;
use crate::widgets::{popup, pressed};

/// Characters that a message has at most; a server takes no more.
pub const MOST_CHARACTERS: usize = 2000;
/// From so few on it is said how many are left.
const FEW_LEFT: usize = 200;
const MOST_LINES: usize = 5;
/// Where there is little room.
const FEW_LINES: usize = 2;
const LOW: f32 = 220.0;
const TO_ROW: f32 = 26.0;
const AROUND: f32 = space::M;
const PADDING: f32 = 11.0;
const BUTTON: f32 = 32.0;

/// See the module's description.
#[derive(Clone, Debug, Default)]
pub struct Compose {
    draft: String,
    /// Whom alone it is for: their id, and their name in case that they leave.
    to: Option<(u32, String)>,
    wants_focus: bool,
}

impl Compose {
    /// Has what is typed written here.
    pub fn take_focus(&mut self) {
        self.wants_focus = true;
    }

    /// Has what is written be for one person alone.
    pub fn write_to(&mut self, id: u32, name: &str) {
        self.to = Some((id, name.to_owned()));
    }

    /// How high it is at the bottom of `panel`.
    pub fn height(&self, ui: &Ui, panel: Rect, meeting: &Meeting) -> f32 {
        let to = if self.has_to_row(meeting) { TO_ROW } else { 0.0 };
        to + space::XS + self.field_height(ui, panel) + AROUND
    }

    /// Shows it. Returns what is to be sent.
    pub fn show(&mut self, ui: &mut Ui, rect: Rect, meeting: &Meeting) -> Option<Command> {
        // Before anything that may ask for it: whoever is pressed elsewhere takes it away again.
        let id = ui.scope_id().with("message");
        if std::mem::take(&mut self.wants_focus) {
            ui.memory_mut(|memory| memory.request_focus(id));
        }
        let room = rect.shrink2(vec2(AROUND, 0.0)).with_max_y(rect.bottom() - AROUND);
        let mut field = room.with_min_y(room.top() + space::XS);
        if self.has_to_row(meeting) {
            self.show_to(ui, room.with_max_y(room.top() + TO_ROW), meeting);
            field.min.y += TO_ROW;
        }
        let is_entered = ui.memory(|memory| memory.has_focus(id)) && take_enter(ui);
        self.show_field(ui, field, id, meeting);
        let right = pos2(field.right() - 5.0, field.bottom() - field_least(ui) / 2.0);
        let pick = small_button(ui, right - vec2(BUTTON, 0.0), Icon::React, text::of(ui).chat().emoji(), true);
        if let Some(emoji) = emoji::show(&pick) {
            self.insert(ui, id, emoji);
        }
        let can_send = self.can_send(meeting);
        let send = small_button(ui, right, Icon::Send, text::of(ui).chat().send(), can_send);
        if !can_send || !(is_entered || send.clicked()) {
            return None;
        }
        self.wants_focus = true;
        let text = std::mem::take(&mut self.draft).trim().to_owned();
        Some(Command::SendChat { text, to: self.to.as_ref().map(|(id, _)| *id) })
    }

    fn has_to_row(&self, meeting: &Meeting) -> bool {
        self.to.is_some() || meeting.participants.len() > 1
    }

    fn is_to_there(&self, meeting: &Meeting) -> bool {
        let is_there = |to: u32| meeting.participants.iter().any(|participant| participant.id == to);
        self.to.as_ref().is_none_or(|(to, _)| is_there(*to))
    }

    fn can_send(&self, meeting: &Meeting) -> bool {
        !self.draft.trim().is_empty() && self.is_to_there(meeting)
    }

    fn field_height(&self, ui: &Ui, panel: Rect) -> f32 {
        let most = if panel.height() < LOW { FEW_LINES } else { MOST_LINES };
        let width = text_width(panel.width() - 2.0 * AROUND);
        let face = font(size::TEXT, Weight::Regular);
        let lines = ui.painter().layout(self.draft.clone(), face, theme::colors(ui).text, width).rows.len();
        field_least(ui) + line_height(ui) * (lines.clamp(1, most) - 1) as f32
    }

    /// For whom it is, and how many characters are left.
    fn show_to(&mut self, ui: &mut Ui, row: Rect, meeting: &Meeting) {
        let (colors, texts) = (theme::colors(ui), text::of(ui).chat());
        let left = MOST_CHARACTERS.saturating_sub(self.draft.chars().count());
        let mut right = row.right() - space::XS;
        if left <= FEW_LEFT {
            let color = if left == 0 { colors.warn } else { colors.dim };
            let at = pos2(right, row.center().y);
            let words = texts.characters_left(left);
            let face = font(size::LABEL, Weight::Regular);
            let rect = ui.painter().text(at, Align2::RIGHT_CENTER, &words, face, color);
            ui.interact(rect, ui.scope_id().with("characters left"), Sense::hover())
                .widget_info(|| WidgetInfo::labeled(Role::Status, true, &words));
            right = rect.left() - space::S;
        }
        let (words, color) = match &self.to {
            None => (format!("{}: {}", texts.to(), text::of(ui).common().everyone()), colors.dim),
            Some((_, name)) if self.is_to_there(meeting) => (format!("{}: {name}", texts.to()), colors.accent),
            Some((_, name)) => (texts.has_left(name), colors.warn),
        };
        let room = right - row.left() - 2.0 * space::S - size::SMALL_ICON;
        let galley = ui.painter().layout_job(one_line(&words, font(size::LABEL, Weight::Medium), color, room));
        let width = galley.size().x + space::S + size::SMALL_ICON;
        let rect = Rect::from_min_size(row.left_top(), vec2(width + 2.0 * space::XS, TO_ROW - 2.0));
        let response = ui.interact(rect, ui.scope_id().with("to"), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, texts.to_whom()));
        ui.ctx().accesskit_node_builder(response.id, |node| node.set_value(words.as_str()));
        if pressed::is_lit(ui, &response) {
            ui.painter().rect_filled(rect, CornerRadius::same(radius::TAG), colors.raised);
        }
        if response.has_focus() {
            focus_ring(ui, rect.shrink(2.0), radius::TAG);
        }
        let at = pos2(rect.left() + space::XS, rect.center().y - galley.size().y / 2.0);
        let icon = pos2(at.x + galley.size().x + space::XS + size::SMALL_ICON / 2.0, rect.center().y);
        ui.painter().galley(at, galley, color);
        Icon::Open.paint(ui.painter(), icon, size::SMALL_ICON, color);
        popup::show(&response, popup::WIDTH, false, |ui| self.choose_to(ui, meeting));
    }

    fn choose_to(&mut self, ui: &mut Ui, meeting: &Meeting) {
        let everyone = text::of(ui).common().everyone();
        let before = self.to.clone();
        if popup::choice(ui, everyone, self.to.is_none()).clicked() {
            self.to = None;
        }
        popup::line(ui);
        for other in meeting.participants.iter().filter(|participant| !participant.is_self) {
            let is_chosen = before.as_ref().is_some_and(|(id, _)| *id == other.id);
            if popup::choice(ui, &other.name, is_chosen).clicked() {
                self.to = Some((other.id, other.name.clone()));
            }
        }
        self.wants_focus |= before != self.to;
    }

    fn show_field(&mut self, ui: &mut Ui, field: Rect, id: Id, meeting: &Meeting) {
        let (colors, texts) = (theme::colors(ui), text::of(ui).chat());
        let rounding = CornerRadius::same(radius::CONTROL);
        ui.painter().rect_filled(field, rounding, colors.raised);
        if ui.memory(|memory| memory.has_focus(id)) {
            ui.painter().rect_stroke(field, rounding, Stroke::new(2.0, colors.accent), StrokeKind::Inside);
        }
        let hint = match &self.to {
            Some((_, name)) if self.is_to_there(meeting) => texts.message_one(name),
            Some(_) => texts.message().to_owned(),
            None => texts.message_everyone().to_owned(),
        };
        let width = text_width(field.width());
        // A hint of several lines would be higher than the field.
        let face = font(size::TEXT, Weight::Regular);
        let is_wide = ui.painter().layout_no_wrap(hint.clone(), face.clone(), colors.dim).size().x > width;
        let hint = if is_wide { texts.message() } else { &hint };
        let hint = RichText::new(hint).font(face).color(colors.dim);
        let room = Rect::from_min_size(field.min + vec2(PADDING, PADDING), vec2(width, field.height() - 2.0 * PADDING));
        ui.scope_builder(UiBuilder::new().max_rect(room), |ui| {
            ScrollArea::vertical().id_salt("draft").min_scrolled_height(0.0).max_height(room.height()).show(ui, |ui| {
                let edit = TextEdit::multiline(&mut self.draft)
                    .id(id)
                    .frame(Frame::NONE)
                    .font(font(size::TEXT, Weight::Regular))
                    .text_color(colors.text)
                    .hint_text(hint)
                    .desired_rows(1)
                    .desired_width(width)
                    .char_limit(MOST_CHARACTERS)
                    .return_key(KeyboardShortcut::new(Modifiers::SHIFT, Key::Enter));
                edit.show(ui).response.response.accessible_name(texts.message());
            });
        });
    }

    /// Writes where the cursor is.
    fn insert(&mut self, ui: &Ui, id: Id, words: &str) {
        if self.draft.chars().count() + words.chars().count() > MOST_CHARACTERS {
            return;
        }
        let mut state = TextEditState::load(ui.ctx(), id).unwrap_or_default();
        let end = self.draft.chars().count();
        let at = state.cursor.char_range().map_or(end, |range| range.primary.index.0.min(end));
        let byte = self.draft.char_indices().nth(at).map_or(self.draft.len(), |(byte, _)| byte);
        self.draft.insert_str(byte, words);
        state.cursor.set_char_range(Some(CCursorRange::one(CCursor::new(at + words.chars().count()))));
        state.store(ui.ctx(), id);
    }
}

/// Enter sends; with shift it breaks the line.
fn take_enter(ui: &Ui) -> bool {
    ui.input_mut(|input| !input.modifiers.shift && input.consume_key(Modifiers::NONE, Key::Enter))
}

fn line_height(ui: &Ui) -> f32 {
    ui.ctx().fonts_mut(|fonts| fonts.row_height(&font(size::TEXT, Weight::Regular)))
}

/// Of a field with one line.
fn field_least(ui: &Ui) -> f32 {
    line_height(ui) + 2.0 * PADDING
}

/// Of what is written in a field of this width.
fn text_width(field: f32) -> f32 {
    (field - PADDING - 2.0 * BUTTON - 2.0 * space::XS).max(1.0)
}

fn small_button(ui: &Ui, right_center: egui::Pos2, icon: Icon, label: &str, enabled: bool) -> Response {
    let colors = theme::colors(ui);
    let rect = Align2::RIGHT_CENTER.anchor_size(right_center, Vec2::splat(BUTTON));
    let sense = if enabled { Sense::click() } else { Sense::hover() };
    let response = ui.interact(rect, ui.scope_id().with(label), sense);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, label));
    let ink = match (enabled, icon) {
        (true, Icon::Send) => colors.accent,
        (true, _) => colors.dim,
        (false, _) => colors.dim.gamma_multiply(0.5),
    };
    if enabled && pressed::is_lit(ui, &response) {
        ui.painter().rect_filled(rect.shrink(2.0), CornerRadius::same(radius::TAG), colors.line);
    }
    if response.has_focus() {
        focus_ring(ui, rect.shrink(4.0), radius::TAG);
    }
    icon.paint(ui.painter(), rect.center(), size::ICON, ink);
    response.on_hover_text(label)
}
