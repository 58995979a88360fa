//! How large a peer shows our picture, and how large we show the peer's: told over a data channel of the pair, so that
//! nobody sends what nobody looks at.
//!
//! The offerer makes the channel, in band: on one that is negotiated beforehand the stack loses what arrives before its own
//! end is open. Each message is the whole truth, so only the newest counts; who never speaks is taken to show everything
//! large, as other WebRTC stacks do. The format is in docs/protocol.md.

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

#[derive(Serialize, Deserialize)]
struct Size {
    width: u32,
    height: u32,
}

/// What goes over the channel. Fields that are not known are ignored.
#[derive(Serialize, Deserialize)]
struct Message {
    /// The tile's size, or null where there is none.
    show: Option<Size>,
}

impl Demand {
    fn encode(self) -> String {
        let show = match self {
            Self::Hidden => None,
            Self::Shown { width, height } => Some(Size { width, height }),
        };
        serde_json::to_string(&Message { show }).expect("plain numbers are always JSON")
    }

    /// `None` for what is not a message of ours.
    fn decode(text: &[u8]) -> Option<Self> {
        if text.len() > MAX_MESSAGE_BYTES {
            return None;
        }
        let Message { show } = serde_json::from_slice(text).ok()?;
        Some(match show {
            Some(Size { width, height }) if width > 0 && height > 0 => {
                Self::Shown { width: width.min(MAX_SIDE), height: height.min(MAX_SIDE) }
            }
            _ => Self::Hidden,
        })
    }
}

/// Makes the channel; before the first offer, so that it is part of it.
pub(super) async fn open(connection: &Arc<dyn PeerConnection>) -> Result<Arc<dyn DataChannel>> {
    connection.create_data_channel(LABEL, None).await
}

/// Tells the peer our demand, at the start and when it changes, and gives the peer's to `on_demand`, until the channel
/// closes. A channel that the peer made `is_open` from the start.
pub(super) async fn run(
    channel: Arc<dyn DataChannel>,
    mut is_open: bool,
    mut ours: watch::Receiver<Demand>,
    on_demand: impl Fn(Demand) + Send,
) {
    if channel.label().await.is_ok_and(|label| label != LABEL) {
        return;
    }
    ours.mark_changed();
    loop {
        tokio::select! {
            event = channel.poll() => match event {
                Some(DataChannelEvent::OnOpen) => is_open = true,
                Some(DataChannelEvent::OnMessage(message)) => {
                    match Demand::decode(&message.data) {
                        Some(demand) => on_demand(demand),
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

    #[test]
    fn a_demand_is_understood_at_the_other_end() {
        for demand in [Demand::Hidden, Demand::Shown { width: 320, height: 180 }] {
            assert_eq!(Demand::decode(demand.encode().as_bytes()), Some(demand));
        }
        assert_eq!(Demand::Shown { width: 320, height: 180 }.encode(), r#"{"show":{"width":320,"height":180}}"#);
        assert_eq!(Demand::Hidden.encode(), r#"{"show":null}"#);
    }

    #[test]
    fn what_a_later_version_adds_is_ignored() {
        let text = br#"{"show":{"width":1,"height":2,"depth":3},"pinned":true}"#;
        assert_eq!(Demand::decode(text), Some(Demand::Shown { width: 1, height: 2 }));
    }

    #[test]
    fn a_tile_without_area_is_hidden_and_a_huge_one_is_bounded() {
        assert_eq!(Demand::decode(br#"{"show":{"width":0,"height":9}}"#), Some(Demand::Hidden));
        let huge = br#"{"show":{"width":4294967295,"height":9}}"#;
        assert_eq!(Demand::decode(huge), Some(Demand::Shown { width: MAX_SIDE, height: 9 }));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_demand_or_nothing(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = Demand::decode(&bytes);
        }
    }
}
