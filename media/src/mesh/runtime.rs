//! The WebRTC stack's way to tokio and to sockets.
//!
//! Tokio's own, but for what is put around each UDP socket: handshakes that are said again ([`RepeatingSocket`]), a note of when
//! packets came ([`NotingSocket`]), and, on request, a simulated network ([`ShapedSocket`]).

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use webrtc::runtime::{
    AsyncInterval, AsyncTcpListener, AsyncTcpStream, AsyncUdpSocket, JoinHandle, Runtime, TokioRuntime,
};

use super::arrival_times::{ArrivalTimes, NotingSocket};
use super::repeated_handshakes::RepeatingSocket;
use super::shaped_sockets::{Paths, ShapedSocket};
use super::simulated_network::SimulatedNetwork;

/// See the module's description.
#[derive(Debug)]
pub(super) struct MeshRuntime {
    tokio: TokioRuntime,
    /// `None` for the network that there is.
    paths: Option<Arc<Paths>>,
    arrival_times: Arc<ArrivalTimes>,
}

impl MeshRuntime {
    /// All connections that are given this runtime share the simulated network, if there is to be one.
    pub fn new(network: Option<&SimulatedNetwork>) -> Self {
        let paths = network.map(|network| Arc::new(Paths::new(network)));
        Self { tokio: TokioRuntime, paths, arrival_times: Arc::default() }
    }

    /// When packets came through the sockets of this runtime.
    pub fn arrival_times(&self) -> Arc<ArrivalTimes> {
        self.arrival_times.clone()
    }
}

impl Runtime for MeshRuntime {
    fn wrap_udp_socket(&self, socket: std::net::UdpSocket) -> io::Result<Arc<dyn AsyncUdpSocket>> {
        let mut socket = self.tokio.wrap_udp_socket(socket)?;
        if let Some(paths) = &self.paths {
            socket = Arc::new(ShapedSocket::new(socket, paths.clone()));
        }
        let socket = Arc::new(RepeatingSocket::new(socket));
        Ok(Arc::new(NotingSocket::new(socket, self.arrival_times.clone())))
    }

    fn spawn(&self, future: Pin<Box<dyn Future<Output = ()> + Send>>) -> Box<dyn JoinHandle> {
        self.tokio.spawn(future)
    }

    fn wrap_tcp_listener(&self, listener: std::net::TcpListener) -> io::Result<Arc<dyn AsyncTcpListener>> {
        self.tokio.wrap_tcp_listener(listener)
    }

    fn connect_tcp<'a>(
        &'a self,
        remote: SocketAddr,
    ) -> Pin<Box<dyn Future<Output = io::Result<Arc<dyn AsyncTcpStream>>> + Send + 'a>> {
        self.tokio.connect_tcp(remote)
    }

    fn resolve_host<'a>(
        &'a self,
        host: &'a str,
    ) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'a>> {
        self.tokio.resolve_host(host)
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        self.tokio.sleep(duration)
    }

    fn interval(&self, period: Duration) -> Box<dyn AsyncInterval> {
        self.tokio.interval(period)
    }

    fn block_on(&self, future: Pin<Box<dyn Future<Output = ()> + '_>>) {
        self.tokio.block_on(future);
    }

    fn yield_now(&self) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        self.tokio.yield_now()
    }
}
