//! One meeting, from joining to its end: carries what each of meeting, client and session says to the others.
//!
//! Owns all three and the loop in which one input after the other is handled; what is done about each is in the modules below.

mod look;
mod media;
mod people;
mod reception;
mod show;
mod together;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use nonet_media::audio::mixer::Volume;
use nonet_media::choice::DeviceEvent;
use nonet_media::mesh::Demand;
use nonet_media::rtp::PeerId;
use nonet_media::session::{Session, SessionConfig, SessionError, SessionEvent};
use nonet_signaling::client::ClientEvent;
use nonet_signaling::meeting::{EndReason, Input, JoinRequest, Meeting, Stage};
use nonet_signaling::protocol::{DisplayName, ErrorCode, ParticipantId};
use nonet_signaling::random;
use nonet_signaling::server::Server;
use tokio::sync::{mpsc, watch};

use super::desk::Desk;
use super::doors::{Doors, Heard};
use super::entrance::Entrance;
use super::neighbourhood::Herald;
use super::own_device::OwnDevice;
use super::past::Past;
use super::preview::OwnCamera;
use super::{Commands, EngineConfig, Event};
use crate::command::{Command, ShownTile};
use crate::report::{self, Report};
use crate::statistics::Recorder;
use crate::text::Said;
use crate::text::device_news::DeviceKind;
use crate::view::{Notice, View};
use look::LOOK_INTERVAL;
use people::Other;
use reception::Receptions;
use together::Together;

/// What the media says that the engine has not handled yet. Descriptions and candidates of nine peers fit many times over;
/// when it is full, what comes is dropped, and the meeting repairs the pair.
const SESSION_EVENTS: usize = 1024;

/// How a call ended, and why.
pub(super) enum Outcome {
    Left,
    NotJoined(Said),
    /// The same, where there is no such meeting, or nobody who answers for it.
    NotFound(Said),
    Over(Said),
}

/// Who comes, where and how.
pub(super) struct Arrival<'a> {
    pub entrance: Entrance,
    pub name: &'a str,
    pub since: Instant,
    pub microphone_on: bool,
    /// Taken over as it is.
    pub camera: OwnCamera,
}

/// See the module's description.
pub(super) struct Call<'a> {
    desk: &'a mut Desk,
    meeting: Meeting,
    doors: Doors,
    session: Session,
    session_events: mpsc::Receiver<SessionEvent>,
    camera_events: mpsc::Receiver<DeviceEvent>,
    server: Option<Server>,
    /// Announces the meeting, where it is ours and is to be found.
    herald: Option<Herald>,
    since: Instant,
    joined_at: Option<Instant>,
    /// The name that one came with.
    name: String,
    /// What stays of the meeting, from joining it on.
    past: Option<Past>,
    /// Who was last said to be on the screen.
    shown: Vec<ShownTile>,
    microphone: OwnDevice,
    camera: OwnDevice,
    speaker: OwnDevice,
    /// When leaving began: the next end is ours.
    leaving_since: Option<Instant>,
    notices: Vec<Notice>,
    /// What was said before one was in the meeting, for listeners.
    untold: Vec<String>,
    next_notice: u64,
    /// Whether the server had forgotten the meeting at the last look.
    is_forgotten: bool,
    /// Whether listeners were told that a host has yet to let us in.
    is_told_to_wait: bool,
    /// The others who are there, as they were last told of in events.
    others: BTreeMap<ParticipantId, Other>,
    seen: HashSet<ParticipantId>,
    departed: Vec<report::Remote>,
    speaking: Vec<ParticipantId>,
    /// Whose pictures stand still, as was last shown.
    stale: Vec<ParticipantId>,
    together: Together,
    statistics: Recorder,
    receptions: Receptions,
    publisher: watch::Sender<Arc<View>>,
    events: mpsc::Sender<Event>,
    view_changed: Arc<dyn Fn() + Send + Sync>,
}

