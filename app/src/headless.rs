//! The same engine without a window: events to standard output, one JSON object a line, and a report at the end.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::command::Command;
use crate::engine::{Ending, Engine, Event};
use crate::exit::Exit;
use crate::report::{Report, text};

/// Runs one meeting to its end. Ctrl-C and, on Unix, SIGTERM leave it as `duration` does; one that was not reached by then
/// is not joined.
///
/// # Errors
///
/// When the process cannot have a runtime.
pub fn run(
    mut engine: Engine,
    start: Command,
    duration: Option<Duration>,
    report: Option<&Path>,
) -> std::io::Result<Exit> {
    let events = engine.take_events().expect("a fresh engine has its events");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(meet(&engine, events, start, duration, report)))
}

async fn meet(
    engine: &Engine,
    mut events: mpsc::Receiver<Event>,
    start: Command,
    duration: Option<Duration>,
    report_path: Option<&Path>,
) -> Exit {
    // Listened for before anything begins, so that no signal finds nobody.
    let interrupted = interrupted();
    let commands = engine.commands();
    // An engine that takes no commands has ended, and its events say so.
    commands.send(start).await.ok();
    let over = async {
        match duration {
            Some(duration) => tokio::time::sleep(duration).await,
            None => std::future::pending().await,
        }
    };
    let mut over = std::pin::pin!(over);
    let mut interrupted = std::pin::pin!(interrupted);
    let (mut has_joined, mut is_leaving) = (false, false);
    loop {
        tokio::select! {
            event = events.recv() => {
                let Some(event) = event else { return Exit::NotJoined };
                print(&line(&event));
                match event {
                    Event::Hosting { .. } | Event::Joined { .. } => has_joined = true,
                    Event::Ended { ending, report } => return finish(&ending, has_joined, &report, report_path),
                    _ => {}
                }
            }
            () = &mut over, if !is_leaving => {
                is_leaving = true;
                commands.send(Command::Leave).await.ok();
            }
            () = &mut interrupted, if !is_leaving => {
                is_leaving = true;
                commands.send(Command::Leave).await.ok();
            }
        }
    }
}

fn finish(ending: &Ending, has_joined: bool, report: &Report, path: Option<&Path>) -> Exit {
    let written = path.map_or(Ok(()), |path| write_report(report, path));
    if let Err(error) = &written {
        eprintln!("nonet: {error}");
    }
    match ending {
        Ending::Left if !has_joined => {
            eprintln!("nonet: The meeting was not reached before the end.");
            Exit::NotJoined
        }
        Ending::Left if written.is_err() => Exit::Failed,
        Ending::Left => Exit::Done,
        Ending::NotJoined(why) => {
            eprintln!("nonet: {why}");
            Exit::NotJoined
        }
        Ending::Over(why) => {
            eprintln!("nonet: {why}");
            Exit::EndedEarly
        }
    }
}

/// A report has no place.
#[derive(Debug, thiserror::Error)]
#[error("The report cannot be written to {}: {reason}.", path.display())]
pub struct ReportError {
    path: PathBuf,
    reason: std::io::Error,
}

impl ReportError {
    fn at(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        |reason| Self { path: path.to_owned(), reason }
    }
}

/// Makes sure, before a meeting, that its report can be written. A report that is there stays until then.
///
/// # Errors
///
/// When the file cannot be written.
pub fn check_report(path: &Path) -> Result<(), ReportError> {
    File::options().create(true).append(true).open(path).map(drop).map_err(ReportError::at(path))
}

/// Writes a report as JSON.
///
/// # Errors
///
/// When the file cannot be written.
pub fn write_report(report: &Report, path: &Path) -> Result<(), ReportError> {
    let mut text = Vec::new();
    text::write(report, &mut text).and_then(|()| std::fs::write(path, text)).map_err(ReportError::at(path))
}

fn line(event: &Event) -> Value {
    match event {
        Event::Hosting { code, link } => json!({"event": "hosting", "code": code, "link": link}),
        Event::Waiting { code } => json!({"event": "waiting", "code": code}),
        Event::Joined { code, link } => json!({"event": "joined", "code": code, "link": link}),
        Event::ParticipantJoined { name, microphone, camera } => {
            json!({"event": "participant-joined", "name": name, "microphone": microphone, "camera": camera})
        }
        Event::ParticipantUpdated { name, microphone, camera } => {
            json!({"event": "participant-updated", "name": name, "microphone": microphone, "camera": camera})
        }
        Event::ParticipantLeft { name } => json!({"event": "participant-left", "name": name}),
        Event::Chat { name, text, private } => {
            json!({"event": "chat", "name": name, "text": text, "private": private})
        }
        Event::Hand { name, raised } => json!({"event": "hand", "name": name, "raised": raised}),
        Event::FirstFrame { name, after_ms } => {
            json!({"event": "first-frame", "name": name, "after_ms": after_ms.round()})
        }
        Event::Notice { text } => json!({"event": "notice", "text": text}),
        Event::Ended { ending, .. } => match ending {
            Ending::Left => json!({"event": "ended", "how": "left"}),
            Ending::NotJoined(why) => json!({"event": "ended", "how": "not-joined", "why": why}),
            Ending::Over(why) => json!({"event": "ended", "how": "over", "why": why}),
        },
    }
}

/// A reader that has gone away does not end the meeting.
fn print(line: &Value) {
    let mut output = std::io::stdout().lock();
    if writeln!(output, "{line}").and_then(|()| output.flush()).is_err() {
        tracing::debug!("nobody reads the events");
    }
}

/// Resolves when the system or the person wants the program to end. Signals are caught from the call on.
fn interrupted() -> impl Future<Output = ()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let signals = [SignalKind::interrupt(), SignalKind::terminate()].map(|kind| {
            signal(kind).inspect_err(|error| tracing::warn!(%error, "a signal will end the program at once")).ok()
        });
        let [interrupt, terminate] = signals.map(|caught| async move {
            match caught {
                Some(mut signal) => drop(signal.recv().await),
                None => std::future::pending().await,
            }
        });
        async {
            tokio::select! {
                () = interrupt => {}
                () = terminate => {}
            }
        }
    }
    #[cfg(not(unix))]
    async {
        tokio::signal::ctrl_c().await.ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_of_a_host_is_what_scripts_expect() {
        let event = Event::Hosting { code: "abc-defg-hij".into(), link: "nonet://x/abc-defg-hij".into() };
        let expected = json!({"event": "hosting", "code": "abc-defg-hij", "link": "nonet://x/abc-defg-hij"});
        assert_eq!(line(&event), expected);
    }
}
