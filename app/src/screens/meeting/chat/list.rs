//! What was said, oldest first. It stays at the newest, unless one has gone up to read; then what comes is told of below.

use std::time::Duration;

use egui::{Align, Align2, Layout, Rect, ScrollArea, Ui, UiBuilder, pos2, vec2};

use super::heights::{Heights, Key, Stand};
use super::message;
use super::unread::Unread;
use crate::text;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, size, space};
use crate::view::ChatMessage;
use crate::widgets::button::{Button, Meaning};
use crate::widgets::icon::Icon;

/// What one says within this time of one's last message has no head of its own.
const TOGETHER: Duration = Duration::from_secs(5 * 60);
/// So near to the newest is at the newest.
const NEAR: f32 = 8.0;
const BELOW_LAST: f32 = space::S;

/// What is remembered of the list from one paint to the next.
#[derive(Debug)]
pub struct List {
    heights: Heights,
    stand: Stand,
    /// How far down one could go at the last paint.
    most: f32,
}

impl Default for List {
    fn default() -> Self {
        Self { heights: Heights::default(), stand: Stand::Newest, most: 0.0 }
    }
}

impl List {
    /// Whether the newest is seen.
    pub fn is_at_newest(&self) -> bool {
        self.stand == Stand::Newest
    }

    /// Has the newest seen.
    pub fn go_to_newest(&mut self) {
        self.stand = Stand::Newest;
    }

    /// Shows the messages in `rect`.
    pub fn show(&mut self, ui: &mut Ui, rect: Rect, chat: &[ChatMessage], unread: &Unread) {
        if chat.is_empty() {
            return show_nothing(ui, rect);
        }
        let width = rect.width();
        let key = |at: usize| {
            let (number, has_line) = (chat[at].number, unread.line_before() == Some(chat[at].number));
            let has_head = has_line || at == 0 || !belongs_to(&chat[at], &chat[at - 1]);
            Key { number, has_head, has_line }
        };
        let estimate = |at: usize| message::estimate(&chat[at].text, width, key(at).has_head, key(at).has_line);
        let lay_out = |ui: &Ui, at: usize| message::lay_out(ui, &chat[at], width, key(at).has_head, key(at).has_line);
        // The scroll area's own is what was seen at the last paint, and where it has been moved to since.
        let stand = self.heights.follow(width, self.stand, (0..chat.len()).map(key), estimate);
        let seen = rect.height() - BELOW_LAST;
        let offset = self.heights.settle(stand, seen, |at| lay_out(ui, at).height());
        let total = self.heights.total();
        // For one paint a scroll area knows only how far down one could go before, and springs back from what is below.
        let offset = offset.min(self.most);

        let output = ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| {
            let area = ScrollArea::vertical()
                .id_salt("messages")
                .auto_shrink(false)
                .min_scrolled_height(0.0)
                .vertical_scroll_offset(offset);
            area.show_viewport(ui, |ui, viewport| {
                ui.set_height(total + BELOW_LAST);
                let origin = ui.min_rect().left_top();
                for at in self.heights.rows(viewport.top(), viewport.bottom()) {
                    let top = origin + vec2(0.0, self.heights.top(at));
                    let row = Rect::from_min_size(top, vec2(width, self.heights.height(at)));
                    lay_out(ui, at).show(ui, row, &chat[at]);
                }
            })
        });
        let shown = output.inner.state.unclamped_offset().y;
        let most = (total - seen).max(0.0);
        let is_at_newest = shown >= most.min(std::mem::replace(&mut self.most, most)) - NEAR;
        if is_at_newest && shown < most - NEAR {
            ui.ctx().request_repaint();
        }
        self.stand = if is_at_newest { Stand::Newest } else { Stand::At(shown) };
        if !is_at_newest {
            self.show_way_down(ui, rect, unread.count(chat));
        }
    }

    fn show_way_down(&mut self, ui: &mut Ui, list: Rect, new: usize) {
        const HEIGHT: f32 = 32.0;
        let texts = text::of(ui).chat();
        let row = list.with_min_y(list.bottom() - HEIGHT - space::S).with_max_y(list.bottom() - space::S);
        let layout = Layout::top_down(Align::Center);
        let response = ui.scope_builder(UiBuilder::new().max_rect(row).layout(layout), |ui| match new {
            0 => Button::icon(Icon::ToNewest, texts.to_newest()).height(HEIGHT).hint(texts.to_newest()).show(ui),
            new => {
                let label = texts.new_messages(new);
                Button::text(&label).with_icon(Icon::ToNewest).height(HEIGHT).meaning(Meaning::Primary).show(ui)
            }
        });
        if response.inner.clicked() {
            self.go_to_newest();
            ui.ctx().request_repaint();
        }
    }
}

/// Whether a message goes on from the one before it.
fn belongs_to(message: &ChatMessage, before: &ChatMessage) -> bool {
    let to = |message: &ChatMessage| message.to.as_ref().map(|to| to.id);
    let apart = message.at.duration_since(before.at).unwrap_or_default();
    message.from.id == before.from.id && to(message) == to(before) && apart < TOGETHER
}

fn show_nothing(ui: &Ui, rect: Rect) {
    let (colors, texts) = (theme::colors(ui), text::of(ui).chat());
    let room = rect.width() - 4.0 * space::L;
    let lay_out = |text: &str, face, color| {
        let mut job = egui::text::LayoutJob::simple(text.to_owned(), face, color, room);
        job.halign = Align::Center;
        ui.painter().layout_job(job)
    };
    let title = lay_out(texts.nothing_yet(), font(size::TEXT, Weight::SemiBold), colors.text);
    let words = lay_out(texts.who_reads(), font(size::SECONDARY, Weight::Regular), colors.dim);
    let height = title.size().y + space::XS + words.size().y;
    let top = Align2::CENTER_CENTER.align_size_within_rect(vec2(room, height), rect).top();
    // The words for those who listen are the panel's.
    let below = top + title.size().y + space::XS;
    let clipped = ui.painter().with_clip_rect(rect);
    clipped.galley(pos2(rect.center().x, top), title, colors.text);
    clipped.galley(pos2(rect.center().x, below), words, colors.dim);
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::view::ChatPerson;

    fn said(by: u32, to: Option<u32>, seconds: u64) -> ChatMessage {
        let person = |id| ChatPerson { id, name: "Ana".into(), is_self: false };
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        ChatMessage { number: 1, from: person(by), to: to.map(person), text: "Hello".into(), at, is_sent: true }
    }

    #[test]
    fn what_one_says_shortly_after_to_the_same_people_belongs_together() {
        let first = said(1, None, 1000);
        assert!(belongs_to(&said(1, None, 1299), &first));
        assert!(!belongs_to(&said(1, None, 1300), &first));
        assert!(!belongs_to(&said(2, None, 1001), &first));
        assert!(!belongs_to(&said(1, Some(2), 1001), &first));
        // Clocks may be put back.
        assert!(belongs_to(&said(1, None, 900), &first));
    }
}
