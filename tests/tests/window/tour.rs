//! Every screen of the program, one after the other: what `docs/tour.md` shows, and what other tests go through all of.
//!
//! One more is one line in [`stops`]. `scripts/tour` draws the pictures and writes the page.

use std::fmt::Write as _;
use std::path::Path;

use super::preview::preview;
use super::settings::sound;
use super::*;
use nonet::settings::ThemeChoice;
use nonet::view::{Preview, Waiting};

/// One picture of the tour, and what is said of it.
pub struct Stop {
    /// The file's, without its ending.
    pub name: &'static str,
    pub title: &'static str,
    pub text: &'static str,
    pub size: (f32, f32),
    pub theme: Theme,
    pub view: View,
    /// What is pressed before the picture is taken.
    pub pressed: &'static [&'static str],
}

impl Stop {
    fn new(name: &'static str, title: &'static str, text: &'static str, view: View) -> Self {
        Self { name, title, text, size: (1280.0, 720.0), theme: Theme::Dark, view, pressed: &[] }
    }

    fn light(mut self) -> Self {
        self.view.appearance.theme = ThemeChoice::Light;
        Self { theme: Theme::Light, ..self }
    }

    fn sized(self, width: f32, height: f32) -> Self {
        Self { size: (width, height), ..self }
    }

    fn pressed(self, pressed: &'static [&'static str]) -> Self {
        Self { pressed, ..self }
    }

    /// A window that shows it.
    fn open(self, now: Instant) -> Harness<'static, State> {
        let mut harness = open(self.view, now, self.size.0, self.size.1, self.theme);
        for label in self.pressed {
            click(&mut harness, label);
        }
        // What fades in is there, and what glides has arrived.
        harness.state_mut().now += Duration::from_millis(300);
        harness.run_steps(20);
        harness
    }
}

