//! How large a peer shows our picture and how much it matters to it, and the same of the peer's: told over a data channel
//! of the pair, so that nobody sends what nobody looks at. To who asks for it, it is also told there how we receive the others.
//!
//! The offerer makes the channel, in band: on one that is negotiated beforehand the stack loses what arrives before its own
//! end is open. Each message is the whole truth of its kind, so only the newest counts; who never speaks is taken to show everything
//! large, as other WebRTC stacks do. Versions that know no accounts ask for none, and are sent none. The format is in docs/protocol.md.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};
use tokio::sync::watch;
use webrtc::data_channel::{DataChannel, DataChannelEvent};
use webrtc::error;
use webrtc::peer_connection::PeerConnection;

mod account;

use account::WireReception;
pub use account::{Account, Grade, Reception};

/// The channel's label; channels of other labels are not ours.
const LABEL: &str = "demand";
/// Longer demands are not ours.
const MAX_DEMAND_BYTES: usize = 256;
/// Between two messages that are taken, so that a peer that floods us waits for itself.
const TAKE_INTERVAL: Duration = Duration::from_millis(20);
/// Larger pictures are not asked for.
const MAX_SIDE: u32 = 8192;

/// How a picture is shown, in physical pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Demand {
    /// Not at all: nothing is to be sent.
    Hidden,
    /// In a tile of this size.
    Shown { width: u32, height: u32 },
}

/// How much it matters what a peer gets, when not all can have what they want.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    #[default]
    Normal,
    /// We are the one it listens to.
    Speaking,
    /// It wants to see us above all.
    Pinned,
}

impl Priority {
    /// What it is called in a message; nothing for the usual one.
    fn name(self) -> Option<&'static str> {
        match self {
            Self::Normal => None,
            Self::Speaking => Some("speaking"),
            Self::Pinned => Some("pinned"),
        }
    }

    fn named(name: &str) -> Self {
        let is_named = |priority: &Self| priority.name() == Some(name);
        [Self::Speaking, Self::Pinned].into_iter().find(is_named).unwrap_or_default()
    }
}

/// What one tells another of how it looks at that one's picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Interest {
    pub demand: Demand,
    pub priority: Priority,
    /// Whether it wants to be told how that one receives the others.
    pub asks_account: bool,
}

impl From<Demand> for Interest {
    /// As much as anybody's.
    fn from(demand: Demand) -> Self {
        Self { demand, priority: Priority::Normal, asks_account: false }
    }
}

#[derive(Serialize, Deserialize)]
struct Size {
    width: u32,
    height: u32,
}

/// An interest as it goes over the channel. Fields that are not known are ignored.
#[derive(Serialize)]
struct WireInterest {
    /// The tile's size, or null where there is none.
    show: Option<Size>,
    /// What is not named here is as usual.
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<bool>,
}

/// Anything that comes over the channel.
#[derive(Deserialize)]
struct Message<'a> {
    /// Absent in what is no interest.
    #[serde(default, deserialize_with = "present")]
    show: Option<Option<Size>>,
    #[serde(default, borrow)]
    priority: Option<Cow<'a, str>>,
    #[serde(default)]
    account: Option<bool>,
    /// Absent in what is no account.
    #[serde(default, borrow)]
    receives: Option<Vec<WireReception<'a>>>,
    #[serde(default)]
    overloaded: Option<bool>,
}

/// A field that is there, null included.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<Size>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// What a peer has told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// How it looks at our picture.
    Interest(Interest),
    /// How it receives the others.
    Account(Account),
}

impl Interest {
    fn encode(self) -> String {
        let show = match self.demand {
            Demand::Hidden => None,
            Demand::Shown { width, height } => Some(Size { width, height }),
        };
        let account = self.asks_account.then_some(true);
        serde_json::to_string(&WireInterest { show, priority: self.priority.name(), account })
            .expect("numbers and names are always JSON")
    }
}

impl Told {
    /// `None` for what is no message of ours.
    fn decode(text: &[u8]) -> Option<Self> {
        if text.len() > account::MAX_BYTES {
            return None;
        }
        let Message { show, priority, account, receives, overloaded } = serde_json::from_slice(text).ok()?;
        if let Some(receives) = receives {
            return Some(Self::Account(Account::bounded(receives, overloaded.unwrap_or_default())));
        }
        if text.len() > MAX_DEMAND_BYTES {
            return None;
        }
        let demand = match show? {
            Some(Size { width, height }) if width > 0 && height > 0 => {
                Demand::Shown { width: width.min(MAX_SIDE), height: height.min(MAX_SIDE) }
            }
            _ => Demand::Hidden,
        };
        let priority = priority.map(|name| Priority::named(&name)).unwrap_or_default();
        Some(Self::Interest(Interest { demand, priority, asks_account: account.unwrap_or_default() }))
    }
}

