//! The chat: what was said, and what one is about to say.
//!
//! What is being written, for whom, and what was read belong to the window and outlive the panel's being closed.

mod clock;
mod compose;
mod emoji;
mod heights;
mod links;
mod list;
mod message;
mod unread;

use egui::{Rect, Ui};

use crate::command::Command;
use crate::view::{ChatMessage, Meeting, Participant};
use compose::Compose;
use list::List;
use unread::Unread;

/// See the module's description.
#[derive(Debug, Default)]
pub struct State {
    unread: Unread,
    list: List,
    compose: Compose,
}

impl State {
    /// Takes in what was said; `is_open` is whether it is shown. Returns whether there is something new to read.
    pub fn look(&mut self, chat: &[ChatMessage], is_open: bool) -> bool {
        let is_opened = self.unread.look(chat, is_open, self.list.is_at_newest());
        if is_opened {
            self.list.go_to_newest();
            self.compose.take_focus();
        }
        self.unread.has_news(chat)
    }

    /// Has what is written be for one person alone.
    pub fn write_to(&mut self, participant: &Participant) {
        self.compose.write_to(participant.id, &participant.name);
    }

    /// How many messages of others were not read.
    pub fn unread(&self, chat: &[ChatMessage]) -> usize {
        self.unread.count(chat)
    }

    /// Shows it in `rect`.
    pub fn show(&mut self, ui: &mut Ui, rect: Rect, meeting: &Meeting, commands: &mut Vec<Command>) {
        let height = self.compose.height(ui, rect, meeting);
        let (list, compose) = rect.split_top_bottom_at_y(rect.bottom() - height);
        self.list.show(ui, list, &meeting.chat, &self.unread);
        if let Some(command) = self.compose.show(ui, compose, meeting) {
            self.list.go_to_newest();
            self.unread.forget_line();
            commands.push(command);
        }
    }
}