/// All of them, in the order of a meeting.
pub fn stops(now: Instant) -> Vec<Stop> {
    let meeting_of = |participants| meeting(now, participants);
    let with_sound = |screen| View { sound: sound(), ..view(screen) };
    let in_meeting = |meeting: Meeting| with_sound(Screen::Meeting(meeting));
    let problem = "Nobody meets under this code. Ask for the link, or check the code.".to_owned();
    let joining = Joining { what: "Joining kfw-tqxm-ehd…".into(), since: now - Duration::from_millis(3400) };
    let waiting = Waiting {
        since: now - Duration::from_secs(9),
        is_host_there: true,
        code: "kfw-tqxm-ehd".into(),
        microphone: Device::On,
        camera: Device::On,
        pictures: Latest::new(),
    };
    let ended = Ended { why: "The host ended the meeting.".into(), rejoin: None, summary: None };
    vec![
        Stop::new("home", "Home", "A name, and a new meeting or a code. Nothing else is needed.", home("Sam")),
        Stop::new(
            "home-problem",
            "When a code is wrong",
            "What went wrong is said where it was asked for.",
            view(Screen::Home(Home { name: "Sam".into(), problem: Some(problem), ..Home::default() })),
        )
        .sized(800.0, 600.0),
        Stop::new(
            "preview",
            "Before a meeting",
            "One sees oneself as others will, and chooses and tries camera, microphone and speaker. Nobody sees or hears anything yet.",
            with_sound(Screen::Preview(preview(Some("kfw-tqxm-ehd")))),
        ),
        Stop::new(
            "preview-off",
            "Coming quietly",
            "Camera and microphone can be off from the beginning.",
            with_sound(Screen::Preview(Preview { microphone: Device::Off, camera: Device::Off, ..preview(None) })),
        )
        .light(),
        Stop::new(
            "joining",
            "On the way",
            "What is being done and for how long, and a way back.",
            view(Screen::Joining(joining)),
        ),
        Stop::new(
            "waiting",
            "In the waiting room",
            "Whether a host is there who can let one in.",
            view(Screen::Waiting(waiting)),
        ),
        Stop::new(
            "alone",
            "A new meeting",
            "The code at the top right copies the link that others join with.",
            in_meeting(meeting_of(two().split_off(1))),
        ),
        Stop::new("two", "Two people", "People get the room that there is.", in_meeting(meeting_of(two()))),
        Stop::new(
            "nine",
            "Nine people",
            "Who speaks has a ring; who is muted, hosts or is being connected again is seen at their tile.",
            in_meeting(meeting_of(nine(now))),
        ),
        Stop::new(
            "lively",
            "What people show",
            "Raised hands in their order, reactions, and whose connection is not good; pointing at the bars says why.",
            in_meeting(Meeting { reactions: stage::reactions(now), ..meeting_of(stage::lively(now)) }),
        ),
        Stop::new(
            "speaker",
            "Who speaks, large",
            "Everybody alike, or who speaks large and the others beside; somebody can be pinned.",
            in_meeting(meeting_of(stage::lively(now))),
        )
        .pressed(&["Layout", "Speaker"]),
        Stop::new(
            "chat",
            "Chat",
            "To everybody, or to one alone; who comes late reads what was said.",
            in_meeting(Meeting {
                chat: panels::chat::said(&[
                    (1, "Agenda: demo, then the release."),
                    (9, "I can show the new grid."),
                    (2, "Good 👍"),
                ]),
                ..meeting_of(nine(now))
            }),
        )
        .pressed(&["Chat"]),
        Stop::new(
            "people",
            "People",
            "Who is here, who waits to be let in, what a host can do, and how others are invited.",
            in_meeting(Meeting {
                is_host: true,
                waiting: panels::waiting(&["Priya S."]),
                ..meeting_of(stage::lively(now))
            }),
        )
        .pressed(&["People"])
        .light(),
        Stop::new(
            "door",
            "Somebody waits",
            "Nothing covers people for longer than it must.",
            in_meeting(Meeting { is_host: true, waiting: panels::waiting(&["Priya S."]), ..meeting_of(two()) }),
        ),
        Stop::new(
            "light",
            "In bright colours",
            "Light or dark as the system has it, or as was chosen.",
            in_meeting(Meeting { microphone: Device::Off, ..meeting_of(nine(now).split_off(5)) }),
        )
        .light(),
        Stop::new(
            "small",
            "In a small window",
            "Where there is little room, people have it.",
            in_meeting(meeting_of(two())),
        )
        .sized(480.0, 360.0),
        Stop::new(
            "volume",
            "One of the others",
            "How loud each of the others is played is chosen at their tile.",
            in_meeting(meeting_of(two())),
        )
        .pressed(&["More about Ana Ruiz"]),
        Stop::new(
            "settings",
            "Settings",
            "Beside the meeting, and nothing is interrupted.",
            in_meeting(meeting_of(nine(now))),
        )
        .pressed(&["Settings"]),
        Stop::new(
            "statistics",
            "Figures",
            "What is sent and received, second by second, with its course over five minutes.",
            in_meeting(Meeting { statistics: statistics::history(), ..meeting_of(two()) }),
        )
        .pressed(&["Statistics"]),
        Stop::new(
            "map",
            "Who receives whom",
            "What each one tells of how the others come through to them, so that the right link is blamed.",
            in_meeting(Meeting { statistics: statistics::history(), ..meeting_of(two()) }),
        )
        .pressed(&["Statistics", "Who receives whom"])
        .light(),
        Stop::new("ended", "The end", "Why a meeting ended.", view(Screen::Ended(ended))),
    ]
}

/// With `TOUR` set to a folder, the pictures and the page go there; in any case every screen of the tour can be shown.
#[test]
fn the_tour_can_be_taken() {
    let folder = std::env::var_os("TOUR");
    let now = some_time();
    let mut page = "# A tour of the window\n\nDrawn by `scripts/tour` from the program's own screens, with people who are made up.\n".to_owned();
    let mut names = std::collections::BTreeSet::new();
    for stop in stops(now) {
        let (name, title, text) = (stop.name, stop.title, stop.text);
        assert!(names.insert(name), "{name} is there twice");
        writeln!(page, "\n## {title}\n\n{text}\n\n![{title}](images/tour/{name}.png)").expect("a text takes all");
        let mut harness = stop.open(now);
        if let Some(folder) = &folder {
            let picture = harness.render().expect("the software driver draws");
            let images = Path::new(folder).join("images/tour");
            std::fs::create_dir_all(&images).expect("the folder can be written to");
            picture.save(images.join(format!("{name}.png"))).expect("the folder can be written to");
        }
    }
    if let Some(folder) = folder {
        std::fs::write(Path::new(&folder).join("tour.md"), page).expect("the folder can be written to");
    }
}
