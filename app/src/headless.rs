//! The same engine without a window: events to standard output, one JSON object a line, and a report at the end.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::command::Command;
use crate::engine::{Ending, Engine, Event};
use crate::exit::Exit;
use crate::report::Report;

/// Runs one meeting to its end. Ctrl-C and, on Unix, SIGTERM leave it as `duration` does.
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
    let mut interrupted = std::pin::pin!(interrupted());
    let mut is_leaving = false;
    loop {
        tokio::select! {
            event = events.recv() => {
                let Some(event) = event else { return Exit::NotJoined };
                print(&line(&event));
                if let Event::Ended { ending, report } = event {
                    return finish(&ending, &report, report_path);
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

fn finish(ending: &Ending, report: &Report, path: Option<&Path>) -> Exit {
    if let Some(path) = path
        && let Err(error) = write_report(report, path)
    {
        eprintln!("nonet: the report could not be written to {}: {error}", path.display());
    }
    match ending {
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

/// Writes a report as JSON.
///
/// # Errors
///
/// When the file cannot be written.
pub fn write_report(report: &Report, path: &Path) -> std::io::Result<()> {
    let mut text = serde_json::to_string_pretty(report)?;
    text.push('\n');
    std::fs::write(path, text)
}

fn line(event: &Event) -> Value {
    match event {
        Event::Hosting { code, link } => json!({"event": "hosting", "code": code, "link": link}),
        Event::Joined { code, link } => json!({"event": "joined", "code": code, "link": link}),
        Event::ParticipantJoined { name } => json!({"event": "participant-joined", "name": name}),
        Event::ParticipantLeft { name } => json!({"event": "participant-left", "name": name}),
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

/// Resolves when the system or the person wants the program to end.
async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                tokio::select! {
                    _ = tokio::signal::ctrl_c() => {}
                    _ = terminate.recv() => {}
                }
            }
            Err(error) => {
                tracing::warn!(%error, "SIGTERM will end the program at once");
                tokio::signal::ctrl_c().await.ok();
            }
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await.ok();
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
