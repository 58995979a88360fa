//! Where a server is, and links to its meetings.
//!
//! | Security | Server | Link |
//! |---|---|---|
//! | certificate known by its fingerprint | `wss://HOST:PORT#FINGERPRINT` | `nonet://HOST:PORT/CODE#FINGERPRINT` |
//! | certificate of an authority | `wss://HOST:PORT` | `nonet://HOST:PORT/CODE` |
//! | none, on this machine only | `ws://HOST:PORT` | `nonet+plain://HOST:PORT/CODE` |
//!
//! After the code a link may have its meeting's key, `CODE?key=KEY`.

use super::code::{MeetingCode, MeetingCodeError};
use super::key::{LinkKey, LinkKeyError};
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;
use thiserror::Error;

/// The SHA-256 of a server's certificate in DER form.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 32]);

/// The text is not a fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a fingerprint is 64 hexadecimal digits")]
pub struct FingerprintError;

/// Reads hexadecimal digits of either case; colons between them, as other programs write, do no harm.
impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 32];
        let mut digits = 0;
        for character in text.chars().filter(|character| *character != ':') {
            let digit = character.to_digit(16).and_then(|digit| u8::try_from(digit).ok()).ok_or(FingerprintError)?;
            let byte = bytes.get_mut(digits / 2).ok_or(FingerprintError)?;
            *byte = *byte << 4 | digit;
            digits += 1;
        }
        if digits == 64 { Ok(Self(bytes)) } else { Err(FingerprintError) }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// How a server proves that it is the one that was meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Security {
    /// TLS; its certificate has this fingerprint, whoever signed it.
    Pinned(Fingerprint),
    /// TLS; its certificate is signed by an authority that this machine trusts.
    Authority,
    /// No encryption. Only for a server on this machine.
    Plain,
}

/// Where a signaling server is. Written as the URL that `--server` takes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ServerAddress {
    host: String,
    port: u16,
    security: Security,
}

/// A meeting and the server that it is on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MeetingLink {
    pub server: ServerAddress,
    pub code: MeetingCode,
    /// With it one need not wait where those without it do.
    pub key: Option<LinkKey>,
}

/// Why a text is not a link or server address.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LinkError {
    #[error("A server's address starts with wss:// (or ws:// on this machine), like wss://meet.example.org:7443.")]
    NotAServer,
    #[error("A meeting link starts with nonet://, like nonet://192.168.1.20:7443/abc-defg-hij.")]
    NotALink,
    #[error("{found:?} is not a host name or an IP address.")]
    Host { found: String },
    #[error("{found:?} is not a port; it is a number from 1 to 65535.")]
    Port { found: String },
    #[error("{host} is not this machine: without encryption only a server on this machine can be used.")]
    PlainElsewhere { host: String },
    #[error("The fingerprint after # is not right: it is 64 hexadecimal digits. Copy the whole link.")]
    Fingerprint,
    #[error("The key in the link is not right: it is sixteen letters. Copy the whole link.")]
    Key,
    #[error("{found:?} after the server's address is not understood.")]
    Path { found: String },
    #[error(transparent)]
    Code(#[from] MeetingCodeError),
}

impl ServerAddress {
    /// The port of links that name none.
    pub const DEFAULT_PORT: u16 = 7443;

    /// The server at `host`: a name, an IPv4 address, or an IPv6 address without brackets.
    ///
    /// # Errors
    ///
    /// When it is no host, the port is 0, or it is to be spoken to without encryption and is not this machine.
    pub fn new(host: &str, port: u16, security: Security) -> Result<Self, LinkError> {
        let is_address = host.parse::<IpAddr>().is_ok();
        let is_name = !host.is_empty()
            && host.len() <= 253
            && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
        if !is_address && !is_name {
            return Err(LinkError::Host { found: host.to_owned() });
        }
        if port == 0 {
            return Err(LinkError::Port { found: "0".to_owned() });
        }
        let address = Self { host: host.to_ascii_lowercase(), port, security };
        if security == Security::Plain && !address.is_this_machine() {
            return Err(LinkError::PlainElsewhere { host: address.host });
        }
        Ok(address)
    }

    /// A name, an IPv4 address, or an IPv6 address without brackets; in lower case.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The TCP port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How the server is known.
    pub fn security(&self) -> Security {
        self.security
    }

