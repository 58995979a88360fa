//! What is kept about where meetings are.

use nonet_signaling::protocol::{LinkError, ServerAddress};

/// A server, and what it is used for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerSettings {
    /// Where codes without a server are looked up, such as `wss://meet.example.org:7443`.
    pub address: Option<String>,
    /// Whether one's own meetings are held there, and not on this machine. Of no effect without an address.
    pub holds_meetings: bool,
}

impl ServerSettings {
    /// The address as it was meant.
    ///
    /// # Errors
    ///
    /// When there is one that cannot be understood.
    pub fn parse(&self) -> Result<Option<ServerAddress>, LinkError> {
        self.address.as_deref().map(str::parse).transpose()
    }

    /// The server on which one's own meetings are held; this machine if none.
    pub fn for_meetings(&self) -> Option<ServerAddress> {
        self.parse().ok().flatten().filter(|_| self.holds_meetings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meetings_are_held_on_a_server_only_where_that_was_chosen_and_can_be_understood() {
        let of = |address: Option<&str>, holds_meetings| {
            ServerSettings { address: address.map(str::to_owned), holds_meetings }.for_meetings()
        };
        let address = "wss://meet.example.org:7443";
        assert_eq!(of(Some(address), true), Some(address.parse().unwrap()));
        assert_eq!((of(Some(address), false), of(None, true), of(Some("meet"), true)), (None, None, None));
    }
}
