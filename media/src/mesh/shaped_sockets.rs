//! Real sockets behind a simulated network, so that whole meetings can be tried on links that are slow, long or lossy,
//! without a privilege and on one machine.
//!
//! Owns the two paths of one participant, which all its connections share: what it sends goes over the uplink before it
//! leaves the machine, what arrives goes over the downlink before the WebRTC stack gets it. The paths themselves are in
//! [`super::simulated_path`]. A mesh without a simulated network has none of this: its sockets are tokio's.

mod delay_line;

use std::future::Future;
use std::io::{self, IoSliceMut};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::time::Sleep;
use webrtc::runtime::{AsyncUdpSocket, RecvMeta, Transmit};

use super::arrival_times::system_time;
use super::simulated_network::SimulatedNetwork;
use super::simulated_path::SimulatedPath;
use crate::lock::lock;
use delay_line::DelayLine;

/// What a datagram has on the wire beside its contents: headers of IPv4 and UDP.
const HEADER_BYTES: u32 = 28;
/// Datagrams on the way to the task that sends them. It only has to run once in a while; what does not fit is lost.
const ACCEPTED: usize = 1024;
/// Messages of the system that are taken in one go.
const RECEIVED_AT_ONCE: usize = 64;
/// Room for one message of the system, in which it may put many datagrams.
const MESSAGE_BYTES: usize = 64 * 1024;

/// The paths between one participant and everybody else, which all its sockets share.
#[derive(Debug)]
pub(super) struct Paths {
    up: Mutex<SimulatedPath>,
    down: Mutex<SimulatedPath>,
}

impl Paths {
    pub fn new(network: &SimulatedNetwork) -> Self {
        let up = Mutex::new(SimulatedPath::new(network.uplink, network.seed));
        let down = Mutex::new(SimulatedPath::new(network.downlink, network.seed.wrapping_add(1)));
        Self { up, down }
    }
}

/// When a datagram that enters a path now leaves it, if it does.
fn pass(path: &Mutex<SimulatedPath>, now: Instant, contents: &[u8]) -> Option<Instant> {
    // No datagram is longer than 64 KiB.
    let bytes = u32::try_from(contents.len()).unwrap_or(u32::MAX / 2) + HEADER_BYTES;
    lock(path).send(now, bytes)
}

/// A datagram and who it goes to or comes from.
struct Datagram {
    peer: SocketAddr,
    contents: Vec<u8>,
}

/// What has arrived at the machine and not yet at the stack.
struct Incoming {
    line: DelayLine<Datagram>,
    message: Vec<u8>,
    timer: Pin<Box<Sleep>>,
}

/// A socket behind these paths.
pub(super) struct ShapedSocket {
    socket: Arc<dyn AsyncUdpSocket>,
    paths: Arc<Paths>,
    /// To the task that lets datagrams leave when they have passed the uplink.
    accepted: mpsc::Sender<(Instant, Datagram)>,
    incoming: Mutex<Incoming>,
}

impl std::fmt::Debug for ShapedSocket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ShapedSocket").field("socket", &self.socket).finish_non_exhaustive()
    }
}

impl ShapedSocket {
    pub fn new(socket: Arc<dyn AsyncUdpSocket>, paths: Arc<Paths>) -> Self {
        let (accepted, to_send) = mpsc::channel(ACCEPTED);
        // Ends by itself: what was sent before the socket was closed still goes out, as from a real one.
        drop(tokio::spawn(let_leave(socket.clone(), to_send)));
        let incoming = Incoming {
            line: DelayLine::default(),
            message: vec![0; MESSAGE_BYTES],
            timer: Box::pin(tokio::time::sleep(Duration::ZERO)),
        };
        Self { socket, paths, accepted, incoming: Mutex::new(incoming) }
    }
}