    /// `HOST:PORT`, an IPv6 address in brackets.
    pub fn authority(&self) -> String {
        if self.host.parse::<Ipv6Addr>().is_ok() {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// The link to one of the server's meetings.
    pub fn link(&self, code: MeetingCode, key: Option<LinkKey>) -> MeetingLink {
        MeetingLink { server: self.clone(), code, key }
    }

    fn is_this_machine(&self) -> bool {
        match self.host.parse::<IpAddr>() {
            Ok(address) => address.is_loopback(),
            Err(_) => self.host == "localhost",
        }
    }

    /// Reads `HOST[:PORT]` and the fragment that followed it.
    fn parse(authority: &str, fragment: Option<&str>, encrypted: bool, default_port: u16) -> Result<Self, LinkError> {
        let (host, port) = if let Some(rest) = authority.strip_prefix('[') {
            let (host, rest) = rest.split_once(']').ok_or_else(|| LinkError::Host { found: authority.to_owned() })?;
            if host.parse::<Ipv6Addr>().is_err() {
                return Err(LinkError::Host { found: host.to_owned() });
            }
            match rest.strip_prefix(':') {
                Some(port) => (host, Some(port)),
                None if rest.is_empty() => (host, None),
                None => return Err(LinkError::Port { found: rest.to_owned() }),
            }
        } else {
            match authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            }
        };
        let port = match port {
            Some(text) => text.parse().map_err(|_| LinkError::Port { found: text.to_owned() })?,
            None => default_port,
        };
        let security = match (encrypted, fragment) {
            (true, Some(fingerprint)) => {
                Security::Pinned(fingerprint.parse().map_err(|FingerprintError| LinkError::Fingerprint)?)
            }
            (true, None) => Security::Authority,
            (false, None) => Security::Plain,
            (false, Some(_)) => return Err(LinkError::Fingerprint),
        };
        Self::new(host, port, security)
    }

    fn fmt_fragment(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.security {
            Security::Pinned(fingerprint) => write!(f, "#{fingerprint}"),
            Security::Authority | Security::Plain => Ok(()),
        }
    }
}

/// The text without the prefix, which is read without regard to case.
fn strip_scheme<'a>(text: &'a str, scheme: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(scheme.len())?;
    head.eq_ignore_ascii_case(scheme).then_some(rest)
}

fn split_fragment(text: &str) -> (&str, Option<&str>) {
    match text.split_once('#') {
        Some((before, fragment)) => (before, Some(fragment)),
        None => (text, None),
    }
}

/// Reads `wss://HOST[:PORT][#FINGERPRINT]` or `ws://HOST[:PORT]`; without a port those of https and http.
impl FromStr for ServerAddress {
    type Err = LinkError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let (encrypted, rest) = match (strip_scheme(text, "wss://"), strip_scheme(text, "ws://")) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => return Err(LinkError::NotAServer),
        };
        let (rest, fragment) = split_fragment(rest);
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if !path.is_empty() {
            return Err(LinkError::Path { found: path.to_owned() });
        }
        Self::parse(authority, fragment, encrypted, if encrypted { 443 } else { 80 })
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.security == Security::Plain { "ws" } else { "wss" };
        write!(f, "{scheme}://{}", self.authority())?;
        self.fmt_fragment(f)
    }
}

/// Reads `nonet://HOST[:PORT]/CODE[?key=KEY][#FINGERPRINT]` or `nonet+plain://HOST[:PORT]/CODE[?key=KEY]`.
impl FromStr for MeetingLink {
    type Err = LinkError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let (encrypted, rest) = match (strip_scheme(text, "nonet://"), strip_scheme(text, "nonet+plain://")) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => return Err(LinkError::NotALink),
        };
        let (rest, fragment) = split_fragment(rest);
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, code) = rest.split_once('/').unwrap_or((rest, ""));
        let server = ServerAddress::parse(authority, fragment, encrypted, ServerAddress::DEFAULT_PORT)?;
        // What else may stand there is of a newer version, and let pass.
        let key = query.split('&').find_map(|parameter| parameter.strip_prefix("key="));
        let key = key.map(|key| key.parse().map_err(|LinkKeyError| LinkError::Key)).transpose()?;
        Ok(Self { server, code: code.trim_end_matches('/').parse()?, key })
    }
}

