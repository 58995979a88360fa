//! The figures of the last minutes over the meeting.

use super::*;
use nonet::settings::ThemeChoice;
use nonet::statistics::{LayerSecond, LinkSecond, RemoteSecond, Second, Told};
use nonet_media::layer::Layer;
use nonet_media::mesh::{Account, Grade, PathKind, Reception};
use nonet_media::rtp::PeerId;

/// Two minutes in which Ana's link bent for a while and Jonas came later.
pub fn history() -> History {
    let mut history = History::default();
    for number in 0..120_u16 {
        let bend = if (50..70).contains(&number) { 0.3 } else { 1.0 };
        let wave = 1.0 + 0.1 * (f32::from(number) / 4.0).sin();
        let link = |layer, kbps: f32| LinkSecond {
            layer: Some(layer),
            sent_kbps: 540.0 * wave,
            received_kbps: kbps * wave,
            estimate_kbps: Some(2400.0),
            rtt_ms: Some(24.3),
            wanted_kbps: Some(900.0),
            path: Some(PathKind::Host),
            retransmitted: u32::from(number > 50 && number < 70),
            repaired: if (50..70).contains(&number) { 7 } else { 0 },
            recovered: u32::from(number == 53),
            parity_kbps: 40.0,
            ..LinkSecond::default()
        };
        let remote = |id, name: &str, layer, kbps| RemoteSecond {
            id,
            name: name.into(),
            is_connected: true,
            awaited_height: Some(360),
            packets: 80,
            sound_packets: 50,
            fps: if (52..68).contains(&number) { 17.0 } else { 30.0 },
            width: 640,
            height: 360,
            loss: Some(0.004),
            video_jitter_ms: 3.0,
            video_delay_ms: 12.0,
            audio_jitter_ms: 2.0,
            audio_delay_ms: 40.0,
            concealed_ms: 0.0,
            stretched_ms: 0.0,
            freezes: u32::from(number == 51),
            key_frame_requests: u32::from(number == 52),
            decode_errors: 0,
            decode_ms: Some(1.4),
            link: link(layer, kbps),
            ..RemoteSecond::default()
        };
        let layer = LayerSecond {
            width: 640,
            height: 360,
            fps: 30.0,
            kbps: 500.0 * wave,
            target_kbps: Some(520.0),
            encode_ms: Some(2.1),
            key_frames: u32::from(number == 0),
            left_out: 0,
        };
        let mut remotes = vec![remote(1, "Ana Ruiz", Layer::Middle, 560.0 * bend)];
        if number > 80 {
            remotes.push(remote(2, "Jonas Wetterstrand-Brandt", Layer::Low, 160.0));
        }
        history.push(Second {
            ended: Duration::from_secs(u64::from(number)),
            layers: [None, Some(layer), None],
            remotes,
            me: Some(8),
            told: if number > 90 { told() } else { Vec::new() },
            ..Second::default()
        });
    }
    history
}

fn reception(from: u32, height: u32, lost: u32, grade: Grade) -> Reception {
    Reception {
        from: PeerId(from),
        kbps: 560,
        lost_permille: Some(lost),
        fps: 30,
        width: height * 16 / 9,
        height,
        jitter_ms: 6,
        grade: Some(grade),
    }
}

/// What Ana, Jonas and Mei told; the others are of an older version.
fn told() -> Vec<Told> {
    let told = |by, receptions: Vec<Reception>| {
        let account = Account { receptions: receptions.into(), is_overloaded: false };
        Told { by, account }
    };
    vec![
        told(
            1,
            vec![
                reception(2, 360, 124, Grade::Poor),
                reception(3, 720, 0, Grade::Good),
                reception(8, 360, 3, Grade::Good),
            ],
        ),
        told(2, vec![reception(1, 360, 12, Grade::Fair), reception(8, 180, 0, Grade::Good)]),
        told(
            3,
            vec![
                Reception { width: 0, height: 0, fps: 0, ..reception(2, 0, 135, Grade::Poor) },
                reception(1, 720, 2, Grade::Good),
            ],
        ),
    ]
}

fn measured(now: Instant) -> View {
    view(Screen::Meeting(Meeting { statistics: history(), ..meeting(now, two()) }))
}

fn measured_with_nine(now: Instant) -> View {
    let mut people = nine(now);
    people[1].name = "Jonas Wetterstrand-Brandt".into();
    view(Screen::Meeting(Meeting { statistics: history(), ..meeting(now, people) }))
}

fn in_german(view: View) -> View {
    let appearance = AppearanceSettings { language: LanguageChoice::German, ..view.appearance };
    View { appearance, ..view }
}

