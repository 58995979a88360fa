//! The transport of one link: everything between our packets and encryption.
//!
//! Owns pacing, transport-wide numbers, what was sent and may be asked for again, what is missing and is asked for or
//! made up for out of parity, feedback both ways, and the link's estimate, one state machine for each direction
//! ([`sender`], [`receiver`]). They are told the time and know neither sockets nor the WebRTC stack; [`interceptor`]
//! puts them into the stack's chain, and [`link`] is what the rest of the mesh sees. Knows no codec: what a key frame
//! is others know.

mod feedback;
mod flexfec;
mod history;
mod interceptor;
mod link;
mod losses;
mod messages;
mod pacer;
mod packet;
mod protection;
mod protector;
mod receiver;
mod recoverer;
mod round_trip;
mod sender;
mod store;
#[cfg(test)]
mod tests;

pub(super) use interceptor::{TransportInterceptor, slot};
pub(super) use link::TransportLink;
pub use link::TransportStatistics;
pub(super) use packet::{sound_header_bytes, wire_bytes};
pub(super) use round_trip::repair_wait;
