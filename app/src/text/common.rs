//! What several parts of the program say.

use super::texts;

texts! {
    /// See the module's description.
    Common {
        you: "You", "Du";
        close: "Close", "Schließen";
        cancel: "Cancel", "Abbrechen";
        copy: "Copy", "Kopieren";
        copied: "Copied", "Kopiert";
        settings: "Settings", "Einstellungen";
        microphone: "Microphone", "Mikrofon";
        camera: "Camera", "Kamera";
        speaker: "Speaker", "Lautsprecher";
        leave: "Leave", "Verlassen";
        join: "Join", "Beitreten";
        everyone: "Everyone", "Alle";
        lasted(hours: u64, minutes: u64): match hours {
            0 => format!("{minutes} min"),
            _ => format!("{hours} h {minutes} min"),
        }, match hours {
            0 => format!("{minutes} Min."),
            _ => format!("{hours} Std. {minutes} Min."),
        };
        people(count: usize): match count {
            1 => "1 person".to_owned(),
            _ => format!("{count} people"),
        }, match count {
            1 => "1 Person".to_owned(),
            _ => format!("{count} Personen"),
        };
    }
}

#[cfg(test)]
mod tests {
    use crate::text::{Language, Texts};

    #[test]
    fn one_person_is_not_many() {
        let people = |language, count| Texts::new(language).common().people(count);
        assert_eq!(
            (people(Language::English, 1), people(Language::English, 2)),
            ("1 person".into(), "2 people".into())
        );
        assert_eq!(
            (people(Language::German, 1), people(Language::German, 9)),
            ("1 Person".into(), "9 Personen".into())
        );
    }
}
