//! What the engine says of a call: who comes and goes, and what stands in the way.

use super::texts;

texts! {
    /// See the module's description.
    Call {
        joined(name: &str): format!("{name} joined"), format!("{name} ist dabei");
        left(name: &str): format!("{name} left"), format!("{name} ist gegangen");
        unreachable(name: &str, why: &str): format!("{name} cannot be seen or heard: {why}."),
            format!("{name} ist nicht zu sehen und zu hören: {why}.");
        unheard: "Your microphone is off, so nobody hears you. Turn it on.",
            "Dein Mikrofon ist aus, niemand hört dich. Schalte es ein.";
        unheard_but(key: &str): format!("Your microphone is off, so nobody hears you. Turn it on, or hold {key} to talk."),
            format!("Dein Mikrofon ist aus, niemand hört dich. Schalte es ein, oder halte zum Sprechen {key} gedrückt.");
        meeting_lost: "The server has lost this meeting. The call goes on, but nobody can join it any more.",
            "Der Server hat dieses Meeting verloren. Das Gespräch geht weiter, aber niemand kann mehr dazukommen.";
        waits(name: &str): format!("{name} is waiting to be let in"), format!("{name} wartet auf Einlass");
        became_host: "You can do now what hosts can.", "Du leitest das Meeting jetzt mit.";
        muted_by(name: &str): format!("{name} turned your microphone off."), format!("{name} hat dein Mikrofon ausgeschaltet.");
        asked_to_unmute(name: &str): format!("{name} asks you to turn your microphone on."),
            format!("{name} bittet dich, dein Mikrofon einzuschalten.");
        camera_stopped_by(name: &str): format!("{name} turned your camera off."),
            format!("{name} hat deine Kamera ausgeschaltet.");
        not_said(why: &str): format!("Your message was not sent: {why}"),
            format!("Deine Nachricht wurde nicht gesendet: {why}");
        perhaps_not_said: "You were away for too long to tell whether your last message has arrived.",
            "Du warst zu lange weg: Ob deine letzte Nachricht angekommen ist, lässt sich nicht sagen.";
        starting: "Starting a meeting…", "Meeting wird gestartet …";
        joining(what: &str): format!("Joining {what}…"), format!("{what}: Du trittst bei …");
        connection_ended: "The connection to the signaling server ended.",
            "Die Verbindung zum Server ist beendet.";
    }
}
