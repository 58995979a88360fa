//! When packets came to the machine, as the system has noted it, rather than when this program got to read them.
//!
//! On a busy machine the two differ by tens of milliseconds, which look like a queue on the way: an estimator that is told the
//! second sends less over links that are not to blame. Owns what was noted between the socket, which knows times but no
//! packets, and the transport, which knows packets but no times. Header fields are not encrypted (RFC 3711 §3.1), so both can
//! name a packet. Where the system notes nothing, nothing is known here.

use std::collections::VecDeque;
use std::io::{self, IoSliceMut};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use webrtc::runtime::{AsyncUdpSocket, RecvMeta, Transmit};

use crate::lock::lock;

/// Packets that were read and not asked about, at most: some are never, those that fail to decrypt for one.
const REMEMBERED: usize = 128;

/// Longer than this nothing waits to be read; the system's clock was set.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// Of an RTP header without contributing sources (RFC 3550 §5.1).
const HEADER_BYTES: usize = 12;

/// One packet, as its header names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Name {
    ssrc: u32,
    sequence_number: u16,
}

impl Name {
    /// `None` for what is no RTP: handshakes, checks of paths and RTCP (RFC 7983 §7, RFC 5761 §4).
    fn of(datagram: &[u8]) -> Option<Self> {
        let header: &[u8; HEADER_BYTES] = datagram.first_chunk()?;
        let is_rtp = header[0] >> 6 == 2 && !(192..=223).contains(&header[1]);
        is_rtp.then(|| Self {
            ssrc: u32::from_be_bytes([header[8], header[9], header[10], header[11]]),
            sequence_number: u16::from_be_bytes([header[2], header[3]]),
        })
    }
}

/// See the module's description. All connections of a mesh may share it.
#[derive(Debug, Default)]
pub(super) struct ArrivalTimes(Mutex<VecDeque<(Name, Instant)>>);

impl ArrivalTimes {
    fn note(&self, datagram: &[u8], at: Instant) {
        let Some(name) = Name::of(datagram) else { return };
        let mut noted = lock(&self.0);
        if noted.len() >= REMEMBERED {
            noted.pop_front();
        }
        noted.push_back((name, at));
    }

    /// When this packet came, as it was sent over the network; once for each that was read.
    pub fn take(&self, ssrc: u32, sequence_number: u16) -> Option<Instant> {
        let name = Name { ssrc, sequence_number };
        let mut noted = lock(&self.0);
        let place = noted.iter().position(|(noted, _)| *noted == name)?;
        noted.remove(place).map(|(_, at)| at)
    }
}

fn system_now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// What the system's clock showed at a moment, since 1970.
pub(super) fn system_time(at: Instant) -> Duration {
    system_now().saturating_sub(at.elapsed())
}

/// The moment at which the system's clock showed this, as far as it can be one that was waited since.
fn moment(system_time: Duration) -> Instant {
    let waited = system_now().saturating_sub(system_time);
    let now = Instant::now();
    if waited > LONGEST_WAIT { now } else { now.checked_sub(waited).unwrap_or(now) }
}

/// A socket that notes when packets came. All passes as it is.
#[derive(Debug)]
pub(super) struct NotingSocket {
    socket: Arc<dyn AsyncUdpSocket>,
    times: Arc<ArrivalTimes>,
}

impl NotingSocket {
    pub fn new(socket: Arc<dyn AsyncUdpSocket>, times: Arc<ArrivalTimes>) -> Self {
        Self { socket, times }
    }
}

impl AsyncUdpSocket for NotingSocket {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    fn poll_send(&self, context: &mut Context<'_>, transmit: &Transmit<'_>) -> Poll<io::Result<usize>> {
        self.socket.poll_send(context, transmit)
    }

