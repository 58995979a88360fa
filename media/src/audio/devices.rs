//! The microphones and speakers of this machine, as a person would know them: those of the sound server where a Linux desktop has
//! one, else those that the system lists.

use cpal::traits::{DeviceTrait as _, HostTrait as _};
use cpal::{SampleFormat, StreamConfig};

#[cfg(target_os = "linux")]
use super::pulse::{self, PulseFault};

/// A microphone or speaker that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoundDevice {
    /// What it is called; part of it chooses it.
    pub name: String,
    /// Whether the system would choose it.
    pub is_default: bool,
    /// Whether it is no device but the system's word for the one that it would choose, as ALSA has it.
    pub is_alias: bool,
}

/// The microphones, the default one first.
pub fn microphones() -> Vec<SoundDevice> {
    names(&list(Direction::Microphone))
}

/// The speakers, the default one first.
pub fn speakers() -> Vec<SoundDevice> {
    names(&list(Direction::Speaker))
}

fn names(found: &[Found]) -> Vec<SoundDevice> {
    let device = |found: &Found| SoundDevice {
        name: found.name.clone(),
        is_default: found.is_default,
        is_alias: found.is_alias(),
    };
    found.iter().map(device).collect()
}

/// Which way sound goes through a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Microphone,
    Speaker,
}

impl Direction {
    /// What such a device is called in a sentence.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Microphone => "microphone",
            Self::Speaker => "speaker",
        }
    }

    /// What the device is best opened with. On ALSA this opens it for a moment.
    fn config(self, device: &cpal::Device) -> Result<cpal::SupportedStreamConfig, cpal::Error> {
        match self {
            Self::Microphone => device.default_input_config(),
            Self::Speaker => device.default_output_config(),
        }
    }

    /// Whether the device is there.
    fn is_there(self, device: &cpal::Device) -> bool {
        match self.config(device) {
            Ok(_) => true,
            Err(error) => error.kind() == cpal::ErrorKind::DeviceBusy,
        }
    }
}

/// A device to be opened, by who has it.
pub(super) enum Endpoint {
    System(cpal::Device),
    #[cfg(target_os = "linux")]
    Server(pulse::Device),
}

impl Endpoint {
    /// What it is best opened with.
    pub(super) fn config(&self, direction: Direction) -> Result<(StreamConfig, SampleFormat), cpal::Error> {
        match self {
            Self::System(device) => direction.config(device).map(|config| (config.config(), config.sample_format())),
            #[cfg(target_os = "linux")]
            Self::Server(device) => {
                let (channels, sample_rate, buffer_size) = (device.channels, device.rate_hz, cpal::BufferSize::Default);
                Ok((StreamConfig { channels, sample_rate, buffer_size }, SampleFormat::F32))
            }
        }
    }
}

/// A device and what it is called here.
pub(crate) struct Found {
    pub(super) device: Endpoint,
    pub(crate) name: String,
    /// What the system calls it.
    pub(crate) id: String,
    is_default: bool,
}

impl Found {
    /// Whether it is meant by these words: part of its name, or what the system calls it. Without words the system's default is.
    fn is_meant(&self, part: Option<&str>) -> bool {
        part.map_or(self.is_default, |part| {
            self.name.to_lowercase().contains(&part.to_lowercase()) || self.id.eq_ignore_ascii_case(part)
        })
    }

    fn is_alias(&self) -> bool {
        matches!(self.device, Endpoint::System(_)) && is_alias(&self.id)
    }
}

/// The devices to try, best first: the one that is meant by `part`, and those that may stand in for it, the system's default
/// before others. Whether the first is the one that is meant comes with them.
pub(crate) fn candidates(direction: Direction, part: Option<&str>) -> (Vec<Found>, bool) {
    let mut devices = list(direction);
    // One whose name is part of another's can be chosen, too.
    let named = part.and_then(|part| devices.iter().position(|found| found.name == part));
    let meant = named.or_else(|| devices.iter().position(|found| found.is_meant(part)));
    if let Some(meant) = meant {
        devices[..=meant].rotate_right(1);
        return (devices, true);
    }
    let beside_server = part.and_then(|part| beside_server(direction, part, &devices));
    let is_meant = beside_server.is_some();
    devices.splice(..0, beside_server);
    (devices, is_meant)
}

/// The device that is meant by `part`, if it is there and is not the one in use.
pub(crate) fn other_than(direction: Direction, part: Option<&str>, in_use: &str) -> Option<Found> {
    let (devices, is_first_meant) = candidates(direction, part);
    devices.into_iter().next().filter(|first| is_first_meant && first.id != in_use)
}

fn list(direction: Direction) -> Vec<Found> {
    of_server(direction).unwrap_or_else(|| of_system(direction, |_, _| true))
}

/// The devices of the sound server, if there is one that can be spoken to.
#[cfg(target_os = "linux")]
fn of_server(direction: Direction) -> Option<Vec<Found>> {
    let devices = match pulse::devices(direction) {
        Ok(devices) => devices,
        // ALSA's plugin would ask the same server, and wait for longer.
        Err(error @ PulseFault::Silent) => {
            tracing::warn!(%error, "the {}s cannot be listed", direction.noun());
            return Some(Vec::new());
        }
        Err(error) => {
            tracing::debug!(%error, "ALSA is asked for its {}s", direction.noun());
            return None;
        }
    };
    let mut found: Vec<Found> = Vec::new();
    for device in devices {
        let (name, id, is_default) = (unique(&device.description, &found), device.id.clone(), device.is_default);
        found.push(Found { device: Endpoint::Server(device), name, id, is_default });
    }
    // After they were numbered, so that they are called the same whichever is the default.
    if let Some(default) = found.iter().position(|found| found.is_default) {
        found[..=default].rotate_right(1);
    }
    Some(found)
}

