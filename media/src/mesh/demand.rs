//! How large a peer shows our picture and how much it matters to it, and the same of the peer's: told over a data channel
//! of the pair, so that nobody sends what nobody looks at.
//!
//! The offerer makes the channel, in band: on one that is negotiated beforehand the stack loses what arrives before its own
//! end is open. Each message is the whole truth, so only the newest counts; who never speaks is taken to show everything
//! large, as other WebRTC stacks do. The format is in docs/protocol.md.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use webrtc::data_channel::{DataChannel, DataChannelEvent};
use webrtc::error::Result;
use webrtc::peer_connection::PeerConnection;

/// The channel's label; channels of other labels are not ours.
const LABEL: &str = "demand";
/// Longer messages are not ours.
const MAX_MESSAGE_BYTES: usize = 256;
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
}

impl From<Demand> for Interest {
    /// As much as anybody's.
    fn from(demand: Demand) -> Self {
        Self { demand, priority: Priority::Normal }
    }
}

#[derive(Serialize, Deserialize)]
struct Size {
    width: u32,
    height: u32,
}

/// What goes over the channel. Fields that are not known are ignored.
#[derive(Serialize, Deserialize)]
struct Message<'a> {
    /// The tile's size, or null where there is none.
    show: Option<Size>,
    /// What is not named here is as usual.
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    priority: Option<Cow<'a, str>>,
}

impl Interest {
    fn encode(self) -> String {
        let show = match self.demand {
            Demand::Hidden => None,
            Demand::Shown { width, height } => Some(Size { width, height }),
        };
        let priority = self.priority.name().map(Cow::Borrowed);
        serde_json::to_string(&Message { show, priority }).expect("numbers and names are always JSON")
    }

    /// `None` for what is not a message of ours.
    fn decode(text: &[u8]) -> Option<Self> {
        if text.len() > MAX_MESSAGE_BYTES {
            return None;
        }
        let Message { show, priority } = serde_json::from_slice(text).ok()?;
        let demand = match show {
            Some(Size { width, height }) if width > 0 && height > 0 => {
                Demand::Shown { width: width.min(MAX_SIDE), height: height.min(MAX_SIDE) }
            }
            _ => Demand::Hidden,
        };
        Some(Self { demand, priority: priority.map(|name| Priority::named(&name)).unwrap_or_default() })
    }
}

/// Makes the channel; before the first offer, so that it is part of it.
pub(super) async fn open(connection: &Arc<dyn PeerConnection>) -> Result<Arc<dyn DataChannel>> {
    connection.create_data_channel(LABEL, None).await
}

/// Whether this is the channel that interest is told over.
pub(super) async fn is_ours(channel: &Arc<dyn DataChannel>) -> bool {
    channel.label().await.is_ok_and(|label| label == LABEL)
}

/// Tells the peer our interest, at the start and when it changes, and gives the peer's to `on_interest`, until the channel
/// closes. A channel that the peer made `is_open` from the start.
pub(super) async fn run(
    channel: Arc<dyn DataChannel>,
    mut is_open: bool,
    mut ours: watch::Receiver<Interest>,
    on_interest: impl Fn(Interest) + Send,
) {
    ours.mark_changed();
    loop {
        tokio::select! {
            event = channel.poll() => match event {
                Some(DataChannelEvent::OnOpen) => is_open = true,
                Some(DataChannelEvent::OnMessage(message)) => {
                    match Interest::decode(&message.data) {
                        Some(interest) => on_interest(interest),
                        None => tracing::debug!("a demand was not understood"),
                    }
                    tokio::time::sleep(TAKE_INTERVAL).await;
                }
                Some(DataChannelEvent::OnClose) | None => return,
                Some(_) => {}
            },
            changed = ours.changed(), if is_open => {
                if changed.is_err() {
                    return;
                }
                let text = ours.borrow_and_update().encode();
                if let Err(error) = channel.send_text(&text).await {
                    tracing::debug!(%error, "a demand was not sent");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TILE: Demand = Demand::Shown { width: 320, height: 180 };

    #[test]
    fn an_interest_is_understood_at_the_other_end() {
        for demand in [Demand::Hidden, TILE] {
            for priority in [Priority::Normal, Priority::Speaking, Priority::Pinned] {
                let interest = Interest { demand, priority };
                assert_eq!(Interest::decode(interest.encode().as_bytes()), Some(interest));
            }
        }
    }

    #[test]
    fn messages_are_as_the_protocol_says() {
        assert_eq!(Interest::from(TILE).encode(), r#"{"show":{"width":320,"height":180}}"#);
        assert_eq!(Interest::from(Demand::Hidden).encode(), r#"{"show":null}"#);
        let pinned = Interest { demand: TILE, priority: Priority::Pinned };
        assert_eq!(pinned.encode(), r#"{"show":{"width":320,"height":180},"priority":"pinned"}"#);
    }

    #[test]
    fn what_a_later_version_adds_is_ignored() {
        let text = br#"{"show":{"width":1,"height":2,"depth":3},"priority":"\u0061bove all","looks":true}"#;
        assert_eq!(Interest::decode(text), Some(Demand::Shown { width: 1, height: 2 }.into()));
    }

    #[test]
    fn a_tile_without_area_is_hidden_and_a_huge_one_is_bounded() {
        assert_eq!(Interest::decode(br#"{"show":{"width":0,"height":9}}"#), Some(Demand::Hidden.into()));
        let huge = br#"{"show":{"width":4294967295,"height":9}}"#;
        assert_eq!(Interest::decode(huge), Some(Demand::Shown { width: MAX_SIDE, height: 9 }.into()));
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_interest_or_nothing(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = Interest::decode(&bytes);
        }
    }
}
