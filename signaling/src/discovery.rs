//! Meetings on the network that one is in: hosts announce theirs by multicast DNS, and a code alone finds its host.
//!
//! Owns what is announced, what is made of what others announce, and the shells around the crate `mdns-sd`. Knows nothing of
//! what is said once a server is found. Everything from the network is taken for the words of a liar: `docs/protocol.md`
//! says what one can do. That there is no network, or no multicast in it, is no error: nothing is found then.

mod announcer;
mod browser;
mod daemon;
mod neighbours;
mod networks;
mod record;
mod seal;
mod search;

pub use announcer::{Announcement, Announcer, Attendance};
pub use browser::Browser;
pub use daemon::DiscoveryError;
pub use neighbours::{Found, MAX_FOUND};
pub use record::{Record, RecordError};
pub use seal::Seal;
pub use search::Search;

/// The service that hosts announce (RFC 6763).
const SERVICE: &str = "_nonet._tcp.local.";
