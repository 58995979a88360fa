//! The one loop that joins meeting, signaling client and media.
//!
//! It runs on a thread of its own, handles one input at a time and drains its effects, and publishes a fresh [`View`]
//! after each change. Windows and headless runs use it alike: they send [`Command`]s, read the view, and may listen to
//! [`Event`]s.

mod call;
mod desk;
mod device_list;
mod entrance;
mod own_device;
mod picture;
mod preview;
mod sound_check;
pub mod translation;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use nonet_media::choice::{CameraChoice, MicrophoneChoice};
use nonet_media::session::{SessionConfig, SessionError};
use nonet_media::sound::Sound;
use nonet_media::worker::Worker;
use nonet_signaling::protocol::ServerAddress;
use tokio::sync::{mpsc, oneshot, watch};

use crate::command::Command;
use crate::report::Report;
use crate::settings::Settings;
use crate::view::{Device, Ended, Home, Joining, Screen, View};
use call::{Arrival, Call, Outcome};
use desk::Desk;
pub use entrance::{EntranceError, parse as parse_entrance};
use preview::{OwnCamera, Preview};
use sound_check::SoundCheck;

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
    /// Sound devices and limits. Which addresses the mesh uses is decided for each meeting.
    pub session: SessionConfig,
    pub camera: CameraChoice,
    /// How one enters, until something else is chosen.
    pub microphone_on: bool,
    pub camera_on: bool,
    pub hosting: Hosting,
    /// Where codes without a server are looked up.
    pub server: Option<ServerAddress>,
    /// Where the embedded server keeps its certificate; a fresh one for each meeting if absent.
    pub certificate_folder: Option<PathBuf>,
    pub settings: Settings,
    /// Where the settings are kept; nowhere if absent.
    pub settings_file: Option<PathBuf>,
    /// Whether the name that one joins with is kept.
    pub keeps_name: bool,
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
        let (settings, file) = (config.settings.clone(), config.settings_file.clone());
        let desk = Desk::new(settings, file, config.camera.clone(), &config.session.sound);
        let screen = home(desk.settings(), None);
        let (sound, camera, appearance) = (desk.view(None), desk.view_camera(None), desk.settings().appearance);
        let shortcuts = desk.settings().shortcuts.clone();
        let first = View { screen: screen.clone(), notices: Vec::new(), sound, camera, appearance, shortcuts };
        let (publisher, view) = watch::channel(Arc::new(first));
        let (alive, dropped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let worker = Worker::spawn("engine", move |_| {
            let entering = Entering {
                microphone: config.microphone_on && desk.sound_config(true).microphone != MicrophoneChoice::Off,
                camera: config.camera_on && desk.camera() != CameraChoice::Off,
            };
            let mut engine =
                Running { config, desk, entering, preview: None, check: None, screen, publisher, events: event_sender };
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
    let (nearby, recent) = Default::default();
    Screen::Home(Home { name: settings.name.clone().unwrap_or_default(), problem, nearby, recent })
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

/// What of one's own is on when one enters.
#[derive(Clone, Copy)]
struct Entering {
    microphone: bool,
    camera: bool,
}

/// What runs on the engine's thread.
struct Running {
    config: EngineConfig,
    desk: Desk,
    entering: Entering,
    preview: Option<Preview>,
    /// In the preview, and while the settings are looked at outside of a meeting.
    check: Option<SoundCheck>,
    /// What is shown outside of a meeting and the preview.
    screen: Screen,
    publisher: watch::Sender<Arc<View>>,
    events: mpsc::Sender<Event>,
}

impl Running {
    async fn run(&mut self, mut commands: Commands) {
        loop {
            tokio::select! {
                command = commands.recv() => match command {
                    Some(command) => self.command(command, &mut commands).await,
                    None => return,
                },
                () = self.desk.changed() => self.publish(),
                () = SoundCheck::changed(&mut self.check) => self.publish(),
                () = Preview::changed(&mut self.preview) => self.publish(),
            }
        }
    }

    async fn command(&mut self, command: Command, commands: &mut Commands) {
        let (name, code_or_link, what) = match command {
            Command::Host { name } => (name, None, self.desk.texts().call().starting().to_owned()),
            Command::Join { name, code_or_link } => {
                let what = self.desk.texts().call().joining(code_or_link.trim());
                (name, Some(code_or_link), what)
            }
            Command::Preview { name, code_or_link } => return self.preview(name, code_or_link),
            Command::GoHome => return self.go_home(None),
            Command::LookAtSettings(is_looked_at) => {
                self.desk.set_looked_at(is_looked_at);
                return self.check_sound();
            }
            Command::SetSound(sound) => {
                self.desk.choose_sound(sound);
                self.desk.save();
                if let Some(check) = &mut self.check {
                    check.apply(&self.desk);
                }
                return self.publish();
            }
            Command::SetAppearance(appearance) => {
                self.desk.choose_appearance(appearance);
                self.desk.save();
                return self.publish();
            }
            Command::SetShortcuts(shortcuts) => {
                self.desk.choose_shortcuts(shortcuts);
                self.desk.save();
                return self.publish();
            }
            Command::ChooseCamera(name) => {
                self.desk.choose_camera(name);
                self.desk.save();
                if let Some(preview) = &mut self.preview {
                    preview.own.camera.choose(self.desk.camera());
                }
                return self.publish();
            }
            Command::SetMicrophone(on) if self.preview.is_some() => {
                self.entering.microphone = on;
                return self.check_sound();
            }
            Command::SetCamera(on) => {
                if let Some(preview) = &mut self.preview {
                    self.entering.camera = on;
                    preview.set_camera(on);
                    self.publish();
                }
                return;
            }
            Command::TestVoice(on) => return self.tested(|sound| sound.test_voice(on)),
            Command::TestSpeaker => return self.tested(Sound::test_speaker),
            // Meant for a meeting that is over.
            _ => return,
        };
        let since = Instant::now();
        // The meeting needs the devices; the camera it takes over as it is.
        self.check = None;
        let previewed = self.end_preview();
        self.show(Screen::Joining(Joining { what, since }));
        if self.config.keeps_name {
            self.desk.remember_name(&name);
            self.desk.save();
        }
        self.meet(&name, code_or_link.as_deref(), since, previewed, commands).await;
    }

    /// Shows one's own camera, and lets the microphone and speaker be tried, before a meeting.
    fn preview(&mut self, name: String, code_or_link: Option<String>) {
        let parse = |words| entrance::parse(words, self.config.server.as_ref());
        let code = match code_or_link.as_deref().map(parse).transpose() {
            Ok(entrance) => entrance.map(|(_, code)| code),
            Err(error) => return self.go_home(Some(self.desk.texts().errors().entrance(&error))),
        };
        let own = match self.end_preview() {
            Some(own) => Ok(own),
            None => OwnCamera::start(&self.config, &self.desk, self.entering.camera),
        };
        match own {
            Ok(own) => {
                self.preview = Some(Preview::new(own, name, code_or_link, code));
                self.desk.set_previewed(true);
                self.check_sound();
            }
            Err(error) => self.go_home(Some(self.desk.texts().errors().session(&error.into()))),
        }
    }

    /// From the preview on; what it had of the camera is whoever's asks.
    fn end_preview(&mut self) -> Option<OwnCamera> {
        self.desk.set_previewed(false);
        self.preview.take().map(|preview| preview.own)
    }

    fn go_home(&mut self, problem: Option<String>) {
        let camera = self.end_preview();
        self.screen = home(self.desk.settings(), problem);
        self.check_sound();
        // Last, since a camera may take a second to be let go.
        drop(camera);
    }

    /// One meeting, from the click to the screen after it.
    async fn meet(
        &mut self,
        name: &str,
        code_or_link: Option<&str>,
        since: Instant,
        previewed: Option<OwnCamera>,
        commands: &mut Commands,
    ) {
        let (outcome, report) = match entrance::open(&self.config, code_or_link).await {
            Err(error) => {
                (Outcome::NotJoined(self.desk.said(|texts| texts.errors().entrance(&error))), Report::of_nothing())
            }
            Ok(entrance) => {
                let (publisher, events) = (self.publisher.clone(), self.events.clone());
                let camera = match previewed {
                    Some(camera) => Ok(camera),
                    None => OwnCamera::start(&self.config, &self.desk, self.entering.camera),
                };
                let microphone_on = self.entering.microphone;
                let call = camera.map_err(SessionError::from).and_then(|camera| {
                    let arrival = Arrival { entrance, name, since, microphone_on, camera };
                    Call::start(&self.config, &mut self.desk, arrival, publisher, events)
                });
                match call {
                    Err(error) => (
                        Outcome::NotJoined(self.desk.said(|texts| texts.errors().session(&error))),
                        Report::of_nothing(),
                    ),
                    Ok(call) => call.run(commands).await,
                }
            }
        };
        self.desk.save();
        let settings = self.desk.settings();
        let (screen, ending) = match outcome {
            Outcome::Left => (home(settings, None), Ending::Left),
            Outcome::NotJoined(why) => (home(settings, Some(why.shown)), Ending::NotJoined(why.english)),
            Outcome::Over(why) => {
                (Screen::Ended(Ended { why: why.shown, rejoin: None, summary: None }), Ending::Over(why.english))
            }
        };
        self.show(screen);
        self.check_sound();
        let ended = Event::Ended { ending, report: Box::new(report) };
        emit(&self.events, ended);
    }

    /// Opens or releases one's microphone and speaker, as they can be tried or not.
    fn check_sound(&mut self) {
        // Who only looks at the settings wants to try it.
        let is_microphone_wanted = self.preview.is_none() || self.entering.microphone;
        if !self.desk.is_tried() {
            self.check = None;
        } else if let Some(check) = &mut self.check {
            check.want_microphone(&self.desk, is_microphone_wanted);
        } else {
            self.check = SoundCheck::start(&self.desk, is_microphone_wanted)
                .inspect_err(|error| tracing::error!(%error, "sound cannot be tried"))
                .ok();
        }
        self.publish();
    }

    fn tested(&self, test: impl FnOnce(&Sound)) {
        if let Some(check) = &self.check {
            test(check.sound());
        }
    }

    fn previewed_microphone(&self) -> Device {
        match &self.check {
            Some(check) => check.microphone().shown(self.desk.texts()),
            None if self.entering.microphone => Device::On,
            None => Device::Off,
        }
    }

    fn show(&mut self, screen: Screen) {
        self.screen = screen;
        self.publish();
    }

    fn publish(&self) {
        let sound = self.check.as_ref().map_or_else(|| self.desk.view(None), |check| check.view(&self.desk));
        let camera = self.desk.view_camera(self.preview.as_ref().map(|preview| &preview.own.device));
        let screen = match &self.preview {
            Some(preview) => Screen::Preview(preview.view(self.previewed_microphone(), self.desk.texts())),
            None => self.screen.clone(),
        };
        let Settings { appearance, shortcuts, .. } = self.desk.settings();
        let (appearance, shortcuts) = (*appearance, shortcuts.clone());
        let view = View { screen, notices: Vec::new(), sound, camera, appearance, shortcuts };
        self.publisher.send_replace(Arc::new(view));
        (self.config.view_changed)();
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
