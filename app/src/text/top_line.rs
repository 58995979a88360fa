//! What is said above the people of a meeting: who is there, what is wrong, and who waits.

use super::texts;

texts! {
    /// See the module's description.
    TopLine {
        only_you: "Only you so far", "Bisher nur du";
        locked: "Locked", "Gesperrt";
        locked_hint: "Nobody else can join", "Niemand sonst kann beitreten";
        link_copied: "Link copied", "Link kopiert";
        dismiss: "Do not show this again", "Nicht mehr anzeigen";
        one_waits(name: &str): format!("{name} is waiting to join"), format!("{name} möchte beitreten");
        many_wait(count: usize): format!("{count} people are waiting"), format!("{count} Personen warten");
        admit: "Admit", "Einlassen";
        deny: "Deny", "Ablehnen";
        see_who: "See", "Ansehen";
        admit_all: "Admit all", "Alle einlassen";
        deny_all: "Deny all", "Alle ablehnen";
    }
}
