//! One real participant among people who cost next to nothing ([`nonet_tests::crowd`]): what its seat takes of the machine,
//! beside the least that its parts take, and how fast it is.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use nonet_media::mesh::Demand;
use nonet_tests::crowd::{Crowd, CrowdConfig, SEAT};
use nonet_tests::floors::{Floors, Pace};
use nonet_tests::program::{self, Program};
use nonet_tests::recording::Recording;
use nonet_tests::usage::{Memory, Usage};

use super::median;

const PATIENCE: Duration = Duration::from_secs(60);
/// Until everybody has everybody's picture.
const WARM_UP: Duration = Duration::from_secs(4);
const MEASURED_FOR: Duration = Duration::from_secs(15);
/// So often one and eight are sent to in turn: what differs between them is less than what others on the machine change.
const ROUNDS: usize = 3;
/// Packets of sound a second, to eight others or from them.
const SOUNDS: f64 = 8.0 * 50.0;

/// What is measured of one seat.
struct Seat {
    /// Percent of a core, by thread.
    threads: BTreeMap<String, f64>,
    memory: Memory,
    joined_ms: f64,
    /// Of each of the others.
    first_frames_ms: Vec<f64>,
    capture_to_decoded_ms: f64,
    /// Packets a second that the seat sends.
    sent_packets: f64,
    /// Pictures a second of each of the others.
    fps: f64,
}

impl Seat {
    fn percent(&self) -> f64 {
        self.threads.values().sum()
    }

    fn thread(&self, name: &str) -> f64 {
        self.threads.get(name).copied().unwrap_or_default()
    }
}

/// Takes each seat and prints the tables.
pub fn print() {
    let recording = Arc::new(Recording::new(640, 360));
    let floors = [Pace::Loop, Pace::Meeting].map(|pace| Floors::measure(&recording, pace));
    let demand = Demand::Shown { width: 640, height: 360 };
    let sit = |people, send| sit(CrowdConfig { people, send, demand }, &recording);
    let rounds: [[Seat; 2]; ROUNDS] = std::array::from_fn(|_| [sit(1, false), sit(8, false)]);
    let (pair, nine) = (sit(1, true), sit(8, true));
    let [to_one, to_eight] = &rounds[ROUNDS - 1];
    let seats = [
        ("sends to 1, receives nothing", to_one),
        ("sends to 8, receives nothing", to_eight),
        ("sends to 1, receives 1", &pair),
        ("sends to 8, receives 8", &nine),
    ];
    println!(
        "\n| Seat, 640×360 at 30 of a capture of 1280×720, with sound | % of a core | peak MiB | PSS MiB | joined ms | first picture ms | last first picture ms | capture to decoded ms | received fps |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for (name, seat) in seats {
        let first = |pick: fn(f64, f64) -> f64| seat.first_frames_ms.iter().copied().reduce(pick);
        let shown =
            |value: Option<f64>, decimals| value.map_or("–".to_owned(), |value| format!("{value:.decimals$}"));
        println!(
            "| {name} | {:.1} | {:.0} | {:.0} | {:.0} | {} | {} | {:.1} | {} |",
            seat.percent(),
            seat.memory.peak_mib,
            seat.memory.proportional_mib,
            seat.joined_ms,
            shown(first(f64::min), 0),
            shown(first(f64::max), 0),
            seat.capture_to_decoded_ms,
            shown(Some(seat.fps).filter(|_| !seat.first_frames_ms.is_empty()), 1),
        );
    }
    print_fan_out(&rounds);
    print_parts(&nine, &floors, &recording);
}

/// What more people to send to cost: medians of all rounds.
fn print_fan_out(rounds: &[[Seat; 2]]) {
    println!("\n| Sending only | 1 peer | 8 peers | |");
    println!("|---|---|---|---|");
    let row = |name: &str, figure: &dyn Fn(&Seat) -> f64, difference: &dyn Fn(f64, f64) -> f64| {
        let of_rounds = |of: &dyn Fn(&[Seat; 2]) -> f64| median(rounds.iter().map(of).collect());
        let (one, eight) = (of_rounds(&|[one, _]| figure(one)), of_rounds(&|[_, eight]| figure(eight)));
        let difference = of_rounds(&|[one, eight]| difference(figure(one), figure(eight)));
        println!("| {name}, % of a core | {one:.2} | {eight:.2} | {difference:.3} |");
    };
    row("encoder (× as much)", &|seat| seat.thread("video-send"), &|one, eight| eight / one);
    row("all (+ for each)", &Seat::percent, &|one, eight| (eight - one) / 7.0);
}

