use super::*;
use crate::audio::testing::speech_like;

const RATE: usize = 48_000;

/// Somebody who breathes: a voice that is harmonics alone has nothing to learn from between them.
fn voice(seconds: f32) -> Vec<f32> {
    speech_like(seconds).iter().zip(noise()).map(|(sample, breath)| sample + 0.01 * breath).collect()
}

/// Somebody else at the same time.
fn other_voice(seconds: f32) -> Vec<f32> {
    voice(seconds + 13.3).split_off((13.3 * RATE as f32) as usize)
}

/// Numbers of −1…1, the same each time.
fn noise() -> impl Iterator<Item = f32> {
    let mut state = 1u32;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    })
}

/// What a microphone hears of what is played so many milliseconds before, in a room that rings for 0.2 s.
fn echo_of(played: &[f32], delay_ms: usize) -> Vec<f32> {
    let direct = delay_ms * RATE / 1_000;
    let late = noise().take(200).enumerate().map(|(index, sign)| {
        let at = 96 + 48 * index;
        (direct + at, 0.1 * sign * 10f32.powf(-3.0 * at as f32 / (0.2 * RATE as f32)))
    });
    let mut heard = vec![0.0; played.len()];
    for (delay, gain) in std::iter::once((direct, 0.3)).chain(late) {
        heard.iter_mut().skip(delay).zip(played).for_each(|(heard, played)| *heard += gain * played);
    }
    heard
}

