//! That every press shows at once while the engine answers nothing, that nothing is shown as done which is not, and that the window
//! never waits.

use egui::Shape;
use egui::accesskit::Role;
use nonet::app::link::EngineLink;
use nonet::engine::Engine;
use nonet::pending::PATIENCE;
use nonet_media::choice::{CameraChoice, MicrophoneChoice};
use nonet_tests::people;

use super::tour::{Stop, stops};
use super::*;

/// A window that shows a stop of the tour, moves nothing by itself and is never told of another view.
fn still(stop: &Stop, now: Instant) -> Harness<'static, State> {
    let mut view = stop.view.clone();
    view.appearance.reduced_motion = true;
    let state = State { window: Window::new(), view, now, commands: Vec::new() };
    let (width, height) = stop.size;
    let builder =
        Harness::builder().with_size(vec2(width, height)).with_theme(stop.theme).with_context_setup(theme::install);
    let mut harness = builder.build_ui_state(
        |ui, state: &mut State| state.window.ui(ui, &state.view, state.now, &mut state.commands),
        state,
    );
    harness.run_steps(2);
    for label in stop.pressed {
        click(&mut harness, label);
    }
    harness.remove_cursor();
    harness.run_steps(4);
    harness
}

/// What is drawn, but for pictures of people.
fn look(harness: &Harness<'_, State>) -> Vec<Shape> {
    let shapes = harness.output().shapes.iter().map(|clipped| clipped.shape.clone());
    shapes.filter(|shape| !matches!(shape, Shape::Callback(_))).collect()
}

/// The places in the tree of all that can be pressed, and what it is called.
fn pressable(harness: &Harness<'_, State>) -> Vec<(usize, String)> {
    let nodes = harness.root().children_recursive().enumerate();
    let buttons = nodes.filter_map(|(place, node)| {
        let node = node.accesskit_node();
        let is_button = matches!(node.role(), Role::Button | Role::CheckBox | Role::ComboBox | Role::RadioButton);
        (is_button && !node.is_disabled()).then(|| (place, node.label().unwrap_or_default()))
    });
    buttons.collect()
}

#[test]
fn whatever_is_pressed_looks_so_in_the_next_frame_though_nothing_is_answered() {
    let now = some_time();
    let mut pressed = 0;
    for stop in stops(now) {
        for (place, label) in pressable(&still(&stop, now)) {
            let mut harness = still(&stop, now);
            let before = look(&harness);
            harness.step();
            assert!(look(&harness) == before, "{} does not rest", stop.name);
            harness.root().children_recursive().nth(place).expect("the same screen").click_accesskit();
            // One frame, in which the press comes and is shown.
            harness.step();
            assert!(look(&harness) != before, "{label} in {} was pressed and looks as before", stop.name);
            pressed += 1;
        }
    }
    assert!(pressed > 60, "only {pressed} buttons were found");
}

#[test]
fn a_microphone_is_shown_as_switched_when_it_is_and_as_being_switched_until_then() {
    let now = some_time();
    let mut harness = open(view(Screen::Meeting(meeting(now, two()))), now, 1280.0, 720.0, Theme::Dark);
    let says = |harness: &Harness<'_, State>| {
        let node = harness.get_by_label("Microphone");
        (node.accesskit_node().toggled(), node.accesskit_node().is_busy())
    };
    assert_eq!(says(&harness), (Some(Toggled::True), false));
    click(&mut harness, "Microphone");
    assert_eq!(says(&harness), (Some(Toggled::True), true), "it is still on, and asked to be off");
    // Who presses once more wants it to stay.
    click(&mut harness, "Microphone");
    assert_eq!(commands(&mut harness), [Command::SetMicrophone(false), Command::SetMicrophone(true)]);
    harness.run_steps(2);
    assert_eq!(says(&harness), (Some(Toggled::True), false), "it is on, as was asked for last");

    click(&mut harness, "Microphone");
    if let Screen::Meeting(meeting) = &mut harness.state_mut().view.screen {
        meeting.microphone = Device::Off;
    }
    harness.run_steps(2);
    assert_eq!(says(&harness), (Some(Toggled::False), false));

    // Nothing comes of it: then that is seen.
    click(&mut harness, "Microphone");
    assert_eq!(says(&harness), (Some(Toggled::False), true));
    harness.state_mut().now = now + PATIENCE;
    harness.run_steps(2);
    assert_eq!(says(&harness), (Some(Toggled::False), false));
}

#[test]
fn what_was_picked_waits_where_it_was_picked() {
    let now = some_time();
    let stop = stops(now).into_iter().find(|stop| stop.name == "preview").expect("there is one");
    let mut harness = still(&stop, now);
    let is_busy = |harness: &Harness<'_, State>| harness.get_by_label("Choose a microphone").accesskit_node().is_busy();
    click(&mut harness, "Choose a microphone");
    assert!(!is_busy(&harness), "nothing is chosen yet");
    click(&mut harness, "USB headset");
    assert!(is_busy(&harness));
    harness.state_mut().view.sound.settings.microphone = Some("USB headset".into());
    harness.run_steps(2);
    assert!(!is_busy(&harness));
}

/// A window on a real engine.
struct Linked {
    window: Window,
    engine: EngineLink,
    /// Stands still: it is not time that answers here.
    now: Instant,
}

#[test]
fn the_window_goes_on_while_the_engine_stands_still_and_nothing_that_was_pressed_is_lost() {
    let mut config = people::person(1, CameraChoice::Off, people::SMALL);
    config.session.sound.microphone = MicrophoneChoice::Off;
    config.settings.name = Some("Ana".into());
    config.settings.appearance.language = LanguageChoice::English;
    let engine = Engine::start(config).expect("the system has threads");
    let state = Linked {
        window: Window::new(),
        engine: EngineLink::new(engine.view(), engine.commands()),
        now: Instant::now(),
    };
    let builder = Harness::builder().with_size(vec2(1280.0, 720.0)).with_context_setup(theme::install);
    let mut harness = builder.build_ui_state(
        |ui, state: &mut Linked| {
            let mut commands = Vec::new();
            state.window.ui(ui, state.engine.view(), state.now, &mut commands);
            for command in commands {
                state.engine.send(command).expect("the engine is there");
            }
            state.engine.flush().expect("the engine is there");
        },
        state,
    );
    harness.run_steps(4);
    let is_busy = |harness: &Harness<'_, Linked>, label: &str| harness.get_by_label(label).accesskit_node().is_busy();

    // An engine that wants to publish a view waits for whoever holds the last one: this very thread, which draws the window
    // meanwhile. If that waited in turn, this test would never end.
    let views = engine.view();
    let held = views.borrow();
    harness.get_by_label("New meeting").click();
    harness.run_steps(3);
    assert!(is_busy(&harness, "New meeting"));
    // It takes nothing more, so its queue fills, and then what waits here.
    while !harness.state().engine.is_behind() {
        harness.state_mut().engine.send(Command::TestSpeaker).expect("the engine is there");
    }
    harness.state_mut().engine.send(Command::SetCamera(true)).expect("the engine is there");
    for _ in 0..200 {
        harness.step();
        assert!(harness.state().engine.is_behind() && is_busy(&harness, "New meeting"));
    }
    drop(held);
    people::wait_until("the preview is shown", Duration::from_secs(30), || {
        harness.step();
        harness.query_by_label("Start meeting").is_some() && !harness.state().engine.is_behind()
    });
}
