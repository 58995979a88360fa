//! Keys that are pressed to be chosen: nobody but who asked for them hears of them.
//!
//! Asked for anew at each paint, so that it ends when whoever asked is not there any more.

use egui::{Context, Event, Id, Key, KeyboardShortcut, Modifiers};

use super::plain;

#[derive(Clone, Copy, Debug, Default)]
struct Recording {
    /// The last paint at which it was asked for.
    asked_at: Option<u64>,
    pressed: Option<KeyboardShortcut>,
}

/// Asks for the keys that are pressed next; they are told once. Escape without modifiers is told like any other key.
pub fn next(context: &Context) -> Option<KeyboardShortcut> {
    let now = context.cumulative_pass_nr();
    context.data_mut(|data| {
        let recording: &mut Recording = data.get_temp_mut_or_default(id());
        recording.asked_at = Some(now);
        recording.pressed.take()
    })
}

/// Whether somebody asks.
pub fn is_on(context: &Context) -> bool {
    let now = context.cumulative_pass_nr();
    let recording: Recording = context.data(|data| data.get_temp(id())).unwrap_or_default();
    recording.asked_at.is_some_and(|asked_at| now - asked_at <= 1)
}

/// Takes the keys that were pressed, while somebody asks for them. Before anybody else listens.
pub fn listen(context: &Context) {
    if !is_on(context) {
        return;
    }
    let mut first = None;
    context.input_mut(|input| {
        input.events.retain(|event| {
            let keys = match event {
                Event::Key { key, modifiers, pressed: true, repeat: false, .. } => {
                    Some(KeyboardShortcut::new(plain(*modifiers), *key))
                }
                // The system's words for keys that edit.
                Event::Copy => Some(KeyboardShortcut::new(Modifiers::COMMAND, Key::C)),
                Event::Cut => Some(KeyboardShortcut::new(Modifiers::COMMAND, Key::X)),
                Event::Paste(_) => Some(KeyboardShortcut::new(Modifiers::COMMAND, Key::V)),
                Event::Key { .. } | Event::Text(_) => None,
                _ => return true,
            };
            first = first.or(keys);
            false
        });
    });
    if let Some(keys) = first {
        context.data_mut(|data| data.get_temp_mut_or_default::<Recording>(id()).pressed = Some(keys));
    }
}

fn id() -> Id {
    Id::unique("shortcut recording")
}
