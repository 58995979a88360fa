//! What a mesh is told at its start, and which of the machine's addresses that makes it use.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::simulated_network::SimulatedNetwork;

/// Which addresses a mesh sends and receives on, and over what.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MeshConfig {
    /// Also offer the loopback address, for meetings on one machine.
    pub loopback: bool,
    /// Offer nothing but loopback: for demonstrations and tests that must not touch the network.
    pub loopback_only: bool,
    /// A network to try things on, between this participant and the real one; none in an ordinary meeting.
    pub network: Option<SimulatedNetwork>,
}

impl MeshConfig {
    /// The addresses to bind; port 0 lets the system choose. Wildcards only for address families that this machine
    /// has, because each unusable address makes a candidate that only costs time.
    pub(super) fn bind_addresses(&self) -> Vec<SocketAddr> {
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        if self.loopback_only {
            return vec![loopback];
        }
        let usable = local_addresses();
        let mut addresses = Vec::new();
        if usable.iter().any(IpAddr::is_ipv4) {
            addresses.push(SocketAddr::from(([0, 0, 0, 0], 0)));
        }
        if usable.iter().any(IpAddr::is_ipv6) {
            addresses.push(SocketAddr::from(([0u16; 8], 0)));
        }
        if self.loopback || addresses.is_empty() {
            addresses.push(loopback);
        }
        addresses
    }
}

/// The machine's addresses that others may reach: neither loopback nor link-local.
pub fn local_addresses() -> Vec<IpAddr> {
    let usable = |ip: &IpAddr| match ip {
        IpAddr::V4(ip) => !ip.is_loopback() && !ip.is_unspecified() && !ip.is_link_local(),
        IpAddr::V6(ip) => !ip.is_loopback() && !ip.is_unspecified() && !ip.is_unicast_link_local(),
    };
    match rtc::shared::ifaces::ifaces() {
        Ok(interfaces) => interfaces
            .iter()
            .filter_map(|interface| interface.addr)
            .map(|address| address.ip())
            .filter(usable)
            .collect(),
        Err(error) => {
            tracing::warn!(%error, "the network interfaces cannot be listed");
            Vec::new()
        }
    }
}
