//! The list of people: who is here and how, who waits to be let in, what hosts can set, and how others are invited.

mod invite;
mod person;
mod settings;
mod waiting;

use std::time::Instant;

use egui::{Margin, Rect, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use crate::command::Command;
use crate::text;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, size, space};
use crate::view::{Meeting, Participant};
use crate::widgets::name_tag::one_line;
use invite::Invite;

const HEADING: f32 = 34.0;

/// What is remembered of the list from one paint to the next.
#[derive(Debug, Default)]
pub struct State {
    invite: Invite,
}

impl State {
    /// Shows it in `rect`. Returns who is to be written to.
    pub fn show<'a>(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        meeting: &'a Meeting,
        now: Instant,
        commands: &mut Vec<Command>,
    ) -> Option<&'a Participant> {
        let mut write_to = None;
        let texts = text::of(ui).people();
        ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| {
            let margin = Margin { left: space::L as i8, right: space::L as i8, top: 0, bottom: space::L as i8 };
            let area = ScrollArea::vertical().id_salt("people").auto_shrink(false).content_margin(margin);
            area.show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                if meeting.is_host && !meeting.waiting.is_empty() {
                    heading(ui, texts.waiting(), Some(meeting.waiting.len()));
                    waiting::show(ui, &meeting.waiting, commands);
                }
                heading(ui, texts.in_meeting(), Some(meeting.participants.len()));
                for participant in in_order(&meeting.participants) {
                    if person::show(ui, participant, meeting.is_host, commands) {
                        write_to = Some(participant);
                    }
                }
                heading(ui, texts.invite(), None);
                self.invite.show(ui, meeting, now);
                if meeting.is_host {
                    heading(ui, texts.host_controls(), None);
                    settings::show(ui, meeting, commands);
                }
            });
        });
        write_to
    }
}

/// Raised hands first, in the order in which they were raised; then as they joined.
fn in_order(participants: &[Participant]) -> Vec<&Participant> {
    let mut people: Vec<_> = participants.iter().collect();
    people.sort_by_key(|participant| participant.hand.unwrap_or(u32::MAX));
    people
}

/// What the rows below it are, and how many.
fn heading(ui: &mut Ui, title: &str, count: Option<usize>) {
    let colors = theme::colors(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEADING), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Heading, true, title));
    let words = match count {
        Some(count) => format!("{title} · {count}"),
        None => title.to_owned(),
    };
    let job = one_line(&words, font(size::LABEL, Weight::SemiBold), colors.dim, rect.width());
    let galley = ui.painter().layout_job(job);
    let at = pos2(rect.left(), rect.bottom() - space::XS - galley.size().y);
    ui.painter().galley(at, galley, colors.dim);
}

#[cfg(test)]
mod tests {
    use nonet_media::latest::Latest;

    use super::*;
    use crate::view::{Connection, Motion};

    fn participant(id: u32, hand: Option<u32>) -> Participant {
        Participant {
            id,
            name: "Ana".into(),
            is_self: false,
            is_host: false,
            microphone_on: true,
            camera_on: true,
            speaking: false,
            connection: Connection::Connected,
            motion: Motion::Live,
            pictures: Latest::new(),
            volume_percent: 100,
            hand,
            quality: None,
        }
    }

    #[test]
    fn raised_hands_come_first_in_their_order_and_all_others_as_they_joined() {
        let participants = [(1, None), (2, Some(2)), (3, None), (4, Some(1))].map(|(id, hand)| participant(id, hand));
        let order: Vec<_> = in_order(&participants).iter().map(|participant| participant.id).collect();
        assert_eq!(order, [4, 2, 1, 3]);
    }
}
