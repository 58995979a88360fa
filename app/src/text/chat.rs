//! What is said around the chat of a meeting.

use super::texts;

texts! {
    /// See the module's description.
    Chat {
        title: "Chat", "Chat";
        close: "Close chat", "Chat schließen";
        nothing_yet: "No messages yet", "Noch keine Nachrichten";
        who_reads: "Everyone in the meeting can read what you write to everyone.",
            "Was du an alle schreibst, können alle im Meeting lesen.";
        not_read: "New", "Neu";
        new_messages(count: usize): match count {
            1 => "1 new message".to_owned(),
            _ => format!("{count} new messages"),
        }, match count {
            1 => "1 neue Nachricht".to_owned(),
            _ => format!("{count} neue Nachrichten"),
        };
        to_newest: "To the newest message", "Zur neuesten Nachricht";
        privately_to_you(from: &str): format!("{from} → you, privately"), format!("{from} → dich, privat");
        privately_from_you(to: &str): format!("You → {to}, privately"), format!("Du → {to}, privat");
        sending: "Not sent yet", "Noch nicht gesendet";
        copy_of(from: &str): format!("Copy message of {from}"), format!("Nachricht von {from} kopieren");
        your_message: "your message", "dir";
        to: "To", "An";
        to_whom: "Who the message is for", "Für wen die Nachricht ist";
        message: "Message", "Nachricht";
        message_everyone: "Message everyone", "Nachricht an alle";
        message_one(name: &str): format!("Message {name} privately"), format!("Privat an {name}");
        has_left(name: &str): format!("{name} has left. Choose who the message is for."),
            format!("{name} ist nicht mehr da. Wähle, für wen die Nachricht ist.");
        emoji: "Emoji", "Emoji";
        send: "Send", "Senden";
        characters_left(count: usize): match count {
            1 => "1 character left".to_owned(),
            _ => format!("{count} characters left"),
        }, match count {
            1 => "Noch 1 Zeichen".to_owned(),
            _ => format!("Noch {count} Zeichen"),
        };
    }
}
