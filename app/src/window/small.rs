//! The small window that a meeting goes on in while the large one is out of the way: when it is there, where, and how large.
//!
//! It is there while the large one is minimised, or because somebody wants it, which minimises the large one. Where a system cannot do
//! that, the large one says where the meeting is.

use std::time::{Duration, Instant};

use egui::{Align, Layout, Pos2, Rect, RichText, Ui, Vec2, ViewportBuilder, ViewportCommand, ViewportId};

use crate::command::{Command, ShownTile};
use crate::screens::{meeting, mini};
use crate::settings::{AppearanceSettings, MiniWindow};
use crate::shortcuts::{self, Action};
use crate::text;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, size, space};
use crate::view::Meeting;
use crate::widgets::button::Button;

/// At first it is so far from the corner of the screen.
const FROM_CORNER: Vec2 = Vec2::new(32.0, 64.0);
/// How long a size must have been left alone to be kept.
const SETTLED: Duration = Duration::from_secs(1);

/// Under which the system's side knows it.
pub fn viewport() -> ViewportId {
    ViewportId::from_hash_of("small window")
}

/// See the module's description.
#[derive(Debug, Default)]
pub struct Small {
    place: Place,
    state: mini::State,
    opened: Option<Opened>,
}

/// As it was opened: the system's side takes a change for a wish.
#[derive(Clone, Copy, Debug)]
struct Opened {
    position: Option<Pos2>,
    size: Vec2,
    /// As it is now, and since when.
    is_now: (Vec2, Instant),
}

/// Which window a meeting is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Place {
    is_wanted: bool,
    was_minimized: bool,
    /// Closed, or left for the large one, which is still minimised.
    is_dismissed: bool,
}

impl Place {
    /// Told whether the large one is minimised, says whether the small one is there.
    fn look(&mut self, is_minimized: bool) -> bool {
        if self.was_minimized && !is_minimized {
            // Somebody fetched the large one.
            self.is_wanted = false;
        }
        self.was_minimized = is_minimized;
        if !is_minimized && !self.is_wanted {
            self.is_dismissed = false;
        }
        !self.is_dismissed && (self.is_wanted || is_minimized)
    }

    fn want(&mut self) {
        (self.is_wanted, self.is_dismissed) = (true, false);
    }

    fn dismiss(&mut self) {
        (self.is_wanted, self.is_dismissed) = (false, true);
    }
}

impl Small {
    /// Who was shown at the last paint, and how large; none while it is not there.
    pub fn shown(&self) -> Option<&[ShownTile]> {
        self.opened.map(|_| self.state.shown())
    }

    /// Whether it is to be there once the large one, which is minimised, has been painted.
    pub fn is_due(&self) -> bool {
        self.opened.is_none() && !self.place.is_dismissed
    }

    /// Goes, where there is no meeting.
    pub fn close(&mut self) {
        *self = Self::default();
    }

