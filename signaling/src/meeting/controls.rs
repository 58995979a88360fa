//! What people do in a meeting beside being seen and heard: chat, hands, reactions, and what hosts do. What is asked of the
//! server is shown when it says that it is so.

use super::chat::NewEntry;
use super::{Effect, EndReason, HostControl, Link, Meeting, Signaling, Stage};
use crate::protocol::{ChatMessage, ChatText, ClientMessage, ErrorCode, ParticipantId, ServerMessage, limits};
use std::time::Instant;

impl Meeting {
    pub(super) fn say(&mut self, text: ChatText, to: Option<ParticipantId>) {
        if text.as_str().is_empty() {
            return;
        }
        if let Err(code) = self.try_say(text, to) {
            self.refuse(code);
        }
    }

    fn try_say(&mut self, text: ChatText, to: Option<ParticipantId>) -> Result<(), ErrorCode> {
        if matches!(self.state.signaling, Signaling::Forgotten { .. }) {
            return Err(ErrorCode::NoSuchMeeting);
        }
        if self.link == Link::Up && self.state.link_key.is_none() {
            // It comes from before there was a chat.
            return Err(ErrorCode::UnsupportedVersion);
        }
        let name = |id| self.state.participant(id).map(|participant| participant.info.name.clone());
        let me = self.state.me.filter(|_| self.state.stage == Stage::Joined).ok_or(ErrorCode::NotInMeeting)?;
        let to_name = to.map(|to| name(to).filter(|_| to != me).ok_or(ErrorCode::NoSuchParticipant)).transpose()?;
        let name = name(me).ok_or(ErrorCode::NotInMeeting)?;
        let entry = self.state.chat.say(NewEntry { from: me, name, to, to_name, text })?;
        if self.link == Link::Up {
            let message = entry.message();
            self.send(message);
        }
        self.changed = true;
        Ok(())
    }

    pub(super) fn set_hand(&mut self, is_up: bool) {
        let is_told = self.state.my_hand().is_some() == is_up;
        if self.hand_wish.map_or(is_told, |wish| wish == is_up) {
            return;
        }
        self.hand_wish = Some(is_up);
        if self.link == Link::Up {
            self.say_hand();
        }
    }

    /// Says again how one wants one's hand, if the server has not said that it is so.
    pub(super) fn say_hand(&mut self) {
        match self.hand_wish {
            Some(true) => self.send(ClientMessage::RaiseHand),
            Some(false) => self.send(ClientMessage::LowerHand { id: None }),
            None => {}
        }
    }

    pub(super) fn control(&mut self, control: HostControl) {
        if self.link != Link::Up {
            return;
        }
        if !self.state.is_host() {
            return self.refuse(ErrorCode::NotHost);
        }
        let bounded = |mut ids: Vec<_>| {
            ids.truncate(limits::MAX_WAITING);
            ids
        };
        self.send(match control {
            HostControl::SetHost { id, host } => ClientMessage::SetHost { id, host },
            HostControl::SetLocked(locked) => ClientMessage::SetLocked { locked },
            HostControl::SetWaitingRoom(waiting_room) => ClientMessage::SetWaitingRoom { waiting_room },
            HostControl::Admit(ids) => ClientMessage::Admit { ids: bounded(ids) },
            HostControl::Deny(ids) => ClientMessage::Deny { ids: bounded(ids) },
            HostControl::LowerHand(id) => ClientMessage::LowerHand { id: Some(id) },
            HostControl::Mute(id) => ClientMessage::Mute { id },
            HostControl::AskToUnmute(id) => ClientMessage::AskToUnmute { id },
            HostControl::StopCamera(id) => ClientMessage::StopCamera { id },
            HostControl::Remove(id) => ClientMessage::Remove { id },
        });
    }

    /// One has to wait to be let in. If one was in the meeting before, one is not any more.
    pub(super) fn wait(&mut self, now: Instant, host_present: bool) {
        let since = match self.state.stage {
            Stage::Waiting { since, .. } => since,
            _ => now,
        };
        self.close_all();
        self.state.participants.clear();
        self.former_me = self.state.me.take().or(self.former_me);
        self.state.waiting.clear();
        self.state.signaling = Signaling::Connected;
        self.state.stage = Stage::Waiting { since, host_present };
        self.changed = true;
    }

    /// Takes in what is said in a meeting about anything but its peers.
    pub(super) fn receive_about_meeting(&mut self, message: ServerMessage) {
        match message {
            ServerMessage::Chat { message } => self.heard(message),
            ServerMessage::ChatHistory { messages } => messages.into_iter().for_each(|message| self.heard(message)),
            ServerMessage::Reaction { from, reaction } if self.state.participant(from).is_some() => {
                self.effects.push_back(Effect::Reacted { from, reaction });
            }
            ServerMessage::AccessUpdated { locked, waiting_room } => {
                self.changed |= (locked, waiting_room) != (self.state.locked, self.state.waiting_room);
                (self.state.locked, self.state.waiting_room) = (locked, waiting_room);
            }
            ServerMessage::WaitingList { waiting } if self.state.is_host() => {
                self.changed |= self.state.waiting != waiting;
                self.state.waiting = waiting;
            }
            // Also where it is off: it may be on its way to be on, which is not told before it is.
            ServerMessage::Muted { by } => {
                self.share(false, self.state.camera);
                self.effects.push_back(Effect::Muted { by });
            }
            ServerMessage::AskedToUnmute { by } => self.effects.push_back(Effect::AskedToUnmute { by }),
            ServerMessage::CameraStopped { by } => {
                self.share(self.state.microphone, false);
                self.effects.push_back(Effect::CameraStopped { by });
            }
            ServerMessage::Removed { .. } => self.end(EndReason::Removed),
            ServerMessage::Error { code, key: Some(key), .. } => self.changed |= self.state.chat.refuse(key, code),
            // What one has done oneself. Others mean that somebody left just before, or that the connection is about to be
            // closed; both are told in their own way.
            ServerMessage::Error { code, .. } => match code {
                ErrorCode::NotHost
                | ErrorCode::TooFast
                | ErrorCode::OwnerStays
                | ErrorCode::LastHost
                | ErrorCode::MeetingFull => self.refuse(code),
                _ => {}
            },
            _ => {}
        }
    }

    fn heard(&mut self, message: ChatMessage) {
        if let Some(me) = self.state.me {
            self.changed |= self.state.chat.receive(me, message);
        }
    }

    fn refuse(&mut self, code: ErrorCode) {
        self.effects.push_back(Effect::Refused(code));
    }
}
