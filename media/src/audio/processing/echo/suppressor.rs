//! Makes quieter what is mostly echo: what the filter has not learnt yet, what the speaker distorts, what comes later than it reaches.
//!
//! The spectrum is that of the last 20 ms, looked at every [`HOP_SAMPLES`] through a window that rises slowly and falls quickly, and only
//! its end is put together again: gains are as fine in frequency as the filter's and yet come out that little late (D. Mauler and R.
//! Martin, "A low delay, variable resolution, perfect reconstruction spectral analysis-synthesis system for speech enhancement",
//! EUSIPCO 2007).
//!
//! How much echo is left in each bin the filter tells by its own uncertainty (G. Enzner and P. Vary, "Frequency-domain adaptive Kalman
//! filter for acoustic echo control in hands-free telephones", Signal Processing 86, 2006). A Wiener filter whose ratio of voice to
//! echo is smoothed as it is decided (Y. Ephraim and D. Malah, "Speech enhancement using a minimum mean-square error short-time
//! spectral amplitude estimator", IEEE Trans. ASSP 32(6), 1984) takes that away. What passes, and is much less than the echo, is more
//! likely the rest of the echo than a voice: all of it is made quieter still.

use super::filter::Filtered;
use super::spectrum::{BINS, Spectrum, TRANSFORM, Transform};
use crate::audio::processing::HALF_SAMPLES;

/// Samples after which gains are found anew, and by which sound comes out late: 2.5 ms. With less the voice of somebody who speaks at
/// the same time loses nothing more; with 10 ms, as long as the filter's frames, PESQ is 0.1 worse.
pub(super) const HOP_SAMPLES: usize = HALF_SAMPLES / HOPS;
const HOPS: usize = 4;

/// Bins in which speech is told from echo: 200 Hz to 8 kHz.
const SPEECH_BINS: std::ops::Range<usize> = 4..160;

/// How much more echo is left than the filter expects, in power: it takes coefficients for uncertain one by one.
const CAUTION: f32 = 2.5;

/// Share of what passed a hop before in the ratio of voice to echo.
const DECIDED: f32 = 0.5;

/// The least gain of a bin.
const LEAST_GAIN: f32 = 0.03;

/// What is less than this share of the echo, in power, is made quieter by as much again…
const FAR_SHARE: f32 = 0.1;

/// …down to this gain…
const LEAST_FAR_GAIN: f32 = 0.01;

/// …of which so much is left to go after a hop, half after a frame. A voice is heard at once.
const FAR_LEFT: f32 = 0.841;

/// What is left of the powers that are compared after a hop: a word's weak sounds are its loud ones', and reverberation is echo.
const VOICE_DECAY: f32 = 0.987;
const ECHO_DECAY: f32 = 0.974;

/// Power that is nothing.
const NOTHING: f32 = 1e-12;

/// Power of an echo over all bins of speech that is none: −100 dBFS.
const NO_ECHO: f32 = 1e-9;

type Frame = [f32; HALF_SAMPLES];

/// See the module's description. Sound comes out [`HOP_SAMPLES`] late.
pub(super) struct Suppressor {
    transform: Transform,
    analysis: Box<[f32; TRANSFORM]>,
    /// Over the end of the window, which together with the other makes the halves of a Hann window, whose sum is one.
    synthesis: [f32; 2 * HOP_SAMPLES],
    /// How much of the power of this frame, of the one before and of that before it is in each hop's window.
    shares: [[f32; FRAMES]; HOPS],
    /// What the filter left last, as long as the window.
    sound: Box<[f32; TRANSFORM]>,
    /// How much echo was expected in this frame, in the one before and in that before it.
    residuals: [[f32; BINS]; FRAMES],
    /// What the hop before adds to the next one.
    overlap: [f32; HOP_SAMPLES],
    /// Power of each bin that passed in the hop before.
    passed: [f32; BINS],
    spectrum: Spectrum,
    voice: f32,
    echo: f32,
    far_gain: f32,
}

/// Frames that a window touches.
const FRAMES: usize = 3;

impl Suppressor {
    pub fn new() -> Self {
        const RISE: usize = TRANSFORM - HOP_SAMPLES;
        let quarter = |index: usize, of: usize| std::f32::consts::FRAC_PI_2 * (index as f32 + 0.5) / of as f32;
        let analysis: [f32; TRANSFORM] = std::array::from_fn(|index| match index.checked_sub(RISE) {
            None => quarter(index, RISE).sin(),
            Some(falling) => quarter(falling, HOP_SAMPLES).cos(),
        });
        let synthesis = std::array::from_fn(|index| {
            let hann = quarter(index, HOP_SAMPLES).sin().powi(2);
            hann / analysis[TRANSFORM - 2 * HOP_SAMPLES + index]
        });
        Self {
            transform: Transform::new(),
            shares: std::array::from_fn(|hop| shares(&analysis, (hop + 1) * HOP_SAMPLES)),
            analysis: Box::new(analysis),
            synthesis,
            sound: Box::new([0.0; TRANSFORM]),
            residuals: [[0.0; BINS]; FRAMES],
            overlap: [0.0; HOP_SAMPLES],
            passed: [0.0; BINS],
            spectrum: Spectrum::ZERO,
            voice: 0.0,
            echo: 0.0,
            far_gain: 1.0,
        }
    }

