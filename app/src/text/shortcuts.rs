//! What actions and keys are called, and what choosing other keys says.

use egui::{Key, ModifierNames};

use super::{Language, texts};
use crate::shortcuts::{Action, Refusal};

texts! {
    /// See the module's description.
    ShortcutTexts {
        title: "Keyboard", "Tastatur";
        press: "Press the new keys", "Neue Tasten drücken";
        none: "No keys", "Keine Tasten";
        give_up: "Esc gives up.", "Esc bricht ab.";
        use_usual(what: &str): format!("{what}: usual keys"), format!("{what}: übliche Tasten");
        use_usual_hint: "Back to the usual keys", "Zurück zu den üblichen Tasten";
        all_usual: "Usual keys for everything", "Alle Tasten zurücksetzen";
        take: "Use them here", "Hier verwenden";
        taken(keys: &str, other: &str): format!("{keys} is used for “{other}”, which would have no keys then."),
            format!("{keys} ist für „{other}“ vergeben, das dann keine Tasten mehr hätte.");
        row(what: &str, keys: &str): format!("{what}: {keys}"), format!("{what}: {keys}");

        microphone: "Microphone on or off", "Mikrofon an oder aus";
        talk: "Talk while held", "Sprechen, solange gedrückt";
        camera: "Camera on or off", "Kamera an oder aus";
        hand: "Raise your hand", "Hand heben";
        chat: "Chat", "Chat";
        people: "People", "Personen";
        layout: "Change the layout", "Ansicht wechseln";
        hide_self: "Hide or show yourself", "Dich aus- oder einblenden";
        copy_link: "Copy the link", "Link kopieren";
        statistics: "Statistics", "Statistik";
        settings: "Settings", "Einstellungen";
        mini_window: "Small window", "Kleines Fenster";
        fullscreen: "Full screen", "Vollbild";
        leave: "Leave", "Verlassen";

        editing: "These keys edit text.", "Mit diesen Tasten bearbeitest du Text.";
        text_size: "These keys change the size of text.", "Mit diesen Tasten änderst du die Textgröße.";
        moving: "These keys are needed to get from one control to another.",
            "Diese Tasten werden gebraucht, um von einem Bedienelement zum nächsten zu kommen.";

        space: "Space", "Leertaste";
        delete: "Delete", "Entf";
        insert: "Insert", "Einfg";
        home: "Home", "Pos1";
        end: "End", "Ende";
        page_up: "Page Up", "Bild auf";
        page_down: "Page Down", "Bild ab";
        enter: "Enter", "Eingabe";
        left: "Left", "Links";
        right: "Right", "Rechts";
        up: "Up", "Oben";
        down: "Down", "Unten";
    }
}

impl ShortcutTexts {
    /// What an action is called.
    pub fn action(self, action: Action) -> &'static str {
        match action {
            Action::Microphone => self.microphone(),
            Action::Talk => self.talk(),
            Action::Camera => self.camera(),
            Action::Hand => self.hand(),
            Action::Chat => self.chat(),
            Action::People => self.people(),
            Action::Layout => self.layout(),
            Action::HideSelf => self.hide_self(),
            Action::CopyLink => self.copy_link(),
            Action::Statistics => self.statistics(),
            Action::Settings => self.settings(),
            Action::MiniWindow => self.mini_window(),
            Action::Fullscreen => self.fullscreen(),
            Action::Leave => self.leave(),
        }
    }

    /// Why keys cannot be had.
    pub fn refusal(self, refusal: Refusal) -> &'static str {
        match refusal {
            Refusal::Editing => self.editing(),
            Refusal::TextSize => self.text_size(),
            Refusal::Moving => self.moving(),
        }
    }

    /// What a key is called.
    pub fn key(self, key: Key) -> &'static str {
        match key {
            Key::Space => self.space(),
            Key::Delete => self.delete(),
            Key::Insert => self.insert(),
            Key::Home => self.home(),
            Key::End => self.end(),
            Key::PageUp => self.page_up(),
            Key::PageDown => self.page_down(),
            Key::Enter => self.enter(),
            Key::ArrowLeft => self.left(),
            Key::ArrowRight => self.right(),
            Key::ArrowUp => self.up(),
            Key::ArrowDown => self.down(),
            // Characters are their own names; arrows' symbols are in no font of ours.
            _ => key.symbol_or_name(),
        }
    }

    /// What modifiers are called.
    pub fn modifiers(self) -> ModifierNames<'static> {
        match self.0 {
            Language::English => ModifierNames::NAMES,
            Language::German if cfg!(target_os = "macos") => ModifierNames::NAMES,
            Language::German => ModifierNames { ctrl: "Strg", shift: "Umschalt", ..ModifierNames::NAMES },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shortcuts;
    use crate::text::Texts;
    use egui::{KeyboardShortcut, Modifiers};

    #[test]
    fn keys_are_called_as_they_are_on_the_keyboard() {
        if cfg!(target_os = "macos") {
            return;
        }
        let said = |language, modifiers, key| {
            shortcuts::words(KeyboardShortcut::new(modifiers, key), Texts::new(language).shortcuts())
        };
        let with_shift = Modifiers::COMMAND | Modifiers::SHIFT;
        assert_eq!(said(Language::English, with_shift, Key::C), "Ctrl+Shift+C");
        assert_eq!(said(Language::German, with_shift, Key::C), "Strg+Umschalt+C");
        assert_eq!(said(Language::German, Modifiers::NONE, Key::Space), "Leertaste");
        assert_eq!(said(Language::English, Modifiers::COMMAND, Key::Comma), "Ctrl+,");
    }
}
