//! What is known of people: those in a meeting, and those who wait to be let in.

use super::DisplayName;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Who is meant, within one meeting: 1 for the first that joined, then counting up; never reused in that meeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ParticipantId(pub u32);

impl fmt::Display for ParticipantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What everybody knows of a participant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ParticipantInfo {
    pub id: ParticipantId,
    pub name: DisplayName,
    /// Whether this is a host; at least one is.
    pub host: bool,
    /// Whether the participant's microphone is on.
    pub microphone: bool,
    /// Whether the participant's camera is on.
    pub camera: bool,
    /// Whether the server has lost the participant's connection and waits for its return.
    pub reconnecting: bool,
    /// The hand is up, and of two the one with the lower number was raised first; absent when it is down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hand: Option<u32>,
}

/// Who of those that wait is meant; counts up from 1, never reused in the meeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WaitingId(pub u32);

/// What hosts know of somebody who waits to be let in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct WaitingPerson {
    pub id: WaitingId,
    pub name: DisplayName,
}

/// Who has to wait until a host lets them in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaitingRoom {
    /// Nobody, but for those who come from where somebody was removed.
    #[default]
    Off,
    /// Who comes without the link's key, as with the code alone.
    WithoutKey,
    All,
}