impl fmt::Display for MeetingLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.server.security == Security::Plain { "nonet+plain" } else { "nonet" };
        write!(f, "{scheme}://{}/{}", self.server.authority(), self.code)?;
        if let Some(key) = self.key {
            write!(f, "?key={key}")?;
        }
        self.server.fmt_fragment(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PRINT: &str = "00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff";

    #[test]
    fn links_read_back_what_they_wrote() {
        for text in [
            format!("nonet://192.168.1.20:7443/abc-defg-hij#{PRINT}"),
            format!("nonet://[fe80::1]:7443/abc-defg-hij#{PRINT}"),
            "nonet://meet.example.org:443/abc-defg-hij".to_owned(),
            "nonet+plain://127.0.0.1:8080/abc-defg-hij".to_owned(),
            "nonet+plain://[::1]:8080/abc-defg-hij".to_owned(),
            format!("nonet://192.168.1.20:7443/abc-defg-hij?key=abcdefghijkmnpqr#{PRINT}"),
            "nonet+plain://127.0.0.1:8080/abc-defg-hij?key=abcdefghijkmnpqr".to_owned(),
        ] {
            let link: MeetingLink = text.parse().unwrap();
            assert_eq!(link.to_string(), text);
            assert_eq!(link.server.to_string().parse(), Ok(link.server));
        }
    }

    #[test]
    fn what_people_type_is_read_loosely() {
        let link: MeetingLink =
            format!(" NONET://Meet.Example.org/ABCDEFGHIJ/#{}\n", PRINT.to_uppercase()).parse().unwrap();
        assert_eq!(link.to_string(), format!("nonet://meet.example.org:7443/abc-defg-hij#{PRINT}"));
        let link: MeetingLink = "nonet://host/abcdefghij/?newer=1&key=ABCDEFGHIJKMNPQR".parse().unwrap();
        assert_eq!(link.to_string(), "nonet://host:7443/abc-defg-hij?key=abcdefghijkmnpqr");
        let server: ServerAddress = "wss://meet.example.org/".parse().unwrap();
        assert_eq!((server.port(), server.security()), (443, Security::Authority));
    }

    #[test]
    fn without_encryption_only_this_machine_is_spoken_to() {
        for text in ["ws://localhost:80", "ws://127.0.0.9:1", "ws://[::1]:9"] {
            assert!(text.parse::<ServerAddress>().is_ok(), "{text}");
        }
        for text in ["ws://192.168.1.20:80", "ws://example.org", "ws://localhost.example.org:80", "ws://[fe80::1]:9"] {
            assert!(matches!(text.parse::<ServerAddress>(), Err(LinkError::PlainElsewhere { .. })), "{text}");
        }
    }

    #[test]
    fn what_is_no_link_says_why() {
        let error = |text: &str| text.parse::<MeetingLink>().unwrap_err();
        assert_eq!(error("https://example.org"), LinkError::NotALink);
        assert_eq!(error("nonet://host:7443/abc-defg-hij#1234"), LinkError::Fingerprint);
        assert_eq!(error("nonet://host:7443/abc-defg-hij?key=abc"), LinkError::Key);
        assert_eq!(error("nonet://host:99999/abc-defg-hij"), LinkError::Port { found: "99999".to_owned() });
        assert_eq!(error("nonet://host:0/abc-defg-hij"), LinkError::Port { found: "0".to_owned() });
        assert_eq!(error("nonet:///abc-defg-hij"), LinkError::Host { found: String::new() });
        assert_eq!(error("nonet://a b/abc-defg-hij"), LinkError::Host { found: "a b".to_owned() });
        assert_eq!(error("nonet://[::1/abc-defg-hij"), LinkError::Host { found: "[::1".to_owned() });
        assert_eq!(error("nonet://host"), LinkError::Code(MeetingCodeError::WrongLength { found: 0 }));
        assert_eq!("wss://host/path".parse::<ServerAddress>(), Err(LinkError::Path { found: "path".to_owned() }));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "(nonet|wss|ws|nonet\\+plain)://\\PC*") {
            let _ = text.parse::<MeetingLink>();
            let _ = text.parse::<ServerAddress>();
        }
    }
}
