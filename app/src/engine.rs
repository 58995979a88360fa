//! The one loop that joins meeting, signaling client and media.
//!
//! It runs on a thread of its own, handles one input at a time and drains its effects, and publishes a fresh [`View`]
//! after each change. Windows and headless runs use it alike: they send [`Command`]s, read the view, and may listen to
//! [`Event`]s.

mod call;
mod desk;
mod device_list;
mod doors;
mod entrance;
mod memory;
mod neighbourhood;
mod own_device;
mod past;
mod picture;
mod preview;
mod sound_check;
pub mod translation;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

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
pub use doors::{NotFound, WhyNot};
pub use entrance::{EntranceError, check as check_entrance, parse as parse_entrance};
use memory::Memory;
use neighbourhood::Neighbourhood;
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
    /// Whether meetings may be announced and looked for on the network that one is in; the settings must want it too.
    pub discovery: bool,
    /// Where the embedded server keeps its certificate; a fresh one for each meeting if absent.
    pub certificate_folder: Option<PathBuf>,
    pub settings: Settings,
    /// Where the settings are kept; nowhere if absent.
    pub settings_file: Option<PathBuf>,
    /// Where meetings of the past are remembered; nowhere if absent.
    pub recents_file: Option<PathBuf>,
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
    /// A host has yet to let one in.
    Waiting {
        code: String,
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
    /// Somebody else said something in the chat, to everybody or to oneself alone.
    Chat {
        name: String,
        text: String,
        private: bool,
    },
    /// Somebody else raised a hand, or took it down.
    Hand {
        name: String,
        raised: bool,
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
        let mut desk = Desk::new(settings, file, config.camera.clone(), &config.session.sound);
        desk.memory = Memory::new(config.recents_file.clone(), desk.settings().privacy.remember_meetings);
        let screen = home(&desk, None);
        let name = desk.settings().name.clone().unwrap_or_default();
        let (sound, camera, appearance) = (desk.view(None), desk.view_camera(None), desk.settings().appearance);
        let (kept, shortcuts) = (desk.view_kept(&name), desk.settings().shortcuts.clone());
        let first = View { screen: screen.clone(), notices: Vec::new(), sound, camera, appearance, shortcuts, kept };
        let (publisher, view) = watch::channel(Arc::new(first));
        let (alive, dropped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let worker = Worker::spawn("engine", move |_| {
            let entering = Entering {
                microphone: config.microphone_on && desk.sound_config(true).microphone != MicrophoneChoice::Off,
                camera: config.camera_on && desk.camera() != CameraChoice::Off,
            };
            let mut engine = Running {
                config,
                desk,
                name,
                entering,
                preview: None,
                check: None,
                neighbourhood: None,
                screen,
                publisher,
                events: event_sender,
            };
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

fn home(desk: &Desk, problem: Option<String>) -> Screen {
    let name = desk.settings().name.clone().unwrap_or_default();
    Screen::Home(Home { name, problem, nearby: Arc::default(), recent: desk.memory.shown() })
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
    /// The name that one last came with.
    name: String,
    entering: Entering,
    preview: Option<Preview>,
    /// In the preview, and while the settings are looked at outside of a meeting.
    check: Option<SoundCheck>,
    /// The meetings of others, before one is in one.
    neighbourhood: Option<Neighbourhood>,
    /// What is shown outside of a meeting and the preview.
    screen: Screen,
    publisher: watch::Sender<Arc<View>>,
    events: mpsc::Sender<Event>,
}

impl Running {
    async fn run(&mut self, mut commands: Commands) {
        loop {
            self.look_around();
            tokio::select! {
                command = commands.recv() => match command {
                    Some(command) => self.command(command, &mut commands).await,
                    None => return,
                },
                () = self.desk.changed() => self.publish(),
                () = SoundCheck::changed(&mut self.check) => self.publish(),
                () = Preview::changed(&mut self.preview) => self.publish(),
                () = Neighbourhood::changed(&mut self.neighbourhood) => self.publish(),
            }
        }
    }

    async fn command(&mut self, command: Command, commands: &mut Commands) {
        let Some(command) = self.desk.keep(command) else {
            self.desk.save();
            self.look_around();
            return self.publish();
        };
        self.follow_server();
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
        self.name.clone_from(&name);
        self.show(Screen::Joining(Joining { what, since }));
        if self.config.keeps_name {
            self.desk.remember_name(&name);
            self.desk.save();
        }
        self.meet(&name, code_or_link.as_deref(), since, previewed, commands).await;
    }

    /// Looks codes up, and holds meetings, where that was chosen.
    fn follow_server(&mut self) {
        let Some(chosen) = self.desk.take_chosen_server() else { return };
        match (chosen.for_meetings(), &self.config.hosting) {
            (Some(address), _) => self.config.hosting = Hosting::On(address),
            (None, Hosting::On(_)) => self.config.hosting = Hosting::Embedded { listen: None },
            (None, Hosting::Embedded { .. }) => {}
        }
        self.config.server = chosen.parse().ok().flatten();
    }

    /// Shows one's own camera, and lets the microphone and speaker be tried, before a meeting.
    fn preview(&mut self, name: String, code_or_link: Option<String>) {
        self.name.clone_from(&name);
        let check = |words| entrance::check(words, self.config.server.as_ref(), self.discovers());
        let code = match code_or_link.as_deref().map(check).transpose() {
            Ok(code) => code,
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
        self.screen = home(&self.desk, problem);
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
        let browser = self.neighbourhood.take().and_then(Neighbourhood::into_browser);
        let entrance = entrance::open(&self.config, code_or_link, self.discovers(), browser).await;
        let not_joined = |why| (Outcome::NotJoined(why), Report::of_nothing(), None);
        let (outcome, report, past) = match entrance {
            Err(error) => not_joined(self.desk.said(|texts| texts.errors().entrance(&error))),
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
                    Err(error) => not_joined(self.desk.said(|texts| texts.errors().session(&error))),
                    Ok(call) => call.run(commands).await,
                }
            }
        };
        let now = Instant::now();
        let remembered = past.as_ref().and_then(|past| past.recent(now, SystemTime::now()));
        let is_known = code_or_link.is_some_and(|words| self.desk.memory.knows(words.trim()));
        self.desk.remember_meeting(remembered);
        self.desk.save();
        let texts = self.desk.texts();
        let ended = |why: String| {
            let summary = past.as_ref().and_then(|past| past.summary(now, texts));
            let rejoin = past.as_ref().filter(|past| !past.is_over).map(|past| past.link.clone());
            Screen::Ended(Ended { why, rejoin, summary })
        };
        let (screen, ending) = match outcome {
            Outcome::Left => (past.as_ref().map(|past| ended(past.farewell(texts))), Ending::Left),
            Outcome::NotFound(why) if is_known => {
                (Some(home(&self.desk, Some(texts.home().perhaps_over(&why.shown)))), Ending::NotJoined(why.english))
            }
            Outcome::NotFound(why) | Outcome::NotJoined(why) => {
                (Some(home(&self.desk, Some(why.shown))), Ending::NotJoined(why.english))
            }
            Outcome::Over(why) => (Some(ended(why.shown)), Ending::Over(why.english)),
        };
        let screen = screen.unwrap_or_else(|| home(&self.desk, None));
        self.show(screen);
        self.check_sound();
        let ended = Event::Ended { ending, report: Box::new(report) };
        emit(&self.events, ended);
    }

    fn discovers(&self) -> bool {
        self.config.discovery && self.desk.settings().discovery.is_on
    }

    /// Looks for meetings on this network while one may want to join one, and not otherwise.
    fn look_around(&mut self) {
        let is_wanted = self.discovers() && (self.preview.is_some() || matches!(self.screen, Screen::Home(_)));
        if !is_wanted {
            self.neighbourhood = None;
        } else if self.neighbourhood.is_none()
            && let Screen::Home(home) = &self.screen
        {
            self.neighbourhood = Some(Neighbourhood::new(home.recent.iter().map(|meeting| meeting.link.as_str())));
        }
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
        let screen = match (&self.preview, &self.screen) {
            (Some(preview), _) => Screen::Preview(preview.view(self.previewed_microphone(), self.desk.texts())),
            (None, Screen::Home(home)) => {
                let nearby = self.neighbourhood.as_ref().map(Neighbourhood::shown).unwrap_or_default();
                Screen::Home(Home { nearby, recent: self.desk.memory.shown(), ..home.clone() })
            }
            (None, screen) => screen.clone(),
        };
        let Settings { appearance, shortcuts, .. } = self.desk.settings();
        let (appearance, shortcuts) = (*appearance, shortcuts.clone());
        let kept = self.desk.view_kept(&self.name);
        let view = View { screen, notices: Vec::new(), sound, camera, appearance, shortcuts, kept };
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
