//! What is said in the list of the people of a meeting, of what hosts can do, and of how others are invited.

use super::texts;

texts! {
    /// See the module's description.
    People {
        title: "People", "Personen";
        close: "Close people", "Personen schließen";
        waiting: "Waiting to join", "Im Warteraum";
        in_meeting: "In the meeting", "Im Meeting";
        admit_one(name: &str): format!("Admit {name}"), format!("{name} einlassen");
        deny_one(name: &str): format!("Deny {name}"), format!("{name} ablehnen");
        you(name: &str): format!("{name} (you)"), format!("{name} (du)");
        host: "Host", "Gastgeber";
        is_speaking: "speaking", "spricht";
        microphone_off: "microphone off", "Mikrofon aus";
        camera_off: "camera off", "Kamera aus";
        hand(place: u32): format!("hand raised, number {place}"), format!("Hand gehoben, Nummer {place}");
        weak: "weak connection", "schwache Verbindung";
        connecting: "connecting", "wird verbunden";
        reconnecting: "reconnecting", "wird wieder verbunden";
        actions(name: &str): format!("What you can do about {name}"), format!("Was du bei {name} tun kannst");
        message_privately: "Message privately", "Privat schreiben";
        mute: "Mute", "Stummschalten";
        ask_to_unmute: "Ask to unmute", "Bitten, das Mikrofon einzuschalten";
        turn_camera_off: "Turn their camera off", "Kamera ausschalten";
        lower_hand: "Lower their hand", "Hand senken";
        make_host: "Make host", "Zum Gastgeber machen";
        no_longer_host: "No longer host", "Nicht mehr Gastgeber";
        remove: "Remove from meeting", "Aus dem Meeting entfernen";
        remove_really(name: &str): format!("Remove {name} from the meeting?"), format!("{name} aus dem Meeting entfernen?");
        remove_yes: "Remove", "Entfernen";
        host_controls: "Host controls", "Für Gastgeber";
        lock: "Lock the meeting", "Meeting sperren";
        lock_meaning: "Nobody else can join, not even with the link.",
            "Niemand sonst kann beitreten, auch nicht mit dem Link.";
        waiting_room: "Waiting room", "Warteraum";
        waiting_room_off: "Nobody waits", "Niemand wartet";
        waiting_room_without_link: "Who has only the code waits", "Wer nur den Code hat, wartet";
        waiting_room_all: "Everybody waits", "Alle warten";
        invite: "Invite", "Einladen";
        copy_link: "Copy invitation link", "Einladungslink kopieren";
        copy_code(code: &str): format!("Copy code {code}"), format!("Code {code} kopieren");
        link_copied: "Link copied", "Link kopiert";
        code_copied: "Code copied", "Code kopiert";
        show_qr: "Show QR code", "QR-Code zeigen";
        hide_qr: "Hide QR code", "QR-Code verbergen";
        qr: "QR code of the link", "QR-Code des Links";
    }
}
