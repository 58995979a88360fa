//! What people do together beside talking: chat, hands, reactions, and what hosts decide. Commands go to the meeting; what it says
//! is kept ready for the view, and told where it needs to be.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nonet_signaling::meeting::{ChatEntry, Delivery, HostControl, Input, MeetingState};
use nonet_signaling::protocol::{self, ChatText, DisplayName, ErrorCode, ParticipantId, WaitingId};

use super::{Call, Outcome};
use crate::command::Command;
use crate::engine::Event;
use crate::engine::translation::{reaction_for_meeting, reaction_for_view, waiting_room_for_meeting};
use crate::view::{ChatMessage, ChatPerson, NoticeKind, Reaction};

/// How long a reaction is shown; the window lets it go in that time.
const REACTION_SHOWN: Duration = Duration::from_secs(5);
/// Reactions that are shown at once, at most; the oldest goes.
const MOST_REACTIONS: usize = 32;

/// What is ready to be shown of it.
#[derive(Debug, Default)]
pub(super) struct Together {
    pub chat: Arc<[ChatMessage]>,
    pub reactions: Vec<Reaction>,
    chat_revision: u64,
    /// Of others, as was last told.
    hands: Vec<ParticipantId>,
    /// Of one's own messages that did not arrive, those that one was told of.
    told_undelivered: Vec<u64>,
    /// Who was told of as waiting.
    told_waiting: Vec<WaitingId>,
    /// Whether one is a host, from joining on.
    is_host: Option<bool>,
    next_reaction: u64,
}

