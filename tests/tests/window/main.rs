//! The window as people meet it: what it looks like, what its controls ask for, and that it rests when nothing happens.
//!
//! Driven through the accessibility tree and drawn by the software driver; `UPDATE_SNAPSHOTS=1` writes the pictures anew.

mod access;
mod keys;
mod mini;
mod notices;
mod portrait;
mod preview;
mod settings;
mod statistics;

use std::time::{Duration, Instant};

use egui::accesskit::Toggled;
use egui::{Key, Theme, vec2};
use egui_kittest::kittest::{NodeT, Queryable};
use egui_kittest::wgpu::{WgpuTestRenderer, create_render_state, default_wgpu_setup};
use egui_kittest::{Harness, SnapshotOptions};
use egui_wgpu::RendererOptions;
use nonet::command::Command;
use nonet::gpu::tile::TileRenderer;
use nonet::settings::AppearanceSettings;
use nonet::statistics::History;
use nonet::text::LanguageChoice;
use nonet::theme;
use nonet::view::{
    Camera, Connection, Device, Ended, Home, Joining, Meeting, Motion, Notice, NoticeKind, Participant, Screen, Sound,
    View, WaitingRoom,
};
use nonet::window::Window;
use nonet_media::frame::{ColorMatrix, ColorRange, ColorSpace};
use nonet_media::latest::Latest;

use portrait::Portrait;

struct State {
    window: Window,
    view: View,
    now: Instant,
    commands: Vec<Command>,
}

/// A window of this size that shows a view.
fn open(view: View, now: Instant, width: f32, height: f32, theme: Theme) -> Harness<'static, State> {
    let render_state = create_render_state(default_wgpu_setup(), RendererOptions::PREDICTABLE);
    TileRenderer::install(&render_state);
    let mut harness = Harness::builder()
        .with_size(vec2(width, height))
        .with_theme(theme)
        .with_render_cursor(false)
        .with_options(SnapshotOptions::new().threshold(0.6).max_failed_pixels(20))
        .with_context_setup(theme::install)
        .renderer(WgpuTestRenderer::from_render_state(render_state))
        .build_ui_state(
            |ui, state: &mut State| {
                // The harness leaves a margin that a real window does not have.
                let whole = egui::UiBuilder::new().max_rect(ui.ctx().content_rect());
                ui.scope_builder(whole, |ui| {
                    ui.set_clip_rect(ui.max_rect());
                    ui.painter().rect_filled(ui.max_rect(), 0.0, theme::colors(ui).background);
                    state.window.ui(ui, &state.view, state.now, &mut state.commands);
                });
            },
            State { window: Window::new(), view, now, commands: Vec::new() },
        );
    // Whoever has chosen nothing sees it as the system has it.
    harness.input_mut().system_theme = Some(theme);
    harness.run_steps(2);
    harness
}

/// A moment with some past.
fn some_time() -> Instant {
    Instant::now() + Duration::from_secs(7200)
}

fn view(screen: Screen) -> View {
    // Whatever the system speaks.
    let appearance = AppearanceSettings { language: LanguageChoice::English, ..AppearanceSettings::default() };
    let (sound, camera) = (Sound::default(), Camera::default());
    View { screen, notices: Vec::new(), sound, camera, appearance, shortcuts: Default::default() }
}

fn home(name: &str) -> View {
    view(Screen::Home(Home {
        name: name.into(),
        problem: None,
        nearby: Default::default(),
        recent: Default::default(),
    }))
}

fn meeting(now: Instant, participants: Vec<Participant>) -> Meeting {
    Meeting {
        code: "kfw-tqxm-ehd".into(),
        link: "nonet://192.168.1.20:7443/kfw-tqxm-ehd#5f".into(),
        joined_at: now - Duration::from_secs(24 * 60 + 7),
        participants,
        microphone: Device::On,
        camera: Device::On,
        signaling_lost_since: None,
        is_forgotten: false,
        statistics: History::default(),
        is_host: false,
        is_locked: false,
        waiting_room: WaitingRoom::Off,
        waiting: Vec::new(),
        chat: Default::default(),
        reactions: Vec::new(),
        alert: None,
    }
}

fn participant(id: u32, name: &str) -> Participant {
    Participant {
        id,
        name: name.into(),
        is_self: false,
        is_host: false,
        microphone_on: true,
        camera_on: true,
        speaking: false,
        connection: Connection::Connected,
        motion: Motion::Live,
        pictures: Latest::new(),
        volume_percent: 100,
        hand: None,
        quality: None,
    }
}