/// Where the processor time of a seat of nine goes, beside the least that each part takes.
fn print_parts(seat: &Seat, floors: &[Floors; 2], recording: &Recording) {
    let percent = |once: Duration, a_second: f64| once.as_secs_f64() * a_second * 100.0;
    let sent_video = (seat.sent_packets - SOUNDS).max(0.0);
    let video = 8.0 * recording.packets_per_second() + sent_video;
    // In a loop and at a meeting's pace.
    let least = |part: &dyn Fn(&Floors) -> f64| [part(&floors[0]), part(&floors[1])];
    let rows = [
        ("downscale and encode", "video-send", least(&|of| percent(of.downscale, 30.0) + percent(of.encode, 30.0))),
        ("decode", "video-receive", least(&|of| percent(of.decode, 8.0 * 30.0))),
        (
            "SRTP and sockets",
            "mesh",
            least(&|of| percent(of.video_packet, video) + percent(of.sound_packet, 2.0 * SOUNDS)),
        ),
        ("Opus, sending", "microphone", least(&|of| percent(of.opus_encode, 50.0))),
        ("Opus, receiving", "playout", least(&|of| percent(of.opus_decode, SOUNDS))),
    ];
    println!("\n| Of nine, % of a core | alone, in a loop | alone, at its pace | thread | takes |");
    println!("|---|---|---|---|---|");
    for (name, thread, [in_loop, at_pace]) in rows {
        println!("| {name} | {in_loop:.2} | {at_pace:.2} | `{thread}` | {:.2} |", seat.thread(thread));
    }
    let known = |name: &str| rows.iter().any(|(_, thread, _)| *thread == name);
    for (thread, percent) in seat.threads.iter().filter(|(thread, _)| !known(thread)) {
        println!("| | | | `{thread}` | {percent:.2} |");
    }
    let [in_loop, at_pace] = [0, 1].map(|pace| rows.iter().map(|(_, _, least)| least[pace]).sum::<f64>());
    let ratios = |percent: f64| format!("× {:.2}, × {:.2}", percent / in_loop, percent / at_pace);
    let all = seat.percent();
    println!("| all | {in_loop:.2} | {at_pace:.2} | | {all:.2}: {} |", ratios(all));
    let without = all - seat.thread("capture");
    println!("| all but the capture | {in_loop:.2} | {at_pace:.2} | | {without:.2}: {} |", ratios(without));
    println!(
        "| drawing the test pattern | {:.2} | {:.2} | | |",
        percent(floors[0].draw, 30.0),
        percent(floors[1].draw, 30.0)
    );
}

/// Has a real participant join a crowd, and measures it.
fn sit(config: CrowdConfig, recording: &Arc<Recording>) -> Seat {
    let home = tempfile::TempDir::new().expect("a temporary folder");
    let report = home.path().join("report.json");
    let crowd = Crowd::start(config, recording);
    let entrance = crowd.entrance();
    let mut arguments: Vec<&str> = entrance.iter().map(String::as_str).collect();
    let stay = (WARM_UP + MEASURED_FOR + Duration::from_secs(2)).as_secs().to_string();
    arguments.extend([SEAT, "--headless", "--camera", "test-pattern:1", "--microphone", "tone:1", "--speaker", "off"]);
    arguments.extend(["--for", &stay, "--report", report.to_str().expect("a plain path")]);
    let program = Program::start(home.path(), &arguments);
    program.event("joined", PATIENCE);
    std::thread::sleep(WARM_UP);
    crowd.begin();
    let before = Usage::of(program.id());
    std::thread::sleep(MEASURED_FOR);
    let after = Usage::of(program.id());
    let (received, latencies) = (crowd.received_packets(), crowd.latencies());
    let memory = Memory::of(program.id());
    let (status, errors) = program.finish(PATIENCE);
    assert!(status.success(), "{errors}");

    let report = program::report(&report);
    let of_remotes = |figure: &str| -> Vec<f64> {
        report["remotes"].as_array().into_iter().flatten().filter_map(|remote| remote[figure].as_f64()).collect()
    };
    Seat {
        threads: after.percent_since(&before),
        memory,
        joined_ms: report["joined_ms"].as_f64().unwrap_or(f64::NAN),
        first_frames_ms: of_remotes("first_frame_ms"),
        capture_to_decoded_ms: median(latencies.iter().map(|latency| latency.as_secs_f64() * 1000.0).collect()),
        sent_packets: received as f64 / MEASURED_FOR.as_secs_f64(),
        fps: median(of_remotes("fps")),
    }
}
