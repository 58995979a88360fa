//! The small window of a meeting. Without a window system it lies in the large one; what is in it is the same.

use std::time::Duration;

use egui::{Key, Modifiers, Theme, ViewportCommand, vec2};
use egui_kittest::wgpu::{WgpuTestRenderer, create_render_state, default_wgpu_setup};
use egui_kittest::{Harness, SnapshotOptions, kittest::Queryable};
use egui_wgpu::RendererOptions;
use nonet::command::{Command, ShownTile};
use nonet::gpu::tile::TileRenderer;
use nonet::screens::mini;
use nonet::theme;
use nonet::view::{Device, Meeting, Participant, Screen};

use super::{State, click, commands, meeting, nine, open, pictured, some_time, two, view};

const WITH_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

fn press(harness: &mut Harness<'_, State>) {
    harness.key_press_modifiers(WITH_SHIFT, Key::W);
    harness.run_steps(3);
}

fn in_small_window() -> Harness<'static, State> {
    let now = some_time();
    let mut harness = open(view(Screen::Meeting(meeting(now, nine(now)))), now, 1280.0, 720.0, Theme::Dark);
    assert_eq!(harness.state().window.shown().len(), 8);
    press(&mut harness);
    harness
}

#[test]
fn only_who_is_seen_in_it_is_asked_for() {
    let mut harness = in_small_window();
    let [ShownTile { participant: 1, width, height }] = harness.state().window.shown() else {
        panic!("only Ana, who speaks: {:?}", harness.state().window.shown())
    };
    assert!((100..400).contains(width) && (60..300).contains(height), "{width}×{height}");
    harness.get_by_label("The meeting is in the small window.");
    press(&mut harness);
    assert_eq!(harness.state().window.shown().len(), 8, "the same keys lead back");
    assert_eq!(commands(&mut harness), []);
}

#[test]
fn who_wants_it_has_the_large_window_minimised() {
    let now = some_time();
    let mut harness = open(view(Screen::Meeting(meeting(now, two()))), now, 1280.0, 720.0, Theme::Dark);
    harness.event(egui::Event::Key {
        key: Key::W,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers: WITH_SHIFT,
    });
    harness.step();
    let output = &harness.output().viewport_output[&egui::ViewportId::ROOT];
    assert!(output.commands.contains(&ViewportCommand::Minimized(true)), "{:?}", output.commands);
}

#[test]
fn it_goes_with_its_meeting() {
    let mut harness = in_small_window();
    harness.state_mut().view.screen = super::home("Sam").screen;
    harness.run_steps(2);
    assert!(!harness.state().window.is_small());
    harness.get_by_label("New meeting");
}

#[test]
fn keys_work_in_it() {
    let mut harness = in_small_window();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::D);
    harness.run_steps(2);
    assert_eq!(commands(&mut harness), [Command::SetMicrophone(false)]);
    if let Screen::Meeting(meeting) = &mut harness.state_mut().view.screen {
        meeting.microphone = Device::Off;
    }
    harness.run_steps(2);
    harness.key_down(Key::Space);
    harness.run_steps(3);
    harness.key_up(Key::Space);
    harness.run_steps(2);
    assert_eq!(commands(&mut harness), [Command::SetMicrophone(true), Command::SetMicrophone(false)]);
}

#[test]
fn a_size_that_somebody_gives_it_is_kept_once_it_has_settled() {
    let mut harness = in_small_window();
    harness.run_steps(2);
    assert_eq!(commands(&mut harness), []);
    harness.state_mut().now += Duration::from_secs(2);
    harness.run_steps(2);
    let asked = commands(&mut harness);
    // Without a window system its frame takes of the size: it is another than was asked for.
    assert!(matches!(asked[..], [Command::SetAppearance(_), ..]), "{asked:?}");
    let Some(Command::SetAppearance(appearance)) = asked.last().cloned() else { unreachable!() };
    harness.state_mut().view.appearance = appearance;
    harness.run_steps(2);
    assert_eq!(commands(&mut harness), []);
}

// Its content, in a window of its own.

struct Small {
    state: mini::State,
    meeting: Meeting,
    now: std::time::Instant,
    commands: Vec<Command>,
    back: bool,
}

fn small(meeting: Meeting, width: f32, height: f32, theme: Theme) -> Harness<'static, Small> {
    let render_state = create_render_state(default_wgpu_setup(), RendererOptions::PREDICTABLE);
    TileRenderer::install(&render_state);
    let state = Small { state: mini::State::default(), meeting, now: some_time(), commands: Vec::new(), back: false };
    let mut harness = Harness::builder()
        .with_size(vec2(width, height))
        .with_theme(theme)
        .with_render_cursor(false)
        .with_options(SnapshotOptions::new().threshold(0.6).max_failed_pixels(20))
        .with_context_setup(theme::install)
        .renderer(WgpuTestRenderer::from_render_state(render_state))
        .build_ui_state(
            |ui, small: &mut Small| {
                let whole = egui::UiBuilder::new().max_rect(ui.ctx().content_rect());
                ui.scope_builder(whole, |ui| {
                    ui.set_clip_rect(ui.max_rect());
                    let Small { state, meeting, now, commands, back } = small;
                    *back |= mini::show(ui, state, meeting, *now, commands).back;
                });
            },
            state,
        );
    harness.run_steps(2);
    harness
}

#[test]
fn it_shows_who_speaks_and_what_one_needs() {
    let now = some_time();
    let mut harness = small(meeting(now, nine(now)), 320.0, 200.0, Theme::Dark);
    harness.get_by_label("Ana Ruiz, host, speaking");
    for label in ["Microphone", "Leave", "Back to the large window"] {
        harness.get_by_label(label).click();
        harness.run_steps(2);
    }
    assert_eq!(harness.state().commands, [Command::SetMicrophone(false), Command::Leave]);
    assert!(harness.state().back);
    harness.remove_cursor();
    harness.run_steps(20);
    harness.snapshot("mini");
}

#[test]
fn it_says_that_one_is_not_heard_in_the_least_room() {
    let now = some_time();
    let long = Participant { speaking: true, ..pictured(3, "Wilhelmina Featherstonehaugh-Cholmondeley") };
    let meeting = Meeting { microphone: Device::Off, ..meeting(now, vec![long]) };
    small(meeting, 200.0, 130.0, Theme::Light).snapshot("mini-least-light");
}

#[test]
fn back_in_the_large_window_everybody_is_there() {
    let mut harness = in_small_window();
    // In the large window, which a system need not have minimised.
    let back: Vec<_> = harness.query_all_by_label("Back to the large window").collect();
    back[0].click();
    drop(back);
    harness.run_steps(2);
    assert!(!harness.state().window.is_small());
    click(&mut harness, "Leave");
    assert_eq!(commands(&mut harness), [Command::Leave]);
}
