//! What is said after a meeting.

use super::texts;
use crate::summary::Trouble;

texts! {
    /// See the module's description.
    Ended {
        you_left: "You left the meeting.", "Du hast das Meeting verlassen.";
        you_ended: "You ended the meeting for everybody.", "Du hast das Meeting für alle beendet.";
        rejoin: "Join again", "Wieder beitreten";
        home: "Home", "Startseite";
        new_meeting: "New meeting", "Neues Meeting";
        lasted(duration: &str): format!("{duration} long"), format!("{duration} lang");
        at_most(people: &str): format!("{people} at most"), format!("höchstens {people}");
        quality(good_part: f32): format!("{} — without disturbance {} % of the time", grade(good_part, false), percent(good_part)),
            format!("{} – {} % der Zeit ungestört", grade(good_part, true), percent(good_part));
        trouble(trouble: Trouble, whose: &str, seconds: u32): match trouble {
            Trouble::Connection => format!("{whose} could not be reached for {seconds} s."),
            Trouble::Sound => format!("{whose}’s sound had gaps for {seconds} s."),
            Trouble::Picture => format!("{whose}’s picture stood still or was broken for {seconds} s."),
            Trouble::Upload => format!("Your connection could not carry all that you sent for {seconds} s."),
        }, match trouble {
            Trouble::Connection => format!("{whose} war {seconds} s lang nicht zu erreichen."),
            Trouble::Sound => format!("Der Ton von {whose} hatte {seconds} s lang Lücken."),
            Trouble::Picture => format!("Das Bild von {whose} stand {seconds} s lang still oder war gestört."),
            Trouble::Upload => format!("Deine Leitung war {seconds} s lang zu langsam für das, was du gesendet hast."),
        };
    }
}

/// Whole percent; all of it only where it was all.
fn percent(part: f32) -> u8 {
    (part.clamp(0.0, 1.0) * 100.0).floor() as u8
}

fn grade(good_part: f32, is_german: bool) -> &'static str {
    match (percent(good_part), is_german) {
        (97.., false) => "Very good",
        (90.., false) => "Good",
        (75.., false) => "Fair",
        (_, false) => "Poor",
        (97.., true) => "Sehr gut",
        (90.., true) => "Gut",
        (75.., true) => "Mäßig",
        (_, true) => "Schlecht",
    }
}
