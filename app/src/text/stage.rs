//! What is said of people in a meeting: on their tiles, in their menus, and about how they are arranged.

use super::texts;

texts! {
    /// See the module's description.
    Stage {
        // On tiles, to who looks.
        connecting: "Connecting…", "Verbindet …";
        reconnecting(seconds: u64): format!("Reconnecting · {seconds} s"), format!("Verbindet neu · {seconds} s");
        stands_still: "The picture stands still", "Das Bild steht still";
        more_people(count: usize): format!("+{count}"), format!("+{count}");
        nobody_to_see: "Nobody else is here yet", "Noch ist niemand sonst da";
        show_self_again: "Show your own picture again", "Eigenes Bild wieder einblenden";

        // On tiles, to who listens.
        is_host: "host", "Gastgeber";
        is_speaking: "speaking", "spricht";
        microphone_off: "microphone off", "Mikrofon aus";
        not_heard: "not heard by you", "für dich stumm";
        camera_off: "camera off", "Kamera aus";
        is_connecting: "connecting", "verbindet";
        is_reconnecting: "reconnecting", "verbindet neu";
        picture_stands_still: "the picture stands still", "das Bild steht still";
        is_pinned: "pinned", "angeheftet";
        hand_raised(place: u32): format!("hand raised, number {place}"), format!("Hand gehoben, Nummer {place}");
        fair_connection: "connection not good", "Verbindung nicht gut";
        poor_connection: "connection bad", "Verbindung schlecht";
        more_people_spoken(count: usize): match count {
            1 => "1 more person, show everyone".to_owned(),
            _ => format!("{count} more people, show everyone"),
        }, match count {
            1 => "1 weitere Person, alle zeigen".to_owned(),
            _ => format!("{count} weitere Personen, alle zeigen"),
        };
        small_tile_moves: "Small tile: arrow keys move it to another corner",
            "Kleine Kachel: Pfeiltasten schieben sie in eine andere Ecke";

        // On quality, to who points at it.
        fair_connection_sentence: "The connection is not good.", "Die Verbindung ist nicht gut.";
        poor_connection_sentence: "The connection is bad.", "Die Verbindung ist schlecht.";

        // Reactions.
        thumbs_up: "thumbs up", "Daumen hoch";
        clapping: "clapping", "Applaus";
        heart: "heart", "Herz";
        laughing: "laughing", "lacht";
        surprised: "surprised", "staunt";
        celebrating: "celebrating", "feiert";

        // What can be done about somebody.
        more_about(name: &str): format!("More about {name}"), format!("Mehr zu {name}");
        more_about_you: "More about you", "Mehr zu dir";
        volume(percent: u8): format!("Volume: {percent} %"), format!("Lautstärke: {percent} %");
        volume_none: "Volume: you do not hear them", "Lautstärke: für dich stumm";
        volume_of(name: &str): format!("Volume of {name}"), format!("Lautstärke von {name}");
        usual_volume: "As loud as they are", "Normale Lautstärke";
        silence: "Mute for me", "Für mich stummschalten";
        hear_again: "Hear them again", "Wieder hören";
        pin: "Pin for me", "Für mich anheften";
        unpin: "Unpin", "Nicht mehr anheften";
        message: "Send private message", "Private Nachricht senden";
        mute: "Mute", "Stummschalten";
        ask_to_unmute: "Ask to unmute", "Bitten, Mikrofon einzuschalten";
        turn_camera_off: "Turn camera off", "Kamera ausschalten";
        lower_hand: "Lower hand", "Hand senken";
        make_host: "Make host", "Zum Gastgeber machen";
        no_longer_host: "No longer host", "Nicht mehr Gastgeber";
        remove: "Remove from the meeting…", "Entfernen …";
        remove_question(name: &str): format!("Remove {name}?"), format!("{name} entfernen?");
        remove_now: "Remove", "Entfernen";

        // How people are arranged.
        layout: "Layout", "Ansicht";
        automatic: "Automatic", "Automatisch";
        automatic_meaning: "Large for two, else a grid", "Zu zweit groß, sonst Raster";
        grid: "Grid", "Raster";
        grid_meaning: "Everyone alike", "Alle gleich groß";
        speaker: "Speaker", "Sprecher";
        speaker_meaning: "Who speaks is large", "Wer spricht, ist groß";
        hide_self: "Hide your own picture", "Eigenes Bild ausblenden";
        hide_self_meaning: "Others still see you", "Andere sehen dich weiterhin";
        back_with: "Back again", "Wieder einblenden";
    }
}
