//! Which server codes are looked up on, and whether one's own meetings are held there.

use egui::{Key, Label, RichText, Ui};
use nonet_signaling::protocol::{LinkError, ServerAddress};

use super::parts::{dim, heading, line};
use crate::command::Command;
use crate::settings::ServerSettings;
use crate::text;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, size, space};
use crate::widgets::button::Button;
use crate::widgets::{field, switch};

/// Characters that an address may have.
const LIMIT: usize = 400;

/// What is being typed; none before anything was.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft(Option<String>);

/// Shows the section.
pub(super) fn show(ui: &mut Ui, draft: &mut Draft, kept: &ServerSettings, commands: &mut Vec<Command>) {
    let texts = text::of(ui).settings();
    heading(ui, texts.server_address());
    let mut typed = draft.0.clone().unwrap_or_else(|| kept.address.clone().unwrap_or_default());
    let used = kept.address.clone().unwrap_or_default();
    let width = ui.available_width();
    let written = field::show(ui, texts.server_address_hint(), &mut typed, width, LIMIT);
    let written = written.accessible_name(texts.server_address());
    if written.changed() {
        draft.0 = Some(typed.clone());
    }
    let words = typed.trim();
    let parsed: Result<(), LinkError> =
        if words.is_empty() { Ok(()) } else { words.parse::<ServerAddress>().map(drop) };
    ui.add_space(space::S);
    match &parsed {
        // While somebody types, nothing is wrong yet.
        Err(_) if written.has_focus() => dim(ui, texts.server_more()),
        Err(error) => {
            let text = RichText::new(text::of(ui).errors().link(error)).font(font(size::SECONDARY, Weight::Medium));
            ui.add(Label::new(text.color(theme::colors(ui).warn)).wrap());
        }
        Ok(()) if words != used => dim(ui, texts.from_next_meeting()),
        Ok(()) if used.is_empty() => dim(ui, texts.server_none()),
        Ok(()) => dim(ui, texts.server_used()),
    }
    ui.add_space(space::S);
    let is_new = parsed.is_ok() && words != used;
    let pressed = Button::text(texts.use_server()).enabled(is_new).show(ui).clicked();
    let entered = written.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    let mut settings = kept.clone();
    if is_new && (pressed || entered) {
        settings.address = (!words.is_empty()).then(|| words.to_owned());
        settings.holds_meetings &= settings.address.is_some();
        draft.0 = None;
    }
    ui.add_space(space::S);
    dim(ui, texts.server_more());
    line(ui);
    if kept.address.is_some() {
        let (label, meaning) = (texts.holds_meetings(), texts.holds_meetings_more());
        let on = &mut settings.holds_meetings;
        *on = switch::show(ui, label, meaning, *on).unwrap_or(*on);
    } else {
        dim(ui, texts.held_here());
    }
    if settings != *kept {
        commands.push(Command::SetServer(settings));
    }
}
