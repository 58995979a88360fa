//! One attempt to reach a server: name, TCP, TLS, WebSocket, in five seconds at most.

use crate::protocol::{PATH, Security, ServerAddress, limits};
use crate::tls;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
/// A server with several addresses is tried at the next one after this long (RFC 8305 §5).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);
/// Addresses of one server that are tried, at most.
const MOST_ADDRESSES: usize = 8;

/// Why a server could not be reached.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConnectError {
    #[error("There is no host named {host}, or names cannot be looked up: {reason}.")]
    NoSuchHost { host: String, reason: String },
    #[error("The signaling server {server} cannot be reached: {reason}.")]
    Unreachable { server: String, reason: String },
    #[error("The signaling server {server} did not answer within {} s.", CONNECT_PATIENCE.as_secs())]
    TimedOut { server: String },
    #[error(
        "{server} is not the server that the link means: its certificate has another fingerprint. Ask for a new link."
    )]
    WrongCertificate { server: String },
    #[error("The certificate of {server} cannot be trusted: {reason}. A link with a fingerprint needs no authority.")]
    UntrustedCertificate { server: String, reason: String },
    #[error("This system has no certificate authorities to trust: {reason}. Use a link with a fingerprint.")]
    NoAuthorities { reason: String },
    #[error("What answers at {server} is no signaling server: {reason}.")]
    NotASignalingServer { server: String, reason: String },
}

impl ConnectError {
    /// Whether another attempt cannot help.
    pub fn is_permanent(&self) -> bool {
        matches!(self, Self::WrongCertificate { .. } | Self::UntrustedCertificate { .. } | Self::NoAuthorities { .. })
    }
}

/// A byte stream of either kind.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

pub(super) type Socket = WebSocketStream<Box<dyn Stream>>;

/// Opens a WebSocket to the server.
pub(super) async fn connect(address: &ServerAddress) -> Result<Socket, ConnectError> {
    let server = address.authority();
    timeout(CONNECT_PATIENCE, connect_patiently(address, &server))
        .await
        .unwrap_or_else(|_| Err(ConnectError::TimedOut { server: server.clone() }))
}

async fn connect_patiently(address: &ServerAddress, server: &str) -> Result<Socket, ConnectError> {
    let tcp = connect_tcp(address, server).await?;
    // Messages are small and wait for each other: an answer should not wait for a full packet.
    if let Err(error) = tcp.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
    let stream: Box<dyn Stream> = match address.security() {
        Security::Plain => Box::new(tcp),
        Security::Pinned(_) | Security::Authority => {
            let config = tls_config(address.security()).await?;
            let name = server_name(address)?;
            let stream = TlsConnector::from(Arc::new(config)).connect(name, tcp).await;
            Box::new(stream.map_err(|error| tls_error(server, &error))?)
        }
    };
    let scheme = if address.security() == Security::Plain { "ws" } else { "wss" };
    let config = WebSocketConfig::default()
        .max_message_size(Some(limits::MAX_MESSAGE_BYTES))
        .max_frame_size(Some(limits::MAX_MESSAGE_BYTES));
    let (socket, _) = client_async_with_config(format!("{scheme}://{server}{PATH}"), stream, Some(config))
        .await
        .map_err(|error| ConnectError::NotASignalingServer { server: server.to_owned(), reason: error.to_string() })?;
    Ok(socket)
}

/// Connects to whichever of the host's addresses answers first; a later one begins a moment after the one before.
async fn connect_tcp(address: &ServerAddress, server: &str) -> Result<TcpStream, ConnectError> {
    let no_such_host = |reason: String| ConnectError::NoSuchHost { host: address.host().to_owned(), reason };
    let addresses: Vec<SocketAddr> = lookup_host((address.host(), address.port()))
        .await
        .map_err(|error| no_such_host(error.to_string()))?
        .take(MOST_ADDRESSES)
        .collect();
    let mut attempts: FuturesUnordered<_> = (0_u32..)
        .zip(addresses)
        .map(|(index, address)| async move {
            sleep(ATTEMPT_DELAY * index).await;
            TcpStream::connect(address).await
        })
        .collect();
    let mut failure = None;
    while let Some(result) = attempts.next().await {
        match result {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = Some(error),
        }
    }
    Err(match failure {
        Some(error) => ConnectError::Unreachable { server: server.to_owned(), reason: plain_reason(&error) },
        None => no_such_host("it has no address".to_owned()),
    })
}

/// The commonest reason in words, the others as the system says them.
fn plain_reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "nothing listens there".to_owned(),
        _ => error.to_string(),
    }
}

fn server_name(address: &ServerAddress) -> Result<ServerName<'static>, ConnectError> {
    ServerName::try_from(address.host().to_owned()).or_else(|error| match address.security() {
        // A pinned certificate is known by its fingerprint, whatever the host is called.
        Security::Pinned(_) => Ok(ServerName::IpAddress(std::net::Ipv4Addr::UNSPECIFIED.into())),
        _ => Err(ConnectError::NoSuchHost { host: address.host().to_owned(), reason: error.to_string() }),
    })
}

fn tls_error(server: &str, error: &io::Error) -> ConnectError {
    let server = server.to_owned();
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure)) => {
            ConnectError::WrongCertificate { server }
        }
        Some(rustls::Error::InvalidCertificate(reason)) => {
            ConnectError::UntrustedCertificate { server, reason: reason.to_string() }
        }
        Some(_) => ConnectError::NotASignalingServer { server, reason: error.to_string() },
        None => ConnectError::Unreachable { server, reason: plain_reason(error) },
    }
}

async fn tls_config(security: Security) -> Result<ClientConfig, ConnectError> {
    let provider = tls::provider();
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS 1.2 and 1.3");
    Ok(match security {
        Security::Pinned(fingerprint) => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(PinnedCertificate { fingerprint, provider }))
            .with_no_client_auth(),
        Security::Authority | Security::Plain => {
            builder.with_root_certificates(authorities().await?).with_no_client_auth()
        }
    })
}

/// The certificate authorities that this system trusts.
async fn authorities() -> Result<RootCertStore, ConnectError> {
    let loaded = tokio::task::spawn_blocking(rustls_native_certs::load_native_certs)
        .await
        .map_err(|error| ConnectError::NoAuthorities { reason: error.to_string() })?;
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(loaded.certs);
    if added == 0 {
        let reason = loaded.errors.first().map_or_else(|| "none is installed".to_owned(), ToString::to_string);
        return Err(ConnectError::NoAuthorities { reason });
    }
    Ok(roots)
}

/// Trusts one certificate, whoever signed it and whatever name it bears. That the server has its key is verified as
/// for any other.
#[derive(Debug)]
struct PinnedCertificate {
    fingerprint: crate::protocol::Fingerprint,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for PinnedCertificate {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if tls::fingerprint(end_entity) == self.fingerprint {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(rustls::Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
