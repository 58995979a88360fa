//! All that people say to each other to hold a meeting: the wire protocol, the server's and the participant's state
//! machines, and the WebSocket shells around them. No media, no user interface.
//!
//! Without features only the pure cores are built: [`protocol`], [`room`] (with [`directory`]) and [`meeting`] know no
//! clock, socket, thread or randomness; the shells, [`client`], [`server`] and [`discovery`], bring those.

pub mod directory;
pub mod meeting;
pub mod protocol;
pub mod room;

#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "discovery")]
pub mod discovery;
#[cfg(any(feature = "client", feature = "server", feature = "discovery"))]
pub mod random;
#[cfg(feature = "server")]
pub mod server;
#[cfg(any(feature = "client", feature = "server"))]
mod tls;
