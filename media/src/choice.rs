//! What a person may choose as camera, microphone and speaker, what the microphone is for, and what is told about them.
//!
//! Parsed from the words of the command line; knows no device.

use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use crate::device_problem::DeviceProblem;

/// Where pictures come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CameraChoice {
    /// The system's default camera.
    Default,
    /// The first camera whose name contains this, whatever the case.
    Named(String),
    /// The camera with this position in the device list.
    Index(u32),
    /// A moving picture made by the program; the number gives each participant a different one.
    TestPattern(u8),
    /// A y4m clip, looped at its own rate.
    File(PathBuf),
    /// No camera.
    Off,
}

/// Where sound comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MicrophoneChoice {
    /// The system's default microphone.
    Default,
    /// The first microphone whose name contains this, whatever the case.
    Named(String),
    /// A tone made by the program; the number gives each participant a different pitch.
    Tone(u8),
    /// A WAV file, looped.
    File(PathBuf),
    /// No microphone.
    Off,
}

/// What a microphone is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SoundMode {
    /// A voice: one channel, freed of echo and noise, encoded as speech.
    #[default]
    Voice,
    /// Music: both channels where there are two, as they are captured, encoded with more bits.
    Music,
}

/// Where the meeting's sound goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpeakerChoice {
    /// The system's default speaker.
    Default,
    /// The first speaker whose name contains this, whatever the case.
    Named(String),
    /// A WAV file, written in real time.
    File(PathBuf),
    /// No speaker.
    Off,
}

impl FromStr for CameraChoice {
    type Err = Infallible;

    /// `default`, `off`, `test-pattern[:N]`, `file:PATH`, a position, or part of a name.
    fn from_str(words: &str) -> Result<Self, Infallible> {
        Ok(match words {
            "default" => Self::Default,
            "off" => Self::Off,
            "test-pattern" => Self::TestPattern(0),
            _ => {
                if let Some(path) = words.strip_prefix("file:") {
                    Self::File(path.into())
                } else if let Some(Ok(number)) = words.strip_prefix("test-pattern:").map(str::parse) {
                    Self::TestPattern(number)
                } else if let Ok(index) = words.parse() {
                    Self::Index(index)
                } else {
                    Self::Named(words.to_owned())
                }
            }
        })
    }
}

impl FromStr for MicrophoneChoice {
    type Err = Infallible;

    /// `default`, `off`, `tone[:N]`, `file:PATH`, or part of a name.
    fn from_str(words: &str) -> Result<Self, Infallible> {
        Ok(match words {
            "default" => Self::Default,
            "off" => Self::Off,
            "tone" => Self::Tone(0),
            _ => {
                if let Some(path) = words.strip_prefix("file:") {
                    Self::File(path.into())
                } else if let Some(Ok(number)) = words.strip_prefix("tone:").map(str::parse) {
                    Self::Tone(number)
                } else {
                    Self::Named(words.to_owned())
                }
            }
        })
    }
}

impl FromStr for SpeakerChoice {
    type Err = Infallible;

    /// `default`, `off`, `file:PATH`, or part of a name.
    fn from_str(words: &str) -> Result<Self, Infallible> {
        Ok(match words {
            "default" => Self::Default,
            "off" => Self::Off,
            _ => match words.strip_prefix("file:") {
                Some(path) => Self::File(path.into()),
                None => Self::Named(words.to_owned()),
            },
        })
    }
}

/// Most that is captured and sent; a camera may give less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VideoLimits {
    pub width: u32,
    pub height: u32,
    /// Frames per second.
    pub fps: u32,
}

impl VideoLimits {
    /// Most that the program ever sends: 1280×720 at 30 frames per second.
    pub const MAX: Self = Self { width: 1280, height: 720, fps: 30 };
}

impl Default for VideoLimits {
    fn default() -> Self {
        Self::MAX
    }
}

/// Pause before a device that cannot be had is tried again.
pub const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// What happened to a camera, microphone or speaker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceEvent {
    /// The device runs: at the start, or again after it was unavailable.
    Opened { device: String },
    /// It cannot be had, or it was lost; it is tried again until it is there.
    Unavailable { device: String, reason: DeviceProblem },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn camera_words_are_understood() {
        let parse = |words: &str| words.parse::<CameraChoice>().expect("every word is a choice");
        assert_eq!(parse("default"), CameraChoice::Default);
        assert_eq!(parse("off"), CameraChoice::Off);
        assert_eq!(parse("test-pattern"), CameraChoice::TestPattern(0));
        assert_eq!(parse("test-pattern:4"), CameraChoice::TestPattern(4));
        assert_eq!(parse("2"), CameraChoice::Index(2));
        assert_eq!(parse("file:a b.y4m"), CameraChoice::File("a b.y4m".into()));
        assert_eq!(parse("Logitech"), CameraChoice::Named("Logitech".into()));
    }

    #[test]
    fn sound_words_are_understood() {
        assert_eq!("tone:3".parse(), Ok(MicrophoneChoice::Tone(3)));
        assert_eq!("file:x.wav".parse(), Ok(MicrophoneChoice::File("x.wav".into())));
        assert_eq!("file:out.wav".parse(), Ok(SpeakerChoice::File("out.wav".into())));
        assert_eq!("USB".parse(), Ok(SpeakerChoice::Named("USB".into())));
    }
}
