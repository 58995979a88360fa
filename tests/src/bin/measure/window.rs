//! What the window costs, of a real one on a display in memory, drawn by whatever driver there is: while nothing happens, and while
//! nine pictures move.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use nonet_media::mesh::Demand;
use nonet_tests::crowd::{Crowd, CrowdConfig, SEAT};
use nonet_tests::display::Display;
use nonet_tests::program::{self, Program};
use nonet_tests::pulse::Pulse;
use nonet_tests::recording::Recording;
use nonet_tests::usage::Usage;
use serde_json::Value;
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);
/// Until what joining has begun has come to rest: connections, notices, the bar that steps back.
const WARM_UP: Duration = Duration::from_secs(15);
const MEASURED_FOR: Duration = Duration::from_secs(20);

/// What one window took, in percent of a core.
struct Cost {
    main: f64,
    threads: BTreeMap<String, f64>,
}

impl Cost {
    fn all(&self) -> f64 {
        self.threads.values().sum()
    }
}

/// Opens the windows and prints the tables.
pub fn print() {
    let display = match Display::start(1400, 900) {
        Ok(display) => display,
        Err(reason) => return println!("\nThe window is not measured. {reason}"),
    };
    println!("\n| A window in which nothing happens, cameras off | UI thread, % of a core | all, % of a core |");
    println!("|---|---|---|");
    let mut details = Vec::new();
    let muted = ["--microphone", "off", "--speaker", "off"];
    let cases: [(&str, &[&str], bool); 3] = [
        ("two people, without sound devices", &muted, false),
        ("three people, without sound devices", &muted, true),
        ("three people, an open microphone in a quiet room and a speaker", &[], true),
    ];
    for (name, arguments, with_third) in cases {
        let cost = idle(&display, arguments, with_third);
        println!("| {name} | {:.2} | {:.2} |", cost.main, cost.all());
        details.push((name, cost));
    }
    for (name, cost) in details {
        let threads: Vec<_> = cost.threads.iter().map(|(thread, percent)| format!("`{thread}` {percent:.2}")).collect();
        println!("\n{name}: {}", threads.join(", "));
    }
    let window = nine(&display);
    println!("\n| Nine pictures of 640×360 that move, window of 1280×720 | |");
    println!("|---|---|");
    for (name, figure) in [
        ("UI thread for a frame, median, ms", &window["ui_frame_ms"]["p50"]),
        ("of 95 in 100 no more than", &window["ui_frame_ms"]["p95"]),
        ("at most", &window["ui_frame_ms"]["max"]),
        ("paints a second, from the program's start", &window["repaints_per_second"]),
        ("pictures that came", &window["pictures_arrived"]),
        ("pictures shown", &window["pictures_shown"]),
    ] {
        println!("| {name} | {figure:.2} |", figure = figure.as_f64().unwrap_or(f64::NAN));
    }
}

/// A real meeting of two or three, of which one is in a window; nobody has a camera, and nobody speaks.
fn idle(display: &Display, sound: &[&str], with_third: bool) -> Cost {
    let homes: [TempDir; 3] = std::array::from_fn(|_| TempDir::new().expect("a temporary folder"));
    let silent = ["--headless", "--camera", "off", "--microphone", "off", "--speaker", "off"];
    let host = [&["host", "--name", "Ana", "--listen", "127.0.0.1:0"], &silent[..]].concat();
    let host = Program::start(homes[0].path(), &host);
    let link = host.event("hosting", PATIENCE)["link"].as_str().expect("a link").to_owned();
    let third = with_third.then(|| {
        let join = [&["join", &link, "--name", "Ben"], &silent[..]].concat();
        Program::start(homes[1].path(), &join)
    });
    let join = [&["join", &link, "--name", "Cleo", "--camera", "off"], sound].concat();
    // Sound devices where nothing else says so: those of a sound server of its own, in which it is quiet.
    let pulse = sound.is_empty().then(|| {
        let pulse = Pulse::start(&["ear", "mouth"]);
        pulse.set_default_source("mouth.monitor");
        pulse
    });
    let mut environment = display.environment();
    environment.extend(pulse.iter().flat_map(Pulse::environment));
    let window = Program::start_with(homes[2].path(), &join, &environment);
    std::thread::sleep(WARM_UP);
    let before = Usage::of(window.id());
    std::thread::sleep(MEASURED_FOR);
    let after = Usage::of(window.id());
    drop((window, third, host));
    Cost { main: after.main_percent_since(&before), threads: after.percent_since(&before) }
}

/// A window in a meeting of nine who all have a camera, and what it reports of itself.
fn nine(display: &Display) -> Value {
    let home = TempDir::new().expect("a temporary folder");
    let report = home.path().join("report.json");
    let recording = Arc::new(Recording::new(640, 360));
    let demand = Demand::Shown { width: 640, height: 360 };
    let crowd = Crowd::start(CrowdConfig { people: 8, send: true, demand }, &recording);
    let entrance = crowd.entrance();
    let mut arguments: Vec<&str> = entrance.iter().map(String::as_str).collect();
    let stay = MEASURED_FOR.as_secs().to_string();
    arguments.extend([SEAT, "--camera", "test-pattern:1", "--microphone", "tone:1", "--speaker", "off"]);
    arguments.extend(["--for", &stay, "--report", report.to_str().expect("a plain path")]);
    let window = Program::start_with(home.path(), &arguments, &display.environment());
    let (status, errors) = window.finish(PATIENCE);
    assert!(status.success(), "{errors}");
    program::report(Path::new(&report))["window"].clone()
}
