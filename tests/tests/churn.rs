//! People come, go, are lost, and switch and lose their cameras, two hundred times at random, in one meeting. Those who
//! stay see each other all the while, and when it is over nothing is left behind: no thread, no socket, no memory.
//!
//! Everybody is a real engine with a camera and a voice, connected over loopback; those who are killed are processes of
//! their own. `CHURN_SEED=17 cargo test --test churn` runs another meeting than usual.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "what fails here is to fail the test, and measurements are told"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nonet::command::{Command, ShownTile};
use nonet::engine::{Engine, Event};
use nonet::report::Report;
use nonet::view::{Connection, Screen};
use nonet_media::choice::CameraChoice;
use nonet_tests::held::{self, Held};
use nonet_tests::material::Clip;
use nonet_tests::people::{SMALL, meeting, person, start, wait_until};
use nonet_tests::program::Program;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use tempfile::TempDir;

/// Things that happen.
const CHANGES: usize = 200;
/// Of these, how many happen before memory is looked at for the first time: pools and caches have filled by then.
const WARM_UP: usize = 80;
/// Longest pause between two of them.
const MOST_PAUSE: Duration = Duration::from_millis(240);
/// Those who stay.
const STAYING: [&str; 3] = ["Ana", "Ben", "Cleo"];
/// People in the meeting, at most; the server would take nine.
const SEATS: usize = 8;
/// People who are lost without a word, all of them while it warms up. Each keeps a seat until the server gives up waiting.
const MOST_KILLED: usize = 4;
/// How long the server waits for somebody who was lost (`room::RECONNECT_PATIENCE`), and some more.
const SEAT_KEPT: Duration = Duration::from_secs(33);
/// Longest time that a picture of somebody who stays may stand still.
const MOST_GAP: Duration = Duration::from_secs(1);
/// What memory may grow by from the first look to the last. The allocator gives back only some of what is freed; connections
/// that leak would be some 100 MiB.
const MOST_GROWTH_BYTES: u64 = 40 << 20;
const PATIENCE: Duration = Duration::from_secs(60);

/// Looks at the pictures of those who stay, as one of them sees them.
struct Watcher {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<BTreeMap<String, Seen>>,
}

/// What was seen of somebody.
#[derive(Debug, Default)]
struct Seen {
    pictures: u64,
    /// How long it has stood still.
    stands: Duration,
    longest_gap: Duration,
}

impl Watcher {
    fn start(engine: &Engine) -> Self {
        /// Longer than a look should take. What goes beyond is a machine that stands still, not a picture.
        const MOST_LOOK: Duration = Duration::from_millis(40);
        let (view, stop) = (engine.view(), Arc::<AtomicBool>::default());
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            let mut seen: BTreeMap<String, Seen> = BTreeMap::new();
            let mut looked_at = Instant::now();
            while !stopped.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(10));
                let passed = looked_at.elapsed().min(MOST_LOOK);
                looked_at = Instant::now();
                let Screen::Meeting(meeting) = view.borrow().screen.clone() else { break };
                for participant in meeting.participants.iter().filter(|participant| !participant.is_self) {
                    if STAYING.contains(&participant.name.as_str()) {
                        let seen = seen.entry(participant.name.clone()).or_default();
                        seen.stands += passed;
                        if participant.pictures.take().is_some() {
                            seen.pictures += 1;
                            seen.longest_gap = seen.longest_gap.max(std::mem::take(&mut seen.stands));
                        }
                    }
                }
            }
            seen
        });
        Self { stop, thread }
    }

    fn finish(self) -> BTreeMap<String, Seen> {
        self.stop.store(true, Ordering::Relaxed);
        let mut seen = self.thread.join().unwrap();
        for seen in seen.values_mut() {
            seen.longest_gap = seen.longest_gap.max(seen.stands);
        }
        seen
    }
}

/// Somebody who does not stay.
enum Visitor {
    Engine { engine: Engine, clip: PathBuf, microphone: bool, camera: bool, is_plugged_in: bool },
    Process(Program),
}

/// The meeting and everybody who comes and goes.
struct World {
    random: StdRng,
    folder: TempDir,
    link: String,
    visitors: Vec<Visitor>,
    /// When those were killed whose seats are still kept.
    killed: Vec<Instant>,
    killed_in_all: usize,
    may_be_killed: usize,
    came: usize,
    leaving: Vec<JoinHandle<()>>,
}

impl World {
    fn has_room(&mut self) -> bool {
        self.killed.retain(|at| at.elapsed() < SEAT_KEPT);
        STAYING.len() + self.visitors.len() + self.killed.len() < SEATS
    }

