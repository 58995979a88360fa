//! The meetings that are announced on this network, as far as they make sense. A state machine: what was heard in, a list out.

use super::networks::Networks;
use super::record::Record;
use crate::protocol::{Security, ServerAddress};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;

/// Meetings that are known at once, at most; more are let pass until some are gone.
pub const MAX_FOUND: usize = 32;
/// Addresses of one meeting, at most.
const MAX_ADDRESSES: usize = 4;

/// A meeting that somebody on this network announces. Nothing of it is known to be true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub record: Record,
    /// Addresses of this network, at least one.
    addresses: Vec<SocketAddrV4>,
}

impl Found {
    /// Where it can be joined: a server at each address, known by the certificate that was announced.
    pub fn servers(&self) -> impl Iterator<Item = ServerAddress> {
        let security = Security::Pinned(self.record.fingerprint);
        self.addresses
            .iter()
            .filter_map(move |address| ServerAddress::new(&address.ip().to_string(), address.port(), security).ok())
    }
}

/// See the module's description.
#[derive(Debug, Default)]
pub(super) struct Neighbours {
    /// By the name of the service.
    found: BTreeMap<String, Found>,
}

impl Neighbours {
    /// Somebody says that there is a meeting, or says it anew. Without a neighbour's address it is none.
    pub fn announced(
        &mut self,
        name: &str,
        record: Record,
        addresses: impl IntoIterator<Item = Ipv4Addr>,
        port: u16,
        networks: &Networks,
    ) {
        let mut addresses: Vec<_> = addresses
            .into_iter()
            .filter(|address| port != 0 && networks.contain(*address))
            .map(|address| SocketAddrV4::new(address, port))
            .collect();
        addresses.sort_unstable();
        addresses.truncate(MAX_ADDRESSES);
        if addresses.is_empty() {
            self.gone(name);
        } else if self.found.len() < MAX_FOUND || self.found.contains_key(name) {
            self.found.insert(name.to_owned(), Found { record, addresses });
        }
    }

    /// A meeting is over, or what is said of it makes no sense any more.
    pub fn gone(&mut self, name: &str) {
        self.found.remove(name);
    }

    /// Those that there are.
    pub fn list(&self) -> Arc<[Found]> {
        self.found.values().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discovery::Seal;
    use crate::protocol::Fingerprint;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn record(people: u8) -> Record {
        Record::new(Seal { salt: [0; 16], tag: [0; 16] }, Fingerprint([5; 32]), None, people, true)
    }

    fn home() -> Networks {
        Networks::of([192, 168, 1, 20], [255, 255, 255, 0])
    }

    fn neighbour(number: u8) -> Ipv4Addr {
        [192, 168, 1, number].into()
    }

    #[test]
    fn a_meeting_is_there_from_its_announcement_to_its_goodbye() {
        let mut neighbours = Neighbours::default();
        neighbours.announced("a", record(1), [neighbour(2)], 7443, &home());
        neighbours.announced("a", record(2), [neighbour(2)], 7443, &home());
        let list = neighbours.list();
        assert_eq!((list.len(), list[0].record.people), (1, 2));
        let server = list[0].servers().next().unwrap();
        assert_eq!(server.to_string(), format!("wss://192.168.1.2:7443#{}", Fingerprint([5; 32])));
        neighbours.gone("a");
        assert!(neighbours.list().is_empty());
    }

    #[test]
    fn what_is_not_in_this_network_is_no_neighbour() {
        let mut neighbours = Neighbours::default();
        let far = [[203, 0, 113, 1], [127, 0, 0, 1], [10, 0, 0, 1]].map(Ipv4Addr::from);
        neighbours.announced("a", record(1), far, 7443, &home());
        neighbours.announced("b", record(1), [neighbour(2)], 0, &home());
        assert!(neighbours.list().is_empty());
        neighbours.announced("c", record(1), [far[0], neighbour(2)], 7443, &home());
        assert_eq!(neighbours.list()[0].servers().count(), 1);
        neighbours.announced("c", record(1), far, 7443, &home());
        assert!(neighbours.list().is_empty(), "it has moved away");
    }

    #[test]
    fn a_flood_is_let_pass_and_does_not_displace_who_was_there() {
        let mut neighbours = Neighbours::default();
        neighbours.announced("z", record(1), [neighbour(2)], 7443, &home());
        for number in 0..10_000 {
            neighbours.announced(&number.to_string(), record(1), (1..255).map(neighbour), 7443, &home());
        }
        neighbours.announced("z", record(3), [neighbour(2)], 7443, &home());
        let list = neighbours.list();
        assert_eq!(list.len(), MAX_FOUND);
        assert!(list.iter().any(|found| found.record.people == 3));
        assert!(list.iter().all(|found| found.servers().count() <= MAX_ADDRESSES));
    }

    proptest! {
        #[test]
        fn whatever_is_said_there_are_few_and_all_are_neighbours(
            said in vec((0_u8..60, vec(any::<[u8; 4]>(), 0..9), any::<u16>(), any::<bool>()), 0..200),
        ) {
            let networks = Networks::of([10, 0, 0, 1], [255, 0, 0, 0]);
            let mut neighbours = Neighbours::default();
            for (name, addresses, port, is_there) in said {
                let name = name.to_string();
                if is_there {
                    let near = addresses.iter().map(|address| Ipv4Addr::from([10, address[1], address[2], address[3]]));
                    let far = addresses.iter().copied().map(Ipv4Addr::from);
                    neighbours.announced(&name, record(1), near.chain(far), port, &networks);
                } else {
                    neighbours.gone(&name);
                }
            }
            let list = neighbours.list();
            prop_assert!(list.len() <= MAX_FOUND);
            for found in list.iter() {
                let servers: Vec<_> = found.servers().collect();
                prop_assert!((1..=MAX_ADDRESSES).contains(&servers.len()));
                prop_assert!(servers.iter().all(|server| server.host().starts_with("10.")));
            }
        }
    }
}
