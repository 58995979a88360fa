//! Why something did not work: the errors of the other crates, told to a person.
//!
//! In English they are what the error says itself, which is also what goes to logs and terminals.

use nonet_media::session::SessionError;
use nonet_signaling::client::ConnectError;
use nonet_signaling::meeting::EndReason;
use nonet_signaling::protocol::{ErrorCode, LinkError, MeetingCodeError};
use nonet_signaling::server::{CertificateError, ServerError};

use super::texts;
use crate::engine::EntranceError;

texts! {
    /// See the module's description.
    Errors {
        entrance(error: &EntranceError): error.to_string(), entrance_in_german(error);
        connect(error: &ConnectError): error.to_string(), connect_in_german(error);
        refusal(code: &ErrorCode): code.sentence().to_owned(),
            refusal_in_german(code).unwrap_or(code.sentence()).to_owned();
        end(reason: &EndReason): reason.to_string(), end_in_german(reason);
        session(error: &SessionError): error.to_string(), format!("Ton und Bild lassen sich nicht starten: {error}.");
        link(error: &LinkError): error.to_string(), link_in_german(error);
    }
}

fn entrance_in_german(error: &EntranceError) -> String {
    match error {
        EntranceError::Link(error) => link_in_german(error),
        EntranceError::Code(error) => code_in_german(error),
        EntranceError::NoServer => {
            "Ein Code allein sagt nicht, wo das Meeting ist. Lass dir den Link geben (nonet://…), \
             oder trage in den Einstellungen einen Server ein."
                .to_owned()
        }
        EntranceError::Server(error) => server_in_german(error),
        EntranceError::Certificate(error) => certificate_in_german(error),
    }
}

fn code_in_german(error: &MeetingCodeError) -> String {
    match error {
        MeetingCodeError::WrongLength { found } => {
            format!("Ein Code hat zehn Buchstaben, wie abc-defg-hij; dieser hat {found}.")
        }
        MeetingCodeError::WrongCharacter { found } => {
            format!("Ein Code hat zehn Buchstaben, wie abc-defg-hij; {found:?} kommt darin nie vor.")
        }
    }
}

fn link_in_german(error: &LinkError) -> String {
    match error {
        LinkError::NotAServer => "Die Adresse eines Servers beginnt mit wss:// (oder ws:// auf diesem Rechner), \
             wie wss://meet.example.org:7443."
            .to_owned(),
        LinkError::NotALink => {
            "Der Link zu einem Meeting beginnt mit nonet://, wie nonet://192.168.1.20:7443/abc-defg-hij.".to_owned()
        }
        LinkError::Host { found } => format!("{found:?} ist weder ein Rechnername noch eine IP-Adresse."),
        LinkError::Port { found } => format!("{found:?} ist kein Port; das ist eine Zahl von 1 bis 65535."),
        LinkError::PlainElsewhere { host } => {
            format!(
                "{host} ist nicht dieser Rechner: Ohne Verschlüsselung geht es nur zu einem Server auf diesem Rechner."
            )
        }
        LinkError::Fingerprint => "Der Fingerabdruck nach # stimmt nicht: Er hat 64 hexadezimale Ziffern. \
             Kopiere den ganzen Link."
            .to_owned(),
        LinkError::Key => {
            "Der Schlüssel im Link stimmt nicht: Er hat sechzehn Buchstaben. Kopiere den ganzen Link.".to_owned()
        }
        LinkError::Path { found } => format!("{found:?} nach der Adresse des Servers ist nicht zu verstehen."),
        LinkError::Code(error) => code_in_german(error),
    }
}

fn server_in_german(error: &ServerError) -> String {
    match error {
        ServerError::PortInUse { address } => format!(
            "Port {} wird von einem anderen Programm benutzt. Wähle einen anderen, oder 0 für irgendeinen freien.",
            address.port()
        ),
        ServerError::NotAllowed { address, source } => {
            format!("An {address} darf nicht gelauscht werden: {source}. Ports unter 1024 brauchen mehr Rechte.")
        }
        ServerError::Listen { address, source } => format!("An {address} kann nicht gelauscht werden: {source}."),
        ServerError::Certificate(error) => certificate_in_german(error),
    }
}

fn certificate_in_german(error: &CertificateError) -> String {
    match error {
        CertificateError::Read { path, source } => {
            format!("Die Zertifikatsdatei {} lässt sich nicht lesen: {source}.", path.display())
        }
        CertificateError::Write { path, source } => {
            format!("Die Zertifikatsdatei {} lässt sich nicht schreiben: {source}.", path.display())
        }
        CertificateError::Unusable { path, reason } => format!(
            "Die Zertifikatsdatei {} ist nicht brauchbar: {reason}. Lösche sie, dann wird eine neue gemacht; \
             Links ändern sich damit.",
            path.display()
        ),
        CertificateError::Make(error) => format!("Es lässt sich kein Zertifikat machen: {error}."),
        CertificateError::Tls(error) => format!("Das Zertifikat taugt nicht für TLS: {error}."),
    }
}