    /// Listens to its keys, and shows it where it is to be there: instead of the meeting, and with the same `meeting_state`.
    /// Returns whether it is.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        meeting_state: &mut meeting::State,
        meeting: &Meeting,
        appearance: AppearanceSettings,
        now: Instant,
        commands: &mut Vec<Command>,
    ) -> bool {
        let mut back = false;
        if shortcuts::pressed(ui, Action::MiniWindow) {
            back = self.opened.is_some();
            if !back {
                self.place.want();
                ui.ctx().send_viewport_cmd(ViewportCommand::Minimized(true));
            }
        }
        let (is_minimized, screen) =
            ui.input(|input| (input.viewport().minimized == Some(true), input.viewport().monitor_size));
        if !self.place.look(is_minimized) {
            self.opened = None;
            self.state = mini::State::default();
            return false;
        }
        let opened = *self.opened.get_or_insert_with(|| {
            let size = appearance.mini_window.size();
            let position = screen.map(|screen| (screen - size - FROM_CORNER).max(Vec2::ZERO).to_pos2());
            Opened { position, size, is_now: (size, now) }
        });
        back |= show_instead(ui);
        let (context, state, mut is_closed) = (ui.ctx().clone(), &mut self.state, false);
        let inner = context.show_viewport_immediate(viewport(), builder(ui, opened), |ui, _| {
            meeting::keys::listen_aside(ui, meeting_state, meeting, commands);
            back |= shortcuts::pressed(ui, Action::MiniWindow);
            is_closed |= ui.input(|input| input.viewport().close_requested());
            back |= mini::show(ui, state, meeting, now, commands).back;
            ui.max_rect()
        });
        commands.extend(self.keep_size(inner, appearance, now));
        if back || is_closed {
            self.place.dismiss();
        }
        if back {
            context.send_viewport_cmd(ViewportCommand::Minimized(false));
            context.send_viewport_cmd(ViewportCommand::Focus);
        }
        true
    }

    /// Asks for a size to be kept that somebody has given it.
    fn keep_size(&mut self, inner: Rect, appearance: AppearanceSettings, now: Instant) -> Option<Command> {
        let opened = self.opened.as_mut()?;
        if opened.is_now.0 != inner.size() {
            opened.is_now = (inner.size(), now);
        }
        let (size, since) = opened.is_now;
        let asked = AppearanceSettings { mini_window: size.into(), ..appearance };
        let is_settled = now.saturating_duration_since(since) >= SETTLED;
        (is_settled && asked != appearance).then_some(Command::SetAppearance(asked))
    }
}

fn builder(ui: &Ui, opened: Opened) -> ViewportBuilder {
    let builder = ViewportBuilder::default()
        .with_title(format!("Nonet · {}", text::of(ui).notices().small_window()))
        .with_inner_size(opened.size)
        .with_min_inner_size(MiniWindow::LEAST)
        .with_always_on_top()
        .with_taskbar(false)
        .with_minimize_button(false)
        .with_maximize_button(false);
    match opened.position {
        Some(position) => builder.with_position(position),
        None => builder,
    }
}

/// What the large window shows meanwhile, where it can be seen. Returns whether the meeting is wanted back.
fn show_instead(ui: &mut Ui) -> bool {
    let texts = text::of(ui).notices();
    let height = size::TEXT + space::L + space::CONTROL;
    ui.with_layout(Layout::top_down(Align::Center), |ui| {
        ui.add_space((ui.available_height() - height).max(0.0) / 2.0);
        let text = RichText::new(texts.in_small_window()).font(font(size::TEXT, Weight::Medium));
        ui.label(text.color(theme::colors(ui).dim));
        ui.add_space(space::L);
        Button::text(texts.back()).show(ui).clicked()
    })
    .inner
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks<const COUNT: usize>(place: &mut Place, minimized: [bool; COUNT]) -> [bool; COUNT] {
        minimized.map(|minimized| place.look(minimized))
    }

    #[test]
    fn it_is_there_while_the_large_one_is_minimised() {
        assert_eq!(looks(&mut Place::default(), [false, true, true, false]), [false, true, true, false]);
    }

    #[test]
    fn who_wants_it_has_it_at_once_and_until_the_large_one_is_fetched() {
        let mut place = Place::default();
        place.want();
        assert_eq!(looks(&mut place, [false, false, true, true, false, false]), [true, true, true, true, false, false]);
    }

    #[test]
    fn who_closes_it_has_it_again_with_the_next_minimising() {
        let mut place = Place::default();
        assert!(place.look(true));
        place.dismiss();
        assert_eq!(looks(&mut place, [true, true, false, true]), [false, false, false, true]);
    }

    #[test]
    fn where_nothing_can_be_minimised_it_is_left_for_the_large_one() {
        let mut place = Place::default();
        place.want();
        assert!(place.look(false));
        place.dismiss();
        assert!(!place.look(false));
        place.want();
        assert!(place.look(false));
    }
}
