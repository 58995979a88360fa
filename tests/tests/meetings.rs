//! Real meetings of real processes on this machine: what is sent arrives, in picture and sound, for two and for nine; and
//! what cannot work ends with a sentence and the right exit code.
//!
//! These use the whole machine, so they run one after another.
#![allow(clippy::unwrap_used, reason = "what fails here is to fail the test")]

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nonet_tests::material::{self, Clip};
use nonet_tests::measure;
use nonet_tests::program::{self, Program};
use serde_json::Value;
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);
/// How long people see each other where what they see and hear is judged, from when they do.
const SEEN_FOR: Duration = Duration::from_secs(10);

fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// Starts a host on loopback; gives it and its link.
fn host(home: &TempDir, arguments: &[&str]) -> (Program, String) {
    let mut all = vec!["host", "--headless", "--listen", "127.0.0.1:0", "--name", "Ana"];
    all.extend(arguments);
    let host = Program::start(home.path(), &all);
    let link = host.event("hosting", PATIENCE)["link"].as_str().unwrap().to_owned();
    (host, link)
}

const SILENT: [&str; 6] = ["--camera", "off", "--microphone", "off", "--speaker", "off"];

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("a number, not {value}"))
}

#[test]
fn a_clip_and_speech_reach_the_other_process() {
    let _alone = alone();
    let home = TempDir::new().unwrap();
    let file = |name: &str| text(&home.path().join(name));
    let clip = Clip { width: 640, height: 360, fps: 30, frames: 120 };
    clip.write(&home.path().join("clip.y4m")).unwrap();
    let said = material::voice(3);
    material::write_wav(&home.path().join("said.wav"), &said).unwrap();

    let camera = format!("file:{}", file("clip.y4m"));
    let microphone = format!("file:{}", file("said.wav"));
    let heard_by_ana = format!("file:{}", file("heard-by-ana.wav"));
    let heard_by_ben = format!("file:{}", file("heard-by-ben.wav"));
    let common = ["--camera", &camera, "--microphone", &microphone, "--resolution", "640x360"];
    let (ana_report, ben_report) = (file("ana.json"), file("ben.json"));
    let saved = file("saved");
    let mut ana_arguments = vec!["--speaker", &heard_by_ana, "--report", &ana_report];
    ana_arguments.extend(common);
    let (ana, link) = host(&home, &ana_arguments);
    let mut ben_arguments = vec!["join", &link, "--headless", "--name", "Ben", "--save-video", &saved];
    ben_arguments.extend(["--speaker", &heard_by_ben, "--report", &ben_report]);
    ben_arguments.extend(common);
    let ben = Program::start(home.path(), &ben_arguments);
    ben.event("first-frame", PATIENCE);
    std::thread::sleep(SEEN_FOR);
    end(ben);
    // Ana notices by herself that Ben has gone, and is then sent away by a signal, as a service would be.
    ana.event("participant-left", PATIENCE);
    end(ana);

    let (ana, ben) = (program::report(&home.path().join("ana.json")), program::report(&home.path().join("ben.json")));
    for (sender, receiver) in [(&ana, &ben), (&ben, &ana)] {
        let sent = number(&sender["sent"][0]["frames"]);
        let got = &receiver["remotes"][0];
        assert!(sent > 250.0, "a clip at 30 frames per second was sent for ten seconds: {sender}");
        assert!(number(&got["frames_decoded"]) >= 0.95 * sent, "of {sent} frames too few arrived: {receiver}");
        assert_eq!((got["width"].as_u64(), got["height"].as_u64()), (Some(640), Some(360)));
        assert_eq!(got["path"], "host");
    }
    let first = number(&ben["remotes"][0]["first_frame_ms"]);
    assert!(first < 1000.0, "the first frame came {first} ms after the join started");

    assert_pictures_are_those_of(&clip, &home.path().join("saved/Ana.y4m"));
    for name in ["heard-by-ana.wav", "heard-by-ben.wav"] {
        assert_heard(&said, &home.path().join(name));
    }
}

