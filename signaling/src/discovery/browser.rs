//! Looks for meetings on this network, for as long as somebody wants to know.

use super::daemon::{Daemon, DiscoveryError, FLOOD_PAUSE};
use super::neighbours::{Found, Neighbours};
use super::networks::Networks;
use super::record::Record;
use mdns_sd::{Receiver, ResolvedService, ScopedIp, ServiceEvent};
use std::net::Ipv4Addr;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// Looks for meetings until it is dropped.
#[derive(Debug)]
pub struct Browser {
    found: watch::Receiver<Arc<[Found]>>,
    task: JoinHandle<()>,
}

impl Browser {
    /// Looks from now on, on the tokio runtime that this is called in.
    ///
    /// # Errors
    ///
    /// When the system gives no thread for it. Where there is no network, nothing is found.
    pub fn start() -> Result<Self, DiscoveryError> {
        let daemon = Daemon::start()?;
        let events = daemon.browse()?;
        let (publisher, found) = watch::channel(Arc::default());
        let task = tokio::spawn(async move {
            if let Err(error) = look(daemon, events, &publisher).await {
                tracing::warn!(%error, "meetings on this network are not looked for any more");
            }
        });
        Ok(Self { found, task })
    }

    /// The meetings that there are now, [`super::MAX_FOUND`] at most.
    pub fn found(&self) -> Arc<[Found]> {
        self.found.borrow().clone()
    }

    /// Returns when there are others, or something about them is new; not at all when nobody looks any more.
    pub async fn changed(&mut self) {
        if self.found.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn look(
    mut daemon: Daemon,
    mut events: Receiver<ServiceEvent>,
    publisher: &watch::Sender<Arc<[Found]>>,
) -> Result<(), DiscoveryError> {
    loop {
        tokio::select! {
            // Its end says that more came than was taken.
            () = listen(&events, publisher) => {}
            () = daemon.flooded() => {}
        }
        tracing::warn!("multicast DNS is flooded; no meetings are looked for for a while");
        daemon.farewell().await;
        publish(publisher, &Neighbours::default());
        sleep(FLOOD_PAUSE).await;
        daemon = Daemon::start()?;
        events = daemon.browse()?;
    }
}

/// Takes in what is heard.
async fn listen(events: &Receiver<ServiceEvent>, publisher: &watch::Sender<Arc<[Found]>>) {
    let mut neighbours = Neighbours::default();
    while let Ok(event) = events.recv_async().await {
        match event {
            ServiceEvent::ServiceResolved(service) => resolved(&mut neighbours, &service),
            ServiceEvent::ServiceRemoved(_, name) => neighbours.gone(&name),
            _ => continue,
        }
        publish(publisher, &neighbours);
    }
}

fn resolved(neighbours: &mut Neighbours, service: &ResolvedService) {
    let pairs = service.txt_properties.iter().map(|property| (property.key(), property.val()));
    match Record::decode(pairs) {
        // This machine's networks of now: it may have moved.
        Ok(record) => {
            neighbours.announced(&service.fullname, record, addresses(service), service.port, &Networks::here());
        }
        Err(error) => {
            tracing::debug!(%error, name = service.fullname, "an announcement was let pass");
            neighbours.gone(&service.fullname);
        }
    }
}

fn addresses(service: &ResolvedService) -> impl Iterator<Item = Ipv4Addr> {
    service.addresses.iter().filter_map(|address| match address {
        ScopedIp::V4(address) => Some(*address.addr()),
        _ => None,
    })
}

fn publish(publisher: &watch::Sender<Arc<[Found]>>, neighbours: &Neighbours) {
    let list = neighbours.list();
    publisher.send_if_modified(|known| {
        let is_new = *known != list;
        *known = list;
        is_new
    });
}
