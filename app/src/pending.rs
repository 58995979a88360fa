//! What was asked for and is not answered yet, so that every press shows at once, whatever the engine is busy with.
//!
//! What is yet to come to pass is never shown before it has: what was pressed looks pressed until a view answers, or until [`PATIENCE`]
//! is over and it can be seen that nothing came of it. Told the time; knows no engine and draws nothing.

use std::mem::{Discriminant, discriminant};
use std::time::{Duration, Instant};

use egui::Id;
use nonet_media::audio::voice_test::VoiceTestStage;

use crate::command::Command;
use crate::view::{Device, Meeting, Participant, Screen, View};

/// How long something looks pressed that no view answers.
pub const PATIENCE: Duration = Duration::from_secs(4);
/// How long something looks pressed whose answer is not seen, but heard or read.
pub const MOMENT: Duration = Duration::from_millis(400);

/// See the module's description.
#[derive(Debug, Default)]
pub struct Pending {
    asked: Vec<Asked>,
}

#[derive(Debug)]
struct Asked {
    command: Command,
    /// What was pressed for it; none where it was asked for with keys.
    pressed: Vec<Id>,
    /// Where it was asked.
    place: Place,
    /// How the device was that is to be switched.
    device: Option<Device>,
    since: Instant,
}

/// A screen, as far as commands lead from one to another.
type Place = (Discriminant<Screen>, Option<String>);

/// What of one's own is being switched, and to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Switching {
    pub microphone: Option<bool>,
    pub camera: Option<bool>,
}

impl Pending {
    /// Takes note of what was asked for at this view, by pressing these.
    pub fn ask(&mut self, commands: &[Command], pressed: &[Id], view: &View, now: Instant) {
        for command in commands {
            // What the window says by itself has nobody who waits.
            if matches!(command, Command::Show(_) | Command::LookAtSettings(_)) {
                continue;
            }
            self.asked.retain(|older| !is_of_one_thing(&older.command, command));
            if is_answered(command, view) == Some(true) {
                continue;
            }
            self.asked.push(Asked {
                command: command.clone(),
                pressed: pressed.to_vec(),
                place: place(view),
                device: device(command, view).cloned(),
                since: now,
            });
        }
    }

    /// Lets go of what this view answers, and of what has waited for too long.
    pub fn settle(&mut self, view: &View, now: Instant) {
        let here = place(view);
        self.asked.retain(|asked| {
            // On another screen there is something else to press.
            let is_here = asked.place.0 == here.0 && (asked.place == here || !leads_away(&asked.command));
            // One that cannot be had is an answer, too.
            let is_as_it_was = device(&asked.command, view) == asked.device.as_ref();
            is_here
                && is_as_it_was
                && is_answered(&asked.command, view) != Some(true)
                && !asked.left(view, now).is_zero()
        });
    }

    /// When something will have waited for too long.
    pub fn next(&self, view: &View, now: Instant) -> Option<Duration> {
        self.asked.iter().map(|asked| asked.left(view, now)).min()
    }

    /// What looks pressed.
    pub fn pressed(&self) -> Vec<Id> {
        self.asked.iter().flat_map(|asked| asked.pressed.iter().copied()).collect()
    }

    /// What of one's own is being switched.
    pub fn switching(&self) -> Switching {
        let mut switching = Switching::default();
        for asked in &self.asked {
            match asked.command {
                Command::SetMicrophone(on) => switching.microphone = Some(on),
                Command::SetCamera(on) => switching.camera = Some(on),
                _ => {}
            }
        }
        switching
    }
}

impl Asked {
    fn left(&self, view: &View, now: Instant) -> Duration {
        let is_seen = leads_away(&self.command) || is_answered(&self.command, view).is_some();
        (self.since + if is_seen { PATIENCE } else { MOMENT }).saturating_duration_since(now)
    }
}

fn place(view: &View) -> Place {
    let problem = match &view.screen {
        Screen::Home(home) => home.problem.clone(),
        _ => None,
    };
    (discriminant(&view.screen), problem)
}