    fn poll_recv(
        &self,
        context: &mut Context<'_>,
        buffers: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        let messages = ready!(self.socket.poll_recv(context, buffers, meta))?;
        for (buffer, meta) in buffers.iter().zip(&*meta).take(messages) {
            let Some(at) = meta.timestamp.map(moment) else { continue };
            let message = &buffer[..meta.len.min(buffer.len())];
            message.chunks(meta.stride.max(1)).for_each(|datagram| self.times.note(datagram, at));
        }
        Poll::Ready(Ok(messages))
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
    use super::*;

    /// The start of an RTP packet.
    fn packet(ssrc: u8, sequence_number: u8) -> [u8; 13] {
        [0x80, 102, 0, sequence_number, 0, 0, 0, 0, 0, 0, 0, ssrc, 0xff]
    }

    #[test]
    fn each_packet_has_its_own_time_once() {
        let times = ArrivalTimes::default();
        let start = Instant::now();
        let later = start + Duration::from_millis(5);
        times.note(&packet(1, 7), start);
        times.note(&packet(2, 7), later);
        assert_eq!(times.take(2, 7), Some(later));
        assert_eq!(times.take(1, 7), Some(start));
        assert_eq!(times.take(1, 7), None);
    }

    #[test]
    fn what_is_no_rtp_is_not_noted() {
        let times = ArrivalTimes::default();
        let [mut check, mut handshake, mut report] = [packet(1, 0); 3];
        (check[0], handshake[0], report[1]) = (0, 22, 200);
        for datagram in [&check[..], &handshake, &report, &packet(1, 0)[..11], &[]] {
            times.note(datagram, Instant::now());
        }
        assert!(lock(&times.0).is_empty());
    }

    #[test]
    fn packets_that_nobody_asks_about_are_forgotten() {
        let times = ArrivalTimes::default();
        for number in 0..=255 {
            times.note(&packet(1, number), Instant::now());
        }
        assert_eq!(lock(&times.0).len(), REMEMBERED);
        assert_eq!(times.take(1, 0), None);
        assert!(times.take(1, 255).is_some());
    }

    #[test]
    fn a_moment_has_the_systems_time() {
        // Several clocks are read one after the other, between which a thread may be made to wait; not each time.
        let differences = (0..20).map(|_| {
            let at = Instant::now().checked_sub(Duration::from_millis(300)).unwrap();
            let moment = moment(system_time(at));
            moment.saturating_duration_since(at).max(at.saturating_duration_since(moment))
        });
        let difference = differences.min().unwrap();
        assert!(difference < Duration::from_millis(100), "{difference:?}");
    }

    #[test]
    fn times_of_a_clock_that_was_set_are_not_believed() {
        let before = Instant::now();
        for wrong in [Duration::ZERO, system_now() + Duration::from_secs(100)] {
            assert!(moment(wrong) >= before);
        }
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_packet_came_before_it_was_read() {
        use std::future::poll_fn;
        use webrtc::runtime::{Runtime, TokioRuntime};

        const LEFT_WAITING: Duration = Duration::from_millis(50);
        let times = Arc::<ArrivalTimes>::default();
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let socket = NotingSocket::new(TokioRuntime.wrap_udp_socket(socket).unwrap(), times.clone());
        let sender = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        // Until the first socket of the machine has asked for it, the system notes nothing, and begins a moment after.
        let give_up_at = Instant::now() + Duration::from_secs(60);
        let mut is_noted = false;
        while !is_noted && Instant::now() < give_up_at {
            let before = Instant::now();
            sender.send_to(&packet(1, 7), socket.local_addr().unwrap()).unwrap();
            tokio::time::sleep(LEFT_WAITING).await;
            let (mut buffer, mut meta) = ([0; 2000], [RecvMeta::default()]);
            poll_fn(|context| socket.poll_recv(context, &mut [IoSliceMut::new(&mut buffer)], &mut meta)).await.unwrap();
            let came = times.take(1, 7).unwrap();
            // The two clocks are read one after the other.
            let tolerance = Duration::from_millis(10);
            assert!(came + tolerance >= before, "it came {:?} too early", before - came);
            is_noted = came + LEFT_WAITING <= Instant::now() + tolerance;
        }
        assert!(is_noted, "packets come when they are read");
    }
}