/// A participant with a picture; the number chooses the colours and the colour space.
fn pictured(number: u32, name: &str) -> Participant {
    let rgb = |code: u32| [code >> 16 & 255, code >> 8 & 255, code & 255].map(f64::from);
    let [wall, far_wall, skin, hair, clothes] = [
        [0x44507A, 0x33254A, 0xCFA683, 0x3B2A20, 0xA38F58],
        [0x477A6B, 0x24383F, 0xC28A66, 0x61462F, 0x9C5268],
        [0x7B5F4A, 0x3D4528, 0xD9BC9C, 0x231614, 0x5680A8],
        [0x5A4A7A, 0x46264A, 0xCB9C7B, 0x866A45, 0x7FA055],
        [0x4A6C78, 0x24284A, 0xB56F48, 0x1F1411, 0xB3604E],
        [0x75693F, 0x33431F, 0xD5B391, 0xAC9560, 0x5566A8],
        [0x3B3743, 0x252026, 0xB98A6A, 0x1A1414, 0x5D6B5B],
        [0x27423A, 0x4F7A49, 0xC89672, 0x483226, 0x9A5AA6],
    ][number as usize % 8]
        .map(rgb);
    let color = ColorSpace {
        matrix: if number.is_multiple_of(2) { ColorMatrix::Bt601 } else { ColorMatrix::Bt709 },
        range: if (number / 2).is_multiple_of(2) { ColorRange::Limited } else { ColorRange::Full },
    };
    let participant = participant(number + 1, name);
    participant.pictures.publish(Portrait { wall: [wall, far_wall], skin, hair, clothes }.frame(color));
    participant
}

fn nine(now: Instant) -> Vec<Participant> {
    let muted = |participant| Participant { microphone_on: false, ..participant };
    vec![
        Participant { is_host: true, speaking: true, ..pictured(0, "Ana Ruiz") },
        pictured(1, "Jonas"),
        muted(pictured(2, "Mei Lin")),
        Participant { camera_on: false, ..muted(participant(20, "Priya S.")) },
        pictured(3, "Tom"),
        pictured(4, "Fatima"),
        muted(pictured(5, "Oskar")),
        Participant {
            connection: Connection::Reconnecting { since: now - Duration::from_millis(4200) },
            ..pictured(6, "Chidi")
        },
        Participant { is_self: true, ..pictured(7, "Sam") },
    ]
}

fn two() -> Vec<Participant> {
    vec![
        Participant { is_host: true, speaking: true, ..pictured(0, "Ana Ruiz") },
        Participant { is_self: true, ..pictured(7, "Sam") },
    ]
}

fn click(harness: &mut Harness<'_, State>, label: &str) {
    harness.get_by_label(label).click();
    harness.run_steps(2);
}

fn write(harness: &mut Harness<'_, State>, field: &str, text: &str) {
    harness.get_by_label(field).focus();
    harness.run_steps(2);
    harness.get_by_label(field).type_text(text);
    harness.run_steps(2);
}

fn commands(harness: &mut Harness<'_, State>) -> Vec<Command> {
    std::mem::take(&mut harness.state_mut().commands)
}

// What it looks like.

#[test]
fn home_looks_as_drawn() {
    open(home("Sam"), some_time(), 1280.0, 720.0, Theme::Dark).snapshot("home");
}

#[test]
fn home_in_a_small_window_shows_what_went_wrong() {
    let problem = "Nobody meets under this code. Ask for the link, or check the code.";
    let home = Home { name: "Sam".into(), problem: Some(problem.into()), ..Home::default() };
    open(view(Screen::Home(home)), some_time(), 480.0, 360.0, Theme::Dark).snapshot("home-problem-480x360");
}

#[test]
fn joining_says_what_is_done_and_for_how_long() {
    let now = some_time();
    let joining = Joining { what: "Joining kfw-tqxm-ehd…".into(), since: now - Duration::from_millis(3400) };
    let harness = &mut open(view(Screen::Joining(joining)), now, 1280.0, 720.0, Theme::Dark);
    harness.get_by_label("3 s");
    harness.snapshot("joining");
}

#[test]
fn a_meeting_of_nine_looks_as_drawn() {
    let now = some_time();
    let meeting = meeting(now, nine(now));
    open(view(Screen::Meeting(meeting)), now, 1280.0, 720.0, Theme::Dark).snapshot("meeting-nine");
}