    /// Takes in what the filter left; gives what was left a hop ago, without what is echo in it.
    pub fn process(&mut self, filtered: &Filtered<'_>) -> Frame {
        self.residuals.rotate_right(1);
        self.residuals[0] = *filtered.residual;
        let mut out = [0.0; HALF_SAMPLES];
        let hops = filtered.left.as_chunks().0.iter().zip(out.as_chunks_mut().0);
        for ((left, out), shares) in hops.zip(self.shares) {
            self.analyse(left);
            self.suppress(shares);
            self.follow_far_end(filtered.echo);
            *out = self.synthesised();
        }
        out
    }

    fn analyse(&mut self, left: &[f32; HOP_SAMPLES]) {
        self.sound.copy_within(HOP_SAMPLES.., 0);
        self.sound[TRANSFORM - HOP_SAMPLES..].copy_from_slice(left);
        let (sound, window) = (&self.sound, &self.analysis);
        self.transform.forward(|index| window[index] * sound[index], &mut self.spectrum);
    }

    fn suppress(&mut self, shares: [f32; FRAMES]) {
        for bin in 0..BINS {
            let power = self.spectrum.power(bin);
            let residual: f32 = shares.iter().zip(&self.residuals).map(|(share, residual)| share * residual[bin]).sum();
            let echo = CAUTION * residual + NOTHING;
            let now = (power / echo - 1.0).max(0.0);
            let ratio = DECIDED * self.passed[bin] / echo + (1.0 - DECIDED) * now;
            let gain = (ratio / (1.0 + ratio)).max(LEAST_GAIN);
            self.passed[bin] = gain * gain * power;
            self.spectrum.real[bin] *= gain;
            self.spectrum.imaginary[bin] *= gain;
        }
    }

    /// Compares what passed with the echo.
    fn follow_far_end(&mut self, echo: &Spectrum) {
        let voice = SPEECH_BINS.map(|bin| self.passed[bin]).sum::<f32>();
        let echo = SPEECH_BINS.map(|bin| echo.power(bin)).sum::<f32>();
        self.voice = voice.max(VOICE_DECAY * self.voice);
        self.echo = echo.max(ECHO_DECAY * self.echo);
        let gain = (self.voice / (FAR_SHARE * self.echo + NO_ECHO)).clamp(LEAST_FAR_GAIN, 1.0);
        self.far_gain = gain.max(gain + FAR_LEFT * (self.far_gain - gain));
        if self.echo < NO_ECHO {
            self.far_gain = 1.0;
        }
    }

    /// The hop that is complete now.
    fn synthesised(&mut self) -> [f32; HOP_SAMPLES] {
        let time = self.transform.backward(&self.spectrum);
        let windowed = |index: usize| self.far_gain * time[TRANSFORM - 2 * HOP_SAMPLES + index] * self.synthesis[index];
        let out = std::array::from_fn(|index| self.overlap[index] + windowed(index));
        self.overlap = std::array::from_fn(|index| windowed(HOP_SAMPLES + index));
        out
    }
}

/// How much of the power of each frame is in a window that ends so many samples after a frame's beginning: that frame's, that of
/// the one before it, and so on.
fn shares(window: &[f32; TRANSFORM], ends: usize) -> [f32; FRAMES] {
    let mut shares = [0.0; FRAMES];
    for (before_end, weight) in window.iter().rev().enumerate() {
        let frames_back = (before_end + HALF_SAMPLES - ends) / HALF_SAMPLES;
        shares[frames_back] += weight * weight / HALF_SAMPLES as f32;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_an_echo_sound_passes_a_hop_late() {
        let mut suppressor = Suppressor::new();
        let sample = |index: usize| ((index * index) % 97) as f32 / 97.0 - 0.5;
        for frame in 0..6 {
            let left = std::array::from_fn(|index| sample(frame * HALF_SAMPLES + index));
            let out = suppressor.process(&Filtered { left, echo: &Spectrum::ZERO, residual: &[0.0; BINS] });
            for (index, heard) in out.iter().enumerate() {
                let said = (frame * HALF_SAMPLES + index).checked_sub(HOP_SAMPLES).map_or(0.0, sample);
                assert!((heard - said).abs() < 1e-4, "{heard} instead of {said} at {index} of {frame}");
            }
        }
    }

    #[test]
    fn all_of_a_window_belongs_to_some_frame() {
        let suppressor = Suppressor::new();
        let power = suppressor.analysis.iter().map(|weight| weight * weight).sum::<f32>() / HALF_SAMPLES as f32;
        for shares in suppressor.shares {
            assert!((shares.iter().sum::<f32>() - power).abs() < 1e-4);
        }
        assert!(suppressor.shares[HOPS - 1][2] < 1e-6 && suppressor.shares[0][2] > 0.0);
    }
}
