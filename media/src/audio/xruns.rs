//! How often a sound device and this program missed each other: samples that a speaker wanted and that were not there (an
//! underrun), or that a microphone brought and nobody fetched (an overrun). Each is a click or a gap.
//!
//! A device counts for itself, in its callbacks, which must not wait; here its count is added to those of the devices before it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use crate::lock::lock;

/// Counts of one device. Clones are the same count.
#[derive(Clone, Debug, Default)]
pub(super) struct DeviceXruns(Arc<AtomicU64>);

impl DeviceXruns {
    /// For callbacks: neither waits nor allocates.
    pub(super) fn add_one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn counted(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Notices when one side of a ring of samples begins to miss the other: a stretch of it is one xrun however long it is, and before
/// the first samples came through there is nothing to miss.
#[derive(Debug)]
pub(super) struct Continuity {
    xruns: DeviceXruns,
    is_whole: bool,
}

impl Continuity {
    pub(super) fn new(xruns: DeviceXruns) -> Self {
        Self { xruns, is_whole: false }
    }

    /// Whether all samples of a callback come through the ring.
    pub(super) fn go_on(&mut self, is_whole: bool) {
        if self.is_whole && !is_whole {
            self.xruns.add_one();
        }
        self.is_whole = is_whole;
    }
}

/// Counts of all devices that were used one after the other in one direction. Clones are the same count.
#[derive(Clone, Debug, Default)]
pub struct Xruns(Arc<Mutex<Used>>);

#[derive(Debug, Default)]
struct Used {
    before: u64,
    device: DeviceXruns,
}

impl Xruns {
    /// Takes note of the device that is used from now on.
    pub(super) fn use_device(&self, device: &DeviceXruns) {
        let mut used = lock(&self.0);
        used.before += std::mem::replace(&mut used.device, device.clone()).counted();
    }

    /// How many there were in all.
    pub fn counted(&self) -> u64 {
        let used = lock(&self.0);
        used.before + used.device.counted()
    }
}

/// What was missed in both directions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MissedSound {
    /// Of the microphone: its sound was not fetched in time.
    pub overruns: u64,
    /// Of the speaker: it wanted sound that was not there.
    pub underruns: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counts_of_all_devices_are_added() {
        let xruns = Xruns::default();
        let (first, second) = (DeviceXruns::default(), DeviceXruns::default());
        xruns.use_device(&first);
        first.add_one();
        first.add_one();
        xruns.use_device(&second);
        second.add_one();
        // Nobody hears what is missing in a device that is not used any more.
        first.add_one();
        assert_eq!(xruns.counted(), 3);
    }

    #[test]
    fn a_stretch_without_samples_counts_once_and_the_start_not_at_all() {
        let xruns = DeviceXruns::default();
        let mut continuity = Continuity::new(xruns.clone());
        for is_whole in [false, false, true, true, false, false, true, false, true] {
            continuity.go_on(is_whole);
        }
        assert_eq!(xruns.counted(), 2);
    }
}
