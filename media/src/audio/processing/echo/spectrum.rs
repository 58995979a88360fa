//! Spectra of two frames, and the transforms that make them. Real and imaginary parts stand apart, so that loops over bins become
//! vector instructions.

use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use crate::audio::processing::HALF_SAMPLES;

/// Samples of a transform: two frames of 10 ms.
pub(super) const TRANSFORM: usize = 2 * HALF_SAMPLES;

/// Bins of a spectrum, 50 Hz apart.
pub(super) const BINS: usize = HALF_SAMPLES + 1;

/// The first bin of each band, and of what would follow the last: 100 Hz wide at first, then by the ear's measure.
const EDGES: [usize; 21] = [0, 2, 4, 6, 8, 11, 14, 18, 22, 27, 33, 41, 51, 63, 78, 97, 120, 160, 220, 320, BINS];

/// Bands of a spectrum.
pub(super) const BANDS: usize = EDGES.len() - 1;

/// The bins of a band.
pub(super) fn bins_of(band: usize) -> std::ops::Range<usize> {
    EDGES[band]..EDGES[band + 1]
}

/// The spectrum of a real signal.
#[derive(Clone)]
pub(super) struct Spectrum {
    pub real: [f32; BINS],
    pub imaginary: [f32; BINS],
}

impl Spectrum {
    pub const ZERO: Self = Self { real: [0.0; BINS], imaginary: [0.0; BINS] };

    pub fn power(&self, bin: usize) -> f32 {
        self.real[bin] * self.real[bin] + self.imaginary[bin] * self.imaginary[bin]
    }
}

/// The newest spectra of a signal's frames.
pub(super) struct Ring {
    spectra: Vec<Spectrum>,
    newest: usize,
}

impl Ring {
    /// Of so many frames of silence.
    pub fn new(frames: usize) -> Self {
        Self { spectra: vec![Spectrum::ZERO; frames], newest: 0 }
    }

    /// Gives the place of the next, where the oldest was.
    pub fn push(&mut self) -> &mut Spectrum {
        self.newest = (self.newest + self.spectra.len() - 1) % self.spectra.len();
        &mut self.spectra[self.newest]
    }

    /// The newest first.
    pub fn by_age(&self, age: usize) -> &Spectrum {
        &self.spectra[(self.newest + age) % self.spectra.len()]
    }
}

/// Transforms in both directions, with the memory that they need.
pub(super) struct Transform {
    forward: Arc<dyn RealToComplex<f32>>,
    backward: Arc<dyn ComplexToReal<f32>>,
    time: Box<[f32; TRANSFORM]>,
    frequency: Box<[Complex32; BINS]>,
    scratch: Vec<Complex32>,
}

impl Transform {
    pub fn new() -> Self {
        let mut planner = RealFftPlanner::new();
        let (forward, backward) = (planner.plan_fft_forward(TRANSFORM), planner.plan_fft_inverse(TRANSFORM));
        let zero = Complex32::new(0.0, 0.0);
        let scratch = vec![zero; forward.get_scratch_len().max(backward.get_scratch_len())];
        let (time, frequency) = (Box::new([0.0; TRANSFORM]), Box::new([zero; BINS]));
        Self { forward, backward, time, frequency, scratch }
    }

    /// Makes the spectrum of samples that are given by their index.
    pub fn forward(&mut self, sample: impl Fn(usize) -> f32, into: &mut Spectrum) {
        self.time.iter_mut().enumerate().for_each(|(index, time)| *time = sample(index));
        let done = self.forward.process_with_scratch(&mut *self.time, &mut *self.frequency, &mut self.scratch);
        done.expect("buffers have the transform's length");
        for (bin, value) in self.frequency.iter().enumerate() {
            (into.real[bin], into.imaginary[bin]) = (value.re, value.im);
        }
    }

    /// Makes the samples of a spectrum.
    pub fn backward(&mut self, from: &Spectrum) -> &[f32; TRANSFORM] {
        const SCALE: f32 = 1.0 / TRANSFORM as f32;
        for (bin, value) in self.frequency.iter_mut().enumerate() {
            *value = Complex32::new(from.real[bin] * SCALE, from.imaginary[bin] * SCALE);
        }
        // Of a real signal the ends are real; rounding must not make the transform refuse it.
        (self.frequency[0].im, self.frequency[BINS - 1].im) = (0.0, 0.0);
        let done = self.backward.process_with_scratch(&mut *self.frequency, &mut *self.time, &mut self.scratch);
        done.expect("buffers have the transform's length");
        &self.time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_come_back_from_their_spectrum() {
        let sample = |index: usize| ((index * index) % 97) as f32 / 97.0 - 0.5;
        let mut transform = Transform::new();
        let mut spectrum = Spectrum::ZERO;
        transform.forward(sample, &mut spectrum);
        let back = transform.backward(&spectrum);
        assert!(back.iter().enumerate().all(|(index, value)| (value - sample(index)).abs() < 1e-5));
    }

    #[test]
    fn bands_cover_all_bins_once() {
        let bins: Vec<usize> = (0..BANDS).flat_map(bins_of).collect();
        assert_eq!(bins, (0..BINS).collect::<Vec<_>>());
    }
}