impl<'a> Call<'a> {
    /// Starts the media and the way to the server.
    pub fn start(
        config: &EngineConfig,
        desk: &'a mut Desk,
        arrival: Arrival<'_>,
        publisher: watch::Sender<Arc<View>>,
        events: mpsc::Sender<Event>,
    ) -> Result<Self, SessionError> {
        let Arrival { entrance, name, since, microphone_on, camera: own_camera } = arrival;
        let mut session_config = SessionConfig { sound: desk.sound_config(microphone_on), ..config.session.clone() };
        session_config.mesh.loopback |= entrance.is_on_this_machine;
        let (session_sender, session_events) = mpsc::channel(SESSION_EVENTS);
        let mut session = Session::start(session_config, own_camera.camera, microphone_on, move |event| {
            if session_sender.try_send(event).is_err() {
                tracing::warn!("the engine does not keep up with its media");
            }
        })?;
        session.set_sound_mode(desk.settings().sound.mode());
        session.allow(desk.settings().video.sent());
        let request = JoinRequest {
            code: entrance.code,
            name: DisplayName::new(name),
            // Told when it runs.
            microphone: false,
            camera: own_camera.device.is_on(),
            token: random::resume_token(),
            link_key: entrance.link_key,
        };
        let discovery = desk.settings().discovery;
        let own_server = entrance.server.as_ref().filter(|_| config.discovery);
        let herald = own_server.and_then(|server| Herald::new(discovery, server, name));
        let mut microphone = OwnDevice::kept(DeviceKind::Microphone, microphone_on);
        microphone.set_released_when_off(desk.settings().sound.release_muted_microphone);
        Ok(Self {
            desk,
            meeting: Meeting::new(request, since),
            doors: entrance.doors,
            session,
            session_events,
            camera_events: own_camera.events,
            server: entrance.server,
            herald,
            since,
            joined_at: None,
            name: name.to_owned(),
            past: None,
            shown: Vec::new(),
            microphone,
            camera: own_camera.device,
            speaker: OwnDevice::kept(DeviceKind::Speaker, true),
            leaving_since: None,
            notices: Vec::new(),
            untold: Vec::new(),
            next_notice: 0,
            is_forgotten: false,
            is_told_to_wait: false,
            others: BTreeMap::new(),
            seen: HashSet::new(),
            departed: Vec::new(),
            speaking: Vec::new(),
            stale: Vec::new(),
            together: Together::default(),
            statistics: Recorder::new(since),
            receptions: Receptions::default(),
            publisher,
            events,
            view_changed: config.view_changed.clone(),
        })
    }

    /// Runs until the meeting is over for us. Commands that end it are taken; the others are carried out.
    pub async fn run(mut self, commands: &mut Commands) -> (Outcome, Report, Option<Past>) {
        let mut look = tokio::time::interval(LOOK_INTERVAL);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        let outcome = loop {
            let deadline = self.meeting.next_deadline().map(tokio::time::Instant::from_std);
            let outcome = tokio::select! {
                // Once leaving has begun, nothing more is asked for.
                command = commands.recv(), if self.leaving_since.is_none() => self.command(command),
                heard = self.doors.hear() => self.heard(heard),
                Some(event) = self.session_events.recv() => self.session_event(event),
                Some(event) = self.camera_events.recv() => self.camera_event(event),
                () = async { tokio::time::sleep_until(deadline.unwrap_or_else(tokio::time::Instant::now)).await },
                    if deadline.is_some() => self.input(Input::Tick),
                _ = look.tick() => self.look(),
                () = self.desk.changed() => {
                    self.publish();
                    None
                }
            };
            if let Some(outcome) = outcome {
                break outcome;
            }
        };
        let report = self.report();
        // Both may have to wait for others.
        tokio::join!(self.doors.close(), async {
            if let Some(herald) = self.herald {
                herald.close().await;
            }
        });
        if let Some(server) = self.server {
            server.shutdown().await;
        }
        (outcome, report, self.past)
    }

    fn command(&mut self, command: Option<Command>) -> Option<Outcome> {
        let command = match command.map(|command| self.desk.keep(command)) {
            Some(None) => {
                self.follow_desk();
                return None;
            }
            command => command.flatten(),
        };
        match command {
            Some(Command::SetMicrophone(wanted)) => self.set_microphone(wanted),
            Some(Command::LookAtSettings(is_looked_at)) => {
                self.desk.set_looked_at(is_looked_at);
                self.publish();
                None
            }
            Some(Command::SetSound(sound)) => {
                self.microphone.set_released_when_off(sound.release_muted_microphone);
                self.desk.choose_sound(sound);
                self.desk.apply(self.session.sound_mut(), self.microphone.is_wanted());
                self.session.set_sound_mode(self.desk.settings().sound.mode());
                self.share()
            }
            Some(Command::SetAppearance(appearance)) => {
                self.desk.choose_appearance(appearance);
                self.publish();
                None
            }
            Some(Command::SetShortcuts(shortcuts)) => {
                self.desk.choose_shortcuts(shortcuts);
                self.publish();
                None
            }
            Some(Command::SetVolume { participant, percent }) => {
                self.set_volume(ParticipantId(participant), Volume::percent(percent));
                None
            }
            Some(Command::TestVoice(on)) => {
                self.session.sound().test_voice(on);
                None
            }
            Some(Command::TestSpeaker) => {
                self.session.sound().test_speaker();
                None
            }
            Some(Command::SetCamera(wanted)) => self.set_camera(wanted),
            Some(Command::ChooseCamera(name)) => {
                self.desk.choose_camera(name);
                self.session.choose_camera(self.desk.camera());
                self.publish();
                None
            }
            Some(Command::Show(tiles)) => {
                self.shown = tiles;
                self.ask_for_pictures();
                None
            }
            Some(Command::LookAtStatistics(is_looked_at)) => {
                self.receptions.set_looked_at(is_looked_at);
                None
            }
            Some(Command::CancelJoining) if self.joined_at.is_some() => None,
            // Without commands there is nobody to stay for.
            Some(Command::Leave | Command::CancelJoining) | None => {
                self.leaving_since.get_or_insert_with(Instant::now);
                // The meeting lives on our server: it ends with us, and the others are told.
                let ends_for_all = self.server.is_some() && self.meeting.state().is_host();
                let input = if ends_for_all { Input::EndForAll } else { Input::Leave };
                self.input(input)
            }
            Some(command) => self.do_together(command),
        }
    }

