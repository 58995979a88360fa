//! The sound server of a Linux desktop, PulseAudio or PipeWire in its place, spoken to in its own words: which devices it has, and
//! sound through them.
//!
//! ALSA's plugin for it knows one device, the default, plays 40 ms late, and spins while a device wakes. cpal's client speaks
//! the same protocol as this, but asks for buffers that have the server wake every half a millisecond, asks after the time for each
//! piece of sound, and neither tells when the server moves a stream away from its device nor ends where the server hangs.

mod connection;
mod stream;

use std::ffi::CString;
use std::sync::Mutex;

use pulseaudio::protocol::{Command, PulseError, SampleSpec, ServerInfo, SinkInfo, SourceInfo};

use super::devices::Direction;
use crate::lock::lock;
use connection::Connection;
pub(super) use connection::PulseFault;
pub(super) use stream::Stream;

/// What the server offers where it has no device.
const DUMMY: &str = "auto_null";

/// A device of the server.
#[derive(Clone, Debug)]
pub(super) struct Device {
    /// Which it is until it is unplugged.
    index: u32,
    /// What the server calls it, the same after it was plugged in again.
    pub(super) id: String,
    /// What people call it.
    pub(super) description: String,
    pub(super) is_default: bool,
    pub(super) rate_hz: u32,
    pub(super) channels: u16,
}

/// The server's devices that people know as such, in an order that stays; nothing where there is no server. What is played through a
/// speaker can be recorded as well: that is no microphone, unless the system has made it the default one.
pub(super) fn devices(direction: Direction) -> Result<Vec<Device>, PulseFault> {
    /// Opening a connection anew for each look would be seen by every mixer that watches.
    static KEPT: Mutex<Option<Connection>> = Mutex::new(None);
    let mut kept = lock(&KEPT);
    if let Some(mut connection) = kept.take() {
        match list(&mut connection, direction) {
            Ok(devices) => {
                *kept = Some(connection);
                return Ok(devices);
            }
            // One wait at a time is enough.
            Err(PulseFault::Silent) => return Err(PulseFault::Silent),
            // The server may have been started anew.
            Err(_) => {}
        }
    }
    let mut connection = Connection::open()?;
    let devices = list(&mut connection, direction)?;
    *kept = Some(connection);
    Ok(devices)
}

fn list(connection: &mut Connection, direction: Direction) -> Result<Vec<Device>, PulseFault> {
    let server: ServerInfo = connection.ask(&Command::GetServerInfo)?;
    let mut devices: Vec<Device> = match direction {
        Direction::Microphone => {
            let default = server.default_source_name;
            let sources: Vec<SourceInfo> = connection.ask(&Command::GetSourceInfoList)?;
            let is_microphone =
                |source: &SourceInfo| source.monitor_of_sink_index.is_none() || default.as_ref() == Some(&source.name);
            let sources = sources.into_iter().filter(is_microphone);
            sources
                .map(|it| device(it.index, &it.name, it.description.as_ref(), default.as_ref(), it.sample_spec))
                .collect()
        }
        Direction::Speaker => {
            let default = server.default_sink_name;
            let sinks: Vec<SinkInfo> = connection.ask(&Command::GetSinkInfoList)?;
            sinks
                .into_iter()
                .map(|it| device(it.index, &it.name, it.description.as_ref(), default.as_ref(), it.sample_spec))
                .collect()
        }
    };
    devices.retain(|device| device.id != DUMMY && device.id.strip_suffix(".monitor") != Some(DUMMY));
    devices.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(devices)
}

fn device(
    index: u32,
    name: &CString,
    description: Option<&CString>,
    default: Option<&CString>,
    sample_spec: SampleSpec,
) -> Device {
    Device {
        index,
        id: name.to_string_lossy().into_owned(),
        description: description.unwrap_or(name).to_string_lossy().into_owned(),
        is_default: default == Some(name),
        rate_hz: sample_spec.sample_rate,
        // The server spreads two channels over as many as a device has.
        channels: u16::from(sample_spec.channels).clamp(1, 2),
    }
}

impl From<PulseFault> for cpal::Error {
    fn from(fault: PulseFault) -> Self {
        use cpal::ErrorKind;
        let kind = match &fault {
            PulseFault::Absent | PulseFault::Gone(_) => ErrorKind::HostUnavailable,
            PulseFault::Refused(PulseError::NoEntity | PulseError::Killed) => ErrorKind::DeviceNotAvailable,
            PulseFault::Refused(PulseError::AccessDenied) => ErrorKind::PermissionDenied,
            PulseFault::Refused(PulseError::Busy) => ErrorKind::DeviceBusy,
            PulseFault::Silent | PulseFault::Refused(_) | PulseFault::Strange(_) => ErrorKind::BackendError,
        };
        Self::with_message(kind, fault.to_string())
    }
}