    /// Does one thing at random; whether there was somebody to do it.
    fn change(&mut self) -> bool {
        match self.random.random_range(0..100) {
            0..35 if self.has_room() => self.join(),
            0..25 if !self.visitors.is_empty() => self.leave(),
            25..35 => return self.kill(),
            _ => return self.switch(),
        }
        true
    }

    fn join(&mut self) {
        self.came += 1;
        let name = format!("Visitor {}", self.came);
        if self.killed_in_all < self.may_be_killed && !self.visitors.iter().any(Visitor::is_process) {
            let arguments = ["join", &self.link, "--headless", "--name", &name, "--camera", "test-pattern"];
            let small = ["--resolution", "320x180", "--fps", "15", "--microphone", "tone", "--speaker", "off"];
            let program = Program::start(self.folder.path(), &[&arguments[..], &small[..]].concat());
            return self.visitors.push(Visitor::Process(program));
        }
        let clip = self.folder.path().join(format!("{}.y4m", self.came));
        self.plug_in(&clip);
        let mut visitor = person(self.came as u8, CameraChoice::File(clip.clone()), SMALL);
        visitor.session.decode_video = false;
        let engine = start(visitor, Command::Join { name, code_or_link: self.link.clone() });
        self.visitors.push(Visitor::Engine { engine, clip, microphone: true, camera: true, is_plugged_in: true });
    }

    /// Makes a camera, of one size or another.
    fn plug_in(&mut self, path: &Path) {
        let (width, height) = *[(320, 180), (160, 120), (180, 320), (640, 360)].choose(&mut self.random).unwrap();
        // Written elsewhere and moved, so that it is never seen half written.
        let elsewhere = path.with_extension("new");
        Clip { width, height, fps: 15, frames: 6 }.write(&elsewhere).unwrap();
        std::fs::rename(elsewhere, path).unwrap();
    }

    fn leave(&mut self) {
        let index = self.random.random_range(0..self.visitors.len());
        let says_goodbye = self.random.random();
        match self.visitors.swap_remove(index) {
            Visitor::Engine { engine, .. } => {
                if says_goodbye {
                    engine.commands().try_send(Command::Leave).ok();
                }
                // Takes a while, in which other things happen.
                self.leaving.push(std::thread::spawn(move || drop(engine)));
            }
            Visitor::Process(program) => self.lose(program),
        }
    }

    fn kill(&mut self) -> bool {
        if let Some(index) = self.visitors.iter().position(Visitor::is_process)
            && let Visitor::Process(program) = self.visitors.swap_remove(index)
        {
            self.lose(program);
            return true;
        }
        false
    }

    /// Kills somebody without a word.
    fn lose(&mut self, program: Program) {
        drop(program);
        self.killed.push(Instant::now());
        self.killed_in_all += 1;
    }

    /// Switches somebody's device, or what somebody looks at.
    fn switch(&mut self) -> bool {
        let what = self.random.random_range(0..4);
        let size = *[None, Some((160, 90)), Some((1280, 720))].choose(&mut self.random).unwrap();
        let Some(index) = self.visitors.len().checked_sub(1).map(|last| self.random.random_range(0..=last)) else {
            return false;
        };
        let Visitor::Engine { engine, clip, microphone, camera, is_plugged_in } = &mut self.visitors[index] else {
            return false;
        };
        let command = match what {
            0 => {
                *microphone = !*microphone;
                Command::SetMicrophone(*microphone)
            }
            1 => {
                *camera = !*camera;
                Command::SetCamera(*camera)
            }
            2 => {
                let others = meeting(engine).map(|meeting| meeting.participants).unwrap_or_default();
                let tile = |(width, height)| {
                    others.iter().map(move |other| ShownTile { participant: other.id, width, height }).collect()
                };
                Command::Show(size.map(tile).unwrap_or_default())
            }
            // What a clip that is emptied is to the program, a camera that is unplugged is too.
            _ if *is_plugged_in => {
                *is_plugged_in = false;
                std::fs::File::options().write(true).open(clip).unwrap().set_len(0).unwrap();
                return true;
            }
            _ => {
                *is_plugged_in = true;
                let clip = clip.clone();
                self.plug_in(&clip);
                return true;
            }
        };
        engine.commands().try_send(command).is_ok()
    }

    /// So many things happen, one after another.
    fn live(&mut self, changes: usize) {
        for _ in 0..changes {
            while !self.change() {}
            std::thread::sleep(self.random.random_range(Duration::ZERO..MOST_PAUSE));
        }
    }

    fn empty(&mut self) {
        while !self.visitors.is_empty() {
            self.leave();
        }
        for thread in self.leaving.drain(..) {
            thread.join().unwrap();
        }
    }
}

