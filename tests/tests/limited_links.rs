//! Nine real processes, three of them on links that are far too small for what the others send: those get less, and the
//! other six do not notice.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "what fails here is to fail the test, and measurements are told"
)]

use std::time::Duration;

use nonet_tests::program::{self, Program};
use serde_json::Value;
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);
/// Seconds that each guest stays.
const STAY: usize = 34;
/// Seconds in which everybody joins and the links are found out.
const SETTLING: usize = 12;
/// Seconds after that which are looked at; on a busy machine some are missed.
const JUDGED: usize = 20;

/// Large enough for two layers, 640×360 and 320×180; few enough pictures for nine times two encoders on two cores.
const CAMERA: [&str; 4] = ["--resolution", "640x360", "--fps", "10"];
const SMALL_WIDTH: f64 = 320.0;

/// Sound to or from eight takes 450 kb/s. The small layer takes at least 65 kb/s for each of them, so that all eight have
/// room; the large one at least 325 kb/s, so that no more than four have.
const LIMITED: [&str; 3] = [
    "uplink=2mbps,downlink=2mbps",
    "uplink=2mbps,downlink=2mbps,delay=40ms,jitter=5ms",
    "uplink=2mbps,downlink=2mbps,delay=10ms,loss=1%",
];
/// The seats on limited links; the host is not among them.
const LIMITED_SEATS: std::ops::Range<usize> = 6..9;

fn is_limited(seat: usize) -> bool {
    LIMITED_SEATS.contains(&seat)
}

/// What one saw and heard of another once all had settled.
struct Seen {
    /// Share of the seconds in which pictures came and were of the large layer.
    large: f64,
    /// Share of the seconds in which pictures moved.
    moving: f64,
    /// Share of the sound that had to be guessed.
    concealed: f64,
}

impl std::fmt::Display for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { large, moving, concealed } = self;
        write!(f, "large in {large:.2} of the time, moving in {moving:.2}, {concealed:.3} of the sound guessed")
    }
}

fn seen(report: &Value, other: usize) -> Seen {
    let name = format!("P{other}");
    let mut remotes = report["history"]["remotes"].as_array().unwrap().iter();
    let remote = remotes.find(|remote| remote["name"] == name.as_str()).unwrap_or_else(|| panic!("{name} was not met"));
    let figure = |figure: &str| -> Vec<f64> {
        let seconds = remote[figure].as_array().unwrap().iter().skip(SETTLING).take(JUDGED);
        seconds.map(|second| second.as_f64().unwrap_or_default()).collect()
    };
    let (width, fps, concealed_ms) = (figure("width"), figure("fps"), figure("concealed_ms"));
    assert!(fps.len() >= JUDGED / 2, "P{other} was there for too few seconds");
    let share = |seconds: usize| seconds as f64 / fps.len() as f64;
    Seen {
        large: share(width.iter().zip(&fps).filter(|(width, fps)| **width > SMALL_WIDTH && **fps > 0.0).count()),
        moving: share(fps.iter().filter(|fps| **fps >= 2.0).count()),
        concealed: concealed_ms.iter().sum::<f64>() / 1000.0 / concealed_ms.len() as f64,
    }
}

/// What is told of a link of whose pictures too few are seen: figures of its sender, and of who looks.
const OF_SENDER: [&str; 8] = [
    "sent_layer",
    "sent_kbps",
    "estimate_kbps",
    "probes",
    "sent_loss_percent",
    "queue_ms",
    "pictures_dropped",
    "key_frame_requests_received",
];
const OF_RECEIVER: [&str; 4] = ["fps", "received_kbps", "loss_percent", "key_frame_requests"];

/// These figures of the link to another, second by second.
fn tell(report: &Value, other: usize, figures: &[&str]) {
    let name = format!("P{other}");
    let remotes = report["history"]["remotes"].as_array().unwrap();
    for remote in remotes.iter().filter(|remote| remote["name"] == name.as_str()) {
        figures.iter().for_each(|figure| println!("  {figure}: {}", remote[figure]));
    }
}

#[test]
fn three_on_small_links_get_less_and_the_other_six_do_not_notice() {
    let home = TempDir::new().unwrap();
    let report = |seat: usize| home.path().join(format!("{seat}.json"));
    let start = |seat: usize, way: &[&str], stay: usize| {
        let (name, pattern, tone) = (format!("P{seat}"), format!("test-pattern:{seat}"), format!("tone:{seat}"));
        let (path, stay) = (report(seat), stay.to_string());
        let mut all = way.to_vec();
        all.extend(["--headless", "--name", &name, "--camera", &pattern, "--microphone", &tone, "--speaker", "off"]);
        all.extend(CAMERA);
        all.extend(["--for", &stay, "--report", path.to_str().unwrap()]);
        if is_limited(seat) {
            all.extend(["--simulate-network", LIMITED[seat - LIMITED_SEATS.start]]);
        }
        Program::start(home.path(), &all)
    };
    let host = start(0, &["host", "--listen", "127.0.0.1:0"], 3 * STAY);
    let link = host.event("hosting", PATIENCE)["link"].as_str().unwrap().to_owned();
    let guests: Vec<_> = (1..9).map(|seat| start(seat, &["join", &link], STAY)).collect();
    for guest in guests {
        let (status, errors) = guest.finish(PATIENCE);
        assert!(status.success(), "{errors}");
    }
    host.end(PATIENCE);

    let (mut free, mut limited) = (Vec::new(), Vec::new());
    for seat in 0..9 {
        let report = program::report(&report(seat));
        for other in (0..9).filter(|other| *other != seat) {
            let seen = seen(&report, other);
            println!("P{seat} saw P{other}: {seen}");
            if is_limited(seat) || is_limited(other) { &mut limited } else { &mut free }.push((seat, other, seen));
        }
    }
    for (seat, other, seen) in &free {
        assert!(seen.large >= 0.5, "somebody's link costs P{seat} the pictures of P{other}: {seen}");
        assert!(seen.moving >= 0.9, "somebody's link stops for P{seat} the pictures of P{other}: {seen}");
    }
    for (seat, other, _) in limited.iter().filter(|(.., seen)| seen.moving < 0.1) {
        println!("of the pictures of P{other} too few are seen by P{seat}; who sends them, and who looks:");
        tell(&program::report(&report(*other)), *seat, &OF_SENDER);
        tell(&program::report(&report(*seat)), *other, &OF_RECEIVER);
    }
    for (seat, other, seen) in &limited {
        assert!(seen.large <= 0.5, "P{seat} has more of P{other} than the link can carry: {seen}");
        assert!(seen.moving >= 0.1, "P{seat} has no moving pictures of P{other}: {seen}");
    }
    for (seat, other, seen) in free.iter().chain(&limited) {
        assert!(seen.concealed <= 0.03, "the sound of P{other} has gaps at P{seat}: {seen}");
    }
    let mean = |pairs: &[(usize, usize, Seen)], figure: fn(&Seen) -> f64| {
        pairs.iter().map(|(_, _, seen)| figure(seen)).sum::<f64>() / pairs.len() as f64
    };
    let (large, moving) = (mean(&free, |seen| seen.large), mean(&limited, |seen| seen.moving));
    assert!(large >= 0.9, "the six do not keep their layers: they are large in {large:.2} of the time");
    assert!(moving >= 0.7, "the limited links are not made use of: pictures move in {moving:.2} of the time");
}
