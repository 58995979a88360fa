//! What is told of a meeting in a bug report: everything that was measured, and nobody's name or address.
//!
//! Always in English, since it is for those who mend the program. People are numbered in the order in which they are shown.

use std::fmt::Write;
use std::time::Instant;

use nonet_media::mesh::{PathKind, Reception};

use crate::statistics::map::{Cell, Map};
use crate::statistics::{History, LayerSecond, RemoteSecond};
use crate::view::{Connection, Meeting, Participant, QualityGrade};

/// The text; `graphics` is what the window is drawn with, where that is known.
pub fn text(meeting: &Meeting, graphics: Option<&str>, now: Instant) -> String {
    let mut text = String::new();
    write(&mut text, meeting, graphics, now).expect("a string takes all that is written");
    text
}

fn write(text: &mut String, meeting: &Meeting, graphics: Option<&str>, now: Instant) -> std::fmt::Result {
    let (os, processor) = (std::env::consts::OS, std::env::consts::ARCH);
    writeln!(text, "Nonet {}, {os} {processor}", env!("CARGO_PKG_VERSION"))?;
    writeln!(text, "graphics: {}", graphics.unwrap_or("unknown"))?;
    writeln!(text, "codecs: H.264 (openh264), Opus")?;
    let seconds = now.saturating_duration_since(meeting.joined_at).as_secs();
    let history = &meeting.statistics;
    writeln!(
        text,
        "in the meeting for {seconds} s, figures of the last {} s: newest, least to most",
        history.seconds().len()
    )?;
    if history.last().is_some_and(|last| last.is_overloaded) {
        writeln!(text, "this computer does not keep up with encoding")?;
    }
    for layer in nonet_media::layer::Layer::ALL {
        let of = |figure: fn(&LayerSecond) -> Option<f32>| {
            course(history.seconds().map(|second| figure(second.layers[layer.index()].as_ref()?)))
        };
        if let Some(newest) = history.last().and_then(|last| last.layers[layer.index()]) {
            write!(text, "encodes {}×{}: {} kb/s", newest.width, newest.height, of(|layer| Some(layer.kbps)))?;
            writeln!(text, ", {} fps, {} ms each", of(|layer| Some(layer.fps)), of(|layer| layer.encode_ms))?;
        }
    }
    for (number, participant) in meeting.participants.iter().enumerate() {
        writeln!(text)?;
        person(text, number + 1, participant, history)?;
    }
    writeln!(text)?;
    map(text, &meeting.participants, history)
}

