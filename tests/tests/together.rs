//! What people do in a meeting beside talking, with whole engines over a real server: chat, hands, reactions, the waiting room, and
//! what hosts can.
#![allow(clippy::unwrap_used, reason = "what fails here is to fail the test")]

use std::time::Duration;

use nonet::command::Command;
use nonet::engine::Engine;
use nonet::view::{ChatMessage, Device, Participant, ReactionKind, Screen, Waiting, WaitingRoom};
use nonet_media::choice::CameraChoice;
use nonet_tests::people::{SMALL, meeting, person, start, wait_until};

const PATIENCE: Duration = Duration::from_secs(60);

/// Somebody's engine.
struct Person {
    name: &'static str,
    engine: Engine,
}

impl Person {
    /// Opens a meeting, on a server of their own.
    fn host(name: &'static str) -> Self {
        let engine = start(person(1, CameraChoice::Off, SMALL), Command::Host { name: name.to_owned() });
        let host = Self { name, engine };
        host.wait_until("the meeting is open", |host| meeting(&host.engine).is_some());
        host
    }

    /// On the way into the meeting of a code or link.
    fn knock(name: &'static str, number: u8, code_or_link: &str, at: Option<&Self>) -> Self {
        let mut config = person(number, CameraChoice::TestPattern(number), SMALL);
        // A code alone does not say where the meeting is.
        config.server = at.map(|host| {
            let link: nonet_signaling::protocol::MeetingLink = host.link().parse().unwrap();
            link.server
        });
        let command = Command::Join { name: name.to_owned(), code_or_link: code_or_link.to_owned() };
        Self { name, engine: start(config, command) }
    }

    /// In the meeting of a link.
    fn join(name: &'static str, number: u8, link: &str) -> Self {
        let joiner = Self::knock(name, number, link, None);
        joiner.wait_until("they are in the meeting", |joiner| meeting(&joiner.engine).is_some());
        joiner
    }

    fn wait_until(&self, what: &str, done: impl Fn(&Self) -> bool) {
        wait_until(&format!("{}: {what}", self.name), PATIENCE, || done(self));
    }

    fn ask(&self, command: Command) {
        self.engine.commands().try_send(command).unwrap();
    }

    fn say(&self, text: &str, to: Option<u32>) {
        self.ask(Command::SendChat { text: text.to_owned(), to });
    }

    fn link(&self) -> String {
        meeting(&self.engine).unwrap().link
    }

    fn code(&self) -> String {
        meeting(&self.engine).unwrap().code
    }

    fn chat(&self) -> Vec<ChatMessage> {
        meeting(&self.engine).map(|meeting| meeting.chat.to_vec()).unwrap_or_default()
    }

    /// What was said, as far as the server has it.
    fn texts(&self) -> Vec<String> {
        self.chat().into_iter().filter(|message| message.is_sent).map(|message| message.text).collect()
    }

    fn hears(&self, texts: &[&str]) {
        self.wait_until(&format!("the chat is {texts:?}"), |person| person.texts() == texts);
    }

    /// Somebody as this one sees them.
    fn sees(&self, name: &str) -> Option<Participant> {
        meeting(&self.engine)?.participants.into_iter().find(|participant| participant.name == name)
    }

    fn id_of(&self, name: &str) -> u32 {
        self.wait_until(&format!("{name} is there"), |person| person.sees(name).is_some());
        self.sees(name).unwrap().id
    }

    fn waiting(&self) -> Option<Waiting> {
        match &self.engine.view().borrow().screen {
            Screen::Waiting(waiting) => Some(waiting.clone()),
            _ => None,
        }
    }

    /// Who waits, as a host sees it.
    fn waiters(&self) -> Vec<(u32, String)> {
        let waiting = meeting(&self.engine).map(|meeting| meeting.waiting).unwrap_or_default();
        waiting.into_iter().map(|waiter| (waiter.id, waiter.name)).collect()
    }

    fn waiter(&self, name: &str) -> u32 {
        let of = |person: &Self| person.waiters().into_iter().find(|(_, waiter)| waiter == name).map(|(id, _)| id);
        self.wait_until(&format!("{name} waits"), |person| of(person).is_some());
        of(self).unwrap()
    }

