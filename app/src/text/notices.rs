//! What is said at the top of the window for a while, and what the small window says.

use super::texts;

texts! {
    /// See the module's description.
    NoticeTexts {
        dismiss(what: &str): format!("Dismiss: {what}"), format!("Ausblenden: {what}");
        open_chat(what: &str): format!("Open the chat: {what}"), format!("Chat öffnen: {what}");
        joined(who: &str, count: usize): format!("{who} joined"),
            format!("{who} {} dabei", if count == 1 { "ist" } else { "sind" });
        left(who: &str, count: usize): format!("{who} left"),
            format!("{who} {} gegangen", if count == 1 { "ist" } else { "sind" });
        hand(who: &str, count: usize): format!("{who} raised {}", if count == 1 { "a hand" } else { "their hands" }),
            format!("{who} {} die Hand", if count == 1 { "hebt" } else { "heben" });
        wrote(who: &str, what: &str): format!("{who}: {what}"), format!("{who}: {what}");
        wrote_more(count: usize, who: &str, what: &str): format!("{count} messages · {who}: {what}"),
            format!("{count} Nachrichten · {who}: {what}");
        two(one: &str, other: &str): format!("{one} and {other}"), format!("{one} und {other}");
        more(one: &str, count: usize): format!("{one} and {count} others"), format!("{one} und {count} weitere");

        server_lost: "Server lost, trying again. You stay connected to everyone.",
            "Server nicht erreichbar, neuer Versuch läuft. Du bleibst mit allen verbunden.";
        server_lost_for(seconds: u64): format!("Server lost for {seconds} s, trying again. You stay connected to everyone."),
            format!("Server seit {seconds} s nicht erreichbar, neuer Versuch läuft. Du bleibst mit allen verbunden.");
        meeting_forgotten: "The server has lost this meeting: nobody can join any more. You stay connected to everyone.",
            "Der Server hat dieses Meeting verloren: Niemand kann mehr dazukommen. Du bleibst mit allen verbunden.";

        small_window: "Small window", "Kleines Fenster";
        small_window_hint: "Keep the meeting in a small window", "Das Meeting in einem kleinen Fenster behalten";
        in_small_window: "The meeting is in the small window.", "Das Meeting ist im kleinen Fenster.";
        back: "Back to the large window", "Zurück zum großen Fenster";
    }
}

impl NoticeTexts {
    /// People, as many as one reads at a glance.
    pub fn people(self, names: &[String]) -> String {
        match names {
            [] => String::new(),
            [one] => one.clone(),
            [one, other] => self.two(one, other),
            [one, others @ ..] => self.more(one, others.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::text::{Language, Texts};

    #[test]
    fn many_people_are_said_in_few_words() {
        let people = |language, count: usize| {
            let names = ["Ana", "Ben", "Cem", "Dana"].map(str::to_owned);
            Texts::new(language).notices().people(&names[..count])
        };
        assert_eq!(people(Language::English, 1), "Ana");
        assert_eq!(people(Language::English, 2), "Ana and Ben");
        assert_eq!(people(Language::English, 4), "Ana and 3 others");
        assert_eq!(people(Language::German, 4), "Ana und 3 weitere");
        let joined = |count| Texts::new(Language::German).notices().joined("Ana", count);
        assert_eq!((joined(1), joined(2)), ("Ana ist dabei".into(), "Ana sind dabei".into()));
    }
}
