//! Says each datagram of a DTLS handshake three times, so that connecting does not depend on any one of them.
//!
//! The stack repeats a lost flight only after a second, and a server's answer to the second `ClientHello` not at all: with
//! that one lost the handshake fails after eight seconds, which at 5 % loss is every tenth connection. Receivers drop repeated
//! records by their numbers (RFC 6347 §4.1.2.6), and handshakes are a few kilobytes. Knows of datagrams only their first byte.

use std::io::{self, IoSliceMut};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use webrtc::runtime::{AsyncUdpSocket, RecvMeta, Transmit};

/// When a datagram is said again, after it was said before. Apart from each other, since losses come in bursts.
const REPEATED_AFTER: [Duration; 2] = [Duration::from_millis(30), Duration::from_millis(90)];

/// Datagrams of one socket that are to be repeated, at most: whoever makes us answer that often gets each answer once.
const MOST_REPEATED: usize = 32;

/// DTLS content types (RFC 6347 §4.1): `change_cipher_spec` and `handshake`.
const HANDSHAKE_TYPES: [u8; 2] = [20, 22];

/// A socket that repeats handshakes. All else passes as it is.
#[derive(Debug)]
pub(super) struct RepeatingSocket {
    socket: Arc<dyn AsyncUdpSocket>,
    repeated: Arc<AtomicUsize>,
}

impl RepeatingSocket {
    pub fn new(socket: Arc<dyn AsyncUdpSocket>) -> Self {
        Self { socket, repeated: Arc::default() }
    }

    fn repeat(&self, contents: &[u8], destination: SocketAddr) {
        if self.repeated.fetch_add(1, Ordering::Relaxed) >= MOST_REPEATED {
            self.repeated.fetch_sub(1, Ordering::Relaxed);
            return;
        }
        let (socket, repeated, contents) = (self.socket.clone(), self.repeated.clone(), contents.to_owned());
        // Ends by itself, a tenth of a second later.
        drop(tokio::spawn(async move {
            for pause in REPEATED_AFTER {
                tokio::time::sleep(pause).await;
                if let Err(error) = socket.send_to(&contents, destination).await {
                    tracing::debug!(%error, "a handshake was not repeated");
                }
            }
            repeated.fetch_sub(1, Ordering::Relaxed);
        }));
    }
}

fn is_handshake(datagram: &[u8]) -> bool {
    datagram.first().is_some_and(|first| HANDSHAKE_TYPES.contains(first))
}

impl AsyncUdpSocket for RepeatingSocket {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    fn poll_send(&self, context: &mut Context<'_>, transmit: &Transmit<'_>) -> Poll<io::Result<usize>> {
        let sent = self.socket.poll_send(context, transmit);
        if matches!(sent, Poll::Ready(Ok(_))) {
            let datagram_bytes = transmit.segment_size.unwrap_or(transmit.contents.len()).max(1);
            for datagram in transmit.contents.chunks(datagram_bytes).filter(|datagram| is_handshake(datagram)) {
                self.repeat(datagram, transmit.destination);
            }
        }
        sent
    }

    fn poll_recv(
        &self,
        context: &mut Context<'_>,
        buffers: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        self.socket.poll_recv(context, buffers, meta)
    }

    fn max_gso_segments(&self) -> usize {
        self.socket.max_gso_segments()
    }

    fn max_gro_segments(&self) -> usize {
        self.socket.max_gro_segments()
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::net::UdpSocket;
    use webrtc::runtime::{Runtime, TokioRuntime};

    use super::*;

    /// What comes of what is sent, until nobody is left who would send it again.
    async fn comes_of(sent: &[&[u8]]) -> Vec<Vec<u8>> {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let receiver = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let socket = RepeatingSocket::new(TokioRuntime.wrap_udp_socket(socket).unwrap());
        for contents in sent {
            let (destination, contents) = (receiver.local_addr().unwrap(), *contents);
            let transmit = Transmit { destination, ecn: None, contents, segment_size: None, src_ip: None };
            poll_fn(|context| socket.poll_send(context, &transmit)).await.unwrap();
        }
        let (mut came, mut buffer) = (Vec::new(), [0; 100]);
        loop {
            let had_all = tokio::runtime::Handle::current().metrics().num_alive_tasks() == 0;
            match tokio::time::timeout(Duration::from_millis(250), receiver.recv(&mut buffer)).await {
                Ok(bytes) => came.push(buffer[..bytes.unwrap()].to_vec()),
                Err(_) if had_all => return came,
                Err(_) => {}
            }
        }
    }

    #[tokio::test]
    async fn a_handshake_is_said_three_times() {
        assert_eq!(comes_of(&[&[22, 254, 253]]).await, vec![vec![22, 254, 253]; 3]);
    }

    #[tokio::test]
    async fn all_else_is_said_once() {
        let others: [&[u8]; 4] = [&[0, 1], &[23, 254, 253], &[128, 102], &[]];
        assert_eq!(comes_of(&others).await, others);
    }

    #[tokio::test]
    async fn a_flood_is_not_multiplied() {
        let flood = vec![&[22u8, 254][..]; 100];
        assert_eq!(comes_of(&flood).await.len(), 100 + REPEATED_AFTER.len() * MOST_REPEATED);
    }
}