fn person(text: &mut String, number: usize, participant: &Participant, history: &History) -> std::fmt::Result {
    let grade = match participant.quality.as_ref().map(|quality| quality.grade) {
        Some(QualityGrade::Good) => "good",
        Some(QualityGrade::Fair) => "fair",
        Some(QualityGrade::Poor) => "poor",
        None => "unknown",
    };
    let me = if participant.is_self { " (me)" } else { "" };
    let on = |on| if on { "on" } else { "off" };
    let (microphone, camera) = (on(participant.microphone_on), on(participant.camera_on));
    writeln!(text, "participant {number}{me}: microphone {microphone}, camera {camera}, quality {grade}")?;
    if participant.is_self {
        return Ok(());
    }
    let remotes = || history.seconds().map(|second| second.remote(participant.id));
    let Some(newest) = remotes().next_back().flatten() else { return writeln!(text, "  no figures") };
    let of = |figure: fn(&RemoteSecond) -> Option<f32>| course(remotes().map(|second| figure(second?)));
    let sum =
        |figure: fn(&RemoteSecond) -> u32| remotes().flatten().map(|second| u64::from(figure(second))).sum::<u64>();
    let connection = match participant.connection {
        Connection::Connecting => "connecting",
        Connection::Connected => "connected",
        Connection::Reconnecting { .. } => "reconnecting",
    };
    let path = match newest.link.path {
        Some(PathKind::Host) => "host",
        Some(PathKind::ServerReflexive) => "server reflexive",
        Some(PathKind::PeerReflexive) => "peer reflexive",
        Some(PathKind::Relay) => "relay",
        None => "unknown",
    };
    writeln!(text, "  {connection}, path {path}, round trip {} ms", of(|second| second.link.rtt_ms))?;
    writeln!(
        text,
        "  from them: {} kb/s, {}×{}, {} fps, lost {} %, jitter {} ms (sound {} ms), delay {} ms (sound {} ms)",
        of(|second| Some(second.link.received_kbps)),
        newest.width,
        newest.height,
        of(|second| Some(second.fps)),
        of(|second| second.loss.map(|loss| loss * 100.0)),
        of(|second| Some(second.video_jitter_ms)),
        of(|second| Some(second.audio_jitter_ms)),
        of(|second| Some(second.video_delay_ms)),
        of(|second| Some(second.audio_delay_ms)),
    )?;
    writeln!(
        text,
        "    {} freezes, {:.0} ms of sound guessed, {} repaired, {} recovered by parity, {} key frames asked for, {} errors, decoding {} ms",
        sum(|second| second.freezes),
        remotes().flatten().map(|second| second.concealed_ms).sum::<f32>(),
        sum(|second| second.link.repaired),
        sum(|second| second.link.recovered),
        sum(|second| second.key_frame_requests),
        sum(|second| second.decode_errors),
        of(|second| second.decode_ms),
    )?;
    writeln!(
        text,
        "  to them: {} kb/s, layer {}, estimate {} kb/s, wanted {} kb/s, lost {} %, queue {} ms, parity {} kb/s",
        of(|second| Some(second.link.sent_kbps)),
        newest.link.layer.map_or("none".to_owned(), |layer| layer.index().to_string()),
        of(|second| second.link.estimate_kbps),
        of(|second| second.link.wanted_kbps),
        of(|second| Some(second.link.loss * 100.0)),
        of(|second| Some(second.link.queue_ms)),
        of(|second| Some(second.link.parity_kbps)),
    )?;
    writeln!(
        text,
        "    {} sent again, {} key frames asked for, {} pictures dropped, {} probes",
        sum(|second| second.link.retransmitted),
        sum(|second| second.link.key_frame_requests_received),
        sum(|second| second.link.pictures_dropped),
        sum(|second| second.link.probes),
    )
}

/// The newest value, and between which it was: `504 (150–620)`.
fn course(values: impl Iterator<Item = Option<f32>>) -> String {
    let (mut newest, mut least, mut most) = (None, f32::INFINITY, f32::NEG_INFINITY);
    for value in values {
        newest = value;
        if let Some(value) = value {
            (least, most) = (least.min(value), most.max(value));
        }
    }
    let short = |value: f32| if value.abs() < 10.0 { format!("{value:.1}") } else { format!("{value:.0}") };
    let newest = newest.map_or("–".to_owned(), short);
    if least > most { newest } else { format!("{newest} ({}–{})", short(least), short(most)) }
}

fn map(text: &mut String, participants: &[Participant], history: &History) -> std::fmt::Result {
    let map = Map::new(history);
    writeln!(text, "who receives whom, as they tell:")?;
    for (receiver, participant) in participants.iter().enumerate() {
        for (sender, from) in participants.iter().enumerate() {
            let figures = match map.cell(participant.id, from.id) {
                Cell::Oneself => continue,
                Cell::Unknown => "unknown".to_owned(),
                Cell::Known(reception) => reception_in_words(&reception),
            };
            writeln!(text, "  {} receives {}: {figures}", receiver + 1, sender + 1)?;
        }
    }
    Ok(())
}

fn reception_in_words(reception: &Reception) -> String {
    let Reception { from: _, kbps, lost_permille, fps, width, height, jitter_ms, grade } = reception;
    let lost = lost_permille.map_or("?".to_owned(), |lost| format!("{:.1}", f64::from(lost) / 10.0));
    let grade = grade.map_or("unknown".to_owned(), |grade| format!("{grade:?}").to_lowercase());
    format!("{width}×{height}, {fps} fps, {kbps} kb/s, {lost} % lost, jitter {jitter_ms} ms, {grade}")
}
