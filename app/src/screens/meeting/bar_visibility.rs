//! When the bar steps back: after a few seconds in which nobody touched anything, until somebody does.
//!
//! It stays where it is, and whoever goes on to it by keyboard or listens to it finds it there; it is only not seen. Told the time.

use std::time::{Duration, Instant};

use egui::{Event, Rect, Ui};

/// How long it is seen after the pointer or a key was last touched.
const SEEN_FOR: Duration = Duration::from_secs(3);

/// See the module's description.
#[derive(Clone, Copy, Debug, Default)]
pub struct BarVisibility {
    touched_at: Option<Instant>,
}

impl BarVisibility {
    /// Has it seen for a while, because of something that it shows.
    pub fn touch(&mut self, now: Instant) {
        self.touched_at = Some(now);
    }

    /// Whether the bar, which is here, is seen now; paints again when that will change. Who writes in a panel is not about to use the
    /// bar.
    pub fn show(&mut self, ui: &Ui, bar: Rect, panel: Rect, now: Instant) -> bool {
        let is_touched = ui.input(|input| input.events.iter().any(is_touch));
        let is_pointed_at = ui.input(|input| input.pointer.hover_pos()).is_some_and(|at| bar.contains(at));
        // Somebody who goes from button to button, or chooses from a menu, is not done.
        let focused = ui.memory(egui::Memory::focused).and_then(|focused| ui.ctx().read_response(focused));
        let has_focus = focused.is_some_and(|focused| !panel.contains(focused.rect.center()));
        let is_in_use = is_pointed_at || has_focus || egui::Popup::is_any_open(ui);
        let left = self.left(is_touched || is_in_use, now);
        if !left.is_zero() && !is_in_use {
            ui.ctx().request_repaint_after(left);
        }
        !left.is_zero()
    }

    /// For how long it is still seen.
    fn left(&mut self, is_touched: bool, now: Instant) -> Duration {
        let touched_at = self.touched_at.get_or_insert(now);
        if is_touched {
            *touched_at = now;
        }
        (*touched_at + SEEN_FOR).saturating_duration_since(now)
    }
}

/// Whether somebody did something, rather than the window something to them.
fn is_touch(event: &Event) -> bool {
    matches!(
        event,
        Event::PointerMoved(_)
            | Event::PointerButton { .. }
            | Event::MouseWheel { .. }
            | Event::Touch { .. }
            | Event::Key { pressed: true, .. }
            | Event::AccessKitActionRequest(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn it_is_seen_for_a_while_after_each_touch_and_at_first() {
        let (mut bar, start) = (BarVisibility::default(), Instant::now());
        assert_eq!(bar.left(false, start), 3 * SECOND);
        assert_eq!(bar.left(false, start + 2 * SECOND), SECOND);
        assert_eq!(bar.left(true, start + 2 * SECOND), 3 * SECOND);
        assert_eq!(bar.left(false, start + 4 * SECOND), SECOND);
        assert_eq!(bar.left(false, start + 5 * SECOND), Duration::ZERO);
        assert_eq!(bar.left(false, start + 500 * SECOND), Duration::ZERO);
        assert_eq!(bar.left(true, start + 500 * SECOND), 3 * SECOND);
    }
}
