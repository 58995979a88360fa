//! Keys as they stand in the settings: `chat = "Ctrl+Shift+C"`, or `chat = ""` for an action without any.
//!
//! What cannot be read is left out and logged, for one bad line must not cost the others.

use egui::{Key, KeyboardShortcut, ModifierNames, Modifiers};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Action, Shortcuts, check};

const IS_MAC: bool = cfg!(target_os = "macos");

impl Action {
    /// What it is called in the settings.
    fn written(self) -> &'static str {
        match self {
            Self::Microphone => "microphone",
            Self::Talk => "talk",
            Self::Camera => "camera",
            Self::Hand => "hand",
            Self::Chat => "chat",
            Self::People => "people",
            Self::Layout => "layout",
            Self::HideSelf => "hide-self",
            Self::CopyLink => "copy-link",
            Self::Statistics => "statistics",
            Self::Settings => "settings",
            Self::MiniWindow => "mini-window",
            Self::Fullscreen => "fullscreen",
            Self::Leave => "leave",
        }
    }
}

impl Serialize for Shortcuts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.chosen.iter().map(|(action, keys)| {
            let written = keys.map(|keys| keys.format(&ModifierNames::NAMES, IS_MAC)).unwrap_or_default();
            (action.written(), written)
        }))
    }
}

impl<'de> Deserialize<'de> for Shortcuts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = toml::Value::deserialize(deserializer)?;
        let Some(table) = value.as_table() else {
            tracing::warn!("what stands in the settings for shortcuts is no table, and is left out");
            return Ok(Self::default());
        };
        let mut shortcuts = Self::default();
        for (name, value) in table {
            match entry(name, value) {
                Some((action, keys)) if shortcuts.chosen.values().flatten().all(|taken| Some(*taken) != keys) => {
                    shortcuts.chosen.insert(action, keys);
                }
                _ => tracing::warn!(name, %value, "a shortcut in the settings is of no use, and is left out"),
            }
        }
        shortcuts.chosen.retain(|action, keys| *keys != Some(action.usual_keys()));
        Ok(shortcuts)
    }
}

fn entry(name: &str, value: &toml::Value) -> Option<(Action, Option<KeyboardShortcut>)> {
    let action = Action::ALL.into_iter().find(|action| action.written() == name)?;
    let written = value.as_str()?.trim();
    if written.is_empty() {
        return Some((action, None));
    }
    let keys = read(written)?;
    check(action, keys).ok()?;
    Some((action, Some(keys)))
}

/// Modifiers and a key, with a plus between each.
fn read(written: &str) -> Option<KeyboardShortcut> {
    let mut words = written.split('+').map(str::trim).rev();
    let key = Key::from_name(words.next()?)?;
    let modifiers = words.try_fold(Modifiers::NONE, |modifiers, word| {
        let modifier = match word.to_ascii_lowercase().as_str() {
            "ctrl" if IS_MAC => Modifiers::CTRL,
            "ctrl" | "cmd" => Modifiers::COMMAND,
            "alt" | "option" => Modifiers::ALT,
            "shift" => Modifiers::SHIFT,
            _ => return None,
        };
        Some(modifiers | modifier)
    })?;
    Some(KeyboardShortcut::new(modifiers, key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    #[serde(default)]
    struct File {
        name: String,
        shortcuts: Shortcuts,
    }

    fn read_file(text: &str) -> Shortcuts {
        let file: File = toml::from_str(text).unwrap();
        assert_eq!(file.name, "Ana", "nothing else is lost");
        file.shortcuts
    }

    #[test]
    fn what_is_written_is_read_again() {
        let keys = |modifiers, key| Some(KeyboardShortcut::new(modifiers, key));
        let shortcuts = Shortcuts::default()
            .with(Action::Chat, keys(Modifiers::COMMAND | Modifiers::ALT | Modifiers::SHIFT, Key::Comma))
            .with(Action::Talk, keys(Modifiers::NONE, Key::V))
            .with(Action::Hand, keys(Modifiers::ALT, Key::Plus))
            .with(Action::CopyLink, keys(Modifiers::NONE, Key::F5))
            .with(Action::Leave, None);
        let file = File { name: "Ana".into(), shortcuts };
        let text = toml::to_string_pretty(&file).unwrap();
        assert_eq!(toml::from_str::<File>(&text).unwrap(), file, "{text}");
    }

    #[test]
    fn what_is_written_by_hand_is_read() {
        let shortcuts = read_file("name = 'Ana'\n[shortcuts]\nchat = 'shift + ctrl+x'\nleave = ''\nhand = 'F9'\n");
        let expected = Shortcuts::default()
            .with(Action::Hand, Some(KeyboardShortcut::new(Modifiers::NONE, Key::F9)))
            .with(Action::Leave, None);
        if cfg!(target_os = "macos") {
            return;
        }
        let chat = KeyboardShortcut::new(Modifiers::COMMAND | Modifiers::SHIFT, Key::X);
        assert_eq!(shortcuts, expected.with(Action::Chat, Some(chat)));
    }

    #[test]
    fn what_is_of_no_use_is_left_out_and_all_else_stays() {
        let bad = [
            "shortcuts = 5",
            "shortcuts = []",
            "[shortcuts]\nchat = 5",
            "[shortcuts]\nchat = 'Ctrl+Nothing'",
            "[shortcuts]\nchat = 'Nothing+C'",
            "[shortcuts]\nchat = 'Ctrl+'",
            "[shortcuts]\nchat = 'Escape'",
            "[shortcuts]\ndance = 'F5'",
        ];
        for text in bad {
            assert_eq!(read_file(&format!("name = 'Ana'\n{text}\n")), Shortcuts::default(), "{text}");
        }
        let shortcuts = read_file("name = 'Ana'\n[shortcuts]\nchat = 5\nhand = 'F9'\nleave = 'F9'\n");
        let expected = Shortcuts::default().with(Action::Hand, read("F9"));
        assert_eq!(shortcuts, expected, "keys that two have are the first one's");
    }
}
