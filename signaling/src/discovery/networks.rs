//! Which networks this machine is in, and which addresses are one's neighbours'.

use if_addrs::{IfAddr, get_if_addrs};
use std::net::Ipv4Addr;

/// Whether an address is of a network of one's own and means nothing outside of it. Servers listen on IPv4.
pub(super) fn is_local(address: Ipv4Addr) -> bool {
    address.is_private() || address.is_link_local()
}

/// The local networks that this machine is in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Networks(Vec<Network>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    address: Ipv4Addr,
    mask: Ipv4Addr,
}

impl Networks {
    /// Those of now.
    pub fn here() -> Self {
        let interfaces = get_if_addrs().unwrap_or_else(|error| {
            tracing::debug!(%error, "the network interfaces cannot be listed");
            Vec::new()
        });
        let networks = interfaces.into_iter().filter_map(|interface| match interface.addr {
            IfAddr::V4(own) if is_local(own.ip) => Some(Network { address: own.ip, mask: own.netmask }),
            _ => None,
        });
        Self(networks.collect())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether somebody at this address is a neighbour, or on this very machine.
    pub fn contain(&self, address: Ipv4Addr) -> bool {
        is_local(address)
            && self.0.iter().any(|network| {
                let mask = network.mask.to_bits();
                let (own, theirs) = (network.address.to_bits(), address.to_bits());
                // In the narrowest networks there is neither an address of the network nor one of all in it.
                let is_all_or_none = mask.count_zeros() >= 2 && (theirs & !mask == 0 || theirs | mask == u32::MAX);
                own & mask == theirs & mask && !is_all_or_none
            })
    }
}

#[cfg(test)]
impl Networks {
    /// One network.
    pub fn of(address: [u8; 4], mask: [u8; 4]) -> Self {
        Self(vec![Network { address: address.into(), mask: mask.into() }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_neighbours_are_gone_to() {
        let networks = Networks::of([192, 168, 1, 20], [255, 255, 255, 0]);
        for neighbour in [[192, 168, 1, 1], [192, 168, 1, 20], [192, 168, 1, 254]] {
            assert!(networks.contain(neighbour.into()), "{neighbour:?}");
        }
        for other in [
            [192, 168, 1, 0],
            [192, 168, 1, 255],
            [192, 168, 2, 1],
            [127, 0, 0, 1],
            [0, 0, 0, 0],
            [8, 8, 8, 8],
            [224, 0, 0, 251],
        ] {
            assert!(!networks.contain(other.into()), "{other:?}");
        }
    }

    #[test]
    fn whoever_claims_that_everything_is_their_network_reaches_local_addresses_alone() {
        let everything = Networks::of([10, 0, 0, 1], [0, 0, 0, 0]);
        assert!(everything.contain([10, 9, 9, 9].into()));
        assert!(!everything.contain([203, 0, 113, 9].into()));
    }

    #[test]
    fn two_at_the_ends_of_a_cable_are_neighbours() {
        assert!(Networks::of([10, 0, 0, 0], [255, 255, 255, 254]).contain([10, 0, 0, 1].into()));
        assert!(Networks::of([169, 254, 7, 7], [255, 255, 0, 0]).contain([169, 254, 200, 1].into()));
    }

    proptest! {
        #[test]
        fn nothing_public_is_ever_a_neighbour(own in any::<[u8; 4]>(), prefix in 0_u32..=32, address in any::<[u8; 4]>()) {
            let mask = u32::MAX.checked_shl(32 - prefix).unwrap_or(0).to_be_bytes();
            let address = Ipv4Addr::from(address);
            if Networks::of(own, mask).contain(address) {
                prop_assert!(address.is_private() || address.is_link_local());
            }
        }
    }
}
