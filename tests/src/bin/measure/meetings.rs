//! Meetings in which everybody is a process of its own and sends to everybody.

use std::time::Duration;

use nonet_tests::program::{self, Program};
use serde_json::Value;

use super::median;

const PATIENCE: Duration = Duration::from_secs(90);
/// Seconds that each participant stays after joining.
const STAY: u64 = 20;

/// One kind of meeting.
struct Meeting {
    name: &'static str,
    participants: usize,
    resolution: &'static str,
    fps: &'static str,
}

/// Holds each meeting and prints a table.
pub fn print() {
    let meetings = [
        Meeting { name: "two, 640×360 at 30", participants: 2, resolution: "640x360", fps: "30" },
        Meeting { name: "two, 1280×720 at 30", participants: 2, resolution: "1280x720", fps: "30" },
        Meeting { name: "nine, 320×180 at 15", participants: 9, resolution: "320x180", fps: "15" },
    ];
    println!(
        "| Meeting | joined ms | first frame ms | last first frame ms | capture to decoded ms | % of a core | peak MiB | encode ms | sent kb/s |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for meeting in meetings {
        println!("{}", row(&meeting));
    }
}

/// Holds the meeting; the figures are of the guests, the median where there are several.
fn row(meeting: &Meeting) -> String {
    let home = tempfile::TempDir::new().expect("a temporary folder");
    let report = |seat: usize| home.path().join(format!("{seat}.json"));
    let start = |seat: usize, way: &[&str], stay: u64| {
        let (pattern, tone) = (format!("test-pattern:{seat}"), format!("tone:{seat}"));
        let (path, stay) = (report(seat), stay.to_string());
        let mut arguments = way.to_vec();
        arguments.extend(["--headless", "--camera", &pattern, "--microphone", &tone, "--speaker", "off"]);
        arguments.extend(["--resolution", meeting.resolution, "--fps", meeting.fps, "--for", &stay]);
        arguments.extend(["--report", path.to_str().expect("a plain path")]);
        Program::start(home.path(), &arguments)
    };
    let host = start(0, &["host", "--listen", "127.0.0.1:0"], STAY + 15);
    let link = host.event("hosting", PATIENCE)["link"].as_str().expect("a link").to_owned();
    let guests: Vec<_> = (1..meeting.participants).map(|seat| start(seat, &["join", &link], STAY)).collect();
    for guest in guests {
        let (status, errors) = guest.finish(PATIENCE);
        assert!(status.success(), "{errors}");
    }
    host.finish(PATIENCE);

    let reports: Vec<_> = (1..meeting.participants).map(|seat| program::report(&report(seat))).collect();
    let of_all = |figure: &dyn Fn(&Value) -> Option<f64>| median(reports.iter().filter_map(figure).collect());
    let of_remotes = |report: &Value, figure: &str| -> Vec<f64> {
        report["remotes"].as_array().into_iter().flatten().filter_map(|remote| remote[figure].as_f64()).collect()
    };
    let fold =
        |report: &Value, figure: &str, pick: fn(f64, f64) -> f64| of_remotes(report, figure).into_iter().reduce(pick);
    format!(
        "| {} | {:.0} | {:.0} | {:.0} | {:.1} | {:.1} | {:.0} | {:.2} | {:.0} |",
        meeting.name,
        of_all(&|report| report["joined_ms"].as_f64()),
        of_all(&|report| fold(report, "first_frame_ms", f64::min)),
        of_all(&|report| fold(report, "first_frame_ms", f64::max)),
        of_all(&|report| Some(median(of_remotes(report, "latency_ms")))),
        of_all(&|report| Some(report["cpu_seconds"].as_f64()? / STAY as f64 * 100.0)),
        of_all(&|report| Some(report["peak_rss_bytes"].as_f64()? / f64::from(1 << 20))),
        of_all(&|report| report["sent"][0]["mean_encode_ms"].as_f64()),
        of_all(&|report| report["sent"][0]["kbps"].as_f64()),
    )
}