#[test]
fn a_meeting_in_bright_colours_looks_as_drawn() {
    let now = some_time();
    let mut participants = nine(now);
    participants.drain(3..8);
    participants[0].speaking = false;
    participants[1].speaking = true;
    participants[3].microphone_on = false;
    let meeting = Meeting { microphone: Device::Off, ..meeting(now, participants) };
    open(view(Screen::Meeting(meeting)), now, 1280.0, 720.0, Theme::Light).snapshot("meeting-four-light");
}

#[test]
fn a_meeting_in_a_small_window_is_about_people() {
    let now = some_time();
    open(view(Screen::Meeting(meeting(now, two()))), now, 480.0, 360.0, Theme::Dark).snapshot("meeting-two-480x360");
}

#[test]
fn troubles_are_said_without_covering_people() {
    let now = some_time();
    let mut meeting = meeting(now, two());
    meeting
        .participants
        .insert(1, Participant { connection: Connection::Connecting, ..participant(30, "Jonas Wetterstrand") });
    meeting.camera = Device::Unavailable("The camera is in use by another program.".into());
    meeting.signaling_lost_since = Some(now - Duration::from_secs(2));
    let notice = Notice { number: 4, kind: NoticeKind::Information, text: "Jonas joined".into(), at: now };
    let view = View { notices: vec![notice], ..view(Screen::Meeting(meeting)) };
    open(view, now, 1280.0, 720.0, Theme::Dark).snapshot("meeting-troubles");
}

#[test]
fn a_picture_that_stands_still_is_dimmed_and_that_is_said() {
    let now = some_time();
    let stale = Participant { motion: Motion::Stale { since: now - Duration::from_secs(3) }, ..pictured(3, "Tom") };
    let participants = vec![pictured(1, "Jonas"), stale, Participant { is_self: true, ..pictured(7, "Sam") }];
    let mut harness = open(view(Screen::Meeting(meeting(now, participants))), now, 1280.0, 720.0, Theme::Dark);
    harness.get_by_label("Tom, the picture stands still");
    harness.snapshot("meeting-stale");

    // The pictures are newer than the moment that `some_time` counts from, and that ends it before a view knows of it.
    if let Screen::Meeting(meeting) = &mut harness.state_mut().view.screen {
        meeting.participants[1].motion = Motion::Stale { since: now - Duration::from_secs(7200) };
    }
    harness.run_steps(2);
    harness.get_by_label("Tom");
}

#[test]
fn the_end_says_why() {
    let ended = Ended { why: "The host ended the meeting.".into(), rejoin: None, summary: None };
    open(view(Screen::Ended(ended)), some_time(), 1280.0, 720.0, Theme::Dark).snapshot("ended");
}

#[test]
fn all_sizes_can_be_shown() {
    let now = some_time();
    for (width, height) in [(480.0, 360.0), (360.0, 900.0), (3840.0, 2160.0), (2000.0, 370.0)] {
        let screens = [
            Screen::Home(Home::default()),
            Screen::Preview(preview::preview(None)),
            Screen::Meeting(meeting(now, nine(now))),
        ];
        for screen in screens {
            let harness = open(view(screen), now, width, height, Theme::Dark);
            let window = harness.ctx.content_rect();
            for label in [
                "Your name",
                "Code or link",
                "Join",
                "Start meeting",
                "Back",
                "New meeting",
                "Microphone",
                "Camera",
                "Leave",
                "Copy link",
            ] {
                if let Some(node) = harness.query_by_label(label) {
                    assert!(window.contains_rect(node.rect()), "{label} at {:?} in {width}×{height}", node.rect());
                }
            }
        }
    }
}

// What its controls ask for.

#[test]
fn before_a_new_meeting_one_sees_oneself_under_the_typed_name() {
    let mut harness = open(home(""), some_time(), 1280.0, 720.0, Theme::Dark);
    click(&mut harness, "New meeting");
    assert_eq!(commands(&mut harness), [], "nobody can meet a person without a name");
    write(&mut harness, "Your name", " Ana ");
    click(&mut harness, "New meeting");
    assert_eq!(commands(&mut harness), [Command::Preview { name: "Ana".into(), code_or_link: None }]);
}

#[test]
fn joining_needs_something_that_looks_like_a_code() {
    let mut harness = open(home("Ana"), some_time(), 1280.0, 720.0, Theme::Dark);
    write(&mut harness, "Code or link", "kfw-tqxm");
    assert!(harness.get_by_label("Join").accesskit_node().is_disabled());
    click(&mut harness, "Join");
    assert_eq!(commands(&mut harness), []);
    write(&mut harness, "Code or link", "-ehd");
    click(&mut harness, "Join");
    let join = Command::Preview { name: "Ana".into(), code_or_link: Some("kfw-tqxm-ehd".into()) };
    assert_eq!(commands(&mut harness), [join]);
}

