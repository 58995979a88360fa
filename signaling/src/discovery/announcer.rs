//! Announces a meeting for as long as it is held here.

use super::SERVICE;
use super::daemon::{Daemon, DiscoveryError, FLOOD_PAUSE};
use super::networks::is_local;
use super::record::Record;
use super::seal::Seal;
use crate::protocol::{DisplayName, Fingerprint, MeetingCode};
use crate::random;
use mdns_sd::{IfKind, ServiceInfo};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// What has changed is announced no more often than this (RFC 6762 §6).
const ANNOUNCE_INTERVAL: Duration = Duration::from_secs(1);

/// A meeting to announce.
#[derive(Clone, Debug)]
pub struct Announcement {
    pub code: MeetingCode,
    /// Where its server listens; on all of this machine's addresses if that is unspecified.
    pub listens_at: SocketAddr,
    /// Of the server's certificate.
    pub fingerprint: Fingerprint,
    /// Whose it is, if that is to be known.
    pub host: Option<DisplayName>,
}

/// What changes while a meeting goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attendance {
    pub people: u8,
    /// Whether others can join.
    pub is_open: bool,
}

/// A meeting that is announced. Dropping it takes the announcement back in the background, as far as the runtime still runs;
/// [`Announcer::close`] waits for that. What goes wrong is logged only: the meeting has its link all the same.
#[derive(Debug)]
pub struct Announcer {
    attendance: watch::Sender<Attendance>,
    task: JoinHandle<()>,
}

impl Announcer {
    /// Announces a meeting soon, on the tokio runtime that this is called in.
    pub fn start(announcement: Announcement, attendance: Attendance) -> Self {
        let (attendance, changes) = watch::channel(attendance);
        let task = tokio::spawn(async move {
            if let Err(error) = announce(announcement, changes).await {
                tracing::warn!(%error, "the meeting cannot be found on this network by its code");
            }
        });
        Self { attendance, task }
    }

    /// Says what is new.
    pub fn update(&self, attendance: Attendance) {
        self.attendance.send_if_modified(|known| std::mem::replace(known, attendance) != attendance);
    }

    /// Takes the announcement back, and waits until the network has been told.
    pub async fn close(self) {
        let Self { attendance, task } = self;
        drop(attendance);
        // A panic in the task has been reported where it happened.
        task.await.ok();
    }
}

async fn announce(announcement: Announcement, mut changes: watch::Receiver<Attendance>) -> Result<(), DiscoveryError> {
    let listens_everywhere = announcement.listens_at.ip().is_unspecified();
    let is_announced = match announcement.listens_at.ip() {
        IpAddr::V4(address) => listens_everywhere || is_local(address),
        IpAddr::V6(_) => false,
    };
    if !is_announced {
        tracing::debug!(address = %announcement.listens_at, "nobody on a local network reaches this meeting");
        return Ok(());
    }
    let (code, fingerprint) = (announcement.code, announcement.fingerprint);
    let sealing = tokio::task::spawn_blocking(move || Seal::new(code, fingerprint, random::entropy()));
    let Ok(seal) = sealing.await else { return Ok(()) };
    // Neither the machine's name nor the person's: drawn, so that nobody else has it and none is told who does not want to be.
    let name: String = random::entropy()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    loop {
        let daemon = Daemon::start()?;
        let is_over = tokio::select! {
            kept = keep_announced(&daemon, &announcement, seal, &name, &mut changes) => { kept?; true }
            () = daemon.flooded() => false,
        };
        daemon.farewell().await;
        if is_over {
            return Ok(());
        }
        tracing::warn!("multicast DNS is flooded; the meeting is not announced for a while");
        tokio::select! {
            () = sleep(FLOOD_PAUSE) => {}
            () = over(&mut changes) => return Ok(()),
        }
    }
}

/// Announces each change until the meeting is over.
async fn keep_announced(
    daemon: &Daemon,
    announcement: &Announcement,
    seal: Seal,
    name: &str,
    changes: &mut watch::Receiver<Attendance>,
) -> Result<(), DiscoveryError> {
    for number in 1_u32.. {
        let attendance = *changes.borrow_and_update();
        daemon.announce(service(announcement, seal, name, attendance, number)?)?;
        let mut until_over = changes.clone();
        tokio::select! {
            () = sleep(ANNOUNCE_INTERVAL) => {}
            () = over(&mut until_over) => return Ok(()),
        }
        if changes.changed().await.is_err() {
            return Ok(());
        }
    }
    Ok(())
}

/// Returns when nobody tells of the meeting any more.
async fn over(changes: &mut watch::Receiver<Attendance>) {
    while changes.changed().await.is_ok() {}
}

fn service(
    announcement: &Announcement,
    seal: Seal,
    name: &str,
    attendance: Attendance,
    number: u32,
) -> Result<ServiceInfo, DiscoveryError> {
    let Announcement { listens_at, fingerprint, host, .. } = announcement;
    let record = Record::new(seal, *fingerprint, host.clone(), attendance.people, attendance.is_open);
    let machine = format!("nonet-{name}.local.");
    let mut pairs = record.encode();
    // Who heard what was so a second ago takes it for old when it is so again, unless each announcement differs from all others.
    pairs.push(("change", number.to_string()));
    let mut service = if listens_at.ip().is_unspecified() {
        ServiceInfo::new(SERVICE, name, &machine, (), listens_at.port(), &pairs[..])?.enable_addr_auto()
    } else {
        let mut service = ServiceInfo::new(SERVICE, name, &machine, listens_at.ip(), listens_at.port(), &pairs[..])?;
        service.set_interfaces(vec![IfKind::Addr(listens_at.ip())]);
        service
    };
    // A name of 64 random bits is nobody else's, and asking for it first would take 750 ms.
    service.set_requires_probe(false);
    Ok(service)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn announcement(listens_at: &str) -> Announcement {
        Announcement {
            code: "abc-defg-hij".parse().unwrap(),
            listens_at: listens_at.parse().unwrap(),
            fingerprint: Fingerprint([1; 32]),
            host: Some(DisplayName::new("Ana")),
        }
    }

    #[test]
    fn the_code_is_not_announced_and_the_name_only_where_it_may_be() {
        let mut announcement = announcement("0.0.0.0:7443");
        let seal = Seal { salt: [2; 16], tag: [3; 16] };
        let attendance = Attendance { people: 3, is_open: true };
        let text =
            |announcement: &Announcement| format!("{:?}", service(announcement, seal, "0102", attendance, 1).unwrap());
        let named = text(&announcement);
        assert!(!named.contains("abc") && !named.contains("defg"), "{named}");
        announcement.host = None;
        let value = |text: &str| {
            service(&announcement, seal, "0102", attendance, 1).unwrap().get_property_val_str(text).map(str::to_owned)
        };
        assert_eq!((value("host"), value("people").as_deref(), value("open").as_deref()), (None, Some("3"), Some("1")));
    }

    #[tokio::test]
    async fn a_meeting_that_nobody_else_can_reach_is_not_announced_and_closes_at_once() {
        for address in ["127.0.0.1:7443", "203.0.113.5:7443", "[::1]:7443"] {
            let announcer = Announcer::start(announcement(address), Attendance { people: 1, is_open: true });
            announcer.update(Attendance { people: 2, is_open: false });
            tokio::time::timeout(Duration::from_secs(10), announcer.close()).await.expect("it closes");
        }
    }
}
