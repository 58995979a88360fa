//! A WebSocket connection to the signaling server that comes back by itself. It carries messages and says when it is
//! there and when not; what is to be said on a fresh connection is the [`crate::meeting`]'s business.

mod connect;

pub use connect::ConnectError;

use crate::protocol::{ClientMessage, ServerAddress, ServerMessage};
use crate::random;
use connect::Socket;
use futures_util::{SinkExt, StreamExt};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;

/// What waits to be sent, at most. Beyond it the connection is cut: after its return everything is said anew.
const OUTGOING_CAPACITY: usize = 512;
/// What waits to be read by the owner, at most. Beyond it nothing is read from the server until there is room.
const EVENT_CAPACITY: usize = 256;
const PING_INTERVAL: Duration = Duration::from_secs(2);
/// Nothing heard for this long, not even a pong: the connection is dead.
const SILENCE: Duration = Duration::from_secs(6);
/// A message that cannot be written for this long: the connection is dead.
const WRITE_PATIENCE: Duration = Duration::from_secs(5);
/// How long the end may take: what is queued, and the closing handshake.
const CLOSE_PATIENCE: Duration = Duration::from_secs(2);
const FIRST_BACK_OFF: Duration = Duration::from_millis(300);
const MOST_BACK_OFF: Duration = Duration::from_secs(7);
/// A connection that held for this long begins its successors with a short back-off.
const STEADY: Duration = Duration::from_secs(5);

/// What the connection tells its owner.
#[derive(Debug)]
pub enum ClientEvent {
    /// A fresh connection is open. Only `create` or `join` can be said first; whatever else waits to be sent was meant
    /// for the connection before, and is dropped.
    Connected,
    /// The connection is lost; the next one is on the way.
    Disconnected { reason: DisconnectReason },
    /// The server said something.
    Received(ServerMessage),
    /// An attempt to connect failed; the next one follows.
    Unreachable { reason: ConnectError },
}

/// Why a connection was lost.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DisconnectReason {
    #[error("The signaling server closed the connection.")]
    Closed,
    #[error("The connection to the signaling server broke: {reason}.")]
    Broken { reason: String },
    #[error("The signaling server has not answered for {} s.", SILENCE.as_secs())]
    Silent,
    #[error("More was to be said to the signaling server than the connection carries.")]
    Overloaded,
}

/// A connection to a signaling server, kept up as long as this lives. Dropping it sends what is queued, closes the
/// connection and ends its task in the background, as far as the runtime still runs; [`Client::close`] waits for that.
#[derive(Debug)]
pub struct Client {
    outgoing: mpsc::Sender<ClientMessage>,
    overloaded: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Client {
    /// Starts connecting, on the tokio runtime that this is called in. Ends when either part is dropped.
    pub fn start(address: ServerAddress) -> (Self, mpsc::Receiver<ClientEvent>) {
        let (outgoing, commands) = mpsc::channel(OUTGOING_CAPACITY);
        let (events, receiver) = mpsc::channel(EVENT_CAPACITY);
        let overloaded = Arc::new(Notify::new());
        let shell = Shell { address, commands, events, overloaded: overloaded.clone() };
        let task = tokio::spawn(shell.run());
        (Self { outgoing, overloaded, task }, receiver)
    }

    /// Queues a message; while there is no connection it is dropped. Never waits: if the queue is full, the connection
    /// is cut, so that the meeting enters again and says everything anew.
    pub fn send(&self, message: ClientMessage) {
        if self.outgoing.try_send(message).is_err() {
            self.overloaded.notify_one();
        }
    }

    /// Sends what is queued and closes the connection; waits for that, two seconds at most.
    pub async fn close(self) {
        let Self { outgoing, mut task, .. } = self;
        drop(outgoing);
        // A panic in the task has been reported where it happened.
        if timeout(CLOSE_PATIENCE, &mut task).await.is_err() {
            // It waits for a server that takes nothing any more.
            task.abort();
        }
    }
}

struct Shell {
    address: ServerAddress,
    commands: mpsc::Receiver<ClientMessage>,
    events: mpsc::Sender<ClientEvent>,
    overloaded: Arc<Notify>,
}

/// How a connection ended.
enum End {
    /// The owner wants no more.
    Dropped,
    Lost(DisconnectReason),
}

impl Shell {
    async fn run(mut self) {
        let mut failures = 0;
        loop {
            let connected = tokio::select! {
                connected = connect::connect(&self.address) => connected,
                () = discard(&mut self.commands) => return,
                () = self.events.closed() => return,
            };
            let event = match connected {
                Err(reason) => ClientEvent::Unreachable { reason },
                Ok(socket) => {
                    let since = Instant::now();
                    match self.converse(socket).await {
                        End::Dropped => return,
                        End::Lost(reason) => {
                            if since.elapsed() >= STEADY {
                                failures = 0;
                            }
                            ClientEvent::Disconnected { reason }
                        }
                    }
                }
            };
            tracing::debug!(?event, "signaling");
            if self.events.send(event).await.is_err() {
                return;
            }
            tokio::select! {
                () = sleep(back_off(failures)) => {}
                () = discard(&mut self.commands) => return,
                () = self.events.closed() => return,
            }
            failures += 1;
        }
    }

