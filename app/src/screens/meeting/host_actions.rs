//! What hosts can do about somebody else, as rows of a menu.

use egui::{Align, Frame, Id, Label, Layout, Margin, RichText, Ui, vec2};

use crate::command::Command;
use crate::text;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, size, space};
use crate::view::Participant;
use crate::widgets::button::{Button, Meaning};
use crate::widgets::icon::Icon;
use crate::widgets::popup;

const BUTTON: f32 = 36.0;

/// Shows the rows. Returns what was asked for, after which the menu is done. Putting somebody out is asked for twice.
pub fn show(ui: &mut Ui, participant: &Participant) -> Option<Command> {
    let texts = text::of(ui).people();
    let id = participant.id;
    let is_asked = is_asked(id);
    if ui.data(|data| data.get_temp(is_asked).unwrap_or(false)) {
        let really = confirm(ui, participant)?;
        ui.data_mut(|data| data.remove::<bool>(is_asked));
        return really.then_some(Command::Remove { participant: id });
    }
    let mut asked = None;
    let mut offer = |ui: &mut Ui, icon, label, command| {
        if popup::item(ui, icon, label).clicked() {
            asked = Some(command);
        }
    };
    if participant.microphone_on {
        offer(ui, Icon::MicrophoneOff, texts.mute(), Command::Mute { participant: id });
    } else {
        offer(ui, Icon::Microphone, texts.ask_to_unmute(), Command::AskToUnmute { participant: id });
    }
    if participant.camera_on {
        offer(ui, Icon::CameraOff, texts.turn_camera_off(), Command::TurnCameraOff { participant: id });
    }
    if participant.hand.is_some() {
        offer(ui, Icon::Hand, texts.lower_hand(), Command::LowerHand { participant: id });
    }
    let (label, is_host) =
        if participant.is_host { (texts.no_longer_host(), false) } else { (texts.make_host(), true) };
    offer(ui, Icon::Host, label, Command::SetHost { participant: id, is_host });
    if popup::dangerous_item(ui, Icon::Remove, texts.remove()).clicked() {
        ui.data_mut(|data| data.insert_temp(is_asked, true));
    }
    asked
}

/// Forgets that somebody was about to be put out; for when the menu opens anew.
pub fn forget(ui: &Ui, participant: u32) {
    ui.data_mut(|data| data.remove::<bool>(is_asked(participant)));
}

fn is_asked(participant: u32) -> Id {
    Id::unique(("remove", participant))
}

/// Asks once more. Returns the answer.
fn confirm(ui: &mut Ui, participant: &Participant) -> Option<bool> {
    let margin = Margin::symmetric(space::S as i8, space::XS as i8);
    Frame::new().inner_margin(margin).show(ui, |ui| question(ui, participant)).inner
}

fn question(ui: &mut Ui, participant: &Participant) -> Option<bool> {
    let texts = text::of(ui);
    let question = texts.people().remove_really(&participant.name);
    let question = RichText::new(question).font(font(size::TEXT, Weight::Medium)).color(theme::colors(ui).text);
    ui.add(Label::new(question).wrap());
    ui.add_space(space::S);
    let mut answer = None;
    let row = vec2(ui.available_width(), BUTTON);
    ui.allocate_ui_with_layout(row, Layout::left_to_right(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        if Button::text(texts.common().cancel()).height(BUTTON).show(ui).clicked() {
            answer = Some(false);
        }
        let remove = Button::text(texts.people().remove_yes()).height(BUTTON).meaning(Meaning::Danger);
        if remove.show(ui).clicked() {
            answer = Some(true);
        }
    });
    answer
}