    /// What one is told on being back home or after the meeting.
    fn farewell(&self) -> Option<String> {
        match &self.engine.view().borrow().screen {
            Screen::Home(home) => home.problem.clone(),
            Screen::Ended(ended) => Some(ended.why.clone()),
            _ => None,
        }
    }

    fn is_told(&self, sentence: &str) {
        self.wait_until(&format!("is told {sentence:?}"), |person| {
            person.engine.view().borrow().notices.iter().any(|notice| notice.text == sentence)
        });
    }
}

#[test]
fn what_is_said_arrives_at_whom_it_is_for_and_at_who_comes_later() {
    let ana = Person::host("Ana");
    let ben = Person::join("Ben", 2, &ana.link());
    let eva = Person::join("Eva", 3, &ana.link());
    ana.say("Hello\nall", None);
    for person in [&ana, &ben, &eva] {
        person.hears(&["Hello\nall"]);
    }
    ben.say("only for Ana", Some(ben.id_of("Ana")));
    ana.hears(&["Hello\nall", "only for Ana"]);
    ben.hears(&["Hello\nall", "only for Ana"]);
    eva.say("and for all again", None);
    for (person, count) in [(&ana, 3), (&ben, 3), (&eva, 2)] {
        person.wait_until("the last is heard", |person| person.texts().len() == count);
    }
    assert_eq!(eva.texts(), ["Hello\nall", "and for all again"]);
    let private = ana.chat().remove(1);
    let to = private.to.unwrap();
    assert_eq!((private.from.name.as_str(), private.from.is_self), ("Ben", false));
    assert_eq!((to.name.as_str(), to.is_self), ("Ana", true));
    let dan = Person::join("Dan", 4, &ana.link());
    dan.hears(&["Hello\nall", "and for all again"]);
    assert!(dan.chat().iter().all(|message| !message.from.is_self));
}

#[test]
fn hands_go_up_and_down_and_reactions_are_seen() {
    let ana = Person::host("Ana");
    let ben = Person::join("Ben", 2, &ana.link());
    let eva = Person::join("Eva", 3, &ana.link());
    let hand = |whose: &'static str, rank: Option<u32>| {
        for person in [&ana, &ben, &eva] {
            let is_so = |person: &Person| person.sees(whose).is_some_and(|somebody| somebody.hand == rank);
            person.wait_until(&format!("{whose}'s hand is {rank:?}"), is_so);
        }
    };
    eva.ask(Command::RaiseHand(true));
    hand("Eva", Some(1));
    ben.ask(Command::RaiseHand(true));
    hand("Ben", Some(2));
    eva.ask(Command::RaiseHand(false));
    hand("Eva", None);
    hand("Ben", Some(1));
    ana.ask(Command::LowerHand { participant: ana.id_of("Ben") });
    hand("Ben", None);

    ben.ask(Command::React(ReactionKind::Clapping));
    let of_ben = eva.id_of("Ben");
    for person in [&ana, &ben, &eva] {
        person.wait_until("the reaction is seen", |person| {
            let reactions = meeting(&person.engine).unwrap().reactions;
            reactions.iter().any(|seen| seen.participant == of_ben && seen.kind == ReactionKind::Clapping)
        });
    }
    eva.wait_until("it is gone again", |person| meeting(&person.engine).unwrap().reactions.is_empty());
}

