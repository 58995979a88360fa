use super::*;

/// The gain at the end of so many frames.
fn gain(gate: &mut Gate, amplitude: f32, voice: f32, frames: u32) -> f32 {
    let before: Frame = std::array::from_fn(|index| if index % 2 == 0 { amplitude } else { -amplitude });
    let mut samples = before;
    for _ in 0..frames {
        samples = before;
        gate.process(&mut samples, &before, &before, voice);
    }
    samples[HALF_SAMPLES - 2] / amplitude
}

/// A voice, and noise 14 dB below it.
fn in_noise() -> Gate {
    let mut gate = Gate::default();
    gain(&mut gate, 0.1, 0.95, 100);
    gain(&mut gate, 0.02, 0.1, 500);
    gate
}

#[test]
fn in_noise_a_voice_passes_and_what_is_far_below_it_is_made_quieter() {
    let mut gate = in_noise();
    assert_eq!(gain(&mut gate, 0.1, 0.95, 1), 1.0);
    assert!(gain(&mut gate, 0.02, 0.95, 30) < 1.01 * CLOSED_GAIN);
    assert_eq!(gain(&mut gate, 0.1, 0.95, 1), 1.0);
}

#[test]
fn what_is_loud_and_no_voice_is_made_quieter() {
    assert!(gain(&mut in_noise(), 0.1, 0.1, 30) < 1.01 * CLOSED_GAIN);
}

#[test]
fn voices_in_the_background_are_made_quieter_from_the_first_pause_on() {
    let mut gate = Gate::default();
    gain(&mut gate, 0.1, 0.95, 150);
    // As sure a voice as the other, and as long.
    assert!(gain(&mut gate, 0.025, 0.95, 150) < 1.01 * CLOSED_GAIN);
    assert_eq!(gain(&mut gate, 0.1, 0.95, 1), 1.0);
}

#[test]
fn a_background_that_wavers_is_still_one() {
    let mut gate = in_noise();
    let open = (0..500).filter(|frame| {
        // From 20 to 10 dB below the voice.
        let amplitude = 0.02 * 10f32.powf(0.2 * (frame % 7) as f32 / 6.0) * if frame % 11 == 0 { 0.5 } else { 1.0 };
        gain(&mut gate, amplitude, 0.95, 1) > 0.9
    });
    assert_eq!(open.count(), 0);
}

#[test]
fn the_end_of_a_word_passes() {
    let mut gate = in_noise();
    gain(&mut gate, 0.1, 0.95, HOLD_FRAMES / HOLD_OF_EACH);
    // The frame in which its last sound fades counts as the word.
    assert_eq!(gain(&mut gate, 0.02, 0.1, HOLD_FRAMES - 1), 1.0);
}

#[test]
fn a_moment_opens_for_a_moment() {
    let mut gate = in_noise();
    assert_eq!(gain(&mut gate, 0.1, 0.95, 1), 1.0);
    assert!(gain(&mut gate, 0.02, 0.1, HOLD_FRAMES) < 1.01 * CLOSED_GAIN);
}

#[test]
fn a_word_opens_before_it_is_there() {
    let mut gate = in_noise();
    let [noise, word]: [Frame; 2] =
        [0.02, 0.1].map(|amplitude| std::array::from_fn(|index| if index % 2 == 0 { amplitude } else { -amplitude }));
    let mut samples = noise;
    gate.process(&mut samples, &noise, &word, 0.95);
    assert_eq!(samples[HALF_SAMPLES - 2], noise[HALF_SAMPLES - 2]);
}

#[test]
fn where_it_is_quiet_all_passes() {
    let mut gate = Gate::default();
    gain(&mut gate, 0.1, 0.95, 100);
    assert_eq!(gain(&mut gate, 0.002, 0.1, 100), 1.0);
}
