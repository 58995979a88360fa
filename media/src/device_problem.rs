//! Why a camera, microphone or speaker cannot be had: typed, so that it can be told in any language.
//!
//! Brings together what captures and sound devices say; decides nothing.

use crate::audio::device::DeviceError;
use crate::capture::CaptureError;

/// Why a device cannot be had. As text it is an English sentence for the user.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DeviceProblem {
    #[error(transparent)]
    Camera(#[from] CaptureError),
    #[error(transparent)]
    Sound(#[from] DeviceError),
    /// What only those see who chose a file on the command line, and what the system says of a lack of its own; a sentence.
    #[error("{0}")]
    Other(String),
}

/// The same words are the same news.
impl PartialEq for DeviceProblem {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Eq for DeviceProblem {}

impl From<String> for DeviceProblem {
    fn from(sentence: String) -> Self {
        Self::Other(sentence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_are_told_apart_by_their_words() {
        let busy = |name: &str| DeviceProblem::from(CaptureError::Busy(name.to_owned()));
        assert_eq!(busy("Desk"), busy("Desk"));
        assert_ne!(busy("Desk"), busy("Lid"));
        assert_eq!(busy("Desk"), DeviceProblem::Other(busy("Desk").to_string()));
    }
}
