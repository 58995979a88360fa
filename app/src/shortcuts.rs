//! What the keyboard can ask for, and with which keys.
//!
//! Owns the actions and the keys they have; what an action does is the business of whoever listens for it. The keys that are in use
//! are kept with the context, so that each screen listens and hints alike.

use std::collections::BTreeMap;

use egui::{Context, Event, Id, Key, KeyboardShortcut, Modifiers, Ui};

use crate::text::{self, shortcuts::ShortcutTexts};

pub mod recording;
pub mod written;

/// What can be asked for with keys, in the order in which settings list it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    Microphone,
    /// Held, one is heard; all others are pressed.
    Talk,
    Camera,
    Hand,
    Chat,
    People,
    Layout,
    HideSelf,
    CopyLink,
    Statistics,
    Settings,
    MiniWindow,
    Fullscreen,
    Leave,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Microphone,
        Self::Talk,
        Self::Camera,
        Self::Hand,
        Self::Chat,
        Self::People,
        Self::Layout,
        Self::HideSelf,
        Self::CopyLink,
        Self::Statistics,
        Self::Settings,
        Self::MiniWindow,
        Self::Fullscreen,
        Self::Leave,
    ];

    /// The keys it has where nobody has chosen others.
    pub fn usual_keys(self) -> KeyboardShortcut {
        self.usual_keys_on(cfg!(target_os = "macos"))
    }

    /// Microphone and camera are as in Google Meet. What switches a microphone or camera in Teams (with Shift: M and O) does nothing here: who
    /// presses it out of habit must not take a hidden picture of oneself for a camera that is off. On a Mac the system has F11 and
    /// Shift with Command and Q for itself.
    fn usual_keys_on(self, is_mac: bool) -> KeyboardShortcut {
        const WITH_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);
        let (modifiers, key) = match self {
            Self::Microphone => (Modifiers::COMMAND, Key::D),
            Self::Talk => (Modifiers::NONE, Key::Space),
            Self::Camera => (Modifiers::COMMAND, Key::E),
            Self::Hand => (WITH_SHIFT, Key::H),
            Self::Chat => (WITH_SHIFT, Key::C),
            Self::People => (WITH_SHIFT, Key::P),
            Self::Layout => (WITH_SHIFT, Key::L),
            Self::HideSelf => (WITH_SHIFT, Key::Y),
            Self::CopyLink => (WITH_SHIFT, Key::I),
            Self::Statistics => (WITH_SHIFT, Key::S),
            Self::Settings => (Modifiers::COMMAND, Key::Comma),
            Self::MiniWindow => (WITH_SHIFT, Key::W),
            Self::Fullscreen if is_mac => (Modifiers::COMMAND.plus(Modifiers::CTRL), Key::F),
            Self::Fullscreen => (Modifiers::NONE, Key::F11),
            Self::Leave if is_mac => (WITH_SHIFT, Key::B),
            Self::Leave => (WITH_SHIFT, Key::Q),
        };
        KeyboardShortcut::new(modifiers, key)
    }
}

/// The keys of each action: those that were chosen, and the usual ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shortcuts {
    /// Only what is not as usual; none for an action that has been left without.
    chosen: BTreeMap<Action, Option<KeyboardShortcut>>,
}

impl Shortcuts {
    /// The keys of an action; none where it has been left without, or where another was given its usual ones.
    pub fn keys(&self, action: Action) -> Option<KeyboardShortcut> {
        match self.chosen.get(&action) {
            Some(chosen) => *chosen,
            None => Some(action.usual_keys()).filter(|usual| !self.chosen.values().flatten().any(|keys| keys == usual)),
        }
    }

    /// Who has these keys.
    pub fn action(&self, keys: KeyboardShortcut) -> Option<Action> {
        Action::ALL.into_iter().find(|action| self.keys(*action) == Some(keys))
    }

    /// Gives an action other keys, or none; whoever had them has none then.
    #[must_use]
    pub fn with(mut self, action: Action, keys: Option<KeyboardShortcut>) -> Self {
        if let Some(other) = keys.and_then(|keys| self.action(keys)).filter(|other| *other != action) {
            self.chosen.insert(other, None);
        }
        if keys == Some(action.usual_keys()) {
            self.chosen.remove(&action);
        } else {
            self.chosen.insert(action, keys);
        }
        self
    }

    /// Whether an action has its usual keys.
    pub fn is_usual(&self, action: Action) -> bool {
        self.keys(action) == Some(action.usual_keys())
    }
}

/// Why keys cannot be given to an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// They edit text: copy, paste, undo.
    Editing,
    /// They make text larger and smaller.
    TextSize,
    /// With them one gets from control to control and makes use of them.
    Moving,
}