impl Visitor {
    fn is_process(&self) -> bool {
        matches!(self, Self::Process(_))
    }
}

/// Whether all who stay see each other and nobody else.
fn are_alone(staying: &[Engine]) -> bool {
    staying.iter().filter_map(meeting).all(|meeting| {
        let is_connected = |participant: &nonet::view::Participant| participant.connection == Connection::Connected;
        meeting.participants.len() == STAYING.len() && meeting.participants.iter().all(is_connected)
    })
}

fn assert_held(expected: &Held, when: &str) {
    let deadline = Instant::now() + PATIENCE;
    while Held::now() != *expected {
        assert!(Instant::now() < deadline, "{when}: expected {expected:#?}, there is {:#?}", Held::now());
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn report_of(mut engine: Engine) -> Report {
    let mut events = engine.take_events().unwrap();
    engine.commands().try_send(Command::Leave).unwrap();
    loop {
        if let Event::Ended { report, .. } = events.blocking_recv().expect("the meeting ends") {
            return *report;
        }
    }
}

#[test]
fn after_two_hundred_changes_nothing_is_left_and_nobody_was_disturbed() {
    let seed = std::env::var("CHURN_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    println!("CHURN_SEED={seed}");
    let began = Instant::now();
    // What libraries make once and keep, such as tokio's sockets for signals, is there after the first engine.
    drop(Engine::start(person(0, CameraChoice::Off, SMALL)).unwrap());
    let before_all = held::at_rest(PATIENCE);

    let somebody = |number| person(number, CameraChoice::TestPattern(number), SMALL);
    let host = start(somebody(0), Command::Host { name: STAYING[0].to_owned() });
    wait_until("the meeting is open", PATIENCE, || meeting(&host).is_some());
    let link = meeting(&host).unwrap().link;
    let mut staying = vec![host];
    for (number, name) in (1..).zip(&STAYING[1..]) {
        let join = Command::Join { name: (*name).to_owned(), code_or_link: link.clone() };
        staying.push(start(somebody(number), join));
    }
    let mut seen = BTreeSet::new();
    wait_until("those who stay see each other", PATIENCE, || {
        for (at, engine) in staying.iter().enumerate() {
            let participants = meeting(engine).map(|meeting| meeting.participants).unwrap_or_default();
            let pictured = participants.into_iter().filter(|participant| participant.pictures.take().is_some());
            seen.extend(pictured.map(|participant| (at, participant.name)));
        }
        are_alone(&staying) && seen.len() == STAYING.len() * STAYING.len()
    });
    let watchers: Vec<_> = staying.iter().map(Watcher::start).collect();
    let when_calm = held::at_rest(PATIENCE);

    let mut world = World {
        random: StdRng::seed_from_u64(seed),
        folder: TempDir::new().unwrap(),
        link,
        visitors: Vec::new(),
        killed: Vec::new(),
        killed_in_all: 0,
        may_be_killed: MOST_KILLED,
        came: 0,
        leaving: Vec::new(),
    };
    world.live(WARM_UP);
    world.empty();
    world.may_be_killed = 0;
    let warm = held::resident_bytes();
    world.live(CHANGES - WARM_UP);
    world.empty();
    wait_until("those who stay are alone again", SEAT_KEPT, || are_alone(&staying));
    assert_held(&when_calm, "when all visitors had gone");
    let cold = held::resident_bytes();
    println!("{} came, {} were killed, in {:.1?}", world.came, world.killed_in_all, began.elapsed());
    assert!(cold < warm + MOST_GROWTH_BYTES, "memory grew from {warm} to {cold} bytes");

    for (watcher, name) in watchers.into_iter().zip(STAYING) {
        let seen = watcher.finish();
        println!("{name} saw {seen:?}");
        assert_eq!(seen.len(), STAYING.len() - 1);
        for (other, seen) in seen {
            assert!(seen.longest_gap <= MOST_GAP, "{other} stood still for {:?} at {name}'s", seen.longest_gap);
        }
    }

    // The host last, whose leaving ends the meeting for all.
    let mut negotiations = 0;
    while let Some(engine) = staying.pop() {
        let report = report_of(engine);
        negotiations += report.remotes.iter().map(|remote| remote.negotiations).sum::<u64>();
    }
    // One for each who came and each who stayed, and some for those who were lost and might have come back.
    let pairs = (STAYING.len() * (world.came + STAYING.len() - 1)) as u64;
    let most = pairs + pairs / 10 + 6 * (STAYING.len() * world.killed_in_all) as u64;
    assert!(negotiations <= most, "{negotiations} negotiations where {most} are enough");
    assert_held(&before_all, "when everybody had gone");
}
