//! Two real sockets on loopback, one of them behind a simulated network, in real time. Tolerances allow for a machine that
//! has other work to do: what is checked from above is what no load can improve.

use webrtc::runtime::{Runtime, TokioRuntime};

use super::*;
use crate::mesh::simulated_path::{Loss, PathConfig};

const PATIENCE: Duration = Duration::from_secs(20);
const MS: Duration = Duration::from_millis(1);

fn unlimited() -> PathConfig {
    PathConfig { capacity_bps: 1_000_000_000, delay: Duration::ZERO, ..PathConfig::default() }
}

/// The shaped socket and a plain one.
fn sockets(uplink: PathConfig, downlink: PathConfig) -> (Arc<dyn AsyncUdpSocket>, tokio::net::UdpSocket) {
    let paths = Paths::new(&SimulatedNetwork { uplink, downlink, seed: 1 });
    (socket_of(&Arc::new(paths)), tokio::net::UdpSocket::from_std(bound()).unwrap())
}

fn bound() -> std::net::UdpSocket {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_nonblocking(true).unwrap();
    socket
}

fn socket_of(paths: &Arc<Paths>) -> Arc<dyn AsyncUdpSocket> {
    Arc::new(ShapedSocket::new(TokioRuntime.wrap_udp_socket(bound()).unwrap(), paths.clone()))
}

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(PATIENCE, test).await.expect("in time") });
}

/// The first byte of each datagram that arrives until there is none for `pause`, with its time.
async fn received(socket: &tokio::net::UdpSocket, pause: Duration) -> Vec<(u8, Instant)> {
    let mut received = Vec::new();
    let mut buffer = [0; 2048];
    while let Ok(Ok(bytes)) = tokio::time::timeout(pause, socket.recv(&mut buffer)).await {
        assert!(bytes > 0);
        received.push((buffer[0], Instant::now()));
    }
    received
}

#[test]
fn what_is_sent_arrives_as_it_was_after_the_delay_of_the_uplink() {
    run(async {
        let (shaped, plain) = sockets(PathConfig { delay: 60 * MS, ..unlimited() }, unlimited());
        let sent_at = Instant::now();
        shaped.send_to(b"there", plain.local_addr().unwrap()).await.unwrap();
        let mut buffer = [0; 64];
        let (bytes, from) = plain.recv_from(&mut buffer).await.unwrap();
        assert_eq!((&buffer[..bytes], from), (&b"there"[..], shaped.local_addr().unwrap()));
        assert!(sent_at.elapsed() >= 60 * MS, "after {:?}", sent_at.elapsed());
        assert!(sent_at.elapsed() < 200 * MS, "after {:?}", sent_at.elapsed());

        // The way back has no delay.
        let sent_at = Instant::now();
        plain.send_to(b"and back", from).await.unwrap();
        let (bytes, from) = shaped.recv_from(&mut buffer).await.unwrap();
        assert_eq!((&buffer[..bytes], from), (&b"and back"[..], plain.local_addr().unwrap()));
        assert!(sent_at.elapsed() < 50 * MS, "after {:?}", sent_at.elapsed());
    });
}

#[test]
fn what_arrives_waits_for_the_downlink() {
    run(async {
        let (shaped, plain) = sockets(unlimited(), PathConfig { delay: 60 * MS, ..unlimited() });
        let sent_at = Instant::now();
        for number in 0..3 {
            plain.send_to(&[number; 100], shaped.local_addr().unwrap()).await.unwrap();
        }
        let mut buffer = [0; 2048];
        for number in 0..3 {
            let (bytes, _) = shaped.recv_from(&mut buffer).await.unwrap();
            assert_eq!(&buffer[..bytes], &[number; 100]);
        }
        assert!((60 * MS..200 * MS).contains(&sent_at.elapsed()), "after {:?}", sent_at.elapsed());
    });
}

#[test]
fn all_sockets_of_a_participant_share_the_capacity_of_its_uplink() {
    run(async {
        // 40 datagrams of 1000 bits each, headers included, take 400 ms at 100 kb/s.
        let uplink = PathConfig { capacity_bps: 100_000, queue: Duration::from_secs(1), ..unlimited() };
        let paths = Arc::new(Paths::new(&SimulatedNetwork { uplink, downlink: unlimited(), seed: 1 }));
        let (first, second) = (socket_of(&paths), socket_of(&paths));
        let plain = tokio::net::UdpSocket::from_std(bound()).unwrap();
        let began = Instant::now();
        for _ in 0..20 {
            for (socket, name) in [(&first, 1), (&second, 2)] {
                socket.send_to(&[name; 97], plain.local_addr().unwrap()).await.unwrap();
            }
        }
        let arrived = received(&plain, 500 * MS).await;
        assert_eq!(arrived.len(), 40);
        let took = arrived[39].1 - began;
        assert!((400 * MS..600 * MS).contains(&took), "40 kb at 100 kb/s took {took:?}");
        assert!(arrived.iter().take(20).filter(|(name, _)| *name == 2).count() >= 5, "both get their share");
    });
}

#[test]
fn a_full_queue_drops_and_so_does_loss() {
    run(async {
        // The first ten are under way in 100 ms, which is as long as the queue is.
        let uplink = PathConfig { capacity_bps: 100_000, queue: 100 * MS, ..unlimited() };
        let (shaped, plain) = sockets(uplink, unlimited());
        for number in 0..100 {
            shaped.send_to(&[number; 97], plain.local_addr().unwrap()).await.unwrap();
        }
        let arrived = received(&plain, 300 * MS).await.len();
        assert!((10..=13).contains(&arrived), "{arrived} of 100 found room");

        let (shaped, plain) = sockets(unlimited(), PathConfig { loss: Loss::random(0.3), ..unlimited() });
        let mut buffer = [0; 64];
        let mut arrived = 0;
        // Few at a time, so that the system's own buffer loses none.
        for _ in 0..20 {
            for _ in 0..50 {
                plain.send_to(&[7; 20], shaped.local_addr().unwrap()).await.unwrap();
            }
            while tokio::time::timeout(20 * MS, shaped.recv_from(&mut buffer)).await.is_ok() {
                arrived += 1;
            }
        }
        assert!((640..760).contains(&arrived), "{arrived} of 1000 arrived at 30 % loss");
    });
}

#[test]
fn what_was_sent_before_a_socket_was_closed_still_arrives() {
    run(async {
        let (shaped, plain) = sockets(PathConfig { delay: 50 * MS, ..unlimited() }, unlimited());
        shaped.send_to(b"goodbye", plain.local_addr().unwrap()).await.unwrap();
        drop(shaped);
        let mut buffer = [0; 64];
        let bytes = plain.recv(&mut buffer).await.unwrap();
        assert_eq!(&buffer[..bytes], b"goodbye");
        // Then the task that sent it ends, and with it the socket.
        while tokio::runtime::Handle::current().metrics().num_alive_tasks() > 0 {
            tokio::task::yield_now().await;
        }
    });
}