/// Whether these keys can be given to an action.
///
/// # Errors
///
/// When something needs them that is always there.
pub fn check(action: Action, keys: KeyboardShortcut) -> Result<(), Refusal> {
    let Modifiers { alt, shift, command, ctrl, .. } = keys.modifiers;
    let is_command_alone = command && !alt && !ctrl;
    match keys.logical_key {
        Key::A | Key::C | Key::V | Key::X | Key::Y if is_command_alone && !shift => Err(Refusal::Editing),
        Key::Z if is_command_alone => Err(Refusal::Editing),
        Key::Copy | Key::Cut | Key::Paste | Key::Backspace => Err(Refusal::Editing),
        Key::Insert | Key::Delete if shift || is_command_alone => Err(Refusal::Editing),
        Key::Plus | Key::Equals | Key::Minus | Key::Num0 if is_command_alone => Err(Refusal::TextSize),
        Key::Escape | Key::Tab => Err(Refusal::Moving),
        // What is held to talk is let alone where something has the focus.
        Key::Space | Key::Enter if action == Action::Talk => Ok(()),
        Key::Space
        | Key::Enter
        | Key::ArrowDown
        | Key::ArrowLeft
        | Key::ArrowRight
        | Key::ArrowUp
        | Key::Home
        | Key::End
        | Key::PageUp
        | Key::PageDown
            if !command && !ctrl && !alt =>
        {
            Err(Refusal::Moving)
        }
        _ => Ok(()),
    }
}

/// Whether somebody who presses these keys while typing means the text.
fn is_typing(keys: KeyboardShortcut) -> bool {
    let Modifiers { alt, command, ctrl, .. } = keys.modifiers;
    let is_function = keys.logical_key.name().strip_prefix('F').is_some_and(|number| number.parse::<u8>().is_ok());
    // On Windows, Ctrl and Alt together are the key for third characters.
    let writes = !is_function && (!command && !ctrl || alt);
    writes || keys.conflicts_with_text_editing() && !is_function
}

/// Asks for an action without its keys: whoever listens for it hears of it as if they were pressed at the next paint.
pub fn ask(context: &Context, action: Action) {
    context.data_mut(|data| data.insert_temp(asked(), action));
    context.request_repaint();
}

/// Whether the keys of an action were just pressed; nobody else hears of them then. Held longer, they are not pressed again.
pub fn pressed(ui: &Ui, action: Action) -> bool {
    let is_asked = ui.ctx().data_mut(|data| {
        let is_it = data.get_temp::<Action>(asked()) == Some(action);
        if is_it {
            data.remove::<Action>(asked());
        }
        is_it
    });
    is_asked || are_pressed(ui, action)
}

fn are_pressed(ui: &Ui, action: Action) -> bool {
    let Some(wanted) = keys(ui.ctx(), action) else { return false };
    if is_typing(wanted) && ui.ctx().text_edit_focused() {
        return false;
    }
    let mut pressed = false;
    ui.input_mut(|input| {
        input.events.retain(|event| {
            let Event::Key { key, modifiers, pressed: true, repeat, .. } = event else { return true };
            let is_it = KeyboardShortcut::new(plain(*modifiers), *key) == wanted;
            pressed |= is_it && !repeat;
            !is_it
        });
    });
    pressed
}

/// Whether the keys of an action are held; `was_held` is whether they were so far. While something has the focus that could make use of
/// them, they are not for this: who writes is not heard.
pub fn held(ui: &Ui, action: Action, was_held: bool) -> bool {
    let Some(wanted) = keys(ui.ctx(), action) else { return false };
    let is_down = ui.input(|input| {
        // Whoever lets go of one of several keys has let go.
        input.focused && input.key_down(wanted.logical_key) && plain(input.modifiers) == wanted.modifiers
    });
    let is_free = was_held || !is_typing(wanted) || ui.memory(|memory| memory.focused().is_none());
    is_down && is_free && !recording::is_on(ui.ctx())
}

/// Modifiers as actions have them: what is Command on a Mac is Ctrl elsewhere.
fn plain(modifiers: Modifiers) -> Modifiers {
    let Modifiers { alt, ctrl, shift, mac_cmd, command } = modifiers;
    let (command, ctrl) = if cfg!(target_os = "macos") { (command || mac_cmd, ctrl) } else { (command || ctrl, false) };
    Modifiers { alt, ctrl, shift, mac_cmd: false, command }
}

/// A hint with the keys of an action, such as `Chat (Ctrl+Shift+C)`.
pub fn hint(ui: &Ui, what: &str, action: Action) -> String {
    match keys(ui.ctx(), action) {
        Some(keys) => format!("{what} ({})", words(keys, text::of(ui).shortcuts())),
        None => what.to_owned(),
    }
}

/// What keys are called: `Ctrl+Shift+C`.
pub fn words(keys: KeyboardShortcut, texts: ShortcutTexts) -> String {
    let modifiers = texts.modifiers().format(&keys.modifiers, cfg!(target_os = "macos"));
    let key = texts.key(keys.logical_key);
    if modifiers.is_empty() { key.to_owned() } else { format!("{modifiers}+{key}") }
}

/// Has the context listen to these keys from now on.
pub fn wear(context: &Context, shortcuts: &Shortcuts) {
    context.data_mut(|data| data.insert_temp(worn(), shortcuts.clone()));
}