#[test]
fn enter_in_a_field_does_the_obvious() {
    let mut harness = open(home("Ana"), some_time(), 1280.0, 720.0, Theme::Dark);
    harness.get_by_label("Your name").focus();
    harness.run_steps(2);
    harness.key_press(Key::Enter);
    harness.run_steps(2);
    assert_eq!(commands(&mut harness), [Command::Preview { name: "Ana".into(), code_or_link: None }]);

    write(&mut harness, "Code or link", "kfwtqxmehd");
    harness.key_press(Key::Enter);
    harness.run_steps(2);
    let join = Command::Preview { name: "Ana".into(), code_or_link: Some("kfwtqxmehd".into()) };
    assert_eq!(commands(&mut harness), [join]);
}

#[test]
fn joining_can_be_given_up() {
    let now = some_time();
    let joining = Joining { what: "Starting a meeting…".into(), since: now };
    let mut harness = open(view(Screen::Joining(joining)), now, 1280.0, 720.0, Theme::Dark);
    click(&mut harness, "Cancel");
    assert_eq!(commands(&mut harness), [Command::CancelJoining]);
    harness.key_press(Key::Escape);
    harness.run_steps(2);
    assert_eq!(commands(&mut harness), [Command::CancelJoining]);
}

#[test]
fn the_bar_switches_devices_and_leaves() {
    let now = some_time();
    let mut harness = open(view(Screen::Meeting(meeting(now, two()))), now, 1280.0, 720.0, Theme::Dark);
    assert_eq!(harness.get_by_label("Microphone").accesskit_node().toggled(), Some(Toggled::True));
    click(&mut harness, "Microphone");
    click(&mut harness, "Camera");
    click(&mut harness, "Leave");
    let expected = [Command::SetMicrophone(false), Command::SetCamera(false), Command::Leave];
    assert_eq!(commands(&mut harness), expected);

    if let Screen::Meeting(meeting) = &mut harness.state_mut().view.screen {
        meeting.microphone = Device::Off;
        meeting.camera = Device::Unavailable("The camera was unplugged.".into());
    }
    harness.run_steps(2);
    assert_eq!(harness.get_by_label("Microphone").accesskit_node().toggled(), Some(Toggled::False));
    let camera = harness.get_by_label("Camera").accesskit_node();
    assert_eq!(camera.description().as_deref(), Some("The camera was unplugged."));
    click(&mut harness, "Microphone");
    click(&mut harness, "Camera");
    assert_eq!(commands(&mut harness), [Command::SetMicrophone(true), Command::SetCamera(false)]);
}

#[test]
fn holding_space_talks_for_as_long_as_nothing_else_wants_the_key() {
    let now = some_time();
    let muted = Meeting { microphone: Device::Off, ..meeting(now, two()) };
    let mut harness = open(view(Screen::Meeting(muted)), now, 1280.0, 720.0, Theme::Dark);
    let hold = |harness: &mut Harness<'_, State>| {
        harness.key_down(Key::Space);
        harness.run_steps(3);
        harness.key_up(Key::Space);
        harness.run_steps(2);
    };
    hold(&mut harness);
    assert_eq!(commands(&mut harness), [Command::SetMicrophone(true), Command::SetMicrophone(false)]);
    harness.get_by_label("Camera").focus();
    harness.run_steps(2);
    hold(&mut harness);
    assert_eq!(commands(&mut harness), [Command::SetCamera(false)]);
}

#[test]
fn the_keyboard_reaches_every_control() {
    let now = some_time();
    let mut harness = open(view(Screen::Meeting(meeting(now, two()))), now, 1280.0, 720.0, Theme::Dark);
    let mut reached = Vec::new();
    let all = ["Copy link", "Statistics", "Settings", "More about Ana Ruiz", "Microphone", "Camera", "Leave"];
    for _ in all {
        harness.key_press(Key::Tab);
        harness.run_steps(2);
        let focused = all.into_iter().find(|label| harness.get_by_label(label).accesskit_node().is_focused());
        reached.extend(focused);
    }
    assert_eq!(reached, all);
    harness.key_press(Key::Space);
    harness.run_steps(2);
    assert_eq!(commands(&mut harness), [Command::Leave]);
}