/// Waits until a recording holds so many bytes.
fn wait_for_pictures(recording: &Path, bytes: u64) {
    let deadline = Instant::now() + PATIENCE;
    while std::fs::metadata(recording).map_or(0, |metadata| metadata.len()) < bytes {
        assert!(Instant::now() < deadline, "no more pictures come");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Asks a program to end and waits for it.
fn end(program: Program) {
    let (status, errors) = program.end(PATIENCE);
    assert!(status.success(), "{errors}");
}

/// Each received picture is one of the clip's, in the clip's order, and near it.
fn assert_pictures_are_those_of(clip: &Clip, recording: &Path) {
    let (width, height, received) = measure::read_luma(recording);
    assert_eq!((width, height), (clip.width, clip.height));
    let sent: Vec<_> = (0..clip.frames).map(|frame| clip.luma(frame)).collect();
    let thin = |plane: &[u8]| measure::thin(plane, width, 6);
    let sent_thin: Vec<_> = sent.iter().map(|plane| thin(plane)).collect();
    let mut psnr = Vec::new();
    let mut shown = Vec::new();
    for picture in &received {
        let small = thin(picture);
        let nearness = |frame: &usize| measure::psnr(&small, &sent_thin[*frame]);
        let nearest = (0..clip.frames).max_by(|a, b| nearness(a).total_cmp(&nearness(b))).unwrap();
        psnr.push(measure::psnr(picture, &sent[nearest]));
        shown.push(nearest);
    }
    let steps: Vec<_> = shown.windows(2).map(|pair| (pair[1] + clip.frames - pair[0]) % clip.frames).collect();
    let smooth = steps.iter().filter(|step| **step == 1).count();
    assert!(smooth as f64 >= 0.9 * steps.len() as f64, "the pictures do not follow each other: {steps:?}");
    let mean = psnr.iter().sum::<f64>() / psnr.len() as f64;
    assert!(mean >= 32.0, "luma PSNR is {mean:.1} dB");
}

/// What was recorded is what was said, in most of its seconds.
fn assert_heard(said: &[f32], recording: &Path) {
    let mut reader = hound::WavReader::open(recording).expect("the recording is WAV");
    let rate = reader.spec().sample_rate;
    let channels = usize::from(reader.spec().channels);
    assert_eq!(rate, material::VOICE_RATE_HZ);
    let samples: Vec<f32> = match reader.spec().sample_format {
        hound::SampleFormat::Float => reader.samples::<f32>().map(Result::unwrap).collect(),
        hound::SampleFormat::Int => {
            reader.samples::<i16>().map(|sample| f32::from(sample.unwrap()) / 32768.0).collect()
        }
    };
    let heard: Vec<f32> = samples.into_iter().step_by(channels).collect();
    // 4 kHz hold what speech is recognised by.
    const FACTOR: usize = 12;
    let (said, heard) = (measure::decimate(said, FACTOR), measure::decimate(&heard, FACTOR));
    let second = material::VOICE_RATE_HZ as usize / FACTOR;
    let mut likeness: Vec<f64> = heard
        .chunks_exact(second)
        .map(|stretch| measure::likeness(&said, stretch))
        .filter(|like| *like > 0.0)
        .collect();
    assert!(likeness.len() >= 8, "ten seconds were heard: {likeness:?}");
    likeness.sort_by(f64::total_cmp);
    assert!(likeness[likeness.len() / 2] > 0.85, "what was heard is not what was said: {likeness:?}");
}

#[test]
fn nine_processes_all_see_and_hear_each_other() {
    let _alone = alone();
    let home = TempDir::new().unwrap();
    let report = |number: usize| home.path().join(format!("{number}.json"));
    let small = ["--resolution", "320x180", "--fps", "15", "--speaker", "off", "--headless"];
    let arguments = |number: usize, name: &str| {
        let mut all: Vec<String> = small.map(str::to_owned).to_vec();
        all.extend([
            "--camera".into(),
            format!("test-pattern:{number}"),
            "--microphone".into(),
            format!("tone:{number}"),
        ]);
        all.extend(["--report".into(), text(&report(number)), "--name".into(), name.to_owned()]);
        all
    };
    let mut host_arguments: Vec<String> = ["host", "--listen", "127.0.0.1:0"].map(str::to_owned).to_vec();
    host_arguments.extend(arguments(0, "P0"));
    let host = Program::start(home.path(), &host_arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let link = host.event("hosting", PATIENCE)["link"].as_str().unwrap().to_owned();
    let guests: Vec<_> = (1..9)
        .map(|number| {
            let mut all = vec!["join".to_owned(), link.clone()];
            all.extend(arguments(number, &format!("P{number}")));
            Program::start(home.path(), &all.iter().map(String::as_str).collect::<Vec<_>>())
        })
        .collect();
    for program in guests.iter().chain([&host]) {
        for _ in 0..8 {
            program.event("first-frame", PATIENCE);
        }
    }
    std::thread::sleep(SEEN_FOR);
    guests.into_iter().for_each(end);
    end(host);

    let mut flowing = 0;
    for seat in 0..9 {
        let report = program::report(&report(seat));
        let remotes = report["remotes"].as_array().unwrap();
        assert_eq!(remotes.len(), 8, "P{seat} met everybody: {report}");
        for remote in remotes {
            assert!(remote["frames_decoded"].as_u64().unwrap() >= 60, "P{seat} hardly sees {remote}");
            assert!(number(&remote["audio_dbfs"]) > -45.0, "P{seat} does not hear {remote}");
            assert_eq!((remote["width"].as_u64(), remote["height"].as_u64()), (Some(320), Some(180)));
            flowing += 1;
        }
    }
    assert_eq!(flowing, 72);
}

#[test]
fn the_tenth_is_told_that_the_meeting_is_full_and_the_nine_go_on() {
    let _alone = alone();
    let home = TempDir::new().unwrap();
    let (host, link) = host(&home, &SILENT);
    let guest = |name: &str| {
        let mut all = vec!["join", &link, "--headless", "--name", name];
        all.extend(SILENT);
        Program::start(home.path(), &all)
    };
    let guests: Vec<_> = (1..9).map(|number| guest(&format!("P{number}"))).collect();
    for guest in &guests {
        guest.event("joined", PATIENCE);
    }
    let (status, errors) = guest("Late").finish(PATIENCE);
    assert_eq!(status.code(), Some(3));
    assert!(errors.contains("The meeting is full"), "{errors}");
    // When the host leaves its own server, the others learn that the meeting is over.
    end(host);
    for guest in guests {
        let (status, errors) = guest.finish(PATIENCE);
        assert_eq!(status.code(), Some(4));
        assert!(errors.contains("The host ended the meeting"), "{errors}");
    }
}

/// Runs `nonet` to its end; gives the exit code and what was said.
fn outcome(home: &TempDir, arguments: &[&str]) -> (Option<i32>, String) {
    let (status, errors) = Program::start(home.path(), arguments).finish(PATIENCE);
    (status.code(), errors)
}

#[test]
fn what_cannot_work_ends_with_a_sentence_and_its_exit_code() {
    let home = TempDir::new().unwrap();
    let not_y4m = home.path().join("clip.y4m");
    std::fs::write(&not_y4m, "no clip at all").unwrap();
    let clip = format!("file:{}", text(&not_y4m));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken_address = taken.local_addr().unwrap().to_string();
    // A port that the system gives to nobody, and on which nothing has listened for decades.
    let link = format!("nonet://127.0.0.1:1/kfw-tqxm-ehd#{}", "0".repeat(64));
    let cases: &[(&[&str], i32, &str)] = &[
        (
            &["join", "kfw-tqxm-ehd", "--headless", "--no-discovery"],
            2,
            "A code alone does not say where the meeting is",
        ),
        (&["join", "kfw-tqxm-ehd", "--headless"], 3, "No meeting with this code was found on this network"),
        (&["join", "hello", "--headless"], 2, "code"),
        (&["join", &link, "--headless"], 3, "cannot be reached"),
        (&["host", "--headless", "--camera", &clip], 2, "y4m"),
        (&["host", "--headless", "--microphone", "file:/nowhere.wav"], 2, "/nowhere.wav"),
        (&["host", "--headless", "--listen", &taken_address], 3, "is in use by another program"),
        (&["host", "--headless", "--fps", "99"], 2, "99"),
        (&["host", "--screenshot", "x.png"], 2, "--for"),
        (&["host", "--for", "1"], 1, "--headless"),
    ];
    for (arguments, code, sentence) in cases {
        let (status, errors) = outcome(&home, arguments);
        assert_eq!(status, Some(*code), "{arguments:?}: {errors}");
        assert!(errors.contains(sentence), "{arguments:?}: {errors}");
    }
}

#[test]
fn a_wrong_code_is_refused_by_the_server_that_it_was_asked_of() {
    let home = TempDir::new().unwrap();
    let (host, link) = host(&home, &SILENT);
    let (before, fragment) = link.split_once('#').unwrap();
    let (server, _) = before.rsplit_once('/').unwrap();
    let wrong = format!("{server}/abc-defg-hij#{fragment}");
    let (status, errors) = outcome(&home, &["join", &wrong, "--headless"]);
    assert_eq!(status, Some(3), "{errors}");
    assert!(errors.contains("There is no meeting with this code"), "{errors}");
    end(host);
}

#[test]
fn a_missing_device_is_said_and_the_meeting_goes_on() {
    let home = TempDir::new().unwrap();
    let named = ["--camera", "No Such Camera", "--microphone", "No Such Microphone", "--speaker", "No Such Speaker"];
    let (host, link) = host(&home, &named);
    for _ in 0..3 {
        let text = host.event("notice", PATIENCE)["text"].as_str().unwrap().to_owned();
        assert!(text.contains("No Such"), "{text}");
    }
    let guest = Program::start(home.path(), &[&["join", &link, "--headless"][..], &SILENT[..]].concat());
    let ana = guest.event("participant-joined", PATIENCE);
    assert_eq!((&ana["microphone"], &ana["camera"]), (&Value::Bool(false), &Value::Bool(false)), "{ana}");
    end(guest);
    end(host);
}

/// Waits until this is said.
fn hear(program: &Program, part: &str) {
    while !program.event("notice", PATIENCE)["text"].as_str().unwrap().contains(part) {}
}

#[test]
fn a_camera_that_is_lost_is_off_for_the_others_until_it_is_back() {
    let _alone = alone();
    let home = TempDir::new().unwrap();
    let (path, saved, report) =
        (home.path().join("clip.y4m"), home.path().join("saved"), text(&home.path().join("ben.json")));
    let clip = Clip { width: 160, height: 90, fps: 15, frames: 15 };
    clip.write(&path).unwrap();
    let camera = format!("file:{}", text(&path));
    let (ana, link) = host(&home, &["--camera", &camera, "--microphone", "off", "--speaker", "off"]);
    let saved = text(&saved);
    let mut arguments = vec!["join", &link, "--headless", "--report", &report, "--save-video", &saved];
    arguments.extend(SILENT);
    let ben = Program::start(home.path(), &arguments);
    // The camera may not run yet when Ben comes.
    let mut ana_s_camera = ben.event("participant-joined", PATIENCE)["camera"].clone();
    while ana_s_camera == false {
        ana_s_camera = ben.event("participant-updated", PATIENCE)["camera"].clone();
    }
    ben.event("first-frame", PATIENCE);

    // What a clip that is emptied is to the program, a camera that is unplugged is too.
    std::fs::File::options().write(true).open(&path).unwrap().set_len(0).unwrap();
    hear(&ana, "cannot be used as a camera");
    assert_eq!(ben.event("participant-updated", PATIENCE)["camera"], false);
    // Each frame is written before the next is decoded, so that this is what came before.
    let before = std::fs::metadata(home.path().join("saved/Ana.y4m")).unwrap().len();

    // Written elsewhere and moved, so that it is never seen half written.
    let elsewhere = home.path().join("elsewhere.y4m");
    clip.write(&elsewhere).unwrap();
    std::fs::rename(&elsewhere, &path).unwrap();
    hear(&ana, "The camera is back: clip.y4m.");
    assert_eq!(ben.event("participant-updated", PATIENCE)["camera"], true);
    wait_for_pictures(&home.path().join("saved/Ana.y4m"), before + 10 * 160 * 90 * 3 / 2);
    end(ben);
    end(ana);
    let remote = &program::report(Path::new(&report))["remotes"][0];
    assert_eq!(remote["decode_errors"], 0, "{remote}");
}

#[test]
fn a_killed_participant_is_missed_and_the_others_go_on() {
    let _alone = alone();
    let home = TempDir::new().unwrap();
    let report = text(&home.path().join("ana.json"));
    let mut arguments = vec!["--report", &report];
    arguments.extend(SILENT);
    let (host, link) = host(&home, &arguments);
    let join = |name: &str| {
        let all = ["join", &link, "--headless", "--name", name, "--camera", "test-pattern", "--resolution", "320x180"];
        Program::start(home.path(), &[&all[..], &["--microphone", "tone", "--speaker", "off"]].concat())
    };
    let mut ben = join("Ben");
    host.event("first-frame", PATIENCE);
    ben.kill();
    let _cleo = join("Cleo");
    assert_eq!(host.event("first-frame", PATIENCE)["name"], "Cleo");
    end(host);
}