fn sum(a: &[f32], b: &[f32]) -> Vec<f32> {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

/// What leaves, without its delay.
fn processed(canceller: &mut EchoCanceller, captured: &[f32], played: &[f32]) -> Vec<f32> {
    let frames = captured.as_chunks::<HALF_SAMPLES>().0.iter().zip(played.as_chunks::<HALF_SAMPLES>().0);
    let mut out = Vec::new();
    for (captured, played) in frames {
        let mut frame = *captured;
        canceller.process(&mut frame, played);
        out.extend_from_slice(&frame);
    }
    out.split_off(DELAY_SAMPLES)
}

/// How much more energy `a` has than `b` from a second on, in decibels.
fn louder_db(a: &[f32], b: &[f32], from_s: usize) -> f64 {
    let to = a.len().min(b.len());
    let energy = |sound: &[f32]| crate::audio::level::energy(&sound[from_s * RATE..to]);
    10.0 * (energy(a) / energy(b).max(1e-12)).log10()
}

#[test]
fn the_far_end_alone_is_35_db_down_after_2_s_whatever_the_delay() {
    let played = voice(6.0);
    for delay_ms in [0, 20, 110] {
        let echo = echo_of(&played, delay_ms);
        let out = processed(&mut EchoCanceller::new(), &echo, &played);
        let loss = louder_db(&echo, &out, 2);
        assert!(loss >= 35.0, "{loss:.1} dB at {delay_ms} ms");
    }
}

#[test]
fn of_two_who_speak_at_once_the_nearer_leaves() {
    let played = voice(10.0);
    let mut near: Vec<f32> = other_voice(10.0).iter().map(|sample| 0.3 * sample).collect();
    near[..2 * RATE].fill(0.0);
    let echo = echo_of(&played, 40);
    let out = processed(&mut EchoCanceller::new(), &sum(&near, &echo), &played);
    let wrong: Vec<f32> = out.iter().zip(&near).map(|(out, near)| out - near).collect();
    let (before, after) = (louder_db(&near, &echo, 4), louder_db(&near, &wrong, 4));
    assert!(after >= before + 8.0, "{before:.1} dB before, {after:.1} dB after");
}

#[test]
fn who_speaks_alone_passes_untouched() {
    let near = speech_like(3.0);
    let out = processed(&mut EchoCanceller::new(), &near, &vec![0.0; near.len()]);
    let wrong: Vec<f32> = out.iter().zip(&near).map(|(out, near)| out - near).collect();
    let ratio = louder_db(&near, &wrong, 0);
    assert!(ratio >= 60.0, "{ratio:.1} dB");
}

#[test]
fn who_speaks_while_nothing_is_heard_of_what_is_played_passes() {
    let near = speech_like(6.0);
    let played: Vec<f32> = noise().take(near.len()).map(|sample| 1e-3 * sample).collect();
    let out = processed(&mut EchoCanceller::new(), &near, &played);
    let wrong: Vec<f32> = out.iter().zip(&near).map(|(out, near)| out - near).collect();
    let ratio = louder_db(&near, &wrong, 0);
    assert!(ratio >= 20.0, "{ratio:.1} dB");
}

/// The same, later and later by so many samples in each, or earlier.
fn drifting(sound: &[f32], each: f32) -> Vec<f32> {
    // Far enough back that it can come earlier.
    const BACK: f32 = 600.0;
    let at = |index: usize| {
        let later = BACK + index as f32 * each;
        let (whole, part) = (later as usize, later.fract());
        let sample = |back: usize| index.checked_sub(back).map_or(0.0, |index| sound[index]);
        sample(whole) * (1.0 - part) + sample(whole + 1) * part
    };
    (0..sound.len()).map(at).collect()
}

#[test]
fn the_filter_follows_an_echo_that_moves() {
    let played = voice(10.0);
    for (before_ms, after_ms) in [(40, 45), (40, 70), (40, 10), (20, 200), (200, 20)] {
        let echo = [&echo_of(&played, before_ms)[..5 * RATE], &echo_of(&played, after_ms)[5 * RATE..]].concat();
        let out = processed(&mut EchoCanceller::new(), &echo, &played);
        let loss = louder_db(&echo, &out, 7);
        assert!(loss >= 35.0, "{loss:.1} dB from {before_ms} to {after_ms} ms");
    }
}

#[test]
fn an_echo_that_moves_is_followed_while_somebody_speaks() {
    let played = voice(10.0);
    let mut near: Vec<f32> = other_voice(10.0).iter().map(|sample| 0.3 * sample).collect();
    near[..2 * RATE].fill(0.0);
    let echo = [&echo_of(&played, 40)[..5 * RATE], &echo_of(&played, 55)[5 * RATE..]].concat();
    let out = processed(&mut EchoCanceller::new(), &sum(&near, &echo), &played);
    let wrong: Vec<f32> = out.iter().zip(&near).map(|(out, near)| out - near).collect();
    let (before, after) = (louder_db(&near, &echo, 7), louder_db(&near, &wrong, 7));
    assert!(after >= before + 6.0, "{before:.1} dB before, {after:.1} dB after");
}

#[test]
fn an_echo_is_35_db_down_where_clocks_differ_by_100_ppm() {
    let played = voice(12.0);
    for each in [100e-6, -100e-6] {
        let echo = drifting(&echo_of(&played, 40), each);
        let out = processed(&mut EchoCanceller::new(), &echo, &played);
        let loss = louder_db(&echo, &out, 4);
        assert!(loss >= 35.0, "{loss:.1} dB at {each}");
    }
}

#[test]
fn whatever_is_heard_and_played_what_leaves_is_finite_and_bounded() {
    let mut random = noise();
    let mut canceller = EchoCanceller::new();
    for frame in 0..1_000 {
        // Silence, noise and full scale in changing company.
        let mut make = |kind: usize| {
            let sample = |random: f32| match kind % 4 {
                0 => 0.0,
                1 => random,
                2 => random.signum(),
                _ => 1.0,
            };
            std::array::from_fn(|_| sample(random.next().unwrap_or(0.0)))
        };
        let played: [f32; HALF_SAMPLES] = make(frame / 7);
        let mut captured: [f32; HALF_SAMPLES] = make(frame / 11);
        canceller.process(&mut captured, &played);
        assert!(captured.iter().all(|sample| sample.abs() < 100.0), "in frame {frame}");
    }
}
