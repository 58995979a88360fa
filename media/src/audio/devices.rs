//! The microphones and speakers of this machine, as a person would know them.

use cpal::traits::{DeviceTrait as _, HostTrait as _};

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
    let device = |found: &Found| {
        let (name, is_alias) = (found.name.clone(), is_alias(&found.id));
        SoundDevice { name, is_default: found.is_default, is_alias }
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

    /// Whether the device is there. On ALSA this opens it for a moment.
    fn is_there(self, device: &cpal::Device) -> bool {
        let config = match self {
            Self::Microphone => device.default_input_config(),
            Self::Speaker => device.default_output_config(),
        };
        match config {
            Ok(_) => true,
            Err(error) => error.kind() == cpal::ErrorKind::DeviceBusy,
        }
    }
}

/// A device and what it is called here.
pub(crate) struct Found {
    pub(crate) device: cpal::Device,
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
    }
    (devices, meant.is_some())
}

/// The device that is meant by `part`, if it is there and is not the one in use.
pub(crate) fn other_than(direction: Direction, part: Option<&str>, in_use: &str) -> Option<Found> {
    let (devices, is_first_meant) = candidates(direction, part);
    devices.into_iter().next().filter(|first| is_first_meant && first.id != in_use)
}

fn list(direction: Direction) -> Vec<Found> {
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
        if !is_new || !is_for_people(&id) || may_be_missing(&id) && !direction.is_there(&device) {
            continue;
        }
        let name = device.description().map_or_else(|_| id.clone(), |description| description.name().to_owned());
        found.push(Found { name: unique(&name, &found), device, id, is_default });
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
