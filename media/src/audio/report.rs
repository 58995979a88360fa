//! Tells what happens to one device, each thing once however often it is tried again.

use super::device::{DeviceError, Opened};
use super::xruns::Xruns;
use crate::choice::DeviceEvent;
use crate::device_problem::DeviceProblem;

/// See the module's description.
pub(crate) struct DeviceReporter {
    device: String,
    on_event: Box<dyn Fn(DeviceEvent) + Send>,
    /// What the devices have missed.
    xruns: Xruns,
    /// Whether the device was ever there.
    was_there: bool,
    /// Why it was said last to be unavailable, while it is.
    reason: Option<DeviceProblem>,
}

impl DeviceReporter {
    /// For the device that was chosen by these words, until its own name is known. What it misses is counted.
    pub(crate) fn new(device: String, xruns: Xruns, on_event: impl Fn(DeviceEvent) + Send + 'static) -> Self {
        Self { device, on_event: Box::new(on_event), xruns, was_there: false, reason: None }
    }

    /// The device is used from now on.
    pub(crate) fn uses(&mut self, device: &Opened) {
        self.xruns.use_device(device.xruns());
        self.opened(device.name());
    }

    /// The device runs.
    pub(crate) fn opened(&mut self, device: &str) {
        device.clone_into(&mut self.device);
        self.was_there = true;
        self.reason = None;
        (self.on_event)(DeviceEvent::Opened { device: device.to_owned() });
    }

    /// The reason to give for an error. A device that was there and cannot be found any more was unplugged, by whatever
    /// words it was chosen.
    pub(crate) fn reason_for(&self, error: DeviceError) -> DeviceProblem {
        match error {
            DeviceError::None(noun) | DeviceError::NoSuch(noun, _) if self.was_there => {
                DeviceError::Unplugged { noun, name: self.device.clone() }.into()
            }
            error => error.into(),
        }
    }

    /// The device cannot be had, or was lost.
    pub(crate) fn unavailable(&mut self, reason: impl Into<DeviceProblem>) {
        let reason = reason.into();
        if self.reason.as_ref() != Some(&reason) {
            self.reason = Some(reason.clone());
            (self.on_event)(DeviceEvent::Unavailable { device: self.device.clone(), reason });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[test]
    fn unplugging_gives_one_reason_however_it_is_noticed() {
        let mut reporter = DeviceReporter::new("usb".to_owned(), Xruns::default(), |_| {});
        let missing = || DeviceError::NoSuch("speaker", "usb".to_owned());
        assert_eq!(reporter.reason_for(missing()), missing().into());
        reporter.opened("USB headset");
        let unplugged = "The speaker “USB headset” was unplugged. Plug it in again.";
        let lost = DeviceError::Unplugged { noun: "speaker", name: "USB headset".to_owned() };
        for error in [lost, missing(), DeviceError::None("speaker")] {
            assert_eq!(reporter.reason_for(error).to_string(), unplugged);
        }
        let failed = DeviceError::Failed { noun: "speaker", name: "USB headset".to_owned(), why: "it hums".to_owned() };
        assert_eq!(reporter.reason_for(failed).to_string(), "The speaker “USB headset” does not work: it hums.");
    }

    #[test]
    fn each_thing_is_told_once() {
        let events = Arc::new(Mutex::new(Vec::new()));
        let sink = events.clone();
        let mut reporter =
            DeviceReporter::new("usb".to_owned(), Xruns::default(), move |event| sink.lock().unwrap().push(event));
        for reason in ["gone", "gone", "busy"] {
            reporter.unavailable(reason.to_owned());
        }
        reporter.opened("USB headset");
        reporter.unavailable("busy".to_owned());
        let unavailable = |device: &str, reason: &str| DeviceEvent::Unavailable {
            device: device.to_owned(),
            reason: reason.to_owned().into(),
        };
        assert_eq!(
            *events.lock().unwrap(),
            [
                unavailable("usb", "gone"),
                unavailable("usb", "busy"),
                DeviceEvent::Opened { device: "USB headset".to_owned() },
                unavailable("USB headset", "busy"),
            ]
        );
    }
}
