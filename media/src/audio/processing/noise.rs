//! Takes away noise: what is no voice by RNNoise (J.-M. Valin, "A hybrid DSP/deep learning approach to real-time full-band speech
//! enhancement", MMSP 2018, in its port to Rust), and voices that are further off by [`gate`].
//!
//! Knows 10 ms of sound after the other. WebRTC's noise suppression was tried: it takes 16 dB off a fan, but 3 dB off a keyboard.

mod gate;

use nnnoiseless::DenoiseState;

use super::HALF_SAMPLES;
use gate::Gate;

/// What the denoiser takes for full scale.
const FULL_SCALE: f32 = 32_768.0;

/// Share of the sound that passes as it is, −20 dB: what the denoiser takes for noise by mistake is not missing altogether.
const UNTOUCHED: f32 = 0.1;

/// See the module's description. Sound comes out 10 ms late.
pub(super) struct NoiseSuppressor {
    denoiser: Box<DenoiseState<'static>>,
    /// The frame before, which the denoiser's output belongs to.
    before: [f32; HALF_SAMPLES],
    gate: Gate,
}

impl NoiseSuppressor {
    pub(super) fn new() -> Self {
        Self { denoiser: DenoiseState::new(), before: [0.0; HALF_SAMPLES], gate: Gate::default() }
    }

    /// Processes the next 10 ms, and tells whether the one who speaks is heard in what comes out.
    pub(super) fn process(&mut self, samples: &mut [f32; HALF_SAMPLES]) -> bool {
        let input = samples.map(|sample| sample * FULL_SCALE);
        let mut output = [0.0; HALF_SAMPLES];
        let voice = self.denoiser.process_frame(&mut output, &input);
        let next = *samples;
        let before = std::mem::replace(&mut self.before, next);
        for ((sample, denoised), before) in samples.iter_mut().zip(output).zip(&before) {
            *sample = denoised / FULL_SCALE * (1.0 - UNTOUCHED) + before * UNTOUCHED;
        }
        self.gate.process(samples, &before, &next, voice)
    }
}