/// Whether another screen is the answer, or the same one that says why not.
fn leads_away(command: &Command) -> bool {
    matches!(
        command,
        Command::Preview { .. }
            | Command::Host { .. }
            | Command::Join { .. }
            | Command::CancelJoining
            | Command::GoHome
            | Command::Leave
            | Command::EndForAll
    )
}

/// Whether the newer one leaves nothing of the older.
fn is_of_one_thing(older: &Command, newer: &Command) -> bool {
    match (older, newer) {
        (Command::SetVolume { participant, .. }, Command::SetVolume { participant: other, .. })
        | (Command::SetHost { participant, .. }, Command::SetHost { participant: other, .. }) => participant == other,
        _ if leads_away(newer) => leads_away(older),
        (
            Command::SetMicrophone(_)
            | Command::SetCamera(_)
            | Command::SetSound(_)
            | Command::ChooseCamera(_)
            | Command::SetAppearance(_)
            | Command::RaiseHand(_)
            | Command::SetLocked(_)
            | Command::SetWaitingRoom(_)
            | Command::TestVoice(_),
            _,
        ) => discriminant(older) == discriminant(newer),
        _ => older == newer,
    }
}

/// The device that is to be switched, where there is one.
fn device<'a>(command: &Command, view: &'a View) -> Option<&'a Device> {
    let (microphone, camera) = match &view.screen {
        Screen::Preview(preview) => (&preview.microphone, &preview.camera),
        Screen::Meeting(meeting) => (&meeting.microphone, &meeting.camera),
        _ => return None,
    };
    match command {
        Command::SetMicrophone(_) => Some(microphone),
        Command::SetCamera(_) => Some(camera),
        _ => None,
    }
}