impl AsyncUdpSocket for ShapedSocket {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    fn poll_send(&self, _: &mut Context<'_>, transmit: &Transmit<'_>) -> Poll<io::Result<usize>> {
        let now = Instant::now();
        let datagram_bytes = transmit.segment_size.unwrap_or(transmit.contents.len()).max(1);
        for contents in transmit.contents.chunks(datagram_bytes) {
            let Some(arrival) = pass(&self.paths.up, now, contents) else { continue };
            let datagram = Datagram { peer: transmit.destination, contents: contents.to_owned() };
            if self.accepted.try_send((arrival, datagram)).is_err() {
                tracing::debug!("a simulated uplink is flooded");
            }
        }
        // Who sends never learns what becomes of a datagram.
        Poll::Ready(Ok(transmit.contents.len()))
    }

    fn poll_recv(
        &self,
        context: &mut Context<'_>,
        buffers: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        let mut incoming = lock(&self.incoming);
        let incoming = &mut *incoming;
        incoming.take_in(&self.socket, &self.paths.down, context)?;
        loop {
            let now = Instant::now();
            let mut received = 0;
            for (buffer, meta) in buffers.iter_mut().zip(&mut *meta) {
                let Some((arrival, Datagram { peer, contents })) = incoming.line.pop_arrived(now) else { break };
                let bytes = contents.len().min(buffer.len());
                buffer[..bytes].copy_from_slice(&contents[..bytes]);
                *meta = RecvMeta::default();
                (meta.addr, meta.len, meta.stride) = (peer, bytes, bytes.max(1));
                meta.timestamp = Some(system_time(arrival));
                received += 1;
            }
            if received > 0 {
                return Poll::Ready(Ok(received));
            }
            let Some(arrival) = incoming.line.next_arrival() else { return Poll::Pending };
            incoming.timer.as_mut().reset(arrival.into());
            ready!(incoming.timer.as_mut().poll(context));
        }
    }
}

impl Incoming {
    /// Sends over the downlink what has come to the machine.
    fn take_in(
        &mut self,
        socket: &Arc<dyn AsyncUdpSocket>,
        down: &Mutex<SimulatedPath>,
        context: &mut Context<'_>,
    ) -> io::Result<()> {
        for _ in 0..RECEIVED_AT_ONCE {
            let mut meta = [RecvMeta::default()];
            match socket.poll_recv(context, &mut [IoSliceMut::new(&mut self.message)], &mut meta) {
                Poll::Pending => return Ok(()),
                Poll::Ready(result) => result?,
            };
            let [RecvMeta { addr: peer, len, stride, .. }] = meta;
            let now = Instant::now();
            for contents in self.message[..len.min(MESSAGE_BYTES)].chunks(stride.max(1)) {
                let Some(arrival) = pass(down, now, contents) else { continue };
                let datagram = Datagram { peer, contents: contents.to_owned() };
                if self.line.push(arrival, datagram).is_err() {
                    tracing::debug!("a simulated downlink is flooded");
                }
            }
        }
        // There may be more.
        context.waker().wake_by_ref();
        Ok(())
    }
}

/// Sends each datagram when it has passed the uplink, until the socket is closed and nothing is left.
async fn let_leave(socket: Arc<dyn AsyncUdpSocket>, mut accepted: mpsc::Receiver<(Instant, Datagram)>) {
    let mut line = DelayLine::default();
    let mut is_open = true;
    loop {
        while let Some((_, Datagram { peer, contents })) = line.pop_arrived(Instant::now()) {
            if let Err(error) = socket.send_to(&contents, peer).await {
                tracing::debug!(%error, "a datagram was not sent");
            }
        }
        let next = line.next_arrival();
        if next.is_none() && !is_open {
            return;
        }
        tokio::select! {
            datagram = accepted.recv(), if is_open => match datagram {
                Some((arrival, datagram)) => {
                    if line.push(arrival, datagram).is_err() {
                        tracing::debug!("a simulated uplink is flooded");
                    }
                }
                None => is_open = false,
            },
            () = async { tokio::time::sleep_until(next.unwrap_or_else(Instant::now).into()).await }, if next.is_some() => {}
        }
    }
}

#[cfg(test)]
mod tests;
