//! One WebSocket of the server: reads, limits and hands over; writes what is queued; notices when it is dead.

use super::rate::RateLimit;
use super::{Event, OUTGOING_CAPACITY};
use crate::directory::Input;
use crate::protocol::{ClientMessage, DecodeError, ErrorCode, ServerMessage};
use crate::room::{AddressKey, ConnectionId};
use axum::extract::ws::{Message, WebSocket};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval, timeout};

/// A message up to so many times the limit is read and refused with a word; a larger one ends the connection.
pub(super) const EXPLAINED_EXCESS: usize = 4;
const PING_INTERVAL: Duration = Duration::from_secs(4);
/// Nothing heard for this long, not even a pong: the connection is dead.
const SILENCE: Duration = Duration::from_secs(12);
/// A message that cannot be written for this long: the connection is dead.
const WRITE_PATIENCE: Duration = Duration::from_secs(5);

/// How long the closing handshake may take.
const CLOSE_PATIENCE: Duration = Duration::from_secs(2);

/// Why a connection ends: all the same to the core, which learns only that it did.
struct Over;

/// Serves a connection until it ends.
pub(super) async fn serve(
    mut socket: WebSocket,
    connection: ConnectionId,
    address: AddressKey,
    events: mpsc::Sender<Event>,
    mut stopped: watch::Receiver<()>,
) {
    let (outgoing, mut queue) = mpsc::channel(OUTGOING_CAPACITY);
    if events.send(Event::Opened { connection, address, outgoing }).await.is_err() {
        return;
    }
    let mut rate = RateLimit::new(Instant::now());
    let mut heard = Instant::now();
    let mut ping = interval(PING_INTERVAL);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let step = tokio::select! {
            frame = socket.recv() => {
                heard = Instant::now();
                match frame {
                    Some(Ok(message)) => receive(&mut socket, connection, &events, &mut rate, message).await,
                    Some(Err(_)) | None => Err(Over),
                }
            }
            message = queue.recv() => match message {
                Some(message) => say(&mut socket, &message).await,
                None => Err(Over),
            },
            _ = ping.tick() => {
                if heard.elapsed() >= SILENCE {
                    Err(Over)
                } else {
                    write(&mut socket, Message::Ping(Default::default())).await
                }
            }
            _ = stopped.changed() => Err(Over),
        };
        if step.is_err() {
            break;
        }
    }
    // The core first: it need not wait for a peer that may be gone.
    let _ = events.send(Event::Happened(Input::Closed { connection })).await;
    let _ = timeout(CLOSE_PATIENCE, close(&mut socket)).await;
}

/// Says goodbye and reads on until the peer has heard it: closing with something unread would have TCP throw away what
/// the peer has not read yet, the reason among it (RFC 9112 §9.6).
async fn close(socket: &mut WebSocket) {
    if socket.send(Message::Close(None)).await.is_ok() {
        while let Some(Ok(_)) = socket.recv().await {}
    }
}

async fn receive(
    socket: &mut WebSocket,
    connection: ConnectionId,
    events: &mpsc::Sender<Event>,
    rate: &mut RateLimit,
    message: Message,
) -> Result<(), Over> {
    let text = match &message {
        Message::Close(_) => return Err(Over),
        Message::Ping(data) | Message::Pong(data) => {
            return if rate.admits(Instant::now(), data.len()) { Ok(()) } else { Err(Over) };
        }
        Message::Text(text) => Some(text.as_str()),
        Message::Binary(_) => None,
    };
    if !rate.admits(Instant::now(), text.map_or(0, str::len)) {
        say(socket, &ServerMessage::error(ErrorCode::RateLimited)).await?;
        return Err(Over);
    }
    let decoded = text.map_or_else(
        || Err(DecodeError::Malformed { reason: "messages are text, this is binary".to_owned() }),
        ClientMessage::decode,
    );
    match decoded {
        Ok(message) => {
            let input = Input::Received { connection, message, unix_ms: unix_ms() };
            events.send(Event::Happened(input)).await.map_err(|_| Over)
        }
        Err(error) => {
            say(socket, &ServerMessage::Error { code: error.code(), message: error.to_string(), key: None }).await
        }
    }
}

/// What people's clocks show, as this machine's does.
fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

async fn say(socket: &mut WebSocket, message: &ServerMessage) -> Result<(), Over> {
    write(socket, Message::text(message.encode())).await
}

async fn write(socket: &mut WebSocket, message: Message) -> Result<(), Over> {
    match timeout(WRITE_PATIENCE, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Over),
    }
}