/// Whether this view is what was asked for; none where no view tells.
fn is_answered(command: &Command, view: &View) -> Option<bool> {
    let meeting = match &view.screen {
        Screen::Meeting(meeting) => Some(meeting),
        _ => None,
    };
    let person = |id: u32, is_so: &dyn Fn(&Participant) -> bool| {
        meeting.and_then(|meeting| meeting.participants.iter().find(|person| person.id == id)).is_none_or(is_so)
    };
    let in_meeting = |is_so: &dyn Fn(&Meeting) -> bool| meeting.is_none_or(is_so);
    Some(match command {
        Command::SetMicrophone(on) | Command::SetCamera(on) => {
            let wanted = if *on { Device::On } else { Device::Off };
            device(command, view).is_none_or(|device| *device == wanted)
        }
        Command::SetSound(sound) => view.sound.settings == *sound,
        Command::SetAppearance(appearance) => view.appearance == *appearance,
        Command::ChooseCamera(name) => view.camera.chosen == *name,
        Command::SetVolume { participant, percent } => {
            person(*participant, &|person| person.volume_percent == *percent)
        }
        Command::TestVoice(on) => {
            let is_idle = |look: &nonet_media::sound::SoundLook| look.voice_test() == VoiceTestStage::Idle;
            view.sound.look.as_ref().is_none_or(|look| is_idle(look) != *on)
        }
        Command::RaiseHand(up) => in_meeting(&|meeting| {
            let own = meeting.participants.iter().find(|person| person.is_self);
            own.is_none_or(|own| own.hand.is_some() == *up)
        }),
        Command::LowerHand { participant } => person(*participant, &|person| person.hand.is_none()),
        Command::SetLocked(locked) => in_meeting(&|meeting| meeting.is_locked == *locked),
        Command::SetWaitingRoom(room) => in_meeting(&|meeting| meeting.waiting_room == *room),
        Command::Admit(ids) | Command::Deny(ids) => {
            in_meeting(&|meeting| !meeting.waiting.iter().any(|person| ids.contains(&person.id)))
        }
        Command::Mute { participant } => person(*participant, &|person| !person.microphone_on),
        Command::TurnCameraOff { participant } => person(*participant, &|person| !person.camera_on),
        Command::Remove { participant } => person(*participant, &|_| false),
        Command::SetHost { participant, is_host } => person(*participant, &|person| person.is_host == *is_host),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::SoundSettings;
    use crate::view::{Camera, Home, Preview, Sound};

    fn view(screen: Screen) -> View {
        let (sound, camera) = (Sound::default(), Camera::default());
        let (appearance, shortcuts, kept) = Default::default();
        View { screen, notices: Vec::new(), sound, camera, appearance, shortcuts, kept }
    }

    fn preview(microphone: Device) -> View {
        view(Screen::Preview(Preview {
            name: "Ana".into(),
            code_or_link: None,
            code: None,
            busy_percent: None,
            microphone,
            camera: Device::Off,
            pictures: nonet_media::latest::Latest::new(),
        }))
    }

    fn asked(command: Command, view: &View, now: Instant) -> Pending {
        let mut pending = Pending::default();
        pending.ask(&[command], &[Id::unique("button")], view, now);
        pending
    }

    #[test]
    fn a_device_is_being_switched_until_it_is_so_or_cannot_be_had() {
        let now = Instant::now();
        let off = preview(Device::Off);
        for answer in [Device::On, Device::Unavailable("It is gone.".into())] {
            let mut pending = asked(Command::SetMicrophone(true), &off, now);
            pending.settle(&off, now);
            assert_eq!(pending.switching(), Switching { microphone: Some(true), camera: None });
            assert_eq!(pending.pressed(), [Id::unique("button")]);
            pending.settle(&preview(answer), now);
            assert_eq!((pending.switching(), pending.pressed()), (Switching::default(), Vec::new()));
        }
    }

    #[test]
    fn what_nobody_answers_does_not_look_pressed_for_ever() {
        let now = Instant::now();
        let on = preview(Device::On);
        let mut pending = asked(Command::SetMicrophone(false), &on, now);
        assert_eq!(pending.next(&on, now), Some(PATIENCE));
        pending.settle(&on, now + PATIENCE - Duration::from_millis(1));
        assert!(pending.switching().microphone.is_some());
        pending.settle(&on, now + PATIENCE);
        assert_eq!((pending.switching(), pending.next(&on, now)), (Switching::default(), None));
        let mut pending = asked(Command::TestSpeaker, &on, now);
        assert_eq!(pending.next(&on, now), Some(MOMENT));
        pending.settle(&on, now + MOMENT);
        assert_eq!(pending.pressed(), []);
    }

    #[test]
    fn what_is_asked_for_anew_takes_the_place_of_what_was() {
        let now = Instant::now();
        let on = preview(Device::On);
        let mut pending = asked(Command::SetMicrophone(false), &on, now);
        pending.ask(&[Command::SetMicrophone(true)], &[], &on, now);
        assert_eq!(pending.switching(), Switching::default(), "it is on");
        let home = view(Screen::Home(Home::default()));
        let music = |music| SoundSettings { music, ..SoundSettings::default() };
        pending.ask(&[Command::SetSound(music(true))], &[Id::unique("switch")], &home, now);
        pending.settle(&home, now);
        assert_eq!(pending.pressed(), [Id::unique("switch")]);
        let answer = View { sound: Sound { settings: music(true), ..Sound::default() }, ..home };
        pending.settle(&answer, now);
        assert_eq!(pending.pressed(), []);
    }

    #[test]
    fn another_screen_is_the_answer_to_what_leads_there_and_so_is_the_reason_why_not() {
        let now = Instant::now();
        let home =
            |problem: Option<&str>| view(Screen::Home(Home { problem: problem.map(str::to_owned), ..Home::default() }));
        let ask = || asked(Command::Preview { name: "Ana".into(), code_or_link: None }, &home(None), now);
        for answer in [preview(Device::On), home(Some("Nobody meets there."))] {
            let mut pending = ask();
            pending.settle(&home(None), now);
            assert_eq!(pending.pressed().len(), 1);
            pending.settle(&answer, now);
            assert_eq!(pending.pressed(), []);
        }
    }
}
