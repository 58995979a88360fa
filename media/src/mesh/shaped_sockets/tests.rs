//! Two real sockets on loopback, one of them behind a simulated network, in real time. What takes too short a time is wrong at
//! once. What takes too long may be a machine that has other work to do, and is tried again: it does not always have.

use webrtc::runtime::{Runtime, TokioRuntime};

use super::*;
use crate::mesh::simulated_path::{Loss, PathConfig};

const PATIENCE: Duration = Duration::from_secs(60);
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

/// Does something again until it takes less than `most`, and gives what came of it then; it never takes less than `least`. How
/// long it is tried [`run`] says.
async fn takes<T>(least: Duration, most: Duration, something: impl AsyncFn() -> T) -> T {
    loop {
        let began = Instant::now();
        let result = something().await;
        let took = began.elapsed();
        assert!(took >= least, "it took {took:?}");
        if took < most {
            return result;
        }
    }
}

/// The first bytes of so many datagrams.
async fn received(socket: &tokio::net::UdpSocket, count: usize) -> Vec<u8> {
    let mut received = Vec::new();
    let mut buffer = [0; 2048];
    while received.len() < count {
        assert!(socket.recv(&mut buffer).await.unwrap() > 0);
        received.push(buffer[0]);
    }
    received
}

/// Waits until all that was sent has left or was dropped, and nobody is left who could send.
async fn all_has_left(shaped: Arc<dyn AsyncUdpSocket>) {
    drop(shaped);
    while tokio::runtime::Handle::current().metrics().num_alive_tasks() > 0 {
        tokio::task::yield_now().await;
    }
}

#[test]
fn what_is_sent_arrives_as_it_was_after_the_delay_of_the_uplink() {
    run(async {
        let (shaped, plain) = sockets(PathConfig { delay: 60 * MS, ..unlimited() }, unlimited());
        takes(60 * MS, 200 * MS, async || {
            shaped.send_to(b"there", plain.local_addr().unwrap()).await.unwrap();
            let mut buffer = [0; 64];
            let (bytes, from) = plain.recv_from(&mut buffer).await.unwrap();
            assert_eq!((&buffer[..bytes], from), (&b"there"[..], shaped.local_addr().unwrap()));
        })
        .await;
        // The way back has no delay.
        takes(Duration::ZERO, 50 * MS, async || {
            plain.send_to(b"and back", shaped.local_addr().unwrap()).await.unwrap();
            let mut buffer = [0; 64];
            let (bytes, from) = shaped.recv_from(&mut buffer).await.unwrap();
            assert_eq!((&buffer[..bytes], from), (&b"and back"[..], plain.local_addr().unwrap()));
        })
        .await;
    });
}

#[test]
fn what_arrives_waits_for_the_downlink() {
    run(async {
        let (shaped, plain) = sockets(unlimited(), PathConfig { delay: 60 * MS, ..unlimited() });
        takes(60 * MS, 200 * MS, async || {
            for number in 0..3 {
                plain.send_to(&[number; 100], shaped.local_addr().unwrap()).await.unwrap();
            }
            let mut buffer = [0; 2048];
            for number in 0..3 {
                let (bytes, _) = shaped.recv_from(&mut buffer).await.unwrap();
                assert_eq!(&buffer[..bytes], &[number; 100]);
            }
        })
        .await;
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
        let share = async || {
            for _ in 0..20 {
                for (socket, name) in [(&first, 1), (&second, 2)] {
                    socket.send_to(&[name; 97], plain.local_addr().unwrap()).await.unwrap();
                }
            }
            received(&plain, 40).await.iter().take(20).filter(|name| **name == 2).count()
        };
        // Both get their share. After a machine that stood still all leaves at once, what one of them has sent before the other's.
        while takes(400 * MS, 600 * MS, share).await < 5 {}
    });
}

#[test]
fn a_full_queue_drops_and_so_does_loss() {
    run(async {
        // The first ten are under way in 100 ms, which is as long as the queue is.
        let uplink = PathConfig { capacity_bps: 100_000, queue: 100 * MS, ..unlimited() };
        let (shaped, plain) = sockets(uplink, unlimited());
        let began = Instant::now();
        for number in 0..100 {
            shaped.send_to(&[number; 97], plain.local_addr().unwrap()).await.unwrap();
        }
        // One more for each that has left while they were sent.
        let left = began.elapsed().as_millis() as usize / 10;
        all_has_left(shaped).await;
        let mut arrived = 0;
        while tokio::time::timeout(100 * MS, received(&plain, 1)).await.is_ok() {
            arrived += 1;
        }
        assert!((10..=13 + left).contains(&arrived), "{arrived} of 100 found room, {left} of them later");

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
        // The task that sends it ends, and with it the socket.
        all_has_left(shaped).await;
        let mut buffer = [0; 64];
        let bytes = plain.recv(&mut buffer).await.unwrap();
        assert_eq!(&buffer[..bytes], b"goodbye");
    });
}
