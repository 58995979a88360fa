//! What the keyboard can ask for, and with which keys.
//!
//! Owns the actions and the keys they have; what an action does is the business of whoever listens for it. The keys that are in use
//! are kept with the context, so that each screen listens and hints alike.

use egui::{Context, Id, Key, KeyboardShortcut, Modifiers, Ui};

/// What can be asked for with keys, in the order in which settings list it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    Microphone,
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
    pub const ALL: [Self; 13] = [
        Self::Microphone,
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
        const WITH_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);
        match self {
            Self::Microphone => KeyboardShortcut::new(Modifiers::COMMAND, Key::D),
            Self::Camera => KeyboardShortcut::new(Modifiers::COMMAND, Key::E),
            Self::Hand => KeyboardShortcut::new(WITH_SHIFT, Key::H),
            Self::Chat => KeyboardShortcut::new(WITH_SHIFT, Key::C),
            Self::People => KeyboardShortcut::new(WITH_SHIFT, Key::P),
            Self::Layout => KeyboardShortcut::new(WITH_SHIFT, Key::L),
            Self::HideSelf => KeyboardShortcut::new(WITH_SHIFT, Key::O),
            Self::CopyLink => KeyboardShortcut::new(WITH_SHIFT, Key::I),
            Self::Statistics => KeyboardShortcut::new(WITH_SHIFT, Key::S),
            Self::Settings => KeyboardShortcut::new(Modifiers::COMMAND, Key::Comma),
            Self::MiniWindow => KeyboardShortcut::new(WITH_SHIFT, Key::M),
            Self::Fullscreen => KeyboardShortcut::new(Modifiers::NONE, Key::F11),
            Self::Leave => KeyboardShortcut::new(WITH_SHIFT, Key::Q),
        }
    }
}

/// The keys of each action.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shortcuts {}

impl Shortcuts {
    /// The keys of an action; none where it has been left without.
    pub fn keys(&self, action: Action) -> Option<KeyboardShortcut> {
        Some(action.usual_keys())
    }
}

/// Whether the keys of an action were just pressed; nobody else hears of them then.
pub fn pressed(ui: &Ui, action: Action) -> bool {
    keys(ui.ctx(), action).is_some_and(|keys| ui.input_mut(|input| input.consume_shortcut(&keys)))
}

/// A hint with the keys of an action, such as `Chat (Ctrl+Shift+C)`.
pub fn hint(ui: &Ui, what: &str, action: Action) -> String {
    match keys(ui.ctx(), action) {
        Some(keys) => format!("{what} ({})", ui.ctx().format_shortcut(&keys)),
        None => what.to_owned(),
    }
}

/// Has the context listen to these keys from now on.
pub fn wear(context: &Context, shortcuts: &Shortcuts) {
    context.data_mut(|data| data.insert_temp(worn(), shortcuts.clone()));
}

fn keys(context: &Context, action: Action) -> Option<KeyboardShortcut> {
    context.data_mut(|data| data.get_temp_mut_or_default::<Shortcuts>(worn()).keys(action))
}

fn worn() -> Id {
    Id::unique("shortcuts")
}
