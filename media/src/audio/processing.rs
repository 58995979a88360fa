//! What is done to the microphone's sound before it is encoded: high-pass, echo cancellation, noise suppression, automatic gain.
//!
//! Each can be switched while it runs. A pure function of frames: what was played together with what was captured is found by
//! [`far_end`], which is told the times of both. Sound comes out [`ECHO_DELAY`] and [`NOISE_DELAY`] later than it came in.

mod echo;
pub mod far_end;
mod gain;
mod high_pass;
mod noise;
pub mod stage;

use std::time::Duration;

use crate::frame::{AUDIO_FRAME_SAMPLES, SAMPLE_RATE_HZ};
use echo::EchoCanceller;
use gain::AutomaticGain;
use high_pass::HighPass;
use noise::NoiseSuppressor;

/// Samples that are processed at once: 10 ms, half a frame.
const HALF_SAMPLES: usize = AUDIO_FRAME_SAMPLES / 2;

/// How much later sound comes out with echo cancellation.
pub const ECHO_DELAY: Duration = Duration::from_micros(echo::DELAY_SAMPLES as u64 * 1_000_000 / SAMPLE_RATE_HZ as u64);

/// How much later sound comes out with noise suppression.
pub const NOISE_DELAY: Duration = Duration::from_millis(10);

/// What is done; all of it, unless somebody chooses otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcessingSettings {
    /// Takes away what is too low to be a voice: wind, steps, hum.
    pub high_pass: bool,
    /// Takes away what the speaker plays.
    pub echo_cancellation: bool,
    /// Takes away what is not the nearest voice.
    pub noise_suppression: bool,
    /// Makes all voices about as loud.
    pub automatic_gain: bool,
}

impl ProcessingSettings {
    /// Nothing is done: for music, and for sound that is no microphone's.
    pub const OFF: Self =
        Self { high_pass: false, echo_cancellation: false, noise_suppression: false, automatic_gain: false };

    /// How much later sound comes out.
    pub fn delay(self) -> Duration {
        let of = |is_on, delay| if is_on { delay } else { Duration::ZERO };
        of(self.echo_cancellation, ECHO_DELAY) + of(self.noise_suppression, NOISE_DELAY)
    }
}

impl Default for ProcessingSettings {
    fn default() -> Self {
        Self { high_pass: true, echo_cancellation: true, noise_suppression: true, automatic_gain: true }
    }
}

/// See the module's description.
pub struct Processor {
    settings: ProcessingSettings,
    high_pass: Option<HighPass>,
    echo: Option<EchoCanceller>,
    noise: Option<NoiseSuppressor>,
    gain: Option<AutomaticGain>,
}

impl std::fmt::Debug for Processor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Processor").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Processor {
    /// One that has heard nothing yet.
    pub fn new(settings: ProcessingSettings) -> Self {
        let mut processor =
            Self { settings: ProcessingSettings::OFF, high_pass: None, echo: None, noise: None, gain: None };
        processor.set(settings);
        processor
    }

    /// What is done.
    pub fn settings(&self) -> ProcessingSettings {
        self.settings
    }

    /// Changes what is done from the next frame on. A stage that is switched on begins anew; the others go on.
    pub fn set(&mut self, settings: ProcessingSettings) {
        switch(&mut self.high_pass, settings.high_pass, HighPass::new);
        switch(&mut self.echo, settings.echo_cancellation, EchoCanceller::new);
        switch(&mut self.noise, settings.noise_suppression, NoiseSuppressor::new);
        switch(&mut self.gain, settings.automatic_gain, AutomaticGain::new);
        self.settings = settings;
    }

    /// Processes 20 ms; `played` is what the speaker played meanwhile, or silence.
    pub fn process(&mut self, captured: &mut [f32; AUDIO_FRAME_SAMPLES], played: &[f32; AUDIO_FRAME_SAMPLES]) {
        // Stages with memory would not get rid of what is no number, and transforms do not expect it.
        captured.iter_mut().for_each(|sample| *sample = sound(*sample));
        let halves = captured.as_chunks_mut::<HALF_SAMPLES>().0.iter_mut();
        for (half, played) in halves.zip(played.as_chunks::<HALF_SAMPLES>().0) {
            if let Some(high_pass) = &mut self.high_pass {
                high_pass.process(half);
            }
            if let Some(echo) = &mut self.echo {
                echo.process(half, &played.map(sound));
            }
            let is_voice = self.noise.as_mut().map(|noise| noise.process(half));
            if let Some(gain) = &mut self.gain {
                // Without the suppressor nobody tells.
                gain.process(half, is_voice.unwrap_or(true));
            }
        }
    }
}

/// The sample, held within what devices and mixers give.
fn sound(sample: f32) -> f32 {
    if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 }
}

fn switch<Stage>(stage: &mut Option<Stage>, wanted: bool, make: impl FnOnce() -> Stage) {
    if !wanted {
        *stage = None;
    } else if stage.is_none() {
        *stage = Some(make());
    }
}

#[cfg(test)]
mod tests;
