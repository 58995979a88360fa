//! What becomes of cameras, microphones and speakers.

use nonet_media::audio::device::DeviceError;
use nonet_media::capture::CaptureError;
use nonet_media::device_problem::DeviceProblem;

use super::texts;

/// A kind of device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceKind {
    Camera,
    Microphone,
    Speaker,
}

impl DeviceKind {
    fn in_english(self) -> &'static str {
        match self {
            Self::Camera => "camera",
            Self::Microphone => "microphone",
            Self::Speaker => "speaker",
        }
    }

    fn in_german(self) -> &'static str {
        match self {
            Self::Camera => "Die Kamera",
            Self::Microphone => "Das Mikrofon",
            Self::Speaker => "Der Lautsprecher",
        }
    }

    /// The one that media calls so.
    fn of_noun(noun: &str) -> Self {
        match noun {
            "camera" => Self::Camera,
            "microphone" => Self::Microphone,
            _ => Self::Speaker,
        }
    }
}

texts! {
    /// See the module's description.
    DeviceNews {
        is_now(kind: DeviceKind, device: &str): format!("The {} is now {device}.", kind.in_english()),
            format!("{} ist jetzt {device}.", kind.in_german());
        is_back(kind: DeviceKind, device: &str): format!("The {} is back: {device}.", kind.in_english()),
            format!("{} ist wieder da: {device}.", kind.in_german());
        problem(problem: &DeviceProblem): problem.to_string(), problem_in_german(problem);
    }
}

fn problem_in_german(problem: &DeviceProblem) -> String {
    match problem {
        DeviceProblem::Camera(error) => camera_in_german(error),
        DeviceProblem::Sound(error) => sound_in_german(error),
        DeviceProblem::Other(sentence) => sentence.clone(),
    }
}

fn camera_in_german(error: &CaptureError) -> String {
    match error {
        CaptureError::NoCamera => {
            "Es wurde keine Kamera gefunden. Schließe eine an, oder wähle einen Film oder das Testbild.".to_owned()
        }
        CaptureError::NotNamed(name) => {
            format!("Keine Kamera heißt „{name}“. Schließe sie an, oder wähle eine aus `nonet devices`.")
        }
        CaptureError::NotNumbered(number) => {
            format!(
                "Es gibt keine Kamera mit der Nummer {number}. Schließe sie an, oder wähle eine aus `nonet devices`."
            )
        }
        CaptureError::Unplugged(name) => format!("{name} ist nicht mehr angeschlossen. Stecke sie wieder ein."),
        CaptureError::NotAllowed(name) => {
            format!(
                "{name} darf nicht benutzt werden. Erlaube es in den Systemeinstellungen; unter Linux hilft die Gruppe „video“."
            )
        }
        CaptureError::Busy(name) => format!("{name} wird von einem anderen Programm benutzt. Schließe es."),
        CaptureError::NoFormat(name) => {
            format!("{name} liefert kein Bildformat, das sich verwenden lässt. Wähle eine andere Kamera.")
        }
        CaptureError::Device { name, reason } => {
            format!("{name} funktioniert nicht: {reason}. Ziehe sie ab und stecke sie wieder ein.")
        }
        CaptureError::Stalled(name) => {
            format!("{name} liefert keine Bilder. Bleibt es dabei, ziehe sie ab und stecke sie wieder ein.")
        }
        CaptureError::File { path, source } => {
            format!("„{}“ lässt sich nicht als Kamera verwenden: {source}.", path.display())
        }
    }
}

fn sound_in_german(error: &DeviceError) -> String {
    match error {
        DeviceError::None(noun) => match DeviceKind::of_noun(noun) {
            DeviceKind::Speaker => "Es wurde kein Lautsprecher gefunden. Schließe einen an, oder wähle einen anderen.",
            _ => "Es wurde kein Mikrofon gefunden. Schließe eins an, oder wähle ein anderes.",
        }
        .to_owned(),
        DeviceError::NoSuch(noun, name) => match DeviceKind::of_noun(noun) {
            DeviceKind::Speaker => {
                format!("Kein Lautsprecher heißt „{name}“. Schließe ihn an, oder wähle einen aus `nonet devices`.")
            }
            _ => format!("Kein Mikrofon heißt „{name}“. Schließe es an, oder wähle eins aus `nonet devices`."),
        },
        DeviceError::Unplugged { noun, name } => {
            let kind = DeviceKind::of_noun(noun);
            let it = if kind == DeviceKind::Speaker { "ihn" } else { "es" };
            format!("{} „{name}“ ist nicht mehr angeschlossen. Stecke {it} wieder ein.", kind.in_german())
        }
        DeviceError::Failed { noun, name, why } => {
            format!("{} „{name}“ funktioniert nicht: {why}.", DeviceKind::of_noun(noun).in_german())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Language, Texts};

    #[test]
    fn a_problem_is_told_in_the_language_of_who_reads_it() {
        let unplugged = DeviceProblem::from(DeviceError::Unplugged { noun: "speaker", name: "Headset".to_owned() });
        let told = |language| Texts::new(language).device_news().problem(&unplugged);
        assert_eq!(told(Language::English), "The speaker “Headset” was unplugged. Plug it in again.");
        assert_eq!(
            told(Language::German),
            "Der Lautsprecher „Headset“ ist nicht mehr angeschlossen. Stecke ihn wieder ein."
        );
    }
}