fn connect_in_german(error: &ConnectError) -> String {
    match error {
        ConnectError::NoSuchHost { host, reason } => {
            format!("Es gibt keinen Rechner namens {host}, oder Namen lassen sich nicht nachschlagen: {reason}.")
        }
        ConnectError::Unreachable { server, reason } => {
            format!("Der Server {server} ist nicht zu erreichen: {reason}.")
        }
        ConnectError::TimedOut { server } => format!("Der Server {server} hat nicht rechtzeitig geantwortet."),
        ConnectError::WrongCertificate { server } => format!(
            "{server} ist nicht der Server, den der Link meint: Sein Zertifikat hat einen anderen Fingerabdruck. \
             Lass dir einen neuen Link geben."
        ),
        ConnectError::UntrustedCertificate { server, reason } => format!(
            "Dem Zertifikat von {server} ist nicht zu trauen: {reason}. Ein Link mit Fingerabdruck braucht keine Stelle, die \
             dafür bürgt."
        ),
        ConnectError::NoAuthorities { reason } => format!(
            "Dieses System hat keine Stellen, die für Zertifikate bürgen: {reason}. Benutze einen Link mit Fingerabdruck."
        ),
        ConnectError::NotASignalingServer { server, reason } => {
            format!("Was unter {server} antwortet, ist kein Server für Meetings: {reason}.")
        }
    }
}

fn end_in_german(reason: &EndReason) -> String {
    match reason {
        EndReason::Left => "Du hast das Meeting verlassen.".to_owned(),
        EndReason::EndedByHost => "Das Meeting wurde beendet.".to_owned(),
        EndReason::Removed => "Du wurdest aus dem Meeting entfernt.".to_owned(),
        EndReason::Gone => "Der Server kennt das Meeting nicht mehr, und niemand ist mit dir verbunden.".to_owned(),
        EndReason::Refused { code, message } => refusal_in_german(code).map_or_else(|| message.clone(), str::to_owned),
    }
}

/// None for what this side does not know: the server's own sentence then has to do.
fn refusal_in_german(code: &ErrorCode) -> Option<&'static str> {
    Some(match code {
        ErrorCode::MalformedMessage => "Der Server hat eine Nachricht nicht verstanden.",
        ErrorCode::MessageTooLarge => "Eine Nachricht war dem Server zu lang.",
        ErrorCode::UnsupportedVersion => {
            "Der Server spricht eine andere Fassung des Protokolls. Bringe Nonet auf beiden Seiten auf den neuesten Stand."
        }
        ErrorCode::RateLimited => "In zu kurzer Zeit kamen zu viele Nachrichten.",
        ErrorCode::NoSuchMeeting => {
            "Es gibt kein Meeting mit diesem Code. Prüfe ihn; ein Code stirbt mit seinem Meeting."
        }
        ErrorCode::MeetingFull => "Das Meeting ist voll: Neun Personen sind darin.",
        ErrorCode::ServerFull => "Der Server hat so viele Meetings, wie er fasst. Versuche es später noch einmal.",
        ErrorCode::NotInMeeting => "Das geht nur in einem Meeting: Starte eins, oder tritt einem bei.",
        ErrorCode::AlreadyInMeeting => "Diese Verbindung ist schon in einem Meeting.",
        ErrorCode::NoSuchParticipant => "Niemand im Meeting hat diese Nummer.",
        ErrorCode::NotHost => "Das kann nur, wer das Meeting leitet.",
        ErrorCode::TooFast => "Das war zu schnell. Warte einen Moment, und versuche es noch einmal.",
        ErrorCode::MeetingLocked => {
            "Das Meeting ist abgeschlossen: Niemand kann mehr dazukommen. Bitte jemanden darin, es zu öffnen."
        }
        ErrorCode::WaitingRoomFull => "Zu viele warten schon auf Einlass. Versuche es später noch einmal.",
        ErrorCode::Denied => "Du wurdest nicht eingelassen.",
        ErrorCode::Removed => "Du wurdest aus dem Meeting entfernt.",
        ErrorCode::NoSuchWaiting => "Niemand, der wartet, hat diese Nummer.",
        ErrorCode::OwnerStays => "Wer das Meeting gestartet hat, leitet es auch weiter.",
        ErrorCode::LastHost => "Jemand muss das Meeting leiten. Übergib das erst an jemand anderen.",
        ErrorCode::Other(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Language, Texts};

    #[test]
    fn errors_of_other_crates_are_told_in_the_language_of_who_reads_them() {
        let error = EntranceError::from("abc".parse::<nonet_signaling::protocol::MeetingCode>().unwrap_err());
        let told = |language| Texts::new(language).errors().entrance(&error);
        assert_eq!(told(Language::English), "A meeting code has ten letters, like abc-defg-hij; this has 3.");
        assert_eq!(told(Language::German), "Ein Code hat zehn Buchstaben, wie abc-defg-hij; dieser hat 3.");
    }

    #[test]
    fn what_the_server_says_is_passed_on_where_it_is_not_known() {
        let reason = |code, message: &str| EndReason::Refused { code, message: message.to_owned() };
        let errors = Texts::new(Language::German).errors();
        assert_eq!(errors.end(&reason(ErrorCode::Other("tired".into()), "The server sleeps.")), "The server sleeps.");
        assert!(errors.end(&reason(ErrorCode::MeetingFull, "Full.")).contains("voll"));
    }
}