impl Call<'_> {
    /// Carries out a command of this kind; none other comes here.
    pub(super) fn do_together(&mut self, command: Command) -> Option<Outcome> {
        let waiting = |ids: Vec<u32>| ids.into_iter().map(WaitingId).collect();
        let control = match command {
            Command::SendChat { text, to } => {
                return self.input(Input::Say { text: ChatText::new(&text), to: to.map(ParticipantId) });
            }
            Command::RaiseHand(is_up) => return self.input(Input::SetHand(is_up)),
            Command::React(kind) => return self.input(Input::React(reaction_for_meeting(kind))),
            Command::EndForAll => return self.end_for_all(),
            Command::LowerHand { participant } => HostControl::LowerHand(ParticipantId(participant)),
            Command::SetLocked(is_locked) => HostControl::SetLocked(is_locked),
            Command::SetWaitingRoom(mode) => HostControl::SetWaitingRoom(waiting_room_for_meeting(mode)),
            Command::Admit(ids) => HostControl::Admit(waiting(ids)),
            Command::Deny(ids) => HostControl::Deny(waiting(ids)),
            Command::Mute { participant } => HostControl::Mute(ParticipantId(participant)),
            Command::AskToUnmute { participant } => HostControl::AskToUnmute(ParticipantId(participant)),
            Command::TurnCameraOff { participant } => HostControl::StopCamera(ParticipantId(participant)),
            Command::Remove { participant } => HostControl::Remove(ParticipantId(participant)),
            Command::SetHost { participant, is_host } => {
                HostControl::SetHost { id: ParticipantId(participant), host: is_host }
            }
            _ => return None,
        };
        self.input(Input::Control(control))
    }

    fn end_for_all(&mut self) -> Option<Outcome> {
        if !self.meeting.state().is_host() {
            self.refused(&ErrorCode::NotHost);
            return None;
        }
        self.leaving_since.get_or_insert_with(Instant::now);
        self.input(Input::EndForAll)
    }

    /// A host has switched one's microphone off. It stays off, as if one had done it oneself.
    pub(super) fn muted(&mut self, by: ParticipantId) -> Option<Outcome> {
        if !self.microphone.is_wanted() {
            return None;
        }
        let name = self.name_of(by);
        self.notice(NoticeKind::Warning, |texts| texts.call().muted_by(&name));
        self.set_microphone(false)
    }

    pub(super) fn camera_stopped(&mut self, by: ParticipantId) -> Option<Outcome> {
        if !self.camera.is_wanted() {
            return None;
        }
        let name = self.name_of(by);
        self.notice(NoticeKind::Warning, |texts| texts.call().camera_stopped_by(&name));
        self.set_camera(false)
    }

    pub(super) fn asked_to_unmute(&mut self, by: ParticipantId) {
        if !self.microphone.is_on() {
            let name = self.name_of(by);
            self.notice(NoticeKind::Information, |texts| texts.call().asked_to_unmute(&name));
            self.publish();
        }
    }

    /// What one asked for cannot be done.
    pub(super) fn refused(&mut self, code: &ErrorCode) {
        self.notice(NoticeKind::Warning, |texts| texts.errors().refusal(code));
        self.publish();
    }

    pub(super) fn reacted(&mut self, from: ParticipantId, reaction: protocol::Reaction) {
        let Together { reactions, next_reaction, .. } = &mut self.together;
        if reactions.len() == MOST_REACTIONS {
            reactions.remove(0);
        }
        let kind = reaction_for_view(reaction);
        reactions.push(Reaction { number: *next_reaction, participant: from.0, kind, at: Instant::now() });
        *next_reaction += 1;
        self.publish();
    }

    /// Lets go of reactions that were shown for long enough. Nobody needs to be told: the window does not show them any more.
    pub(super) fn let_go_of_reactions(&mut self) {
        self.together.reactions.retain(|reaction| reaction.at.elapsed() < REACTION_SHOWN);
    }

    /// The meeting's state has changed: what is new of all this is told, and made ready to be shown.
    pub(super) fn changed_together(&mut self) {
        let state = self.meeting.state();
        if state.chat.revision() != self.together.chat_revision {
            self.together.chat_revision = state.chat.revision();
            let chat = chat(state, &self.together.chat, SystemTime::now());
            let before = std::mem::replace(&mut self.together.chat, chat.clone());
            self.tell_said(&before, &chat);
            self.tell_undelivered();
        }
        self.tell_hands();
        // Who comes as a host knows.
        let is_host = self.joined_at.map(|_| self.meeting.state().is_host());
        let was_host = std::mem::replace(&mut self.together.is_host, is_host);
        if (was_host, is_host) == (Some(false), Some(true)) {
            self.notice(NoticeKind::Information, |texts| texts.call().became_host().to_owned());
        }
        let waiting = self.meeting.state().waiting.clone();
        let told = std::mem::replace(&mut self.together.told_waiting, waiting.iter().map(|waiter| waiter.id).collect());
        // The window says it for as long as they wait.
        for waiter in waiting.iter().filter(|waiter| !told.contains(&waiter.id)) {
            self.tell(|texts| texts.call().waits(waiter.name.as_str()));
        }
    }

    /// Tells listeners what others have said since.
    fn tell_said(&self, before: &[ChatMessage], now: &[ChatMessage]) {
        let known: HashSet<_> = before.iter().map(|message| message.number).collect();
        for message in now.iter().filter(|message| !message.from.is_self && !known.contains(&message.number)) {
            let (name, text, private) = (message.from.name.clone(), message.text.clone(), message.to.is_some());
            self.emit(Event::Chat { name, text, private });
        }
    }

    /// Tells listeners whose hands went up and down.
    fn tell_hands(&mut self) {
        let state = self.meeting.state();
        let up: Vec<_> = state.hands().into_iter().filter(|id| Some(*id) != state.me).collect();
        let before = std::mem::replace(&mut self.together.hands, up.clone());
        let raised = up.iter().filter(|id| !before.contains(id)).map(|id| (*id, true));
        let lowered = before.iter().filter(|id| !up.contains(id)).map(|id| (*id, false));
        for (id, raised) in raised.chain(lowered) {
            self.emit(Event::Hand { name: self.name_of(id), raised });
        }
    }

    /// Says of each message that has not arrived why; it is not shown any longer.
    fn tell_undelivered(&mut self) {
        let why = |entry: &ChatEntry| match &entry.delivery {
            Delivery::Refused(code) => Some((entry.number, Some(code.clone()))),
            Delivery::Unknown => Some((entry.number, None)),
            Delivery::Sent { .. } | Delivery::Pending { .. } => None,
        };
        let undelivered: Vec<_> = self.meeting.state().chat.entries().iter().filter_map(why).collect();
        let numbers = undelivered.iter().map(|(number, _)| *number).collect();
        let told = std::mem::replace(&mut self.together.told_undelivered, numbers);
        for (_, why) in undelivered.into_iter().filter(|(number, _)| !told.contains(number)) {
            self.notice(NoticeKind::Warning, |texts| match &why {
                Some(code) => texts.call().not_said(&texts.errors().refusal(code)),
                None => texts.call().perhaps_not_said().to_owned(),
            });
        }
    }
}

/// The chat as it is shown; what is on its way keeps the time at which it was `before`.
fn chat(state: &MeetingState, before: &[ChatMessage], now: SystemTime) -> Arc<[ChatMessage]> {
    let person = |id: ParticipantId, name: &DisplayName, is_self| ChatPerson {
        id: id.0,
        name: name.as_str().to_owned(),
        is_self,
    };
    let message = |entry: &ChatEntry| {
        let (at, is_sent) = match entry.delivery {
            Delivery::Sent { at, .. } => (UNIX_EPOCH.checked_add(Duration::from_millis(at)).unwrap_or(now), true),
            Delivery::Pending { .. } => {
                let known = before.iter().rfind(|message| message.number == entry.number);
                (known.map_or(now, |message| message.at), false)
            }
            Delivery::Refused(_) | Delivery::Unknown => return None,
        };
        let to = entry.to.zip(entry.to_name.as_ref());
        Some(ChatMessage {
            number: entry.number,
            from: person(entry.from, &entry.name, entry.is_mine),
            to: to.map(|(id, name)| person(id, name, !entry.is_mine)),
            text: entry.text.as_str().to_owned(),
            at,
            is_sent,
        })
    };
    state.chat.entries().iter().filter_map(message).collect()
}
