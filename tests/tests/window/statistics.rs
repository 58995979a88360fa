//! The figures of the last minutes over the meeting.

use super::*;
use nonet::statistics::{LayerSecond, LinkSecond, RemoteSecond, Second};
use nonet_media::layer::Layer;

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
            retransmitted: u32::from(number > 50 && number < 70),
            ..LinkSecond::default()
        };
        let remote = |id, name: &str, layer, kbps| RemoteSecond {
            id,
            name: name.into(),
            fps: 30.0,
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
            latency_ms: None,
            link: link(layer, kbps),
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
        });
    }
    history
}

fn measured(now: Instant) -> View {
    view(Screen::Meeting(Meeting { statistics: history(), ..meeting(now, two()) }))
}

fn is_shown(harness: &Harness<'_, State>) -> bool {
    harness.query_all_by_label_contains("Ana Ruiz, kb/s").next().is_some()
}

#[test]
fn figures_lie_over_the_meeting_when_asked_for() {
    let now = some_time();
    let mut harness = open(measured(now), now, 1280.0, 720.0, Theme::Dark);
    assert!(!is_shown(&harness));
    click(&mut harness, "Statistics");
    for words in [
        "Ana Ruiz, kb/s 504, size 640×360, fps 30, loss % 0.4",
        "freezes 1",
        "estimate 2400, layer middle, loss % 0.0, rtt ms 24.3",
        "sent again 19",
    ] {
        harness.get_by_label_contains(words);
    }
    harness.get_by_label_contains("640×360, kb/s");
    harness.snapshot("meeting-statistics");
    assert_eq!(commands(&mut harness), [], "nobody else is bothered with it");
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
fn before_the_first_second_there_are_only_headings() {
    let now = some_time();
    let mut harness = open(view(Screen::Meeting(meeting(now, two()))), now, 1280.0, 720.0, Theme::Light);
    click(&mut harness, "Statistics");
    assert!(!is_shown(&harness));
}
