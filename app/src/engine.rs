//! The one loop that joins meeting, signaling client and media.
//!
//! It runs on a thread of its own, handles one input at a time and drains its effects, and publishes a fresh [`View`]
//! after each change. Windows and headless runs use it alike: they send [`Command`]s, read the view, and may listen to
//! [`Event`]s.

mod call;
mod entrance;
mod own_device;
mod picture;
pub mod translation;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use nonet_media::session::SessionConfig;
use nonet_media::worker::Worker;
use nonet_signaling::protocol::ServerAddress;
use tokio::sync::{mpsc, oneshot, watch};

use crate::command::Command;
use crate::report::Report;
use crate::settings::Settings;
use crate::view::{Ended, Home, Joining, Screen, View};
use call::{Call, Outcome};
pub use entrance::{EntranceError, parse as parse_entrance};

/// Commands that wait for the engine. People do not click faster; a caller that fills it is told so.
const COMMANDS: usize = 64;
/// Events that wait for a listener. Without one, or when it is slow, they are dropped; the last place is kept for
/// [`Event::Ended`], because whoever listens waits for that.
const EVENTS: usize = 256;

/// Where new meetings are opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hosting {
    /// On a server of our own, that listens here; by default on the usual port, or any free one if that is taken.
    Embedded { listen: Option<SocketAddr> },
    /// On a server that runs somewhere.
    On(ServerAddress),
}

/// How an engine works.
#[derive(Clone)]
pub struct EngineConfig {
    /// Devices and limits. Which addresses the mesh uses is decided for each meeting.
    pub session: SessionConfig,
    pub microphone_on: bool,
    pub camera_on: bool,
    pub hosting: Hosting,
    /// Where codes without a server are looked up.
    pub server: Option<ServerAddress>,
    /// Where the embedded server keeps its certificate; a fresh one for each meeting if absent.
    pub certificate_folder: Option<PathBuf>,
    /// What the name field starts with.
    pub settings: Settings,
    /// Where the name is kept; nowhere if absent.
    pub settings_file: Option<PathBuf>,
    /// Called after each new view, on the engine's thread; must not block.
    pub view_changed: Arc<dyn Fn() + Send + Sync>,
}

impl std::fmt::Debug for EngineConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EngineConfig")
            .field("session", &self.session)
            .field("hosting", &self.hosting)
            .finish_non_exhaustive()
    }
}

/// Something that happened, for whoever does not look at the view.
#[derive(Clone, Debug)]
pub enum Event {
    /// In a new meeting, as its host.
    Hosting {
        code: String,
        link: String,
    },
    /// In somebody's meeting.
    Joined {
        code: String,
        link: String,
    },
    ParticipantJoined {
        name: String,
        microphone: bool,
        camera: bool,
    },
    /// Somebody's microphone or camera was switched, or was lost or is back.
    ParticipantUpdated {
        name: String,
        microphone: bool,
        camera: bool,
    },
    ParticipantLeft {
        name: String,
    },
    /// The first picture of a participant, counted from the start of joining.
    FirstFrame {
        name: String,
        after_ms: f64,
    },
    /// A sentence about something else, such as a device.
    Notice {
        text: String,
    },
    /// A meeting, or the attempt to get into one, is over.
    Ended {
        ending: Ending,
        report: Box<Report>,
    },
}

/// How a meeting ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// By one's own will.
    Left,
    /// It was never reached: a sentence that says why.
    NotJoined(String),
    /// Before one wanted: a sentence that says why.
    Over(String),
}

/// A running engine. Dropping it leaves the meeting, so that the others are told, and stops everything; that takes two
/// seconds at most when the server does not answer.
#[derive(Debug)]
pub struct Engine {
    commands: mpsc::Sender<Command>,
    view: watch::Receiver<Arc<View>>,
    events: Option<mpsc::Receiver<Event>>,
    // Dropped before the worker, which then sees that nobody is there any more.
    _alive: oneshot::Sender<()>,
    _worker: Worker,
}

