//! What is remembered, to switch and to clear.

use egui::Ui;

use super::parts::{dim, heading, line, switched};
use crate::command::Command;
use crate::text;
use crate::theme::space;
use crate::view::Kept;
use crate::widgets::button::Button;
use crate::widgets::icon::Icon;

/// Shows the section.
pub(super) fn show(ui: &mut Ui, kept: &Kept, commands: &mut Vec<Command>) {
    let texts = text::of(ui).settings();
    let mut settings = kept.privacy;
    let label = texts.remember_meetings();
    switched(ui, label, texts.remember_meetings_more(), &mut settings.remember_meetings);
    if settings != kept.privacy {
        commands.push(Command::SetPrivacy(settings));
    }
    forget(ui, kept.meetings, &texts.forget_meetings(kept.meetings), Command::ForgetAllRecent, commands);
    line(ui);
    heading(ui, texts.volumes());
    dim(ui, texts.volumes_more());
    ui.add_space(space::S);
    forget(ui, kept.volumes, &texts.forget_volumes(kept.volumes), Command::ForgetVolumes, commands);
    line(ui);
    let mut discovery = kept.discovery;
    switched(ui, texts.discovery(), texts.discovery_more(), &mut discovery.is_on);
    if discovery.is_on {
        ui.add_space(space::M);
        switched(ui, texts.announce_name(), texts.announce_name_more(), &mut discovery.announces_name);
    }
    if discovery != kept.discovery {
        commands.push(Command::SetDiscovery(discovery));
    }
    line(ui);
    heading(ui, texts.what_leaves());
    dim(ui, texts.what_leaves_more());
}

/// A button that forgets what there is, or that there is nothing.
fn forget(ui: &mut Ui, count: usize, label: &str, command: Command, commands: &mut Vec<Command>) {
    if count == 0 {
        dim(ui, text::of(ui).settings().nothing_kept());
    } else if Button::text(label).with_icon(Icon::Delete).show(ui).clicked() {
        commands.push(command);
    }
}
