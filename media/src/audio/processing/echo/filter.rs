//! The way from speaker to microphone as a long linear filter that learns: the partitioned-block frequency-domain Kalman filter
//! (G. Enzner and P. Vary, "Frequency-domain adaptive Kalman filter for acoustic echo control in hands-free telephones", Signal
//! Processing 86, 2006; F. Kuech, E. Mabande and G. Enzner, "State-space architecture of the partitioned-block-based acoustic echo
//! controller", ICASSP 2014).
//!
//! It keeps for each coefficient how uncertain it is, and learns from a frame by as much as the uncertainty explains of what is left:
//! fast from echo alone and hardly from somebody who speaks, without having to decide which of these it hears. That every
//! coefficient is uncertain for itself is an approximation which makes it too sure of itself where speech is tonal; where
//! [`Misalignment`] finds it wrong, it is made as uncertain as that.

use super::drift::Drift;
use super::misalignment::Misalignment;
use super::movement::{self, Movement};
use super::spectrum::{BANDS, BINS, Ring, Spectrum, TRANSFORM, Transform, bins_of};
use crate::audio::processing::HALF_SAMPLES;

/// Frames of 10 ms that the filter reaches back: 450 ms, for what the alignment leaves of the devices' delay and for the room.
const PARTITIONS: usize = 45;

/// Partitions whose coefficients are brought back to a filter of their length in each frame, in turn: all in each frame would cost
/// more than the rest together, and gain nothing.
const CONSTRAINED: usize = 5;

/// Samples beyond a partition's end that drift can have moved there until its turn comes.
const CARRIED: usize = 4;

/// How much of the room stays from frame to frame: somebody moves, a door opens.
const PERSISTENCE: f32 = 0.9998;

/// Share of the frames before in the power of what is no echo. Little: a word begins within a frame.
const SMOOTHING: f32 = 0.5;

/// How large a coefficient may be, squared, before anything is known: of the first partition, and after how many it is less by 1/e.
/// Much, so that whatever comes first is taken for echo: the first words of somebody who joins are not, but they can be repeated.
const PRIOR: f32 = 0.4;
const PRIOR_DECAY: f32 = 4.0;

/// The largest uncertainty of a coefficient, squared: a speaker is not heard louder than it plays.
const MOST_UNCERTAINTY: f32 = 1.0;

/// Share of what is found to be wrong by which uncertainty grows in a frame, and how much of that falls on all partitions alike: a
/// delay that has changed is another partition's matter.
const DOUBT: f32 = 0.5;
const DOUBT_OF_ALL: f32 = 0.5;

/// Share of the frames before in what is found to be wrong: 1 s.
const DOUBT_SMOOTHING: f32 = 0.98;

/// Share of a coefficient's power, and of all coefficients' mean power, that is uncertain after the echo has moved.
const MOVED_DOUBT: f32 = 0.1;

/// Half of a transform's samples are of the frame, so half of the power is.
const FRAME_SHARE: f32 = 0.5;

/// Share of the frames before in the energies by which a filter that does harm is found: a third of a second, so that pauses, in
/// which little is captured and a little too much taken away, count for little.
const ENERGY_SMOOTHING: f32 = 0.97;

/// Where so many times more energy is left than was captured, for so many frames, what was learnt is of another room.
const LOST_RATIO: f32 = 1.5;
const LOST_FRAMES: u32 = 8;

/// Energy of a frame that is silence: −85 dBFS.
const SILENCE: f32 = 1.5e-6;

const NOTHING: f32 = 1e-9;

type Frame = [f32; HALF_SAMPLES];

/// What became of a frame.
pub(super) struct Filtered<'filter> {
    /// What was captured, less the echo.
    pub left: Frame,
    /// Spectrum of the echo that was found.
    pub echo: &'filter Spectrum,
    /// Power of the echo that is expected to be left.
    pub residual: &'filter [f32; BINS],
}

/// See the module's description.
pub(super) struct EchoFilter {
    transform: Transform,
    /// Spectra of two frames of what was played: of as many as there are partitions, and of some more for [`Movement`].
    played: Ring,
    played_before: Frame,
    /// Of each partition.
    coefficients: Vec<Spectrum>,
    /// Expected square of each coefficient's error.
    uncertainty: Vec<[f32; BINS]>,
    /// Power of what is no echo.
    near: [f32; BINS],
    misalignment: Misalignment,
    movement: Movement,
    drift: Drift,
    /// Whose turn it is to be constrained.
    turn: usize,
    /// What the last one in turn has for the next.
    carried: [f32; CARRIED],
    captured_energy: f32,
    left_energy: f32,
    /// Frames in a row in which more was left than captured.
    worse_frames: u32,
    /// Of the frame: the echo's and the rest's spectra, and the power that the uncertainty explains.
    echo: Spectrum,
    left: Spectrum,
    residual: [f32; BINS],
}

