//! What is kept about finding meetings on the network that one is in.

use serde::{Deserialize, Serialize};

/// Whether meetings are announced and looked for there. In the file these stand among the plain settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DiscoverySettings {
    /// Whether one's own meetings are announced and those of others looked for.
    #[serde(rename = "discovery")]
    pub is_on: bool,
    /// Whether one's name is announced with a meeting.
    #[serde(rename = "announce_name")]
    pub announces_name: bool,
}

impl Default for DiscoverySettings {
    fn default() -> Self {
        Self { is_on: true, announces_name: true }
    }
}
