//! A meeting in a small window, beside other work: who speaks, and the few controls that one needs there.

use std::time::{Duration, Instant};

use egui::{Align, CornerRadius, Layout, Rect, Sense, Ui, UiBuilder, ViewportCommand, vec2};

use crate::command::{Command, ShownTile};
use crate::gpu::tile::paint_callback;
use crate::pictures::Pictures;
use crate::text;
use crate::theme::{self, on_picture, radius, space};
use crate::view::{Device, Meeting, Participant};
use crate::widgets::button::{Button, Meaning};
use crate::widgets::icon::Icon;
use crate::widgets::tile::{self, Face};

const BUTTON: egui::Vec2 = vec2(40.0, 34.0);
/// Around the buttons, on the picture.
const BAR_PADDING: f32 = 5.0;

/// What is remembered from one paint to the next.
#[derive(Debug, Default)]
pub struct State {
    pictures: Pictures,
    /// Who spoke last.
    speaker: Option<u32>,
    shown: Vec<ShownTile>,
}

/// What was asked for that is not a command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    pub back: bool,
}

impl State {
    /// Who was shown at the last paint, and how large.
    pub fn shown(&self) -> &[ShownTile] {
        &self.shown
    }

    /// Whoever speaks; then who spoke last, for as long as nobody else does; oneself where nobody else is there.
    fn choose<'a>(&mut self, participants: &'a [Participant]) -> Option<&'a Participant> {
        let mut others = participants.iter().filter(|participant| !participant.is_self);
        let last = others.clone().find(|participant| Some(participant.id) == self.speaker);
        let speaks = |participant: &&Participant| participant.speaking && participant.microphone_on;
        let chosen = last
            .filter(speaks)
            .or_else(|| others.clone().find(speaks))
            .or(last)
            .or_else(|| others.next())
            .or_else(|| participants.first());
        self.speaker = chosen.map(|participant| participant.id);
        chosen
    }
}

/// Shows it over the whole of `ui`.
pub fn show(ui: &mut Ui, state: &mut State, meeting: &Meeting, now: Instant, commands: &mut Vec<Command>) -> Asked {
    let window = ui.max_rect();
    // Nothing clears this window.
    ui.painter().rect_filled(window, CornerRadius::ZERO, theme::colors(ui).background);
    let drag = ui.interact(window, ui.scope_id().with("move"), Sense::drag());
    if drag.drag_started() {
        ui.ctx().send_viewport_cmd(ViewportCommand::StartDrag);
    }
    let place = window.shrink(space::XS);
    state.shown.clear();
    if let Some(participant) = state.choose(&meeting.participants) {
        if !participant.is_self {
            let pixels = |points: f32| (points * ui.ctx().pixels_per_point()).round() as u32;
            let (width, height) = (pixels(place.width()), pixels(place.height()));
            state.shown.push(ShownTile { participant: participant.id, width, height });
        }
        state.pictures.update(std::slice::from_ref(participant));
        let picture = state.pictures.of(participant);
        let surface = tile::surface(ui, place, participant, picture.clone());
        ui.painter().add(paint_callback(window, vec![surface]));
        let (picture, reactions) = (picture.as_ref(), meeting.reactions.as_slice());
        let face = Face { participant, picture, reactions, is_pinned: false, tag_at_top: true, under: None, now };
        tile::describe(ui, place, &face);
        tile::overlay(ui, place, &face);
    }
    // Times that are shown pass.
    ui.ctx().request_repaint_after(Duration::from_secs(1));
    show_bar(ui, place, meeting, commands)
}

fn show_bar(ui: &mut Ui, place: Rect, meeting: &Meeting, commands: &mut Vec<Command>) -> Asked {
    let (texts, common) = (text::of(ui).notices(), text::of(ui).common());
    let size = vec2(3.0 * BUTTON.x + 2.0 * space::XS, BUTTON.y) + vec2(2.0 * BAR_PADDING, 2.0 * BAR_PADDING);
    let bar = egui::Align2::CENTER_BOTTOM.anchor_size(place.center_bottom() - vec2(0.0, space::S), size);
    ui.painter().rect_filled(bar, CornerRadius::same(radius::CONTROL + BAR_PADDING as u8), on_picture::TAG);
    let mut asked = Asked::default();
    let layout = Layout::left_to_right(Align::Center);
    ui.scope_builder(UiBuilder::new().max_rect(bar.shrink(BAR_PADDING)).layout(layout), |ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        let (icon, meaning) = match &meeting.microphone {
            Device::On => (Icon::Microphone, Meaning::Plain),
            Device::Off => (Icon::MicrophoneOff, Meaning::Off),
            Device::Unavailable(_) => (Icon::MicrophoneOff, Meaning::Broken),
        };
        let is_on = meeting.microphone == Device::On;
        let microphone = Button::icon(icon, common.microphone()).on(is_on).meaning(meaning);
        let microphone = match &meeting.microphone {
            Device::Unavailable(why) => microphone.hint(why),
            _ => microphone,
        };
        if microphone.height(BUTTON.y).min_width(BUTTON.x).show(ui).clicked() {
            commands.push(Command::SetMicrophone(meeting.microphone == Device::Off));
        }
        let back = Button::icon(Icon::Fullscreen, texts.back()).hint(texts.back());
        asked.back = back.height(BUTTON.y).min_width(BUTTON.x).show(ui).clicked();
        let leave = Button::icon(Icon::Leave, common.leave()).meaning(Meaning::Danger).hint(common.leave());
        if leave.height(BUTTON.y).min_width(BUTTON.x).show(ui).clicked() {
            commands.push(Command::Leave);
        }
    });
    asked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{Connection, Motion};
    use nonet_media::latest::Latest;

    fn somebody(id: u32, speaking: bool) -> Participant {
        Participant {
            id,
            name: id.to_string(),
            is_self: id == 0,
            is_host: false,
            microphone_on: true,
            camera_on: true,
            speaking,
            connection: Connection::Connected,
            motion: Motion::Live,
            pictures: Latest::new(),
            volume_percent: 100,
            hand: None,
            quality: None,
        }
    }

    #[test]
    fn who_speaks_is_shown_and_stays_until_somebody_else_does() {
        let mut state = State::default();
        let mut choose = |speaking: [bool; 4]| {
            let people: Vec<_> = (0..).zip(speaking).map(|(id, speaking)| somebody(id, speaking)).collect();
            state.choose(&people).unwrap().id
        };
        assert_eq!(choose([false; 4]), 1, "at first the first of the others");
        assert_eq!(choose([true, false, false, false]), 1, "one need not see oneself speak");
        assert_eq!(choose([false, false, true, false]), 2);
        assert_eq!(choose([false, true, true, false]), 2, "not whoever else begins while they go on");
        assert_eq!(choose([false; 4]), 2);
        assert_eq!(choose([false, false, false, true]), 3);
    }

    #[test]
    fn who_has_left_is_not_shown_and_alone_one_sees_oneself() {
        let mut state = State::default();
        state.choose(&[somebody(0, false), somebody(1, false), somebody(2, true)]);
        assert_eq!(state.choose(&[somebody(0, false), somebody(1, false)]).unwrap().id, 1);
        assert_eq!(state.choose(&[somebody(0, false)]).unwrap().id, 0);
        assert!(state.choose(&[]).is_none());
    }
}
