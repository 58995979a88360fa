//! Push to talk: while muted, one is heard for as long as a key is held.
//!
//! Knows what was asked for, not whether it has come to pass: letting go mutes again, whatever happened in between.

use egui::Ui;

use crate::command::Command;
use crate::shortcuts::{self, Action};
use crate::view::Device;

/// See the module's description.
#[derive(Clone, Copy, Debug, Default)]
pub struct PushToTalk {
    is_talking: bool,
}

impl PushToTalk {
    /// Looks at the keyboard. A key that something with the focus makes use of is not for this.
    pub fn show(&mut self, ui: &Ui, microphone: &Device) -> Option<Command> {
        self.update(shortcuts::held(ui, Action::Talk, self.is_talking), microphone)
    }

    fn update(&mut self, is_held: bool, microphone: &Device) -> Option<Command> {
        let begins = is_held && !self.is_talking && *microphone == Device::Off;
        let ends = self.is_talking && !is_held;
        if begins || ends {
            self.is_talking = is_held;
            return Some(Command::SetMicrophone(is_held));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_muted_is_heard_while_the_key_is_held() {
        let mut talk = PushToTalk::default();
        assert_eq!(talk.update(false, &Device::Off), None);
        assert_eq!(talk.update(true, &Device::Off), Some(Command::SetMicrophone(true)));
        assert_eq!(talk.update(true, &Device::On), None);
        assert_eq!(talk.update(false, &Device::On), Some(Command::SetMicrophone(false)));
        assert_eq!(talk.update(false, &Device::Off), None);
    }

    #[test]
    fn who_is_not_muted_stays_so() {
        let mut talk = PushToTalk::default();
        for microphone in [Device::On, Device::Unavailable("It is gone.".to_owned())] {
            assert_eq!(talk.update(true, &microphone), None);
            assert_eq!(talk.update(false, &microphone), None);
        }
    }
}