/// Makes the channel; before the first offer, so that it is part of it.
pub(super) async fn open(connection: &Arc<dyn PeerConnection>) -> error::Result<Arc<dyn DataChannel>> {
    connection.create_data_channel(LABEL, None).await
}

/// Whether this is the channel that interest is told over.
pub(super) async fn is_ours(channel: &Arc<dyn DataChannel>) -> bool {
    channel.label().await.is_ok_and(|label| label == LABEL)
}

/// What we tell a peer; only the newest of each counts.
pub(super) struct Ours {
    pub interest: watch::Receiver<Interest>,
    /// Nothing until it has asked for one.
    pub account: watch::Receiver<Account>,
}

/// Tells the peer our interest, at the start and when it changes, and accounts as they are given out, and gives what the peer
/// tells to `on_told`, until the channel closes. A channel that the peer made `is_open` from the start.
pub(super) async fn run(
    channel: Arc<dyn DataChannel>,
    mut is_open: bool,
    mut ours: Ours,
    on_told: impl Fn(Told) + Send,
) {
    ours.interest.mark_changed();
    loop {
        let text = tokio::select! {
            event = channel.poll() => {
                match event {
                    Some(DataChannelEvent::OnOpen) => is_open = true,
                    Some(DataChannelEvent::OnMessage(message)) => {
                        match Told::decode(&message.data) {
                            Some(told) => on_told(told),
                            None => tracing::debug!("a message of a peer was not understood"),
                        }
                        tokio::time::sleep(TAKE_INTERVAL).await;
                    }
                    Some(DataChannelEvent::OnClose) | None => return,
                    Some(_) => {}
                }
                continue;
            },
            changed = ours.interest.changed(), if is_open => match changed {
                Ok(()) => ours.interest.borrow_and_update().encode(),
                Err(_) => return,
            },
            changed = ours.account.changed(), if is_open => match changed {
                Ok(()) => ours.account.borrow_and_update().encode(),
                Err(_) => return,
            },
        };
        if let Err(error) = channel.send_text(&text).await {
            tracing::debug!(%error, "a peer was not told");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TILE: Demand = Demand::Shown { width: 320, height: 180 };

    fn decode(text: &[u8]) -> Option<Interest> {
        match Told::decode(text)? {
            Told::Interest(interest) => Some(interest),
            Told::Account(account) => panic!("{account:?} is no interest"),
        }
    }

    #[test]
    fn an_interest_is_understood_at_the_other_end() {
        for demand in [Demand::Hidden, TILE] {
            for priority in [Priority::Normal, Priority::Speaking, Priority::Pinned] {
                for asks_account in [false, true] {
                    let interest = Interest { demand, priority, asks_account };
                    assert_eq!(decode(interest.encode().as_bytes()), Some(interest));
                }
            }
        }
    }

    #[test]
    fn messages_are_as_the_protocol_says() {
        assert_eq!(Interest::from(TILE).encode(), r#"{"show":{"width":320,"height":180}}"#);
        assert_eq!(Interest::from(Demand::Hidden).encode(), r#"{"show":null}"#);
        let pinned = Interest { demand: TILE, priority: Priority::Pinned, asks_account: false };
        assert_eq!(pinned.encode(), r#"{"show":{"width":320,"height":180},"priority":"pinned"}"#);
        let asking = Interest { asks_account: true, ..Demand::Hidden.into() };
        assert_eq!(asking.encode(), r#"{"show":null,"account":true}"#);
    }

    #[test]
    fn what_a_later_version_adds_is_ignored() {
        let text = br#"{"show":{"width":1,"height":2,"depth":3},"priority":"\u0061bove all","looks":true}"#;
        assert_eq!(decode(text), Some(Demand::Shown { width: 1, height: 2 }.into()));
    }

    #[test]
    fn a_tile_without_area_is_hidden_and_a_huge_one_is_bounded() {
        assert_eq!(decode(br#"{"show":{"width":0,"height":9}}"#), Some(Demand::Hidden.into()));
        let huge = br#"{"show":{"width":4294967295,"height":9}}"#;
        assert_eq!(decode(huge), Some(Demand::Shown { width: MAX_SIDE, height: 9 }.into()));
    }

    #[test]
    fn a_message_of_a_kind_that_is_not_known_hides_nothing() {
        assert_eq!(Told::decode(br#"{"weather":"fine"}"#), None);
        assert_eq!(Told::decode(b"{}"), None);
    }

    #[test]
    fn a_demand_that_is_too_long_is_not_read() {
        let text = format!(r#"{{"show":null,"priority":"{}"}}"#, "a".repeat(256));
        assert_eq!(Told::decode(text.as_bytes()), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_message_or_nothing(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = Told::decode(&bytes);
        }
    }
}
