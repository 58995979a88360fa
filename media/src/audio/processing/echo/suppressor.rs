//! Makes quieter what is mostly echo: what the filter has not learnt yet, what the speaker distorts, what comes later than it reaches.
//!
//! How much echo is left in each bin the filter tells by its own uncertainty (G. Enzner and P. Vary, "Frequency-domain adaptive Kalman
//! filter for acoustic echo control in hands-free telephones", Signal Processing 86, 2006). A Wiener filter whose ratio of voice to
//! echo is smoothed as it is decided (Y. Ephraim and D. Malah, "Speech enhancement using a minimum mean-square error short-time
//! spectral amplitude estimator", IEEE Trans. ASSP 32(6), 1984) takes that away. What passes, and is much less than the echo, is more
//! likely the rest of the echo than a voice: all of it is made quieter still.

use super::filter::Filtered;
use super::spectrum::{BINS, Spectrum, TRANSFORM, Transform};
use crate::audio::processing::HALF_SAMPLES;

/// Bins in which speech is told from echo: 200 Hz to 8 kHz.
const SPEECH_BINS: std::ops::Range<usize> = 4..160;

/// How much more echo is left than the filter expects, in power: it takes coefficients for uncertain one by one.
const CAUTION: f32 = 2.5;

/// Share of what passed in the frame before in the ratio of voice to echo.
const DECIDED: f32 = 0.5;

/// The least gain of a bin.
const LEAST_GAIN: f32 = 0.03;

/// What is less than this share of the echo, in power, is made quieter by as much again…
const FAR_SHARE: f32 = 0.1;

/// …down to this gain…
const LEAST_FAR_GAIN: f32 = 0.01;

/// …by this share of the way in a frame. A voice is heard at once.
const FAR_STEP: f32 = 0.5;

/// What is left of the powers that are compared after a frame: a word's weak sounds are its loud ones', and reverberation is echo.
const VOICE_DECAY: f32 = 0.95;
const ECHO_DECAY: f32 = 0.9;

/// Power that is nothing.
const NOTHING: f32 = 1e-12;

/// Power of an echo over all bins of speech that is none: −100 dBFS.
const NO_ECHO: f32 = 1e-9;

type Frame = [f32; HALF_SAMPLES];

/// See the module's description. Sound comes out 10 ms late.
pub(super) struct Suppressor {
    transform: Transform,
    window: Box<[f32; TRANSFORM]>,
    left_before: Frame,
    residual_before: [f32; BINS],
    /// What the frame before adds to this one.
    overlap: Frame,
    /// Power of each bin that passed in the frame before.
    passed: [f32; BINS],
    spectrum: Spectrum,
    voice: f32,
    echo: f32,
    far_gain: f32,
}

impl Suppressor {
    pub fn new() -> Self {
        let angle = |index| std::f32::consts::PI * (index as f32 + 0.5) / TRANSFORM as f32;
        Self {
            transform: Transform::new(),
            window: Box::new(std::array::from_fn(|index| angle(index).sin())),
            left_before: [0.0; HALF_SAMPLES],
            residual_before: [0.0; BINS],
            overlap: [0.0; HALF_SAMPLES],
            passed: [0.0; BINS],
            spectrum: Spectrum::ZERO,
            voice: 0.0,
            echo: 0.0,
            far_gain: 1.0,
        }
    }

    /// Takes in what the filter left; gives what was left 10 ms ago, without what is echo in it.
    pub fn process(&mut self, filtered: &Filtered<'_>) -> Frame {
        let (window, before) = (&self.window, &self.left_before);
        let sample = |index| if index < HALF_SAMPLES { before[index] } else { filtered.left[index - HALF_SAMPLES] };
        self.transform.forward(|index| window[index] * sample(index), &mut self.spectrum);
        self.left_before = filtered.left;

        for bin in 0..BINS {
            let power = self.spectrum.power(bin);
            let residual = 0.5 * (filtered.residual[bin] + self.residual_before[bin]);
            let echo = CAUTION * residual + NOTHING;
            let now = (power / echo - 1.0).max(0.0);
            let ratio = DECIDED * self.passed[bin] / echo + (1.0 - DECIDED) * now;
            let gain = (ratio / (1.0 + ratio)).max(LEAST_GAIN);
            self.passed[bin] = gain * gain * power;
            self.spectrum.real[bin] *= gain;
            self.spectrum.imaginary[bin] *= gain;
        }
        self.residual_before = *filtered.residual;
        self.follow_far_end(filtered.echo);
        for bin in 0..BINS {
            self.spectrum.real[bin] *= self.far_gain;
            self.spectrum.imaginary[bin] *= self.far_gain;
        }
        self.overlapped()
    }

    /// Compares what passed with the echo.
    fn follow_far_end(&mut self, echo: &Spectrum) {
        let voice = SPEECH_BINS.map(|bin| self.passed[bin]).sum::<f32>();
        let echo = SPEECH_BINS.map(|bin| echo.power(bin)).sum::<f32>();
        self.voice = voice.max(VOICE_DECAY * self.voice);
        self.echo = echo.max(ECHO_DECAY * self.echo);
        let gain = (self.voice / (FAR_SHARE * self.echo + NO_ECHO)).clamp(LEAST_FAR_GAIN, 1.0);
        self.far_gain = gain.max(self.far_gain + FAR_STEP * (gain - self.far_gain));
        if self.echo < NO_ECHO {
            self.far_gain = 1.0;
        }
    }

    /// The frame that is complete now.
    fn overlapped(&mut self) -> Frame {
        let time = self.transform.backward(&self.spectrum);
        let windowed = |index: usize| time[index] * self.window[index];
        let out = std::array::from_fn(|index| self.overlap[index] + windowed(index));
        self.overlap = std::array::from_fn(|index| windowed(HALF_SAMPLES + index));
        out
    }
}