#[test]
fn who_comes_with_the_code_alone_waits_and_is_admitted_or_denied() {
    let ana = Person::host("Ana");
    ana.ask(Command::SetWaitingRoom(WaitingRoom::WithoutLink));
    ana.wait_until("it is guarded", |ana| {
        meeting(&ana.engine).is_some_and(|meeting| meeting.waiting_room == WaitingRoom::WithoutLink)
    });
    let ben = Person::join("Ben", 2, &ana.link());
    let eva = Person::knock("Eva", 3, &ana.code(), Some(&ana));
    let dan = Person::knock("Dan", 4, &ana.code(), Some(&ana));
    for person in [&eva, &dan] {
        person.wait_until("they wait", |person| person.waiting().is_some());
        let waiting = person.waiting().unwrap();
        assert!(waiting.is_host_there && waiting.code == ana.code());
    }
    // The window says so for as long as it is so.
    ana.wait_until("sees who waits", |ana| ana.waiters().len() == 2);
    let (of_eva, of_dan) = (ana.waiter("Eva"), ana.waiter("Dan"));
    assert_eq!(ben.waiters(), [], "hosts alone know");
    ana.ask(Command::Deny(vec![of_dan]));
    dan.wait_until("is turned away", |dan| dan.farewell().is_some());
    assert_eq!(dan.farewell().unwrap(), "A host did not let you in.");
    ana.ask(Command::Admit(vec![of_eva]));
    eva.wait_until("is let in", |eva| eva.sees("Ben").is_some());
    ben.wait_until("Eva is seen", |ben| ben.sees("Eva").is_some());
    assert_eq!(ana.waiters(), []);

    ana.ask(Command::SetLocked(true));
    eva.wait_until("it is locked", |eva| meeting(&eva.engine).is_some_and(|meeting| meeting.is_locked));
    let late = Person::knock("Late", 5, &ana.link(), None);
    late.wait_until("is turned away", |late| late.farewell().is_some());
    assert!(late.farewell().unwrap().starts_with("The meeting is locked"));
}

#[test]
fn hosts_mute_remove_and_share_what_they_may() {
    let ana = Person::host("Ana");
    let ben = Person::join("Ben", 2, &ana.link());
    let eva = Person::join("Eva", 3, &ana.link());
    let microphone = |whose: &'static str, is_on| {
        let is_so = |person: &Person| person.sees(whose).is_some_and(|somebody| somebody.microphone_on == is_on);
        ana.wait_until(&format!("{whose}'s microphone is on: {is_on}"), is_so);
    };
    microphone("Ben", true);
    // Who is no host can do none of it.
    ben.ask(Command::Mute { participant: ben.id_of("Eva") });
    ben.is_told("Only a host can do this.");
    assert!(!meeting(&ben.engine).unwrap().is_host);

    ana.ask(Command::Mute { participant: ana.id_of("Ben") });
    ben.is_told("Ana turned your microphone off.");
    microphone("Ben", false);
    assert_eq!(meeting(&ben.engine).unwrap().microphone, Device::Off);
    ana.ask(Command::AskToUnmute { participant: ana.id_of("Ben") });
    ben.is_told("Ana asks you to turn your microphone on.");
    ben.ask(Command::SetMicrophone(true));
    microphone("Ben", true);

    ana.wait_until("Eva's camera is on", |ana| ana.sees("Eva").is_some_and(|eva| eva.camera_on));
    ana.ask(Command::TurnCameraOff { participant: ana.id_of("Eva") });
    eva.is_told("Ana turned your camera off.");
    ana.wait_until("Eva's camera is off", |ana| ana.sees("Eva").is_some_and(|eva| !eva.camera_on));

    ana.ask(Command::SetHost { participant: ana.id_of("Ben"), is_host: true });
    ben.is_told("You can do now what hosts can.");
    ben.ask(Command::Mute { participant: ben.id_of("Eva") });
    eva.is_told("Ben turned your microphone off.");
    ben.ask(Command::Remove { participant: ben.id_of("Ana") });
    ben.is_told("Who opened the meeting stays its host.");
    ben.ask(Command::Remove { participant: ben.id_of("Eva") });
    eva.wait_until("is out", |eva| eva.farewell().is_some());
    assert_eq!(eva.farewell().unwrap(), "A host removed you from the meeting.");
    ana.wait_until("Eva is gone", |ana| ana.sees("Eva").is_none());

    // From the same address she does not come back by herself, with the link neither.
    let again = Person::knock("Eva", 3, &ana.link(), None);
    again.wait_until("waits", |again| again.waiting().is_some());
    let of_eva = ben.waiter("Eva");
    ben.ask(Command::Admit(vec![of_eva]));
    again.wait_until("is let in", |again| again.sees("Ana").is_some());

    ben.ask(Command::EndForAll);
    for person in [&ana, &again] {
        person.wait_until("it is over", |person| person.farewell().is_some());
        assert_eq!(person.farewell().unwrap(), "The host ended the meeting.");
    }
}