impl EchoFilter {
    pub fn new() -> Self {
        Self {
            transform: Transform::new(),
            played: Ring::new(PARTITIONS + movement::FRAMES),
            played_before: [0.0; HALF_SAMPLES],
            coefficients: vec![Spectrum::ZERO; PARTITIONS],
            uncertainty: (0..PARTITIONS).map(|index| [prior(index); BINS]).collect(),
            near: [0.0; BINS],
            misalignment: Misalignment::over(DOUBT_SMOOTHING),
            movement: Movement::new(PARTITIONS),
            drift: Drift::default(),
            turn: 0,
            carried: [0.0; CARRIED],
            captured_energy: 0.0,
            left_energy: 0.0,
            worse_frames: 0,
            echo: Spectrum::ZERO,
            left: Spectrum::ZERO,
            residual: [0.0; BINS],
        }
    }

    /// Takes the echo of what is played out of what was captured, and learns from what is left.
    pub fn process(&mut self, captured: &Frame, played: &Frame) -> Filtered<'_> {
        self.push(played);
        let echo = self.estimate();
        let left: Frame = std::array::from_fn(|index| captured[index] - echo[index]);
        let last_frame = |frame: &Frame, index| if index < HALF_SAMPLES { 0.0 } else { frame[index - HALF_SAMPLES] };
        self.transform.forward(|index| last_frame(&left, index), &mut self.left);
        self.transform.forward(|index| last_frame(&echo, index), &mut self.echo);
        self.doubt();
        self.learn();
        self.constrain();
        self.follow();
        if self.is_lost(captured, &left) {
            self.forget();
        }
        Filtered { left, echo: &self.echo, residual: &self.residual }
    }

    fn push(&mut self, played: &Frame) {
        let before = &self.played_before;
        let sample = |index| if index < HALF_SAMPLES { before[index] } else { played[index - HALF_SAMPLES] };
        self.transform.forward(sample, self.played.push());
        self.played_before = *played;
    }

    /// What the filter makes of what was played, and how much of it the uncertainty leaves.
    fn estimate(&mut self) -> Frame {
        self.echo = Spectrum::ZERO;
        self.residual = [0.0; BINS];
        let echo = &mut self.echo;
        for (index, (coefficients, uncertainty)) in self.coefficients.iter().zip(&self.uncertainty).enumerate() {
            let played = self.played.by_age(index);
            for (bin, uncertainty) in uncertainty.iter().enumerate() {
                let (real, imaginary) = (played.real[bin], played.imaginary[bin]);
                echo.real[bin] += real * coefficients.real[bin] - imaginary * coefficients.imaginary[bin];
                echo.imaginary[bin] += real * coefficients.imaginary[bin] + imaginary * coefficients.real[bin];
                self.residual[bin] += FRAME_SHARE * played.power(bin) * uncertainty;
            }
        }
        let time = self.transform.backward(&self.echo);
        std::array::from_fn(|index| time[HALF_SAMPLES + index])
    }

    /// Makes coefficients as uncertain as they are found to be wrong.
    fn doubt(&mut self) {
        let shares = self.misalignment.update(&self.left, &self.echo, &self.residual);
        if shares.iter().all(|share| *share == 0.0) {
            return;
        }
        let mut doubts = [0.0; BINS];
        (0..BANDS).for_each(|band| doubts[bins_of(band)].fill(DOUBT * shares[band]));
        let mut of_all = [0.0; BINS];
        for coefficients in &self.coefficients {
            for (bin, mean) in of_all.iter_mut().enumerate() {
                *mean += coefficients.power(bin) * DOUBT_OF_ALL / PARTITIONS as f32;
            }
        }
        for (coefficients, uncertainty) in self.coefficients.iter().zip(&mut self.uncertainty) {
            for (bin, uncertainty) in uncertainty.iter_mut().enumerate() {
                let more = doubts[bin] * (coefficients.power(bin) + of_all[bin]);
                *uncertainty = (*uncertainty + more).min(MOST_UNCERTAINTY);
            }
        }
    }

    /// Corrects the coefficients by what they left.
    fn learn(&mut self) {
        let mut inverse = [0.0; BINS];
        for (bin, inverse) in inverse.iter_mut().enumerate() {
            self.near[bin] = SMOOTHING * self.near[bin] + (1.0 - SMOOTHING) * self.left.power(bin);
            *inverse = 1.0 / (self.residual[bin] + self.near[bin] + NOTHING);
        }
        if let Some(later) = self.drift.update(&self.left, &self.echo, &inverse) {
            self.delay(later);
        }
        const KEPT: f32 = PERSISTENCE * PERSISTENCE;
        let left = &self.left;
        let partitions = self.coefficients.iter_mut().zip(&mut self.uncertainty);
        for (index, (coefficients, uncertainty)) in partitions.enumerate() {
            let played = self.played.by_age(index);
            for bin in 0..BINS {
                let step = uncertainty[bin] * inverse[bin];
                let (real, imaginary) = (played.real[bin], played.imaginary[bin]);
                let new_real =
                    coefficients.real[bin] + step * (real * left.real[bin] + imaginary * left.imaginary[bin]);
                let new_imaginary =
                    coefficients.imaginary[bin] + step * (real * left.imaginary[bin] - imaginary * left.real[bin]);
                coefficients.real[bin] = PERSISTENCE * new_real;
                coefficients.imaginary[bin] = PERSISTENCE * new_imaginary;
                let unexplained = (1.0 - FRAME_SHARE * step * played.power(bin)).max(0.0);
                let power = new_real * new_real + new_imaginary * new_imaginary;
                uncertainty[bin] = KEPT * unexplained * uncertainty[bin] + (1.0 - KEPT) * power;
            }
        }
    }

    /// Makes the way later by less than a sample.
    fn delay(&mut self, samples: f32) {
        let mut turns = [[0.0; 2]; BINS];
        for (bin, turn) in turns.iter_mut().enumerate() {
            let (sine, cosine) = (-std::f32::consts::TAU * bin as f32 * samples / TRANSFORM as f32).sin_cos();
            *turn = [cosine, sine];
        }
        for coefficients in &mut self.coefficients {
            for (bin, [cosine, sine]) in turns.iter().enumerate() {
                let (real, imaginary) = (coefficients.real[bin], coefficients.imaginary[bin]);
                coefficients.real[bin] = real * cosine - imaginary * sine;
                coefficients.imaginary[bin] = real * sine + imaginary * cosine;
            }
        }
    }

    /// Brings some partitions back to filters of one frame, which products of spectra leave. What drift has moved out of one at its
    /// end or beginning belongs to the next one in turn.
    fn constrain(&mut self) {
        let rate = self.drift.rate();
        for _ in 0..CONSTRAINED {
            let coefficients = &mut self.coefficients[self.turn];
            let mut time: [f32; TRANSFORM] = *self.transform.backward(coefficients);
            let (inside, outside) = time.split_at_mut(HALF_SAMPLES);
            let is_last = if rate < 0.0 { self.turn == 0 } else { self.turn == PARTITIONS - 1 };
            let (entry, exit) = if rate < 0.0 {
                (&mut inside[HALF_SAMPLES - CARRIED..], &mut outside[HALF_SAMPLES - CARRIED..])
            } else {
                (&mut inside[..CARRIED], &mut outside[..CARRIED])
            };
            entry.iter_mut().zip(&self.carried).for_each(|(sample, carried)| *sample += carried);
            self.carried.fill(0.0);
            if rate != 0.0 && !is_last {
                self.carried.copy_from_slice(exit);
            }
            outside.fill(0.0);
            self.transform.forward(|index| time[index], coefficients);
            let next = if rate < 0.0 { PARTITIONS - 1 } else { 1 };
            self.turn = (self.turn + next) % PARTITIONS;
        }
    }

    /// Whether the filter has done harm for so long that it must be of another room.
    fn is_lost(&mut self, captured: &Frame, left: &Frame) -> bool {
        let smooth = |mean: &mut f32, frame: &Frame| {
            let energy: f32 = frame.iter().map(|sample| sample * sample).sum();
            *mean = ENERGY_SMOOTHING * *mean + (1.0 - ENERGY_SMOOTHING) * energy;
        };
        smooth(&mut self.captured_energy, captured);
        smooth(&mut self.left_energy, left);
        let is_worse = self.left_energy > LOST_RATIO * self.captured_energy + SILENCE;
        self.worse_frames = if is_worse { self.worse_frames + 1 } else { 0 };
        self.worse_frames >= LOST_FRAMES
    }

    /// Takes the coefficients to where the echo has moved.
    fn follow(&mut self) {
        let sounds = [&self.left, &self.echo];
        let moved = self.movement.update(&mut self.transform, sounds, &self.played, &self.coefficients);
        let Some(moved) = moved else { return };
        self.coefficients.clone_from_slice(moved);
        self.misalignment = Misalignment::over(DOUBT_SMOOTHING);
        let mut mean = [0.0; BINS];
        for coefficients in &self.coefficients {
            mean.iter_mut().enumerate().for_each(|(bin, mean)| *mean += coefficients.power(bin) / PARTITIONS as f32);
        }
        for (coefficients, uncertainty) in self.coefficients.iter().zip(&mut self.uncertainty) {
            for (bin, uncertainty) in uncertainty.iter_mut().enumerate() {
                *uncertainty = (MOVED_DOUBT * (coefficients.power(bin) + mean[bin])).min(MOST_UNCERTAINTY);
            }
        }
    }

    fn forget(&mut self) {
        self.coefficients.fill(Spectrum::ZERO);
        self.uncertainty.iter_mut().enumerate().for_each(|(index, uncertainty)| uncertainty.fill(prior(index)));
        self.worse_frames = 0;
    }
}

fn prior(partition: usize) -> f32 {
    PRIOR * (-(partition as f32) / PRIOR_DECAY).exp()
}
