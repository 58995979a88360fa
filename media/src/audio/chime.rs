//! Two notes that say that the speaker works. Pure, and the same each time.

use std::f32::consts::TAU;

use crate::frame::{AUDIO_FRAME_SAMPLES, SAMPLE_RATE_HZ};

/// Pitches, and when each begins in seconds: a fourth upwards.
const NOTES: [(f32, f32); 2] = [(587.33, 0.0), (783.99, 0.18)];

/// How long it lasts in seconds.
const LENGTH: f32 = 1.2;

/// Loudness of a note at its beginning.
const AMPLITUDE: f32 = 0.3;

/// Seconds in which a note falls to a third, and in which it begins: struck, not switched on.
const DECAY: f32 = 0.2;
const ATTACK: f32 = 0.005;

/// The whole of it.
pub fn chime() -> Vec<[f32; AUDIO_FRAME_SAMPLES]> {
    let sample = |index: usize| {
        let at = index as f32 / SAMPLE_RATE_HZ as f32;
        let note = |(pitch_hz, begins): (f32, f32)| {
            let since = at - begins;
            if since < 0.0 {
                return 0.0;
            }
            let envelope = (since / ATTACK).min(1.0) * (-since / DECAY).exp();
            // A little of the octave makes it a bell rather than a test tone.
            let wave = (TAU * pitch_hz * since).sin() + 0.25 * (TAU * 2.0 * pitch_hz * since).sin();
            AMPLITUDE * envelope * wave
        };
        let end = ((LENGTH - at) / DECAY).clamp(0.0, 1.0);
        NOTES.into_iter().map(note).sum::<f32>() * end
    };
    let frames = (LENGTH * SAMPLE_RATE_HZ as f32) as usize / AUDIO_FRAME_SAMPLES;
    (0..frames).map(|frame| std::array::from_fn(|index| sample(frame * AUDIO_FRAME_SAMPLES + index))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_heard_and_neither_clips_nor_clicks() {
        let samples = chime().concat();
        let peak = samples.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
        assert!((0.2..0.8).contains(&peak), "{peak}");
        let steepest = samples.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
        assert!(steepest < 0.1, "{steepest}");
        assert!(samples[0].abs() < 0.01 && samples.last().unwrap().abs() < 0.01);
    }
}
