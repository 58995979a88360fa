//! What hosts can set of a meeting: whether others can join, and who waits before.

use egui::{RichText, Ui};

use crate::command::Command;
use crate::text;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, size, space};
use crate::view::{Meeting, WaitingRoom};
use crate::widgets::{picker, switch};

const ROOMS: [WaitingRoom; 3] = [WaitingRoom::Off, WaitingRoom::WithoutLink, WaitingRoom::All];

/// Shows it.
pub fn show(ui: &mut Ui, meeting: &Meeting, commands: &mut Vec<Command>) {
    let texts = text::of(ui).people();
    commands.extend(switch::show(ui, texts.lock(), texts.lock_meaning(), meeting.is_locked).map(Command::SetLocked));
    ui.add_space(space::M);
    let label =
        RichText::new(texts.waiting_room()).font(font(size::TEXT, Weight::Medium)).color(theme::colors(ui).text);
    ui.label(label);
    ui.add_space(space::XS);
    let words = |room: WaitingRoom| match room {
        WaitingRoom::Off => texts.waiting_room_off(),
        WaitingRoom::WithoutLink => texts.waiting_room_without_link(),
        WaitingRoom::All => texts.waiting_room_all(),
    };
    let picked = picker::show(ui, texts.waiting_room(), &ROOMS.map(words), words(meeting.waiting_room));
    commands.extend(picked.map(|place| Command::SetWaitingRoom(ROOMS[place])));
}
