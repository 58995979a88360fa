//! The way from speaker to microphone as a long linear filter that learns: the partitioned-block frequency-domain Kalman filter
//! (G. Enzner and P. Vary, "Frequency-domain adaptive Kalman filter for acoustic echo control in hands-free telephones", Signal
//! Processing 86, 2006; F. Kuech, E. Mabande and G. Enzner, "State-space architecture of the partitioned-block-based acoustic echo
//! controller", ICASSP 2014).
//!
//! It keeps for each coefficient how uncertain it is, and learns from a frame by as much as the uncertainty explains of what is left:
//! fast from echo alone and hardly from somebody who speaks, without having to decide which of these it hears. That every
//! coefficient is uncertain for itself is an approximation which makes it too sure of itself where speech is tonal; where
//! [`Misalignment`] finds it wrong, it is made as uncertain as that.

use super::misalignment::Misalignment;
use super::spectrum::{BANDS, BINS, Spectrum, TRANSFORM, Transform, bins_of};
use crate::audio::processing::HALF_SAMPLES;

/// Frames of 10 ms that the filter reaches back: 450 ms, for what the alignment leaves of the devices' delay and for the room.
const PARTITIONS: usize = 45;

/// Partitions whose coefficients are brought back to a filter of their length in each frame, in turn: all in each frame would cost
/// more than the rest together, and gain nothing.
const CONSTRAINED: usize = 5;

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

struct Partition {
    coefficients: Spectrum,
    /// Expected square of each coefficient's error.
    uncertainty: [f32; BINS],
}

/// See the module's description.
pub(super) struct EchoFilter {
    transform: Transform,
    /// Spectra of two frames of what was played, a ring.
    played: Vec<Spectrum>,
    newest: usize,
    played_before: Frame,
    partitions: Vec<Partition>,
    /// Power of what is no echo.
    near: [f32; BINS],
    misalignment: Misalignment,
    /// Whose turn it is to be constrained.
    turn: usize,
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
        let partition = |index| Partition { coefficients: Spectrum::ZERO, uncertainty: [prior(index); BINS] };
        Self {
            transform: Transform::new(),
            played: vec![Spectrum::ZERO; PARTITIONS],
            newest: 0,
            played_before: [0.0; HALF_SAMPLES],
            partitions: (0..PARTITIONS).map(partition).collect(),
            near: [0.0; BINS],
            misalignment: Misalignment::new(),
            turn: 0,
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
        if self.is_lost(captured, &left) {
            self.forget();
        }
        Filtered { left, echo: &self.echo, residual: &self.residual }
    }

    fn push(&mut self, played: &Frame) {
        self.newest = (self.newest + PARTITIONS - 1) % PARTITIONS;
        let before = &self.played_before;
        let sample = |index| if index < HALF_SAMPLES { before[index] } else { played[index - HALF_SAMPLES] };
        self.transform.forward(sample, &mut self.played[self.newest]);
        self.played_before = *played;
    }

    /// What the filter makes of what was played, and how much of it the uncertainty leaves.
    fn estimate(&mut self) -> Frame {
        self.echo = Spectrum::ZERO;
        self.residual = [0.0; BINS];
        let echo = &mut self.echo;
        for (index, Partition { coefficients, uncertainty }) in self.partitions.iter().enumerate() {
            let played = &self.played[(self.newest + index) % PARTITIONS];
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
        for Partition { coefficients, .. } in &self.partitions {
            for (bin, mean) in of_all.iter_mut().enumerate() {
                *mean += coefficients.power(bin) * DOUBT_OF_ALL / PARTITIONS as f32;
            }
        }
        for Partition { coefficients, uncertainty } in &mut self.partitions {
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
        const KEPT: f32 = PERSISTENCE * PERSISTENCE;
        let left = &self.left;
        for (index, Partition { coefficients, uncertainty }) in self.partitions.iter_mut().enumerate() {
            let played = &self.played[(self.newest + index) % PARTITIONS];
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

    /// Brings some partitions back to filters of one frame, which products of spectra leave.
    fn constrain(&mut self) {
        for _ in 0..CONSTRAINED {
            let coefficients = &mut self.partitions[self.turn].coefficients;
            let mut time: [f32; TRANSFORM] = *self.transform.backward(coefficients);
            time[HALF_SAMPLES..].fill(0.0);
            self.transform.forward(|index| time[index], coefficients);
            self.turn = (self.turn + 1) % PARTITIONS;
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

    fn forget(&mut self) {
        for (index, partition) in self.partitions.iter_mut().enumerate() {
            partition.coefficients = Spectrum::ZERO;
            partition.uncertainty.fill(prior(index));
        }
        self.worse_frames = 0;
    }
}

fn prior(partition: usize) -> f32 {
    PRIOR * (-(partition as f32) / PRIOR_DECAY).exp()
}
