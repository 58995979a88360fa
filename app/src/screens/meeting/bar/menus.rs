//! What opens from the bar: reactions, ways out, and what the bar had no room for.

use egui::{CornerRadius, Role, Sense, Ui, WidgetInfo, vec2};

use super::fit::{Fit, Item};
use super::{Bar, Pressed};
use crate::command::Command;
use crate::screens::meeting::layout::Layout;
use crate::screens::meeting::panel::Panel;
use crate::text;
use crate::theme::{self, radius, space};
use crate::view::ReactionKind;
use crate::widgets::button::focus_ring;
use crate::widgets::icon::Icon;
use crate::widgets::reaction::Picture;
use crate::widgets::{popup, pressed};

const REACTION: f32 = 40.0;
/// Of all reactions in one row.
pub const REACTIONS_WIDTH: f32 = ReactionKind::ALL.len() as f32 * REACTION;

/// All that can be shown for a moment; in as many rows as are needed.
pub fn reactions(ui: &mut Ui, commands: &mut Vec<Command>) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
        for kind in ReactionKind::ALL {
            if reaction(ui, kind) {
                commands.push(Command::React(kind));
            }
        }
    });
}

fn reaction(ui: &mut Ui, kind: ReactionKind) -> bool {
    let (colors, name) = (theme::colors(ui), text::of(ui).bar().reaction(kind));
    let (rect, response) = ui.allocate_exact_size(vec2(REACTION, REACTION), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::MenuItem, true, name));
    if pressed::is_lit(ui, &response) || response.has_focus() {
        ui.painter().rect_filled(rect, CornerRadius::same(radius::TAG), colors.raised);
    }
    if response.has_focus() {
        focus_ring(ui, rect.shrink(3.0), radius::TAG);
    }
    Picture::from(kind).paint(ui, ui.painter(), rect.shrink(space::S), 1.0);
    response.on_hover_text(name).clicked()
}

/// How hosts can go.
pub fn leave(ui: &mut Ui, ends_with_me: bool, commands: &mut Vec<Command>) {
    let texts = text::of(ui).bar();
    if ends_with_me {
        popup::heading(ui, texts.ends_with_me());
    } else if popup::item(ui, Icon::Leave, texts.leave_alone()).clicked() {
        commands.push(Command::Leave);
    }
    if popup::dangerous_item(ui, Icon::EndForAll, texts.end_for_all()).clicked() {
        commands.push(Command::EndForAll);
    }
}

impl Bar<'_> {
    /// What there is no room for in the bar. Returns whether something was done with which the menu is done.
    pub(super) fn more_rows(
        &self,
        ui: &mut Ui,
        fit: Fit,
        layout: &mut Layout,
        pressed: &mut Pressed,
        commands: &mut Vec<Command>,
    ) -> bool {
        let texts = text::of(ui).bar();
        let mut is_done = false;
        if fit.in_menu().any(|item| item == Item::React) {
            let before = commands.len();
            reactions(ui, commands);
            is_done |= commands.len() > before;
            popup::line(ui);
        }
        for item in fit.in_menu() {
            let (icon, label) = match item {
                Item::Hand if self.is_hand_up() => (Icon::Hand, texts.lower_hand().to_owned()),
                Item::Hand => (Icon::Hand, texts.raise_hand().to_owned()),
                Item::Chat if self.unread > 0 => (Icon::Chat, texts.unread(self.unread)),
                Item::Chat => (Icon::Chat, texts.chat().to_owned()),
                Item::People => (Icon::People, text::of(ui).common().people(self.meeting.participants.len())),
                Item::Statistics => (Icon::Statistics, texts.statistics().to_owned()),
                Item::CopyLink => (Icon::Copy, texts.copy_link().to_owned()),
                Item::Settings => (Icon::Settings, text::of(ui).common().settings().to_owned()),
                // They have rows of their own.
                Item::React | Item::Layout => continue,
            };
            if !popup::item(ui, icon, &label).clicked() {
                continue;
            }
            is_done = true;
            match item {
                Item::Hand => commands.push(Command::RaiseHand(!self.is_hand_up())),
                Item::Chat => pressed.panel = Some(Panel::Chat),
                Item::People => pressed.panel = Some(Panel::People),
                Item::Statistics => pressed.statistics = true,
                Item::CopyLink => pressed.copy_link = true,
                Item::Settings => pressed.settings = true,
                Item::React | Item::Layout => {}
            }
        }
        if fit.in_menu().any(|item| item == Item::Layout) {
            popup::line(ui);
            layout.menu(ui);
            ui.add_space(space::XS);
        }
        is_done
    }
}
