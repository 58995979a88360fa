//! The real window, on a real display, used as a person uses it: from the home screen into a meeting and back.
//!
//! Each step is proven twice: by what the window shows, and by what a participant without a window is told.
#![cfg(target_os = "linux")]

mod assistive;
mod clipboard;

use std::time::Duration;

use assistive::Assistive;
use nonet_tests::display::Display;
use nonet_tests::program::Program;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Long enough for a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(60);

/// A window and who sits before it.
struct Window {
    _program: Program,
    person: Assistive,
    display: Display,
    _home: TempDir,
}

impl Window {
    fn open(arguments: &[&str]) -> Result<Self, String> {
        let display = Display::start(1400, 900)?;
        let person = Assistive::start();
        let home = TempDir::new().expect("a temporary folder");
        let mut environment = display.environment();
        environment.extend(person.environment());
        environment.extend([("USER", "cleo"), ("LC_ALL", "C")].map(|(name, value)| (name.into(), value.into())));
        let program = Program::start_with(home.path(), arguments, &environment);
        Ok(Self { _program: program, person, display, _home: home })
    }

    fn sees(&self, name: &str) {
        self.person.sees(name, PATIENCE);
    }

    fn presses(&self, name: &str) {
        self.person.presses(name, PATIENCE);
    }

    /// Switches a device of one's own and sees that it is so.
    fn switches(&self, name: &str, on: bool) {
        self.presses(name);
        self.person.sees_switched(name, on, PATIENCE);
    }

    /// The link that a button copies.
    fn copies_link(&self) -> String {
        self.presses("Copy link");
        clipboard::text(self.display.name(), PATIENCE)
    }
}

/// A participant without a window, who tells what happens.
struct Peer {
    program: Program,
    _home: TempDir,
}

impl Peer {
    fn joins(link: &str) -> Self {
        let home = TempDir::new().expect("a temporary folder");
        let arguments =
            ["join", link, "--headless", "--name", "Ben", "--camera", "test-pattern", "--microphone", "tone"];
        let program = Program::start(home.path(), &[&arguments[..], &["--speaker", "off", "--for", "600"]].concat());
        program.event("joined", PATIENCE);
        Self { program, _home: home }
    }

    /// Waits until it is told this of the person at the window.
    fn is_told(&self, event: &str, microphone: bool, camera: bool) {
        let wanted = json!({ "event": event, "name": "Cleo", "microphone": microphone, "camera": camera });
        let mut told = Value::Null;
        // A device that is switched is told of by each step that it takes.
        for _ in 0..8 {
            told = self.program.event(event, PATIENCE);
            if told == wanted {
                return;
            }
        }
        panic!("{told} is not {wanted}");
    }
}

#[test]
fn a_meeting_is_opened_used_and_left_in_the_window() {
    let devices = ["--camera", "test-pattern", "--microphone", "tone", "--speaker", "off"];
    let window = match Window::open(&devices) {
        Ok(window) => window,
        Err(reason) => return eprintln!("SKIPPED, the real window was not driven: {reason}"),
    };
    // From home, by the preview, into a meeting.
    window.presses("New meeting");
    window.sees("Nobody sees or hears you yet.");
    window.presses("Start meeting");
    window.sees("Leave");

    // Somebody joins with the link that is copied there.
    let peer = Peer::joins(&window.copies_link());
    peer.is_told("participant-joined", true, true);
    window.sees("Ben");

    // What is switched is so for both.
    window.switches("Microphone", false);
    peer.is_told("participant-updated", false, true);
    window.switches("Camera", false);
    peer.is_told("participant-updated", false, false);
    window.switches("Microphone", true);
    peer.is_told("participant-updated", true, false);
    window.switches("Camera", true);
    peer.is_told("participant-updated", true, true);

    // What is said and shown comes over.
    window.presses("Chat");
    window.presses("Emoji");
    window.presses("👋");
    window.presses("Send");
    let said = peer.program.event("chat", PATIENCE);
    assert_eq!(said, json!({ "event": "chat", "name": "Cleo", "text": "👋", "private": false }));
    window.presses("Raise your hand");
    let hand = peer.program.event("hand", PATIENCE);
    assert_eq!(hand, json!({ "event": "hand", "name": "Cleo", "raised": true }));

    // The meeting lives on the window's server, so it ends for both.
    window.presses("Leave");
    window.presses("End meeting for everyone");
    let ended = peer.program.event("ended", PATIENCE);
    assert_eq!(ended["how"], "over", "{ended}");
    window.sees("New meeting");
}
