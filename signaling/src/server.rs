//! The signaling server: a WebSocket shell, with TLS, around the [`crate::directory`] of meetings. It brings sockets,
//! clock and randomness, and holds each connection to its limits; what is said it leaves to the core.
//!
//! One task owns the directory. Each connection is a task of its own that hands over what it reads, and writes what
//! comes through its bounded queue; one that reads too slowly to keep its queue from filling is cut off, so that it
//! harms nobody else.

mod certificate;
mod connection;
mod rate;

pub use certificate::{Certificate, CertificateError};

use crate::directory::{Directory, Input};
use crate::protocol::{Fingerprint, PATH, ServerMessage, limits};
use crate::random;
use crate::room::{AddressKey, ConnectionId, Effect};
use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{ConnectInfo, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use axum_server::Handle;
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use hyper_util::rt::TokioTimer;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinHandle;

/// What the connections have said and the directory has not taken in, at most; beyond it, connections are not read.
const EVENT_CAPACITY: usize = 1024;
/// What waits to be written on one connection, at most; beyond it, the connection is cut off. More than one member may
/// say at once (`rate`), so that nobody can have another cut off alone.
const OUTGOING_CAPACITY: usize = 512;
/// How long HTTP's headers and TLS's handshake may take.
const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(10);

/// How a server is to run.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The certificate to show; without one the server speaks plain WebSocket, for this machine or behind a proxy.
    pub tls: Option<Certificate>,
    /// Meetings at once, at most.
    pub max_meetings: usize,
    /// WebSockets at once, at most.
    pub max_connections: usize,
}

impl ServerConfig {
    /// A server with the usual limits.
    pub fn new(listen: SocketAddr, tls: Option<Certificate>) -> Self {
        Self { listen, tls, max_meetings: 2_000, max_connections: 10_000 }
    }
}

/// Why a server did not start.
#[derive(Debug, Error)]
pub enum ServerError {
    #[error("Port {} is in use by another program. Choose another one, or 0 for any that is free.", address.port())]
    PortInUse { address: SocketAddr },
    #[error("Listening on {address} is not allowed: {source}. Ports below 1024 need more rights.")]
    NotAllowed { address: SocketAddr, source: io::Error },
    #[error("Listening on {address} failed: {source}.")]
    Listen { address: SocketAddr, source: io::Error },
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

/// A running server. Dropping it closes every connection and ends all its tasks; [`Server::shutdown`] also waits for
/// that. Nobody is told that meetings have ended: people stay seen and heard without it.
#[derive(Debug)]
pub struct Server {
    local_addr: SocketAddr,
    fingerprint: Option<Fingerprint>,
    http: Handle<SocketAddr>,
    /// Closed to tell every task to end.
    stop: watch::Sender<()>,
    acceptor: JoinHandle<()>,
    /// Closed when every other task has ended.
    running: mpsc::Receiver<()>,
}

impl Server {
    /// Starts a server, on the tokio runtime that this is called in.
    ///
    /// # Errors
    ///
    /// When it cannot listen there, or the certificate is of no use.
    pub async fn start(config: ServerConfig) -> Result<Self, ServerError> {
        let address = config.listen;
        let listen_error = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => ServerError::PortInUse { address },
            io::ErrorKind::PermissionDenied => ServerError::NotAllowed { address, source },
            _ => ServerError::Listen { address, source },
        };
        let rustls = config.tls.as_ref().map(Certificate::server_config).transpose()?;
        let listener = TcpListener::bind(address).await.map_err(listen_error)?;
        let local_addr = listener.local_addr().map_err(listen_error)?;
        let listener = listener.into_std().map_err(listen_error)?;

        let (stop, stopped) = watch::channel(());
        let (running_guard, running) = mpsc::channel(1);
        let (events, receiver) = mpsc::channel(EVENT_CAPACITY);
        let keeper = Keeper {
            directory: Directory::new(config.max_meetings, random::meeting_code, random::link_key),
            outgoing: HashMap::new(),
            events: receiver,
            stopped: stopped.clone(),
            _running: running_guard.clone(),
        };
        tokio::spawn(keeper.run());

