//! Which cameras, microphones and speakers there are, looked up again and again on a thread of its own: the system may take long.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use nonet_media::audio::devices::{SoundDevice, microphones, speakers};
use nonet_media::capture::devices::cameras;
use nonet_media::worker::Worker;
use tokio::sync::watch;

/// How often to look.
const INTERVAL: Duration = Duration::from_secs(2);

/// Names of devices, the system's default first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Devices {
    pub cameras: Arc<[String]>,
    pub microphones: Arc<[String]>,
    pub speakers: Arc<[String]>,
}

/// See the module's description. Dropping it ends the looking.
#[derive(Debug)]
pub(super) struct DeviceList {
    found: watch::Receiver<Devices>,
    worker: Option<Worker>,
}

impl DeviceList {
    /// Looks from now on.
    ///
    /// # Errors
    ///
    /// When the system has no thread to give.
    pub fn start() -> std::io::Result<Self> {
        let (publisher, found) = watch::channel(Devices::default());
        let names = |devices: Vec<SoundDevice>| {
            // What the system means by its default can be chosen without being named.
            devices.into_iter().filter(|device| !device.is_alias).map(|device| device.name).collect()
        };
        let worker = Worker::spawn("device list", move |stop| {
            loop {
                let devices =
                    Devices { cameras: camera_names(), microphones: names(microphones()), speakers: names(speakers()) };
                publisher.send_if_modified(|known| {
                    let is_new = *known != devices;
                    *known = devices;
                    is_new
                });
                if stop.sleep(INTERVAL) {
                    return;
                }
            }
        })?;
        Ok(Self { found, worker: Some(worker) })
    }

    /// What was found last.
    pub fn devices(&self) -> Devices {
        self.found.borrow().clone()
    }

    /// Returns when something else was found.
    pub async fn changed(&mut self) {
        if self.found.changed().await.is_err() {
            // Nobody looks any more.
            pending::<()>().await;
        }
    }
}

/// Of cameras of one name, only the first can be chosen by it.
fn camera_names() -> Arc<[String]> {
    let found = cameras().unwrap_or_else(|error| {
        // A system without a camera interface has no cameras.
        tracing::debug!(%error, "cameras cannot be listed");
        Vec::new()
    });
    let mut names: Vec<String> = Vec::new();
    for camera in found {
        if !names.contains(&camera.name) {
            names.push(camera.name);
        }
    }
    names.into()
}

impl Drop for DeviceList {
    /// Waits for nothing: the system may take long to list its devices.
    fn drop(&mut self) {
        if let Some(worker) = self.worker.take() {
            worker.stop_within(Duration::ZERO);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn dropping_it_waits_for_nobody_and_what_is_there_stays_readable() {
        let mut list = DeviceList::start().unwrap();
        // A machine without any sound device never tells of a change.
        let _ = tokio::time::timeout(Duration::from_millis(500), list.changed()).await;
        let devices = list.devices();
        assert!(
            devices.cameras.iter().chain(&*devices.microphones).chain(&*devices.speakers).all(|name| !name.is_empty())
        );
    }
}