impl Engine {
    /// Starts an engine at its home screen.
    ///
    /// # Errors
    ///
    /// When the system gives no thread.
    pub fn start(config: EngineConfig) -> std::io::Result<Self> {
        let (commands, command_receiver) = mpsc::channel(COMMANDS);
        let (event_sender, events) = mpsc::channel(EVENTS);
        let first = View { screen: home(&config.settings, None), notices: Vec::new() };
        let (publisher, view) = watch::channel(Arc::new(first));
        let (alive, dropped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let worker = Worker::spawn("engine", move |_| {
            let mut engine = Running { config, publisher, events: event_sender };
            runtime.block_on(engine.run(Commands { receiver: command_receiver, dropped }));
        })?;
        Ok(Self { commands, view, events: Some(events), _alive: alive, _worker: worker })
    }

    /// Where commands go.
    pub fn commands(&self) -> mpsc::Sender<Command> {
        self.commands.clone()
    }

    /// The newest view.
    pub fn view(&self) -> watch::Receiver<Arc<View>> {
        self.view.clone()
    }

    /// The events, for one listener; `None` when they were taken before.
    pub fn take_events(&mut self) -> Option<mpsc::Receiver<Event>> {
        self.events.take()
    }
}

fn home(settings: &Settings, problem: Option<String>) -> Screen {
    Screen::Home(Home { name: settings.name.clone().unwrap_or_default(), problem })
}

/// Commands until the engine is dropped, and nothing after that, whoever still holds a sender.
struct Commands {
    receiver: mpsc::Receiver<Command>,
    /// Nothing is ever sent; the sender's end is the signal.
    dropped: oneshot::Receiver<()>,
}

impl Commands {
    async fn recv(&mut self) -> Option<Command> {
        if self.dropped.is_terminated() {
            return None;
        }
        tokio::select! {
            // What was said before the end is still heard.
            biased;
            command = self.receiver.recv() => command,
            _ = &mut self.dropped => None,
        }
    }
}

/// Tells a listener, if there is one that keeps up.
fn emit(events: &mpsc::Sender<Event>, event: Event) {
    let is_end = matches!(event, Event::Ended { .. });
    let has_room = is_end || events.capacity() > 1;
    if !has_room || events.try_send(event).is_err() {
        tracing::debug!("nobody listens to the engine's events");
    }
}

/// What runs on the engine's thread.
struct Running {
    config: EngineConfig,
    publisher: watch::Sender<Arc<View>>,
    events: mpsc::Sender<Event>,
}

impl Running {
    async fn run(&mut self, mut commands: Commands) {
        while let Some(command) = commands.recv().await {
            let (name, code_or_link, what) = match command {
                Command::Host { name } => (name, None, "Starting a meeting…".to_owned()),
                Command::Join { name, code_or_link } => {
                    let what = format!("Joining {}…", code_or_link.trim());
                    (name, Some(code_or_link), what)
                }
                Command::GoHome => {
                    self.show(home(&self.config.settings, None));
                    continue;
                }
                // Meant for a meeting that is over.
                Command::CancelJoining
                | Command::SetMicrophone(_)
                | Command::SetCamera(_)
                | Command::Show(_)
                | Command::Leave => continue,
            };
            let since = Instant::now();
            self.show(Screen::Joining(Joining { what, since }));
            self.remember(&name);
            self.meet(&name, code_or_link.as_deref(), since, &mut commands).await;
        }
    }

    /// One meeting, from the click to the screen after it.
    async fn meet(&mut self, name: &str, code_or_link: Option<&str>, since: Instant, commands: &mut Commands) {
        let (outcome, report) = match entrance::open(&self.config, code_or_link).await {
            Err(error) => (Outcome::NotJoined(error.to_string()), Report::of_nothing()),
            Ok(entrance) => {
                match Call::start(&self.config, entrance, name, since, self.publisher.clone(), self.events.clone()) {
                    Err(error) => (Outcome::NotJoined(error.to_string()), Report::of_nothing()),
                    Ok(call) => call.run(commands).await,
                }
            }
        };
        let (screen, ending) = match outcome {
            Outcome::Left => (home(&self.config.settings, None), Ending::Left),
            Outcome::NotJoined(why) => (home(&self.config.settings, Some(why.clone())), Ending::NotJoined(why)),
            Outcome::Over(why) => (Screen::Ended(Ended { why: why.clone() }), Ending::Over(why)),
        };
        self.show(screen);
        let ended = Event::Ended { ending, report: Box::new(report) };
        emit(&self.events, ended);
    }

    fn show(&self, screen: Screen) {
        self.publisher.send_replace(Arc::new(View { screen, notices: Vec::new() }));
        (self.config.view_changed)();
    }

    /// Keeps the name for the next start.
    fn remember(&mut self, name: &str) {
        if self.config.settings.name.as_deref() == Some(name) {
            return;
        }
        self.config.settings.name = Some(name.to_owned());
        if let Some(path) = &self.config.settings_file
            && let Err(error) = self.config.settings.save(path)
        {
            tracing::warn!(%error, "the name is not kept");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_that_was_slow_still_hears_of_the_end() {
        let (sender, mut events) = mpsc::channel(EVENTS);
        for number in 0..2 * EVENTS {
            emit(&sender, Event::Notice { text: number.to_string() });
        }
        emit(&sender, Event::Ended { ending: Ending::Left, report: Box::new(Report::of_nothing()) });
        let heard: Vec<_> = std::iter::from_fn(|| events.try_recv().ok()).collect();
        assert_eq!(heard.len(), EVENTS);
        assert!(matches!(heard.last(), Some(Event::Ended { .. })));
    }
}
