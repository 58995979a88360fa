//! What is kept about one's own sound.

use nonet_media::audio::processing::ProcessingSettings;
use nonet_media::choice::{MicrophoneChoice, SoundMode, SpeakerChoice};
use nonet_media::sound::SoundConfig;
use serde::{Deserialize, Serialize};

/// Devices, and what is done to the microphone's sound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SoundSettings {
    /// The microphone's name; the system's default if absent.
    pub microphone: Option<String>,
    /// The speaker's name; the system's default if absent.
    pub speaker: Option<String>,
    /// Whether the microphone is let go while it is off, so that other programs and the system see that nobody listens.
    pub release_muted_microphone: bool,
    /// Whether the microphone is for music: both channels, and nothing of what follows is done to them.
    pub music: bool,
    pub high_pass: bool,
    pub echo_cancellation: bool,
    pub noise_suppression: bool,
    pub automatic_gain: bool,
}

impl Default for SoundSettings {
    fn default() -> Self {
        let ProcessingSettings { high_pass, echo_cancellation, noise_suppression, automatic_gain } =
            ProcessingSettings::default();
        Self {
            microphone: None,
            speaker: None,
            release_muted_microphone: false,
            music: false,
            high_pass,
            echo_cancellation,
            noise_suppression,
            automatic_gain,
        }
    }
}

impl SoundSettings {
    /// What is done to the microphone's sound.
    pub fn processing(&self) -> ProcessingSettings {
        let Self { high_pass, echo_cancellation, noise_suppression, automatic_gain, .. } = *self;
        ProcessingSettings { high_pass, echo_cancellation, noise_suppression, automatic_gain }
    }

    /// What the microphone is for.
    pub fn mode(&self) -> SoundMode {
        if self.music { SoundMode::Music } else { SoundMode::Voice }
    }

    /// The microphone that was chosen.
    pub fn microphone(&self) -> MicrophoneChoice {
        self.microphone.clone().map_or(MicrophoneChoice::Default, MicrophoneChoice::Named)
    }

    /// The speaker that was chosen.
    pub fn speaker(&self) -> SpeakerChoice {
        self.speaker.clone().map_or(SpeakerChoice::Default, SpeakerChoice::Named)
    }

    /// How a meeting's sound begins. What was asked for on the command line comes before what is kept.
    pub fn config(&self, microphone: MicrophoneChoice, speaker: SpeakerChoice) -> SoundConfig {
        SoundConfig {
            microphone: if microphone == MicrophoneChoice::Default { self.microphone() } else { microphone },
            speaker: if speaker == SpeakerChoice::Default { self.speaker() } else { speaker },
            processing: self.processing(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_comes_before_what_is_kept() {
        let kept = SoundSettings { microphone: Some("Desk".into()), noise_suppression: false, ..Default::default() };
        let config = kept.config(MicrophoneChoice::Default, SpeakerChoice::Off);
        assert_eq!(config.microphone, MicrophoneChoice::Named("Desk".into()));
        assert_eq!(config.speaker, SpeakerChoice::Off);
        assert!(!config.processing.noise_suppression && config.processing.echo_cancellation);
        let config = kept.config(MicrophoneChoice::Tone(1), SpeakerChoice::Default);
        assert_eq!((config.microphone, config.speaker), (MicrophoneChoice::Tone(1), SpeakerChoice::Default));
    }
}