fn keys(context: &Context, action: Action) -> Option<KeyboardShortcut> {
    context.data_mut(|data| data.get_temp_mut_or_default::<Shortcuts>(worn()).keys(action))
}

fn asked() -> Id {
    Id::unique("action asked for")
}

fn worn() -> Id {
    Id::unique("shortcuts")
}

#[cfg(test)]
mod tests {
    use super::*;

    const M: KeyboardShortcut = KeyboardShortcut::new(Modifiers::NONE, Key::M);

    #[test]
    fn no_two_actions_have_the_same_keys() {
        for is_mac in [false, true] {
            for (place, action) in Action::ALL.into_iter().enumerate() {
                let keys = action.usual_keys_on(is_mac);
                assert_eq!(check(action, keys), Ok(()), "{action:?}");
                let other = Action::ALL[..place].iter().find(|other| other.usual_keys_on(is_mac) == keys);
                assert_eq!(other, None, "{action:?}");
            }
        }
    }

    #[test]
    fn what_switches_a_device_in_other_programs_does_nothing_else_here() {
        let with_shift = |key| KeyboardShortcut::new(Modifiers::COMMAND | Modifiers::SHIFT, key);
        for key in [Key::M, Key::O] {
            assert_eq!(Shortcuts::default().action(with_shift(key)), None, "{key:?}");
        }
    }

    #[test]
    fn an_action_that_is_given_anothers_keys_takes_them() {
        let shortcuts = Shortcuts::default().with(Action::Chat, Some(Action::People.usual_keys()));
        assert_eq!(shortcuts.keys(Action::Chat), Some(Action::People.usual_keys()));
        assert_eq!(shortcuts.keys(Action::People), None);
        let shortcuts = shortcuts.with(Action::Hand, Some(M)).with(Action::Layout, Some(M));
        assert_eq!((shortcuts.keys(Action::Hand), shortcuts.keys(Action::Layout)), (None, Some(M)));
    }

    #[test]
    fn usual_keys_are_had_back_from_whom_they_were_given_to() {
        let usual = Action::People.usual_keys();
        let taken = Shortcuts::default().with(Action::Chat, Some(usual));
        let back = taken.with(Action::People, Some(usual));
        assert_eq!((back.keys(Action::People), back.keys(Action::Chat)), (Some(usual), None));
        let back = back.with(Action::Chat, Some(Action::Chat.usual_keys()));
        assert_eq!(back, Shortcuts::default(), "only what is not as usual is kept");
    }

    #[test]
    fn an_action_can_be_left_without_keys() {
        let shortcuts = Shortcuts::default().with(Action::Leave, None);
        assert_eq!(shortcuts.keys(Action::Leave), None);
        assert!(!shortcuts.is_usual(Action::Leave) && shortcuts.is_usual(Action::Chat));
    }

    #[test]
    fn keys_that_are_always_needed_are_refused() {
        let command = |key| KeyboardShortcut::new(Modifiers::COMMAND, key);
        let alone = |key| KeyboardShortcut::new(Modifiers::NONE, key);
        assert_eq!(check(Action::Chat, command(Key::C)), Err(Refusal::Editing));
        assert_eq!(check(Action::Chat, command(Key::Plus)), Err(Refusal::TextSize));
        assert_eq!(check(Action::Talk, alone(Key::Tab)), Err(Refusal::Moving));
        assert_eq!(check(Action::Chat, alone(Key::Space)), Err(Refusal::Moving));
        assert_eq!(check(Action::Talk, alone(Key::Space)), Ok(()));
        assert_eq!(check(Action::Chat, M), Ok(()));
    }

    #[test]
    fn only_what_writes_nothing_is_for_an_action_while_somebody_types() {
        let typing = |modifiers, key| is_typing(KeyboardShortcut::new(modifiers, key));
        let (none, command, alt) = (Modifiers::NONE, Modifiers::COMMAND, Modifiers::ALT);
        assert!(typing(none, Key::M) && typing(none, Key::Space) && typing(Modifiers::SHIFT, Key::M));
        assert!(typing(alt, Key::A) && typing(command | alt, Key::Q), "third characters");
        assert!(typing(none, Key::Delete) && typing(command, Key::ArrowLeft));
        assert!(!typing(command, Key::D) && !typing(none, Key::F11) && !typing(command | Modifiers::SHIFT, Key::C));
    }

    #[test]
    fn modifiers_are_told_alike_however_the_system_tells_them() {
        let pressed = if cfg!(target_os = "macos") {
            Modifiers { mac_cmd: true, command: true, ..Modifiers::NONE }
        } else {
            Modifiers { ctrl: true, command: true, ..Modifiers::NONE }
        };
        assert_eq!(plain(pressed), Modifiers::COMMAND);
        assert_eq!(plain(pressed | Modifiers::SHIFT), Modifiers::COMMAND | Modifiers::SHIFT);
    }
}
