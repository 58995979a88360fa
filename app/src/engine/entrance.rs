//! The way into a meeting: which server, which code, and for a new meeting the server itself.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use nonet_media::mesh::local_addresses;
use nonet_signaling::discovery::{Browser, Search};
use nonet_signaling::protocol::{
    LinkError, LinkKey, MeetingCode, MeetingCodeError, MeetingLink, Security, ServerAddress,
};
use nonet_signaling::server::{Certificate, CertificateError, Server, ServerConfig, ServerError};

use super::doors::Doors;
use super::{EngineConfig, Hosting};

/// Why there is no way in.
#[derive(Debug, thiserror::Error)]
pub enum EntranceError {
    #[error("{0}")]
    Link(#[from] LinkError),
    #[error("{0}")]
    Code(#[from] MeetingCodeError),
    #[error(
        "A code alone does not say where the meeting is, and looking for it on this network is switched off. Ask for its link (nonet://…), or name the server with --server or in the settings."
    )]
    NoServer,
    #[error("{0}")]
    Server(#[from] ServerError),
    #[error("{0}")]
    Certificate(#[from] CertificateError),
}

/// Where to go.
pub(super) struct Entrance {
    /// Our own server, when there is one: it lives as long as the meeting.
    pub server: Option<Server>,
    pub doors: Doors,
    /// The meeting to join; a new one if absent.
    pub code: Option<MeetingCode>,
    /// Whether the server may be on this machine, so that others may be as well.
    pub is_on_this_machine: bool,
    /// What the link had for the waiting room.
    pub link_key: Option<LinkKey>,
}

impl Entrance {
    /// Through the only door that there is.
    fn at(address: ServerAddress, server: Option<Server>) -> Self {
        let is_on_this_machine = is_on_this_machine(&address);
        Self { server, doors: Doors::only(address), code: None, link_key: None, is_on_this_machine }
    }
}

fn is_on_this_machine(server: &ServerAddress) -> bool {
    match server.host().parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => server.host() == "localhost",
    }
}

/// Reads a code or link without going there.
///
/// # Errors
///
/// When it is neither, or a code without a server to ask.
pub fn parse(code_or_link: &str, server: Option<&ServerAddress>) -> Result<MeetingLink, EntranceError> {
    let words = code_or_link.trim();
    if words.contains("://") {
        return Ok(words.parse()?);
    }
    let code = words.parse()?;
    Ok(server.ok_or(EntranceError::NoServer)?.link(code, None))
}

/// Whether a code or link can be tried, and its code; a code alone where it can be looked up or looked for.
///
/// # Errors
///
/// When it is neither, or a code that nobody could be asked for.
pub fn check(
    code_or_link: &str,
    server: Option<&ServerAddress>,
    looks_for_codes: bool,
) -> Result<MeetingCode, EntranceError> {
    match parse(code_or_link, server) {
        Err(EntranceError::NoServer) if looks_for_codes => Ok(code_or_link.parse()?),
        parsed => parsed.map(|link| link.code),
    }
}

/// Finds the way into the meeting of a code or link, or opens a server for a new one. Where codes are looked for on this network,
/// that goes on with what the browser knows.
pub(super) async fn open(
    config: &EngineConfig,
    code_or_link: Option<&str>,
    looks_for_codes: bool,
    browser: Option<Browser>,
) -> Result<Entrance, EntranceError> {
    if let Some(words) = code_or_link {
        let server = config.server.as_ref();
        let code = check(words, server, looks_for_codes)?;
        if !words.contains("://") && looks_for_codes {
            let (search, places) = Search::start(browser, code);
            let doors = Doors::of_code(server.cloned(), search, places);
            let is_on_this_machine = server.is_some_and(is_on_this_machine);
            return Ok(Entrance { server: None, doors, code: Some(code), link_key: None, is_on_this_machine });
        }
        let MeetingLink { server, code, key } = parse(words, server)?;
        return Ok(Entrance { code: Some(code), link_key: key, ..Entrance::at(server, None) });
    }
    match &config.hosting {
        Hosting::On(address) => Ok(Entrance::at(address.clone(), None)),
        Hosting::Embedded { listen } => {
            let certificate = match &config.certificate_folder {
                Some(folder) => Certificate::load_or_create(folder)?,
                None => Certificate::ephemeral()?,
            };
            let server = start(*listen, certificate).await?;
            let address = address_of(&server)?;
            Ok(Entrance::at(address, Some(server)))
        }
    }
}

async fn start(listen: Option<SocketAddr>, certificate: Certificate) -> Result<Server, ServerError> {
    if let Some(listen) = listen {
        return Server::start(ServerConfig::new(listen, Some(certificate))).await;
    }
    let everywhere = |port| SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
    let usual = ServerConfig::new(everywhere(ServerAddress::DEFAULT_PORT), Some(certificate.clone()));
    match Server::start(usual).await {
        // Another meeting on this machine has it; the link carries the port.
        Err(ServerError::PortInUse { .. }) => Server::start(ServerConfig::new(everywhere(0), Some(certificate))).await,
        started => started,
    }
}

/// The address under which others reach our server.
fn address_of(server: &Server) -> Result<ServerAddress, LinkError> {
    let local = server.local_addr();
    let host = if local.ip().is_unspecified() { reachable_address() } else { local.ip() };
    let security = server.fingerprint().map_or(Security::Plain, Security::Pinned);
    ServerAddress::new(&host.to_string(), local.port(), security)
}

/// One of this machine's addresses, best for others first: IPv4, since the server listens there.
fn reachable_address() -> IpAddr {
    local_addresses().into_iter().find(IpAddr::is_ipv4).unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_needs_a_server_and_a_link_brings_its_own() {
        let server: ServerAddress = "wss://meet.example.org:7443".parse().unwrap();
        assert!(matches!(parse("kfw-tqxm-ehd", None), Err(EntranceError::NoServer)));
        let found = parse("  KFW TQXM EHD ", Some(&server)).unwrap();
        assert_eq!((found.server, found.code.to_string().as_str()), (server.clone(), "kfw-tqxm-ehd"));
        let link = "nonet://other.example.org:7443/kfw-tqxm-ehd?key=abcdefghijkmnpqr";
        assert_eq!(parse(link, Some(&server)).unwrap().to_string(), link);
    }

    #[test]
    fn a_code_alone_will_do_where_it_is_looked_for() {
        assert_eq!(check(" KFW TQXM EHD ", None, true).unwrap().to_string(), "kfw-tqxm-ehd");
        assert!(matches!(check("kfw-tqxm-ehd", None, false), Err(EntranceError::NoServer)));
        assert!(matches!(check("kfw-tqxm", None, true), Err(EntranceError::Code(_))));
    }

    #[test]
    fn what_is_neither_is_said_in_a_sentence() {
        for words in ["", "hello", "kfw-tqxm", "http://example.org/kfw-tqxm-ehd", "nonet://"] {
            let error = parse(words, None).expect_err(words).to_string();
            assert!(error.ends_with('.') && error.contains(' '), "{error}");
        }
    }
}
