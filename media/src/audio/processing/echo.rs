//! Takes what the speaker plays out of what the microphone hears.
//!
//! Two stages. [`filter`] learns the way from the speaker to the microphone and subtracts what it makes of what is played: of two who
//! speak at once, the nearer passes unharmed. [`suppressor`] makes quieter what that leaves, by how sure the filter is of itself.
//! Where the delay has changed, [`movement`] takes what was learnt to its new place; where the devices' clocks differ, [`drift`] keeps
//! it there.
//!
//! Knows frames of 10 ms of both signals, roughly aligned: the filter is so long that it finds what delay is left by itself, up to a
//! quarter of a second beside the room's own time. WebRTC's AEC3 was used here: of the far end alone it leaves as little, but where
//! both speak it takes most of the nearer voice along.

mod drift;
mod filter;
mod misalignment;
mod movement;
mod spectrum;
mod suppressor;

use super::HALF_SAMPLES;
use filter::EchoFilter;
use suppressor::Suppressor;

/// Samples by which sound comes out late.
pub(super) const DELAY_SAMPLES: usize = suppressor::HOP_SAMPLES;

/// See the module's description.
pub(super) struct EchoCanceller {
    filter: EchoFilter,
    suppressor: Suppressor,
}

impl EchoCanceller {
    /// One that knows nothing of the room yet.
    pub(super) fn new() -> Self {
        Self { filter: EchoFilter::new(), suppressor: Suppressor::new() }
    }

    /// Takes the echo of `played` out of the 10 ms that were captured; what comes out is
    /// [`DELAY_SAMPLES`] late. Both must be within ±1.
    pub(super) fn process(&mut self, captured: &mut [f32; HALF_SAMPLES], played: &[f32; HALF_SAMPLES]) {
        let filtered = self.filter.process(captured, played);
        *captured = self.suppressor.process(&filtered);
    }
}

#[cfg(test)]
mod tests;