        let front = Front {
            events,
            seats: Arc::new(Semaphore::new(config.max_connections)),
            next_connection: Arc::new(AtomicU64::new(1)),
            address_keys: RandomState::new(),
            stopped,
            running: running_guard,
        };
        let router = Router::new().route(PATH, get(open)).route("/healthz", get(health)).with_state(front);
        let router = router.into_make_service_with_connect_info::<SocketAddr>();
        let http = Handle::new();
        let mut server = axum_server::from_tcp(listener).map_err(listen_error)?.handle(http.clone()).http1_only();
        server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(HANDSHAKE_PATIENCE);
        let server = server.acceptor(NoDelayAcceptor::new());
        let acceptor = tokio::spawn(async move {
            let served = match rustls {
                None => server.serve(router).await,
                Some(rustls) => {
                    let acceptor = RustlsAcceptor::new(RustlsConfig::from_config(rustls))
                        .handshake_timeout(HANDSHAKE_PATIENCE)
                        .acceptor(NoDelayAcceptor::new());
                    server.acceptor(acceptor).serve(router).await
                }
            };
            if let Err(error) = served {
                tracing::error!(%error, "the signaling server takes no more connections");
            }
        });
        let fingerprint = config.tls.as_ref().map(Certificate::fingerprint);
        Ok(Self { local_addr, fingerprint, http, stop, acceptor, running })
    }

    /// Where it listens; the port is the real one also when any was asked for.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// What links say of its certificate; none when it speaks without TLS.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        self.fingerprint
    }

    /// Closes every connection and waits until all is ended.
    pub async fn shutdown(mut self) {
        self.stop_all();
        // The guards are never sent on: this ends when the last of them is dropped.
        while self.running.recv().await.is_some() {}
    }

    fn stop_all(&self) {
        self.stop.send_replace(());
        self.http.shutdown();
        self.acceptor.abort();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop_all();
    }
}

/// What every HTTP request has at hand.
#[derive(Clone)]
struct Front {
    events: mpsc::Sender<Event>,
    seats: Arc<Semaphore>,
    next_connection: Arc<AtomicU64>,
    /// Makes addresses keys that tell nothing to who does not have it.
    address_keys: RandomState,
    stopped: watch::Receiver<()>,
    running: mpsc::Sender<()>,
}

/// What the connections tell the task that keeps the directory.
enum Event {
    Opened { connection: ConnectionId, address: AddressKey, outgoing: mpsc::Sender<ServerMessage> },
    Happened(Input),
}

async fn health(State(front): State<Front>) -> (StatusCode, &'static str) {
    if front.events.is_closed() { (StatusCode::SERVICE_UNAVAILABLE, "stopping\n") } else { (StatusCode::OK, "ok\n") }
}

async fn open(
    State(front): State<Front>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, StatusCode> {
    let seat = front.seats.clone().try_acquire_owned().map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    let connection = ConnectionId(front.next_connection.fetch_add(1, Ordering::Relaxed));
    let address = AddressKey(front.address_keys.hash_one(household(from.ip())));
    let most = limits::MAX_MESSAGE_BYTES * connection::EXPLAINED_EXCESS;
    Ok(upgrade.max_message_size(most).max_frame_size(most).on_upgrade(move |socket| async move {
        let _seat = seat;
        let _running = front.running;
        connection::serve(socket, connection, address, front.events, front.stopped).await;
    }))
}

/// What those behind one line have in common: an IPv4 address, or the first half of an IPv6 address, whose second each of them
/// chooses.
fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
        address => address,
    }
}

/// The task that owns the directory.
struct Keeper {
    directory: Directory,
    outgoing: HashMap<ConnectionId, mpsc::Sender<ServerMessage>>,
    events: mpsc::Receiver<Event>,
    stopped: watch::Receiver<()>,
    _running: mpsc::Sender<()>,
}

impl Keeper {
    async fn run(mut self) {
        loop {
            let deadline = self.directory.next_deadline();
            let tick = async {
                match deadline {
                    Some(at) => tokio::time::sleep_until(at.into()).await,
                    None => std::future::pending().await,
                }
            };
            let input = tokio::select! {
                event = self.events.recv() => match event {
                    Some(Event::Opened { connection, address, outgoing }) => {
                        self.outgoing.insert(connection, outgoing);
                        Input::Opened { connection, address }
                    }
                    Some(Event::Happened(input)) => input,
                    None => return,
                },
                () = tick => Input::Tick,
                _ = self.stopped.changed() => return,
            };
            self.handle(input);
        }
    }