#[cfg(not(target_os = "linux"))]
fn of_server(_direction: Direction) -> Option<Vec<Found>> {
    None
}

/// A device of ALSA's beside those of a sound server, for who was wont to it, or wants to go past the server: of just this name.
#[cfg(target_os = "linux")]
fn beside_server(direction: Direction, name: &str, devices: &[Found]) -> Option<Found> {
    let has_server = devices.iter().any(|found| matches!(found.device, Endpoint::Server(_)));
    let is_named = |found: &str, id: &str| found == name || id == name;
    has_server.then(|| of_system(direction, is_named).into_iter().next()).flatten()
}

#[cfg(not(target_os = "linux"))]
fn beside_server(_direction: Direction, _name: &str, _devices: &[Found]) -> Option<Found> {
    None
}

/// The devices that the system lists, of those that are wanted by their names and ids.
fn of_system(direction: Direction, is_wanted: impl Fn(&str, &str) -> bool) -> Vec<Found> {
    quiet_system_library();
    let host = cpal::default_host();
    let (default, devices) = match direction {
        Direction::Microphone => (host.default_input_device(), host.input_devices().map(Iterator::collect)),
        Direction::Speaker => (host.default_output_device(), host.output_devices().map(Iterator::collect)),
    };
    let devices: Vec<cpal::Device> = devices.unwrap_or_else(|error| {
        tracing::warn!(%error, "the {}s cannot be listed", direction.noun());
        Vec::new()
    });
    let default_id = default.as_ref().map(id_of);
    let mut found: Vec<Found> = Vec::new();
    for device in default.into_iter().chain(devices) {
        let id = id_of(&device);
        let is_default = default_id.as_ref() == Some(&id);
        let is_new = found.iter().all(|other| other.id != id);
        let name = device.description().map_or_else(|_| id.clone(), |description| description.name().to_owned());
        if !is_new || !is_for_people(&id) || !is_wanted(&name, &id) {
            continue;
        }
        if may_be_missing(&id) && !direction.is_there(&device) {
            continue;
        }
        found.push(Found { name: unique(&name, &found), device: Endpoint::System(device), id, is_default });
    }
    found
}

fn id_of(device: &cpal::Device) -> String {
    device.id().map_or_else(|_| device.to_string(), |id| id.id().to_owned())
}

/// The name, numbered where another device has it: two headsets of one make are still two.
fn unique(name: &str, found: &[Found]) -> String {
    let mut unique = name.to_owned();
    let mut number = 1;
    while found.iter().any(|other| other.name == unique) {
        number += 1;
        unique = format!("{name} ({number})");
    }
    unique
}

/// ALSA lists each card a dozen times, for each way to convert and route its sound, and its plugins besides. People
/// know the default, the sound servers, and each card once: with conversion (`plughw`), by its name, not its number.
#[cfg(target_os = "linux")]
fn is_for_people(id: &str) -> bool {
    let card = id.strip_prefix("plughw:CARD=");
    is_server(id) || card.is_some_and(|card| !card.starts_with(|first: char| first.is_ascii_digit()))
}

#[cfg(target_os = "linux")]
fn is_alias(id: &str) -> bool {
    id == "default"
}

#[cfg(not(target_os = "linux"))]
fn is_alias(_id: &str) -> bool {
    false
}

/// ALSA offers the default and the sound servers whether or not they exist.
#[cfg(target_os = "linux")]
fn may_be_missing(id: &str) -> bool {
    is_server(id)
}

#[cfg(target_os = "linux")]
fn is_server(id: &str) -> bool {
    matches!(id, "default" | "pipewire" | "pulse")
}

#[cfg(not(target_os = "linux"))]
fn is_for_people(_id: &str) -> bool {
    true
}

#[cfg(not(target_os = "linux"))]
fn may_be_missing(_id: &str) -> bool {
    false
}

/// The ALSA library writes to standard error whenever a device is missing. On this thread it goes into a buffer that
/// the next call replaces, so that it does not grow while a device is tried again and again.
#[cfg(target_os = "linux")]
fn quiet_system_library() {
    if let Err(error) = alsa::Output::local_error_handler() {
        tracing::debug!(%error, "ALSA keeps writing to standard error");
    }
}

#[cfg(not(target_os = "linux"))]
fn quiet_system_library() {}

#[cfg(test)]
mod tests {
    #[cfg(target_os = "linux")]
    #[test]
    fn of_alsas_many_devices_people_see_each_card_once() {
        let listed = [
            "null",
            "lavrate",
            "samplerate",
            "jack",
            "default",
            "pulse",
            "pipewire",
            "hw:CARD=PCH,DEV=0",
            "plughw:CARD=PCH,DEV=0",
            "sysdefault:CARD=PCH",
            "front:CARD=PCH,DEV=0",
            "surround51:CARD=PCH,DEV=0",
            "dmix:CARD=PCH,DEV=0",
            "hw:CARD=0,DEV=0",
            "plughw:CARD=0,DEV=0",
        ];
        let kept: Vec<&str> = listed.into_iter().filter(|id| super::is_for_people(id)).collect();
        assert_eq!(kept, ["default", "pulse", "pipewire", "plughw:CARD=PCH,DEV=0"]);
    }
}
