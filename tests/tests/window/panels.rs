//! The meeting's bar, its chat, its list of people, and who waits at its door: what they look like, and what their controls ask for.

mod bar;
pub mod chat;
mod door;
mod people;

use super::*;
use egui::accesskit::Role;
use nonet::view::WaitingPerson;

/// The meeting that a window shows.
fn shown<'a>(harness: &'a mut Harness<'_, State>) -> &'a mut Meeting {
    match &mut harness.state_mut().view.screen {
        Screen::Meeting(meeting) => meeting,
        other => panic!("no meeting: {other:?}"),
    }
}

/// Waits until what comes and goes has done so.
fn settle(harness: &mut Harness<'_, State>) {
    harness.run_steps(2);
    // Tiles glide beside a panel that opens.
    harness.state_mut().now += Duration::from_millis(300);
    harness.run_steps(4);
}

/// A window in German.
fn open_german(meeting: Meeting, now: Instant, width: f32, height: f32, theme: Theme) -> Harness<'static, State> {
    let mut view = view(Screen::Meeting(meeting));
    view.appearance.language = LanguageChoice::German;
    open(view, now, width, height, theme)
}

fn has(harness: &Harness<'_, State>, label: &str) -> bool {
    harness.query_by_label(label).is_some()
}

/// What a button says of what it does.
fn described(harness: &Harness<'_, State>, label: &str) -> String {
    harness.get_by_role_and_label(Role::Button, label).accesskit_node().description().unwrap_or_default()
}

pub fn waiting(names: &[&str]) -> Vec<WaitingPerson> {
    (100..).zip(names).map(|(id, name)| WaitingPerson { id, name: (*name).to_owned() }).collect()
}

/// A meeting of which one is a host.
fn hosted(now: Instant, participants: Vec<Participant>) -> Meeting {
    Meeting { is_host: true, ..meeting(now, participants) }
}