#[test]
fn the_link_is_copied_and_that_is_said() {
    let now = some_time();
    for (width, height) in [(1280.0, 720.0), (480.0, 360.0)] {
        let meeting = meeting(now, two());
        let link = meeting.link.clone();
        let mut harness = open(view(Screen::Meeting(meeting)), now, width, height, Theme::Dark);
        harness.get_by_label("Copy link").click();
        harness.step();
        let copied = |harness: &Harness<'_, State>| {
            harness
                .output()
                .platform_output
                .commands
                .iter()
                .any(|command| matches!(command, egui::OutputCommand::CopyText(text) if *text == link))
        };
        let first = copied(&harness);
        harness.step();
        assert!(first || copied(&harness), "nothing was copied in {width}×{height}");
        assert_eq!(commands(&mut harness), []);
    }
}

#[test]
fn from_the_end_one_goes_home() {
    let ended = Ended { why: "The host ended the meeting.".into(), rejoin: None, summary: None };
    let mut harness = open(view(Screen::Ended(ended)), some_time(), 1280.0, 720.0, Theme::Dark);
    click(&mut harness, "Home");
    assert_eq!(commands(&mut harness), [Command::GoHome]);
}

// What is said of people, to those who listen rather than look.

#[test]
fn each_tile_says_how_somebody_is() {
    let now = some_time();
    let harness = open(view(Screen::Meeting(meeting(now, nine(now)))), now, 1280.0, 720.0, Theme::Dark);
    for words in ["Ana Ruiz, host, speaking", "Jonas", "Mei Lin, microphone off", "Chidi, reconnecting", "You"] {
        harness.get_by_label(words);
    }
    harness.get_by_label("Priya S., microphone off, camera off");
}

// That it rests.

/// How soon the window would be painted again, once what opening it started has come to rest.
fn next_paint(harness: &mut Harness<'_, State>) -> Duration {
    harness.run_steps(4);
    harness.output().viewport_output[&egui::ViewportId::ROOT].repaint_delay
}

#[test]
fn the_bar_steps_back_after_some_seconds_and_is_back_at_a_touch() {
    let start = some_time();
    let mut harness = open(view(Screen::Meeting(meeting(start, nine(start)))), start, 480.0, 360.0, Theme::Dark);
    assert_eq!(next_paint(&mut harness), Duration::from_secs(3));
    harness.state_mut().now = start + Duration::from_secs(4);
    harness.run_steps(20);
    harness.snapshot("meeting-without-bar-480x360");
    // Who cannot see it uses it all the same.
    click(&mut harness, "Camera");
    assert_eq!(commands(&mut harness), [Command::SetCamera(false)]);
}

#[test]
fn the_window_fills_the_screen_and_gives_it_back() {
    let mut harness = open(home("Ana"), some_time(), 1280.0, 720.0, Theme::Dark);
    harness.key_down(Key::F11);
    harness.step();
    let output = &harness.output().viewport_output[&egui::ViewportId::ROOT];
    assert!(output.commands.contains(&egui::ViewportCommand::Fullscreen(true)), "{:?}", output.commands);
}

#[test]
fn a_window_at_rest_is_not_painted() {
    let mut harness = open(home("Ana"), some_time(), 1280.0, 720.0, Theme::Dark);
    assert_eq!(next_paint(&mut harness), Duration::MAX);
    let ended = Ended { why: "You left.".into(), rejoin: None, summary: None };
    let mut harness = open(view(Screen::Ended(ended)), some_time(), 1280.0, 720.0, Theme::Dark);
    assert_eq!(next_paint(&mut harness), Duration::MAX);
}

#[test]
fn a_meeting_without_new_frames_is_painted_once_a_second_for_its_clock() {
    let now = some_time();
    let mut harness = open(view(Screen::Meeting(meeting(now, two()))), now, 1280.0, 720.0, Theme::Dark);
    assert_eq!(next_paint(&mut harness), Duration::from_secs(1));
}

#[test]
fn a_notice_goes_by_itself() {
    let now = some_time();
    let notice = Notice { number: 1, kind: NoticeKind::Information, text: "Ana joined".into(), at: now };
    let mut harness = open(View { notices: vec![notice], ..home("Sam") }, now, 1280.0, 720.0, Theme::Dark);
    harness.get_by_label("Ana joined");
    assert_eq!(next_paint(&mut harness), Duration::from_secs(5));
    harness.state_mut().now = now + Duration::from_secs(5);
    harness.run_steps(2);
    assert!(harness.query_by_label("Ana joined").is_none());
}
