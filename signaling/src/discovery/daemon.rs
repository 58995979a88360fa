//! The crate that speaks multicast DNS, as far as it is used here: on local IPv4 networks alone, given up while a flood fills it.
//!
//! It works on a thread of its own and keeps what it hears for as long as the sender says, without a bound. So how much that is
//! gets looked at, and when it is too much the thread is ended and all of it let go.

use super::SERVICE;
use super::networks::is_local;
use mdns_sd::{IfKind, IfPredicate, Metrics, Receiver, ServiceDaemon, ServiceEvent, ServiceInfo};
use std::net::IpAddr;
use std::time::Duration;
use thiserror::Error;
use tokio::time::timeout;

/// How often to look whether there is a flood.
pub(super) const LOOK_INTERVAL: Duration = Duration::from_secs(2);
/// How long to keep out of a flood.
pub(super) const FLOOD_PAUSE: Duration = Duration::from_secs(30);
/// Records that a network's meetings and other services have between them, and then some; each has at most 9 kB.
const MOST_RECORDS: i64 = 2048;
/// Moments at which something is to be done about them.
const MOST_TIMERS: i64 = 32 * 1024;
/// How long the goodbye may take.
const FAREWELL_PATIENCE: Duration = Duration::from_millis(500);

/// Why meetings can be neither announced nor found.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("multicast DNS cannot be used: {0}")]
pub struct DiscoveryError(#[from] mdns_sd::Error);

/// A running one. Dropping it says goodbye for what was announced and ends its thread, in the background.
pub(super) struct Daemon(ServiceDaemon);

impl Daemon {
    /// # Errors
    ///
    /// When the system gives no thread or nothing to wait with. That there is no network is no error.
    pub fn start() -> Result<Self, DiscoveryError> {
        let daemon = Self(ServiceDaemon::new()?);
        let local = IfPredicate::new(|interface| match interface.ip() {
            IpAddr::V4(address) => is_local(address) && !interface.is_loopback(),
            IpAddr::V6(_) => false,
        });
        daemon.0.disable_interface(IfKind::All)?;
        daemon.0.enable_interface(IfKind::Predicate(local))?;
        Ok(daemon)
    }

    /// Looks for meetings from now on.
    pub fn browse(&self) -> Result<Receiver<ServiceEvent>, DiscoveryError> {
        Ok(self.0.browse(SERVICE)?)
    }

    /// Announces a meeting, or what is new of it.
    pub fn announce(&self, service: ServiceInfo) -> Result<(), DiscoveryError> {
        Ok(self.0.register(service)?)
    }

    /// Returns when it is flooded, or does not work any more.
    pub async fn flooded(&self) {
        loop {
            tokio::time::sleep(LOOK_INTERVAL).await;
            let Ok(answer) = self.0.get_metrics() else { return };
            match timeout(LOOK_INTERVAL, answer.recv_async()).await {
                Ok(Ok(metrics)) if !is_too_much(&metrics) => {}
                _ => return,
            }
        }
    }

    /// Says goodbye and waits until that is said.
    pub async fn farewell(self) {
        if let Ok(done) = self.0.shutdown() {
            // Late or not at all: others find out when they want to join, or by the time that what they heard is kept.
            timeout(FAREWELL_PATIENCE, done.recv_async()).await.ok();
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // An error says that it has ended already, or that its queue is full of commands, which happens to nobody who sends so few.
        self.0.shutdown().ok();
    }
}

fn is_too_much(metrics: &Metrics) -> bool {
    let records: i64 =
        metrics.iter().filter(|(counter, _)| counter.starts_with("cached-")).map(|(_, number)| number).sum();
    records > MOST_RECORDS || metrics.get("timer").is_some_and(|timers| *timers > MOST_TIMERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_a_network_can_have_to_say_is_a_flood() {
        let metrics = |records, timers| {
            let counters = [("cached-ptr", records), ("cached-txt", 10), ("timer", timers), ("respond", i64::MAX)];
            counters.map(|(name, number)| (name.to_owned(), number)).into_iter().collect()
        };
        assert!(!is_too_much(&metrics(100, 500)));
        assert!(is_too_much(&metrics(MOST_RECORDS, 0)));
        assert!(is_too_much(&metrics(0, MOST_TIMERS + 1)));
        assert!(!is_too_much(&Metrics::new()));
    }
}
