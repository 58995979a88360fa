//! What the home screen says.

use super::texts;
use super::when::lasting;
use crate::view::{NearbyMeeting, RecentMeeting};

texts! {
    /// See the module's description.
    Home {
        claim: "Meet nine people,\nnobody in between.", "Zu neunt treffen,\nniemand dazwischen.";
        claim_in_one_line: "Meet nine people, nobody in between.", "Zu neunt treffen, niemand dazwischen.";
        promise: "Direct, encrypted, no account.", "Direkt, verschlüsselt, ohne Konto.";
        your_name: "Your name", "Dein Name";
        what_others_see: "What others see", "Was andere sehen";
        new_meeting: "New meeting", "Neues Meeting";
        code_or_link: "Code or link", "Code oder Link";
        found_code(code: &str): format!("Meeting {code}"), format!("Meeting {code}");
        found_link(code: &str, host: &str): format!("Meeting {code} on {host}"), format!("Meeting {code} auf {host}");
        found_nothing: "There is no code or link in this.", "Darin ist kein Code oder Link.";
        on_this_network: "On this network", "In diesem Netz";
        meeting_of(host: &str): format!("{host}’s meeting"), format!("Meeting von {host}");
        nearby(meeting: &NearbyMeeting): format!("{} · {}", people(meeting.people, false), open(meeting.is_locked, false)),
            format!("{} · {}", people(meeting.people, true), open(meeting.is_locked, true));
        join_meeting_of(host: &str): format!("Join {host}’s meeting"), format!("Meeting von {host} beitreten");
        type_its_code: "Type its code", "Code eintippen";
        type_code_of(host: &str): format!("Type the code of {host}’s meeting"), format!("Code für das Meeting von {host} eintippen");
        recent: "Recent", "Zuletzt";
        recent_line(when: &str, meeting: &RecentMeeting):
            format!("{when} · {} · {}", lasting(meeting.lasted), people(meeting.most_people, false)),
            format!("{when} · {} · {}", lasting(meeting.lasted), people(meeting.most_people, true));
        alone: "Nobody else", "Niemand sonst";
        join_again(who: &str): format!("Join again: {who}"), format!("Wieder beitreten: {who}");
        more_about(who: &str): format!("More about {who}"), format!("Mehr zu {who}");
        copy_link: "Copy link", "Link kopieren";
        link_copied: "Link copied", "Link kopiert";
        forget: "Forget", "Vergessen";
        forget_all: "Forget all", "Alle vergessen";
        perhaps_over(why: &str): format!("This meeting is probably over. {why}"), format!("Dieses Meeting ist wohl vorbei. {why}");
    }
}

fn people(count: u8, is_german: bool) -> String {
    match (count, is_german) {
        (1, false) => "1 person".to_owned(),
        (_, false) => format!("{count} people"),
        (1, true) => "1 Person".to_owned(),
        (_, true) => format!("{count} Personen"),
    }
}

fn open(is_locked: bool, is_german: bool) -> &'static str {
    match (is_locked, is_german) {
        (false, false) => "open",
        (true, false) => "locked",
        (false, true) => "offen",
        (true, true) => "verschlossen",
    }
}
