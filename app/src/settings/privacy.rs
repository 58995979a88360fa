//! What is kept about what is kept.

use serde::{Deserialize, Serialize};

/// What a person allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PrivacySettings {
    /// Whether meetings are remembered after their end, on this machine alone.
    pub remember_meetings: bool,
}

impl Default for PrivacySettings {
    fn default() -> Self {
        Self { remember_meetings: true }
    }
}