    fn handle(&mut self, input: Input) {
        if let Input::Closed { connection } = input {
            self.outgoing.remove(&connection);
        }
        let now = Instant::now();
        self.directory.handle(now, input);
        while let Some(effect) = self.directory.poll_effect() {
            match effect {
                Effect::Send { connection, message } => {
                    let Some(outgoing) = self.outgoing.get(&connection) else { continue };
                    // One whose task has ended is about to say so, perhaps after a farewell that waits before it.
                    if matches!(outgoing.try_send(message), Err(TrySendError::Full(_))) {
                        tracing::debug!(?connection, "reads too slowly and is cut off");
                        self.outgoing.remove(&connection);
                        self.directory.handle(now, Input::Closed { connection });
                    }
                }
                // Its task writes what is queued, then closes.
                Effect::Close { connection } => drop(self.outgoing.remove(&connection)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{ClientMessage, DisplayName, MeetingCode, ParticipantId, VERSION};

    fn keeper() -> Keeper {
        let (_, events) = mpsc::channel(1);
        let (_, stopped) = watch::channel(());
        let (running, _) = mpsc::channel(1);
        let directory = Directory::new(1, || MeetingCode::from_entropy([0; 16]), random::link_key);
        Keeper { directory, outgoing: HashMap::new(), events, stopped, _running: running }
    }

    /// Lets somebody join with a queue of this size.
    fn join(keeper: &mut Keeper, number: u64, capacity: usize) -> mpsc::Receiver<ServerMessage> {
        let connection = ConnectionId(number);
        let (outgoing, queue) = mpsc::channel(capacity);
        keeper.outgoing.insert(connection, outgoing);
        keeper.handle(Input::Opened { connection, address: AddressKey(0) });
        let (version, name, token) = (VERSION, DisplayName::new("A"), random::resume_token());
        let (microphone, camera, code) = (true, true, MeetingCode::from_entropy([0; 16]));
        let message = match number {
            1 => ClientMessage::Create { version, name, microphone, camera, token },
            _ => {
                let (link_key, last_chat) = (None, 0);
                ClientMessage::Join { version, code, name, microphone, camera, token, link_key, last_chat }
            }
        };
        keeper.handle(Input::Received { connection, message, unix_ms: 0 });
        queue
    }

    #[test]
    fn who_is_behind_one_line_is_known_by_it() {
        let household = |text: &str| household(text.parse().unwrap());
        assert_eq!(household("2001:db8:1:2:3:4:5:6"), household("2001:db8:1:2::9"));
        assert_ne!(household("2001:db8:1:2::1"), household("2001:db8:1:3::1"));
        assert_ne!(household("192.0.2.1"), household("192.0.2.2"));
        assert_eq!(household("::ffff:192.0.2.1"), household("192.0.2.1"));
    }

    #[test]
    fn a_farewell_is_heard_although_its_connection_has_ended_before() {
        let mut keeper = keeper();
        let mut staying = join(&mut keeper, 1, 100);
        let leaving = [join(&mut keeper, 2, 100), join(&mut keeper, 3, 100)];
        drop(leaving);
        for connection in [ConnectionId(3), ConnectionId(2)] {
            keeper.handle(Input::Received { connection, message: ClientMessage::Leave, unix_ms: 0 });
            keeper.handle(Input::Closed { connection });
        }
        let told = std::iter::from_fn(|| staying.try_recv().ok());
        let left = told.filter(|message| matches!(message, ServerMessage::ParticipantLeft { .. }));
        assert_eq!(left.count(), 2);
        assert_eq!(keeper.directory.participants(), 1);
    }

    #[test]
    fn who_reads_too_slowly_is_cut_off_and_the_others_are_told() {
        let mut keeper = keeper();
        let mut fast = join(&mut keeper, 1, 100);
        let mut slow = join(&mut keeper, 2, 3);
        for generation in 0..10 {
            let message = ClientMessage::RequestOffer { to: ParticipantId(2), generation };
            keeper.handle(Input::Received { connection: ConnectionId(1), message, unix_ms: 0 });
        }
        assert!(!keeper.outgoing.contains_key(&ConnectionId(2)));
        let heard: Vec<_> = std::iter::from_fn(|| slow.try_recv().ok()).collect();
        assert_eq!(heard.len(), 3, "what fits is said");
        assert!(slow.is_closed());
        let told = std::iter::from_fn(|| fast.try_recv().ok()).any(
            |message| matches!(message, ServerMessage::ParticipantUpdated { participant } if participant.reconnecting),
        );
        assert!(told);
    }
}
