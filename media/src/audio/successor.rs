//! The device that will be used next: the one that is meant, while another stands in for it, and the system's default once that
//! has become another.
//!
//! It is opened on a thread of its own and handed over running, so that sound pauses for nobody who looks for a device.

use std::io;
use std::time::Duration;

use super::device::{Device, Opened};
use super::report::DeviceReporter;
use crate::choice::RETRY_INTERVAL;
use crate::latest::Latest;
use crate::worker::Worker;

/// See the module's description. Dropping it ends the search.
pub(crate) struct Successor<D> {
    opened: Latest<D>,
    worker: Option<Worker>,
}

impl<D: Device> Successor<D> {
    /// Tells what is in use from now on, and looks for what is meant by `part` where that is another, or may become one.
    pub(crate) fn beside(part: Option<&str>, in_use: &mut Opened, reporter: &mut DeviceReporter) -> Option<Self> {
        let stands_in = in_use.take_stands_in();
        let is_searched = stands_in.is_some() || part.is_none();
        if let Some(error) = stands_in {
            reporter.unavailable(reporter.reason_for(error));
        }
        reporter.uses(in_use);
        if !is_searched {
            return None;
        }
        let (part, in_use) = (part.map(str::to_owned), in_use.id().to_owned());
        Self::search_with(RETRY_INTERVAL, move || D::open_other(part.as_deref(), &in_use))
            .inspect_err(|error| tracing::warn!(%error, "there is no thread to look for a device on"))
            .ok()
    }
}

impl<D: Send + 'static> Successor<D> {
    fn search_with(every: Duration, mut open: impl FnMut() -> Option<D> + Send + 'static) -> io::Result<Self> {
        let opened = Latest::new();
        let sink = opened.clone();
        let worker = Worker::spawn("successor", move |stop| {
            while !stop.sleep(every) {
                if let Some(device) = open() {
                    sink.publish(device);
                    return;
                }
            }
        })?;
        Ok(Self { opened, worker: Some(worker) })
    }

    /// The device, once it runs.
    pub(crate) fn take(&self) -> Option<D> {
        self.opened.take()
    }
}

impl<D> Drop for Successor<D> {
    /// Waits for nothing: opening a device may take the system seconds.
    fn drop(&mut self) {
        if let Some(worker) = self.worker.take() {
            worker.stop_within(Duration::ZERO);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latest::Waited;

    #[test]
    fn it_is_handed_over_as_soon_as_it_can_be_had() {
        let mut looks = 0;
        let successor = Successor::search_with(Duration::from_millis(1), move || {
            looks += 1;
            (looks == 3).then_some(looks)
        });
        let successor = successor.unwrap();
        assert!(matches!(successor.opened.wait(Duration::from_secs(60)), Waited::Value(3)));
    }
}