/// A window that shows the figures.
fn looking(view: View, now: Instant, width: f32, height: f32, theme: Theme) -> Harness<'static, State> {
    let theme_choice = if theme == Theme::Light { ThemeChoice::Light } else { ThemeChoice::Dark };
    let appearance = AppearanceSettings { theme: theme_choice, ..view.appearance };
    let mut harness = open(View { appearance, ..view }, now, width, height, theme);
    harness.key_press_modifiers(egui::Modifiers::COMMAND | egui::Modifiers::SHIFT, Key::S);
    harness.run_steps(3);
    harness
}

fn is_shown(harness: &Harness<'_, State>) -> bool {
    harness.query_by_label("Close statistics").is_some()
}

#[test]
fn figures_lie_over_the_meeting_when_asked_for() {
    let now = some_time();
    let mut harness = open(measured(now), now, 1280.0, 720.0, Theme::Dark);
    assert!(!is_shown(&harness));
    click(&mut harness, "Statistics");
    harness.run_steps(2);
    assert!(harness.state().window.shows_statistics());
    for words in [
        "Bitrate: 504 kilobits a second now, between 151 and 616",
        "Lost packets: 0.0 percent now, between 0.0 and 10.0",
        "Round trip: 24 milliseconds now, between 24 and 24",
        "Frame rate: 30 pictures a second now, between 17 and 30",
        "Resolution: 360 pixels high now",
        "Jitter: 3 milliseconds now",
    ] {
        harness.get_by_label_contains(words);
    }
    harness.snapshot("meeting-statistics");
    assert_eq!(commands(&mut harness), [], "the others are asked by the window's frame");
}

#[test]
fn what_goes_to_somebody_is_shown_too() {
    let now = some_time();
    let mut harness = looking(measured_with_nine(now), now, 1280.0, 720.0, Theme::Light);
    click(&mut harness, "To them");
    harness.run_steps(2);
    harness.get_by_label_contains("Bitrate: 486 kilobits a second now");
    harness.get_by_label_contains("Jitter: 6 milliseconds now");
    harness.get_by_label("Person").click();
    harness.run_steps(3);
    harness.get_by_role_and_label(egui::accesskit::Role::Button, "Jonas Wetterstrand-Brandt").click();
    harness.run_steps(3);
    click(&mut harness, "From them");
    harness.run_steps(2);
    harness.get_by_label_contains("Bitrate: 144 kilobits a second now");
    click(&mut harness, "To them");
    harness.run_steps(2);
    harness.snapshot("meeting-statistics-to-light");
}

#[test]
fn plots_fit_a_small_window() {
    let now = some_time();
    let mut harness = looking(measured(now), now, 480.0, 360.0, Theme::Light);
    harness.get_by_label_contains("Bitrate: 504 kilobits a second now");
    harness.snapshot("meeting-statistics-480x360-light");
}

#[test]
fn figures_under_the_pointer_are_told() {
    let now = some_time();
    let mut harness = looking(in_german(measured(now)), now, 800.0, 600.0, Theme::Dark);
    let plot = harness.get_by_label_contains("Verlorene Pakete").rect();
    harness.hover_at(plot.center());
    harness.run_steps(3);
    harness.snapshot("meeting-statistics-hover-german-800x600");
}

#[test]
fn who_receives_whom_is_told_and_what_is_not_known_is_not_guessed() {
    let now = some_time();
    let mut harness = looking(measured_with_nine(now), now, 1280.0, 720.0, Theme::Dark);
    click(&mut harness, "Who receives whom");
    harness.run_steps(2);
    for words in [
        "Ana Ruiz receives Jonas Wetterstrand-Brandt: 640×360, 30 fps, 12.4 % lost, poor",
        "Mei Lin receives Jonas Wetterstrand-Brandt: no picture, 13.5 % lost, poor",
        "Jonas Wetterstrand-Brandt receives you: 320×180, 30 fps, 0.0 % lost, good",
        "You receive Ana Ruiz: 640×360, 30 fps, 0.0 % lost, good",
        "Tom receives Ana Ruiz: not known",
        "Jonas Wetterstrand-Brandt receives Mei Lin: not known",
        "You receive Tom: not known",
    ] {
        harness.get_by_label(words);
    }
    harness.snapshot("meeting-statistics-map");
}

#[test]
fn the_map_fits_a_small_window_in_german() {
    let now = some_time();
    let mut harness = looking(in_german(measured_with_nine(now)), now, 480.0, 360.0, Theme::Light);
    click(&mut harness, "Wer empfängt wen");
    harness.run_steps(2);
    harness.get_by_label("Ana Ruiz empfängt Mei Lin: 1280×720, 30 Bilder/s, 0,0 % verloren, gut");
    harness.get_by_label("Jonas Wetterstrand-Brandt empfängt Ana Ruiz: 640×360, 30 Bilder/s, 1,2 % verloren, mäßig");
    harness.snapshot("meeting-statistics-map-480x360-light");
}

