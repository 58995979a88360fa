//! How wrong the filter is, told from what cannot be there by chance: what is left of the microphone's sound resembles the echo that
//! was taken away.
//!
//! A filter that is right leaves nothing that goes with its own echo; of one that is wrong, the share |c|² of the echo's power is
//! left, with c = E[left · echo*] / E[|echo|²]: −1 where the way has changed altogether. Somebody who speaks here changes c by
//! chance only, and by how much is known (the variance of a coherence estimate: G. C. Carter, "Coherence and time delay estimation",
//! Proc. IEEE 75(2), 1987), so that is taken off.

use super::spectrum::{BANDS, BINS, Spectrum, bins_of};

/// How much more than that of independent bins the variance by chance is: bins of speech go together, in time and frequency.
const CHANCE: f32 = 20.0;

/// What is above the mean by chance by so many standard deviations is none.
const DEVIATIONS: f32 = 3.0;

/// Bands that are looked at: up to 11 kHz. Above there is little of a voice.
const BANDS_OF_VOICE: usize = 18;

/// Power of a bin of the echo that says nothing: −90 dBFS.
const LEAST_ECHO: f32 = 1e-6;

/// Where the filter takes itself for so many times more wrong than all that is left, that is enough: beyond, it would learn what
/// somebody says here, find that what it then takes away resembles what is left, and run away.
const MOST_EXPLAINED: f32 = 10.0;

const NOTHING: f32 = 1e-9;

/// Powers of one band, and what goes together.
#[derive(Clone, Copy, Default)]
struct Band {
    left: f32,
    explained: f32,
    echo: f32,
    /// Of what is left with the echo, real and imaginary.
    product: [f32; 2],
}

/// See the module's description.
pub(super) struct Misalignment {
    bands: [Band; BANDS],
    /// Share of the frames before in the means.
    smoothing: f32,
}

impl Misalignment {
    /// One whose means have such a share of the frames before.
    pub fn over(smoothing: f32) -> Self {
        Self { bands: [Band::default(); BANDS], smoothing }
    }

    /// Takes in the spectra of what is left and of the echo, and how much the filter expects to be left of echo. Gives the share of
    /// the echo that is wrong, 0…1, for each band in which the filter does not expect as much.
    pub fn update(&mut self, left: &Spectrum, echo: &Spectrum, explained: &[f32; BINS]) -> [f32; BANDS] {
        for (index, band) in self.bands.iter_mut().enumerate() {
            let mut now = Band::default();
            for bin in bins_of(index) {
                now.left += left.power(bin);
                now.explained += explained[bin];
                now.echo += echo.power(bin);
                now.product[0] += left.real[bin] * echo.real[bin] + left.imaginary[bin] * echo.imaginary[bin];
                now.product[1] += left.imaginary[bin] * echo.real[bin] - left.real[bin] * echo.imaginary[bin];
            }
            let smooth = |mean: &mut f32, now: f32| *mean += (1.0 - self.smoothing) * (now - *mean);
            smooth(&mut band.left, now.left);
            smooth(&mut band.explained, now.explained);
            smooth(&mut band.echo, now.echo);
            smooth(&mut band.product[0], now.product[0]);
            smooth(&mut band.product[1], now.product[1]);
        }
        let share = self.share();
        self.bands.map(|band| if band.explained < MOST_EXPLAINED * band.left { share } else { 0.0 })
    }

    /// How much of the echo is taken away without being there, 0…1, over all bands and less what chance can make of it: all of it
    /// where the echo has moved.
    pub fn opposed(&self) -> f32 {
        let (mut sum, mut weights) = (0.0, NOTHING);
        for (band, variance) in self.telling() {
            sum -= band.product[0] / (band.echo + NOTHING) / variance;
            weights += 1.0 / variance;
        }
        // Chance has two directions.
        (sum / weights - DEVIATIONS * (0.5 * CHANCE / weights).sqrt()).clamp(0.0, 1.0)
    }

    /// The share over all bands, each with the weight that its certainty gives it.
    fn share(&self) -> f32 {
        let (mut sum, mut weights, mut count) = (0.0, NOTHING, 0.0);
        for (band, variance) in self.telling() {
            let echo = band.echo + NOTHING;
            let share = (band.product[0].powi(2) + band.product[1].powi(2)) / (echo * echo);
            sum += share / variance;
            weights += 1.0 / variance;
            count += 1.0;
        }
        ((sum - CHANCE * (count + DEVIATIONS * f32::sqrt(count))) / weights).clamp(0.0, 1.0)
    }

    /// The bands that say something, and what |c|² is by chance in each, were bins independent.
    fn telling(&self) -> impl Iterator<Item = (&Band, f32)> {
        let independent_frames = (1.0 + self.smoothing) / (1.0 - self.smoothing);
        self.bands[..BANDS_OF_VOICE].iter().enumerate().filter_map(move |(index, band)| {
            let bins = bins_of(index).len() as f32;
            let variance = band.left / ((band.echo + NOTHING) * independent_frames * bins) + NOTHING;
            // One in which chance alone would make all of it says nothing.
            (band.echo > LEAST_ECHO * bins && CHANCE * variance < 1.0).then_some((band, variance))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A spectrum of noise, another for each seed.
    fn noise(seed: u32) -> Spectrum {
        let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32 - 0.5
        };
        Spectrum { real: std::array::from_fn(|_| next()), imaginary: std::array::from_fn(|_| next()) }
    }

    fn after_two_seconds(left_of: impl Fn(&Spectrum, u32) -> Spectrum) -> f32 {
        let mut misalignment = Misalignment::over(0.98);
        let mut shares = [0.0; BANDS];
        for frame in 0..200 {
            let echo = noise(frame);
            shares = misalignment.update(&left_of(&echo, frame), &echo, &[0.0; BINS]);
        }
        shares[0]
    }

    #[test]
    fn a_way_that_has_changed_altogether_is_all_wrong() {
        let minus = |echo: &Spectrum, _| Spectrum {
            real: echo.real.map(|value| -value),
            imaginary: echo.imaginary.map(|value| -value),
        };
        assert!(after_two_seconds(minus) > 0.9);
    }

    #[test]
    fn what_is_taken_away_without_being_there_is_opposed_and_what_is_missing_is_not() {
        let opposed = |factor: f32| {
            let mut misalignment = Misalignment::over(0.9);
            for frame in 0..50 {
                let echo = noise(frame);
                let left = Spectrum {
                    real: echo.real.map(|value| factor * value),
                    imaginary: echo.imaginary.map(|value| factor * value),
                };
                misalignment.update(&left, &echo, &[0.0; BINS]);
            }
            misalignment.opposed()
        };
        assert!(opposed(-1.0) > 0.5);
        assert_eq!(opposed(0.0), 0.0);
        assert_eq!(opposed(1.0), 0.0);
    }

    #[test]
    fn somebody_who_speaks_here_is_no_error_of_the_filter() {
        assert_eq!(after_two_seconds(|_, frame| noise(frame + 1_000_000)), 0.0);
    }

    #[test]
    fn where_the_filter_already_doubts_itself_nothing_is_added() {
        let mut misalignment = Misalignment::over(0.98);
        let mut shares = [1.0; BANDS];
        for frame in 0..200 {
            let echo = noise(frame);
            shares = misalignment.update(&echo, &echo, &[10.0; BINS]);
        }
        assert_eq!(shares, [0.0; BANDS]);
    }
}
