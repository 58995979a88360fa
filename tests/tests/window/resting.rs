//! That a window at which nobody is rests, also in a meeting.

use super::*;

#[test]
fn a_meeting_that_nobody_touches_is_painted_once_a_minute_and_at_once_when_somebody_does() {
    let now = some_time();
    let mut harness = open(view(Screen::Meeting(meeting(now, two()))), now, 1280.0, 720.0, Theme::Dark);
    assert_eq!(next_paint(&mut harness), Duration::from_secs(1));
    // The meeting has lasted for 24:07. The bar fades, and then there is nothing to paint but minutes.
    harness.state_mut().now = now + Duration::from_secs(4);
    harness.run_steps(20);
    assert_eq!(next_paint(&mut harness), Duration::from_secs(49));
    harness.hover_at(egui::pos2(640.0, 300.0));
    harness.run_steps(20);
    assert_eq!(next_paint(&mut harness), Duration::from_secs(1));
}

#[test]
fn a_press_that_nothing_comes_of_is_let_go_and_then_the_window_rests() {
    let now = some_time();
    let mut harness = open(home("Ana"), now, 1280.0, 720.0, Theme::Dark);
    click(&mut harness, "New meeting");
    harness.remove_cursor();
    harness.run_steps(20);
    assert_eq!(next_paint(&mut harness), nonet::pending::PATIENCE);
    harness.state_mut().now = now + nonet::pending::PATIENCE;
    harness.run_steps(2);
    assert_eq!(next_paint(&mut harness), Duration::MAX);
}