#[test]
fn all_figures_are_there_in_tables() {
    let now = some_time();
    let mut harness = looking(measured(now), now, 1280.0, 720.0, Theme::Dark);
    click(&mut harness, "All figures");
    harness.run_steps(2);
    for words in [
        "Ana Ruiz, kb/s 504, size 640×360, fps 30, loss % 0.4",
        "freezes 1",
        "repaired 140, by parity 1",
        "estimate 2400, layer middle, loss % 0.0, rtt ms 24.3",
        "sent again 19, key asked 0, parity kb/s 40, dropped 0",
    ] {
        harness.get_by_label_contains(words);
    }
    harness.get_by_label_contains("640×360, kb/s");
    harness.snapshot("meeting-statistics-all");
}

#[test]
fn all_figures_can_be_scrolled_to_in_a_small_window() {
    let now = some_time();
    let mut harness = looking(measured(now), now, 480.0, 360.0, Theme::Dark);
    click(&mut harness, "All figures");
    harness.run_steps(2);
    let before = harness.get_by_label_contains("Ana Ruiz, kb/s 504").rect();
    harness.hover_at(egui::pos2(240.0, 150.0));
    harness.event(egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: vec2(-300.0, 0.0),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
        modifiers: egui::Modifiers::NONE,
    });
    harness.run_steps(20);
    assert!(harness.get_by_label_contains("Ana Ruiz, kb/s 504").rect().left() < before.left() - 100.0);
    harness.snapshot("meeting-statistics-all-480x360");
}

#[test]
fn the_keyboard_shows_and_hides_figures() {
    let now = some_time();
    for (width, height) in [(1280.0, 720.0), (480.0, 360.0)] {
        let mut harness = open(measured(now), now, width, height, Theme::Dark);
        for shown in [true, false] {
            harness.key_press_modifiers(egui::Modifiers::COMMAND | egui::Modifiers::SHIFT, Key::S);
            harness.run_steps(2);
            assert_eq!(is_shown(&harness), shown);
        }
    }
}

#[test]
fn figures_can_be_closed_where_they_are() {
    let now = some_time();
    let mut harness = looking(measured(now), now, 480.0, 360.0, Theme::Dark);
    click(&mut harness, "Close statistics");
    assert!(!is_shown(&harness) && !harness.state().window.shows_statistics());
}

#[test]
fn figures_are_painted_once_a_second() {
    let now = some_time();
    let mut harness = looking(measured(now), now, 480.0, 360.0, Theme::Dark);
    // The bar has stepped back, and the pointer rests.
    harness.state_mut().now = now + Duration::from_secs(9);
    harness.run_steps(20);
    for tab in ["Who receives whom", "All figures", "Over time"] {
        click(&mut harness, tab);
        harness.run_steps(20);
        harness.state_mut().now += Duration::from_secs(9);
        harness.run_steps(20);
        assert_eq!(next_paint(&mut harness), Duration::from_secs(1), "{tab}");
    }
}

#[test]
fn a_bug_report_has_everything_but_names() {
    let now = some_time();
    let mut harness = looking(measured_with_nine(now), now, 1280.0, 720.0, Theme::Dark);
    nonet::gpu::remember_adapter(&harness.ctx, "Pencil (Paper)".into());
    harness.get_by_label("Copy as text").click();
    let copied = |harness: &Harness<'_, State>| {
        harness.output().platform_output.commands.iter().find_map(|command| match command {
            egui::OutputCommand::CopyText(text) => Some(text.clone()),
            _ => None,
        })
    };
    harness.step();
    let first = copied(&harness);
    harness.step();
    let text = first.or_else(|| copied(&harness)).expect("something is copied");
    for line in [
        "graphics: Pencil (Paper)",
        "codecs: H.264 (openh264), Opus",
        "in the meeting for 1447 s",
        "encodes 640×360: 450 (450–550) kb/s, 30 (30–30) fps, 2.1 (2.1–2.1) ms each",
        "participant 9 (me)",
        "  connected, path host, round trip 24 (24–24) ms",
        "  from them: 504 (151–616) kb/s, 640×360, 30 (17–30) fps, lost 0.4 (0.4–0.4) %",
        "140 repaired, 1 recovered by parity",
        "  1 receives 2: 640×360, 30 fps, 560 kb/s, 12.4 % lost, jitter 6 ms, poor",
        "  5 receives 1: unknown",
    ] {
        assert!(text.contains(line), "{line} is missing in:\n{text}");
    }
    for participant in nine(now) {
        assert!(!text.contains(&participant.name), "{} is named in:\n{text}", participant.name);
    }
    assert!(!text.contains("192.168") && !text.contains("kfw-tqxm-ehd"));
}

#[test]
fn before_the_first_second_that_is_said() {
    let now = some_time();
    let harness = looking(view(Screen::Meeting(meeting(now, two()))), now, 1280.0, 720.0, Theme::Light);
    assert!(is_shown(&harness) && harness.query_all_by_label_contains("Bitrate").next().is_none());
    let mut harness = harness;
    harness.snapshot("meeting-statistics-none-light");
}
