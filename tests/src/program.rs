//! The program `nonet` as a process of its own, as a user or script runs it.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Where the programs of this build are.
///
/// # Panics
///
/// When they were not built: `cargo build --workspace --bins` does it, and `scripts/test` before all.
pub fn binary(name: &str) -> PathBuf {
    let this = std::env::current_exe().expect("a program knows its own path");
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    // A test lies in deps/ of the profile's folder, a measuring program beside the others.
    let mut folders = this.ancestors().skip(1).take(2);
    let path = folders.find_map(|folder| Some(folder.join(&file)).filter(|path| path.exists()));
    path.unwrap_or_else(|| panic!("{name} is missing: run cargo build --workspace --bins"))
}

/// A running `nonet`. Dropping it kills it.
pub struct Program {
    child: Child,
    events: Receiver<Value>,
    errors: Receiver<String>,
}

impl Program {
    /// Starts `nonet` with these arguments, its settings and data below `home`.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    pub fn start(home: &Path, arguments: &[&str]) -> Self {
        Self::start_with(home, arguments, &[])
    }

    /// The same, with environment variables of its own.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    pub fn start_with(home: &Path, arguments: &[&str], environment: &[(String, String)]) -> Self {
        let mut child = Command::new(binary("nonet"))
            .args(arguments)
            .env("HOME", home)
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_DATA_HOME", home.join("data"))
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("nonet starts");
        let (event_sender, events) = channel();
        let output = BufReader::new(child.stdout.take().expect("piped"));
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let event = serde_json::from_str(&line).unwrap_or(Value::String(line));
                if event_sender.send(event).is_err() {
                    return;
                }
            }
        });
        let (error_sender, errors) = channel();
        let mut stderr = child.stderr.take().expect("piped");
        std::thread::spawn(move || {
            let mut text = String::new();
            // What is no text is no message.
            stderr.read_to_string(&mut text).ok();
            error_sender.send(text).ok();
        });
        Self { child, events, errors }
    }

    /// The first event of this kind, within `patience`. Events before it are let go.
    ///
    /// # Panics
    ///
    /// When it does not come.
    pub fn event(&self, kind: &str, patience: Duration) -> Value {
        let end = Instant::now() + patience;
        let mut others = Vec::new();
        loop {
            match self.events.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(event) if event["event"] == kind => return event,
                Ok(event) => others.push(event.to_string()),
                Err(_) => panic!("no {kind} within {patience:?}; there were: {}", others.join(" ")),
            }
        }
    }

    /// The process's id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it without a word.
    pub fn kill(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }

    /// Asks it to end, as the system would, and waits for that.
    ///
    /// # Panics
    ///
    /// When it cannot be asked, or does not end within `patience`.
    pub fn end(self, patience: Duration) -> (ExitStatus, String) {
        let id = self.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status().expect("there is a kill");
        assert!(asked.success(), "nonet was not there any more");
        self.finish(patience)
    }

    /// Waits for the end; gives the exit status and what was written to standard error.
    ///
    /// # Panics
    ///
    /// When it does not end within `patience`.
    pub fn finish(mut self, patience: Duration) -> (ExitStatus, String) {
        let end = Instant::now() + patience;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                break status;
            }
            assert!(Instant::now() < end, "nonet has not ended within {patience:?}");
            std::thread::sleep(Duration::from_millis(20));
        };
        (status, self.errors.recv_timeout(patience).unwrap_or_default())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Reads a report.
///
/// # Panics
///
/// When it is not there or not JSON.
pub fn report(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).expect("a report is JSON")
}
