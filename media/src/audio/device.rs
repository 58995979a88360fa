//! Sound devices behind rings of samples: whatever a device's rate, format and channels, this side sees 48 kHz, of one channel or
//! of two as mid and side.
//!
//! Rings hold left and right of each sample together, so that no loss ever shifts one against the other; of a device with one
//! channel both are the same. The callbacks run on the system's real-time threads. They move samples between the device and a
//! ring and do nothing else: no lock, no allocation, no logging. A ring that is full loses what is newest; one that is empty plays
//! silence.

mod input;
mod opening;
mod output;
mod refill;

use std::sync::mpsc;
use std::time::{Duration, Instant};

pub(crate) use input::InputDevice;
pub use input::capture;
pub(crate) use output::OutputDevice;
pub use output::play;

use super::resample::Resampler;
use super::standstill::{Fault, Watch};
use super::xruns::DeviceXruns;
use crate::worker::Worker;

/// Left and right, as a ring holds them.
type Both = [f32; 2];

/// Why a device cannot be used, in a sentence for the user.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DeviceError {
    /// The system has no default device.
    #[error("No {0} was found. Plug one in, or choose another.")]
    None(&'static str),
    /// No device has such a name.
    #[error("No {0} is called “{1}”. Plug it in, or choose one that `nonet devices` lists.")]
    NoSuch(&'static str, String),
    /// The device was there, and is no more.
    #[error("The {noun} “{name}” was unplugged. Plug it in again.")]
    Unplugged { noun: &'static str, name: String },
    /// The device is there but does not work.
    #[error("The {noun} “{name}” does not work: {why}.")]
    Failed { noun: &'static str, name: String, why: String },
}

impl DeviceError {
    fn new(noun: &'static str, name: &str, error: &cpal::Error) -> Self {
        let name = name.to_owned();
        match error.kind() {
            cpal::ErrorKind::DeviceNotAvailable | cpal::ErrorKind::StreamInvalidated => Self::Unplugged { noun, name },
            _ => Self::Failed { noun, name, why: reason(error) },
        }
    }
}

/// What both kinds of device share.
pub(crate) struct Opened {
    name: String,
    /// What the system calls it.
    id: String,
    /// Why the device that was meant is not used, where this one stands in for it.
    stands_in: Option<DeviceError>,
    noun: &'static str,
    /// The device's rate, hertz.
    rate: u32,
    /// Whether the device has two channels, at least. What more there are rarely is for people.
    is_stereo: bool,
    /// Dropping it stops the device.
    stream: Option<opening::Stream>,
    /// Whether the device failed.
    has_failed: bool,
    errors: mpsc::Receiver<cpal::Error>,
    xruns: DeviceXruns,
    watch: Watch,
}

impl Opened {
    /// What the device is called.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What the system calls it.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// What it has missed.
    pub(super) fn xruns(&self) -> &DeviceXruns {
        &self.xruns
    }

    /// Why the device that was meant is not used, where this one stands in for it; once.
    pub(crate) fn take_stands_in(&mut self) -> Option<DeviceError> {
        self.stands_in.take()
    }

    fn failed(&self, why: String) -> DeviceError {
        DeviceError::Failed { noun: self.noun, name: self.name.clone(), why }
    }

    fn resampler(&self, from_hz: u32, to_hz: u32) -> Result<Resampler, DeviceError> {
        Resampler::new(from_hz, to_hz).map_err(|error| self.failed(error.to_string()))
    }

    /// Whether the device is still there and moves samples; `moved` says whether it just did.
    fn check(&mut self, now: Instant, moved: bool) -> Result<(), DeviceError> {
        let error = self.errors.try_recv().ok();
        self.watch.look(now, moved, error).map_err(|fault| {
            self.has_failed = true;
            match fault {
                Fault::Error(error) => DeviceError::new(self.noun, &self.name, &error),
                Fault::StandsStill => self.failed("it stands still".to_owned()),
            }
        })
    }
}

impl Drop for Opened {
    /// Stops the device and waits for its thread. One that has failed is left behind: where a sound server died, its
    /// library may never return (libpulse 16 waits for itself), and must not hold up the meeting.
    fn drop(&mut self) {
        let stream = self.stream.take();
        if self.has_failed {
            match Worker::spawn("failed device", move |_| drop(stream)) {
                Ok(worker) => {
                    worker.stop_within(Duration::ZERO);
                }
                Err(error) => tracing::warn!(%error, "there is no thread to stop a failed sound device on"),
            }
        }
    }
}

/// What a microphone and a speaker have in common.
pub(crate) trait Device: Sized + Send + 'static {
    /// Opens the default device, or the first whose name contains `part`, or another that stands in for it.
    fn open(part: Option<&str>) -> Result<Self, DeviceError>;

    /// Opens the device that is meant by `part`, if it can be had and is not the one in use, by what the system calls that.
    fn open_other(part: Option<&str>, in_use: &str) -> Option<Self>;

    fn opened(&mut self) -> &mut Opened;
}

/// The rest of a sentence that begins with the device.
fn reason(error: &cpal::Error) -> String {
    match error.kind() {
        cpal::ErrorKind::DeviceBusy => "another program is using it".to_owned(),
        cpal::ErrorKind::PermissionDenied => "the system does not allow this program to use it".to_owned(),
        cpal::ErrorKind::HostUnavailable => "the system's sound service does not run".to_owned(),
        cpal::ErrorKind::UnsupportedConfig => "it has no sample format that is understood".to_owned(),
        _ => format!("the system's sound service failed ({error})"),
    }
}