    async fn converse(&mut self, mut socket: Socket) -> End {
        if self.events.send(ClientEvent::Connected).await.is_err() {
            return End::Dropped;
        }
        let mut has_entered = false;
        let mut heard = Instant::now();
        let mut ping = interval(PING_INTERVAL);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                frame = socket.next() => {
                    heard = Instant::now();
                    match frame {
                        Some(Ok(Message::Text(text))) => match ServerMessage::decode(&text) {
                            Ok(message) => {
                                if self.events.send(ClientEvent::Received(message)).await.is_err() {
                                    return self.finish(socket, has_entered).await;
                                }
                                // The owner may have taken its time, in which nothing could be heard.
                                heard = Instant::now();
                            }
                            // Perhaps of a server that is newer; what it says besides is of use all the same.
                            Err(error) => tracing::warn!(%error, "a message of the signaling server was let pass"),
                        },
                        Some(Ok(Message::Close(_))) | None => return End::Lost(DisconnectReason::Closed),
                        Some(Ok(_)) => {}
                        Some(Err(error)) => return End::Lost(broken(error)),
                    }
                }
                command = self.commands.recv() => {
                    let Some(message) = command else {
                        return self.finish(socket, has_entered).await;
                    };
                    has_entered |= matches!(message, ClientMessage::Create { .. } | ClientMessage::Join { .. });
                    if has_entered && let Err(reason) = write(&mut socket, Message::text(message.encode())).await {
                        return End::Lost(reason);
                    }
                }
                _ = ping.tick() => {
                    if heard.elapsed() >= SILENCE {
                        return End::Lost(DisconnectReason::Silent);
                    }
                    if let Err(reason) = write(&mut socket, Message::Ping(Default::default())).await {
                        return End::Lost(reason);
                    }
                }
                () = self.overloaded.notified() => return End::Lost(DisconnectReason::Overloaded),
                () = self.events.closed() => return self.finish(socket, has_entered).await,
            }
        }
    }

    /// Says what is still queued (that one leaves, for instance) and goodbye, so that the server need not wait for the
    /// silence.
    async fn finish(&mut self, mut socket: Socket, has_entered: bool) -> End {
        let farewell = timeout(CLOSE_PATIENCE, async {
            while has_entered && let Ok(message) = self.commands.try_recv() {
                socket.send(Message::text(message.encode())).await?;
            }
            socket.close(None).await?;
            while let Some(Ok(_)) = socket.next().await {}
            Ok::<_, tokio_tungstenite::tungstenite::Error>(())
        })
        .await;
        if !matches!(farewell, Ok(Ok(()))) {
            tracing::debug!(?farewell, "the signaling server may not have heard the farewell");
        }
        End::Dropped
    }
}

async fn write(socket: &mut Socket, message: Message) -> Result<(), DisconnectReason> {
    match timeout(WRITE_PATIENCE, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(broken(error)),
        Err(_) => Err(DisconnectReason::Silent),
    }
}

fn broken(error: impl std::fmt::Display) -> DisconnectReason {
    DisconnectReason::Broken { reason: error.to_string() }
}

/// Drops what is queued until no more can come.
async fn discard(commands: &mut mpsc::Receiver<ClientMessage>) {
    while commands.recv().await.is_some() {}
}

/// How long to wait after so many failures: anything up to a bound that doubles, so that those who lost a server
/// together do not come back together.
fn back_off(failures: u32) -> Duration {
    let bound = (FIRST_BACK_OFF * 2_u32.pow(failures.min(8))).min(MOST_BACK_OFF);
    bound.mul_f64(random::fraction())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_back_off_is_bounded_and_spread() {
        for (failures, bound) in [(0, 300), (1, 600), (4, 4800), (5, 7000), (u32::MAX, 7000)] {
            let bound = Duration::from_millis(bound);
            let drawn: Vec<_> = (0..200).map(|_| back_off(failures)).collect();
            assert!(drawn.iter().all(|delay| *delay <= bound));
            assert!(drawn.iter().any(|delay| *delay < bound / 2) && drawn.iter().any(|delay| *delay > bound / 2));
        }
    }
}
