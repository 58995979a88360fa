//! What is said on the way into a meeting, and in its waiting room.

use super::texts;

texts! {
    /// See the module's description.
    Joining {
        just_a_moment: "Just a moment", "Einen Moment";
        for_seconds(seconds: u64): format!("{seconds} s"), format!("{seconds} s");
        soon: "Somebody will let you in soon", "Gleich lässt dich jemand herein";
        nobody_yet: "No host is there yet", "Noch ist niemand da, der dich hereinlassen kann";
        nobody_yet_more: "You come in as soon as one lets you.", "Sobald jemand da ist, kannst du hereingelassen werden.";
        told: "The hosts have been told that you are here.", "Wer das Meeting leitet, weiß, dass du wartest.";
        waiting_for(time: &str): format!("Waiting for {time}"), format!("Wartezeit: {time}");
    }
}