    /// Asks everybody for pictures of the size they are shown in, or of what is wanted at most.
    fn ask_for_pictures(&mut self) {
        let video = self.desk.settings().video;
        for id in self.others.keys() {
            let tile = self.shown.iter().find(|tile| tile.participant == id.0);
            let demand = tile.map_or(Demand::Hidden, |tile| {
                let (width, height) = video.asked_for(tile.width, tile.height, self.shown.len());
                Demand::Shown { width, height }
            });
            self.session.set_shown(PeerId(id.0), demand);
        }
    }

    /// Follows what is kept: how much video there may be, and how loud people are.
    fn follow_desk(&mut self) {
        self.session.allow(self.desk.settings().video.sent());
        if !self.shown.is_empty() {
            self.ask_for_pictures();
        }
        for (id, other) in &self.others {
            self.session.set_volume(PeerId(id.0), self.desk.settings().volume(&other.name));
        }
        self.publish();
    }

    fn set_microphone(&mut self, wanted: bool) -> Option<Outcome> {
        self.microphone.want(wanted);
        self.desk.apply(self.session.sound_mut(), wanted);
        self.share()
    }

    fn set_camera(&mut self, wanted: bool) -> Option<Outcome> {
        self.camera.want(wanted);
        // Off ends the trying; on begins it afresh.
        self.session.set_camera(wanted);
        self.share()
    }

    /// Whether a host has yet to let us in.
    fn is_waiting(&self) -> bool {
        matches!(self.meeting.state().stage, Stage::Waiting { .. })
    }

    fn heard(&mut self, heard: Heard) -> Option<Outcome> {
        match heard {
            Heard::Event(ClientEvent::Connected) => self.input(Input::Connected),
            Heard::Event(ClientEvent::Received(message)) => self.input(Input::Received(message)),
            Heard::Event(ClientEvent::Disconnected { reason }) => {
                tracing::info!(%reason, "signaling was lost");
                self.input(Input::Disconnected)
            }
            Heard::Event(ClientEvent::Unreachable { reason }) => {
                let why = self.desk.said(|texts| texts.errors().connect(&reason));
                match self.joined_at {
                    // Who waits keeps the place for a while.
                    None if self.is_waiting() && !reason.is_permanent() => None,
                    None if reason.is_permanent() => Some(Outcome::NotJoined(why)),
                    None => Some(Outcome::NotFound(why)),
                    Some(_) if reason.is_permanent() => Some(Outcome::Over(why)),
                    Some(_) => None,
                }
            }
            Heard::Nowhere(why) => Some(Outcome::NotFound(self.desk.said(|texts| texts.errors().not_found(&why)))),
            Heard::End => Some(Outcome::Over(self.desk.said(|texts| texts.call().connection_ended().to_owned()))),
        }
    }

    /// Tells media and meeting what of one's own is on. What cannot be had is off for the others, whatever one wants.
    fn share(&mut self) -> Option<Outcome> {
        self.session.set_microphone(self.microphone.is_on());
        let (microphone, camera) = (self.microphone.is_on(), self.camera.is_on());
        let outcome = self.input(Input::SetMicrophone(microphone)).or_else(|| self.input(Input::SetCamera(camera)));
        self.publish();
        outcome
    }

    /// Gives the meeting one input and carries out what follows.
    fn input(&mut self, input: Input) -> Option<Outcome> {
        self.meeting.handle(Instant::now(), input);
        let mut outcome = None;
        while let Some(effect) = self.meeting.poll_effect() {
            outcome = outcome.or(self.effect(effect));
        }
        outcome
    }

    fn outcome(&mut self, reason: EndReason) -> Outcome {
        if let Some(past) = &mut self.past {
            past.is_over = self.server.is_some() || matches!(reason, EndReason::EndedByHost | EndReason::Gone);
        }
        match reason {
            EndReason::Left => Outcome::Left,
            _ if self.leaving_since.is_some() => Outcome::Left,
            reason => {
                let why = self.desk.said(|texts| texts.errors().end(&reason));
                match reason {
                    _ if self.joined_at.is_some() => Outcome::Over(why),
                    EndReason::Refused { code: ErrorCode::NoSuchMeeting, .. } => Outcome::NotFound(why),
                    _ => Outcome::NotJoined(why),
                }
            }
        }
    }

    fn report(&mut self) -> Report {
        let joined = self.joined_at.map(|at| at - self.since);
        let mut remotes = std::mem::take(&mut self.departed);
        let present = self.others.iter().filter_map(|(id, other)| {
            let statistics = self.session.remote_statistics(PeerId(id.0))?;
            Some(report::Remote::new(&other.name, self.since, &statistics))
        });
        remotes.extend(present);
        let session = &self.session;
        Report::new(joined, session.missed_sound(), &session.send_statistics(), remotes, self.statistics.history())
    }
}
