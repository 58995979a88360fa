//! What is said in the bar of a meeting, and in its menus.

use super::texts;
use crate::view::ReactionKind;

texts! {
    /// See the module's description.
    Bar {
        turn_microphone_on: "Turn the microphone on", "Mikrofon einschalten";
        turn_microphone_off: "Turn the microphone off", "Mikrofon ausschalten";
        turn_camera_on: "Turn the camera on", "Kamera einschalten";
        turn_camera_off: "Turn the camera off", "Kamera ausschalten";
        or_hold_space: ", or hold space to talk", " oder zum Sprechen die Leertaste halten";
        microphone_menu: "Choose microphone and speaker", "Mikrofon und Lautsprecher wählen";
        camera_menu: "Choose camera", "Kamera wählen";
        as_the_system_has_it: "As the system has it", "Wie im System eingestellt";
        looking_for_devices: "Looking for devices…", "Geräte werden gesucht …";
        all_settings: "All settings", "Alle Einstellungen";
        raise_hand: "Raise your hand", "Hand heben";
        lower_hand: "Lower your hand", "Hand senken";
        reactions: "React", "Reagieren";
        chat: "Chat", "Chat";
        people: "People", "Personen";
        layout: "Layout", "Ansicht";
        statistics: "Statistics", "Statistik";
        more: "More", "Mehr";
        unread(count: usize): match count {
            1 => "1 unread message".to_owned(),
            _ => format!("{count} unread messages"),
        }, match count {
            1 => "1 ungelesene Nachricht".to_owned(),
            _ => format!("{count} ungelesene Nachrichten"),
        };
        people_waiting(count: usize): format!("{count} waiting"), format!("{count} im Warteraum");
        copy_link: "Copy link", "Link kopieren";
        copy_link_hint: "Copy the link to this meeting", "Link zu diesem Meeting kopieren";
        leave_meeting: "Leave the meeting", "Meeting verlassen";
        leave_alone: "Leave, the others stay", "Verlassen, die anderen bleiben";
        ends_with_me: "It is held on this computer, and ends when you leave.",
            "Es läuft auf diesem Rechner und endet, wenn du gehst.";
        end_for_all: "End meeting for everyone", "Meeting für alle beenden";
    }
}

impl Bar {
    /// What a reaction is called.
    pub fn reaction(self, kind: ReactionKind) -> &'static str {
        let (english, german) = match kind {
            ReactionKind::ThumbsUp => ("Thumbs up", "Daumen hoch"),
            ReactionKind::Clapping => ("Applause", "Applaus"),
            ReactionKind::Heart => ("Heart", "Herz"),
            ReactionKind::Laughing => ("Laughing", "Lachen"),
            ReactionKind::Surprised => ("Surprised", "Erstaunt"),
            ReactionKind::Celebrating => ("Celebrating", "Feiern"),
        };
        match self.0 {
            super::Language::English => english,
            super::Language::German => german,
        }
    }
}
