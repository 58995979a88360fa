//! Somebody with a microphone and a loudspeaker, in virtual time: what leaves for the others.

use std::time::{Duration, Instant};

use nonet_media::audio::processing::far_end::far_end;
use nonet_media::audio::processing::{ProcessingSettings, Processor};
use nonet_media::frame::{AUDIO_FRAME_SAMPLES, AUDIO_PIECE, AUDIO_PIECE_SAMPLES};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::noise::{Noise, at_ratio};
use super::room::{Room, drifted};
use super::score::{Moment, level_at, level_dbfs, moments, ratio_db};
use super::{RATE_HZ, mixed, samples};

const FRAME: Duration = Duration::from_millis(20);

/// How much of each scene nobody looks at: what adapts has to hear something first.
pub const ADAPTING_S: f64 = 2.0;

/// When an echo that moves does.
const MOVED_AFTER_S: f64 = 6.0;

/// How loud voices are above noise, in decibels.
pub const NOISE_RATIO_DB: f64 = 10.0;

/// What processing makes of a microphone's sound while something is played that is heard `told` later, or so the speaker says. As
/// long as the sound, and without the processing's own delay.
pub fn processed(settings: ProcessingSettings, captured: &[f32], played: &[f32], told: Duration) -> Vec<f32> {
    let start = Instant::now();
    let (mut speaker, mut far_end) = far_end();
    let mut processor = Processor::new(settings);
    let mut out = Vec::with_capacity(captured.len());
    let mut plays = (0..).zip(played.as_chunks::<AUDIO_PIECE_SAMPLES>().0);
    let mut play = || {
        for (number, piece) in plays.by_ref().take(2) {
            speaker.push(piece, start + AUDIO_PIECE * number + told);
        }
    };
    play();
    for (number, frame) in (0..).zip(captured.as_chunks::<AUDIO_FRAME_SAMPLES>().0) {
        play();
        let mut frame = *frame;
        processor.process(&mut frame, &far_end.read(start + FRAME * number));
        out.extend_from_slice(&frame);
    }
    out.drain(..samples(settings.delay().as_secs_f64()));
    out.resize(captured.len(), 0.0);
    out
}

/// What a microphone makes of silence: white noise at −75 dBFS.
pub fn microphone_noise(length: usize) -> Vec<f32> {
    let mut random = StdRng::seed_from_u64(99);
    (0..length).map(|_| random.random_range(-3.1e-4f32..3.1e-4)).collect()
}

/// How many decibels of the echo of `far` in a room do not leave, from when adapting has ended.
pub fn echo_loss_db(settings: ProcessingSettings, far: &[f32], room: Room, told: Duration) -> f64 {
    // There is nothing to adapt to before the echo is heard.
    loss_db(settings, far, &room.echo(far), told, ADAPTING_S + room.delay_ms / 1_000.0)
}

/// The same after the echo has moved: from one room to another, or only later or earlier. The speaker tells of none of that.
pub fn moved_echo_loss_db(
    settings: ProcessingSettings,
    far: &[f32],
    [before, after]: [Room; 2],
    told: Duration,
) -> f64 {
    let moved = samples(MOVED_AFTER_S);
    let echo = [&before.echo(far)[..moved], &after.echo(far)[moved..]].concat();
    loss_db(settings, far, &echo, told, MOVED_AFTER_S + ADAPTING_S + after.delay_ms / 1_000.0)
}

/// The same where the microphone's clock is faster than the speaker's by so many millionths, or slower, from when the clocks are
/// known on.
pub fn drifting_echo_loss_db(settings: ProcessingSettings, far: &[f32], room: Room, millionths: f64) -> f64 {
    let echo = drifted(&room.echo(far), millionths);
    loss_db(settings, far, &echo, Duration::from_secs_f64(room.delay_ms / 1_000.0), 2.0 * ADAPTING_S)
}

fn loss_db(settings: ProcessingSettings, far: &[f32], echo: &[f32], told: Duration, from_s: f64) -> f64 {
    let left = processed(settings, &mixed(echo, &microphone_noise(echo.len())), far, told);
    let from = samples(from_s);
    level_dbfs(&echo[from..]) - level_dbfs(&left[from..])
}

/// What leaves of somebody who speaks while the far side does: the nearer voice from the end of adapting on, and what became of it.
pub fn both_speak(settings: ProcessingSettings, near: &[f32], far: &[f32], room: Room) -> [Vec<f32>; 3] {
    let length = near.len().min(far.len());
    let (adapting, from) = (samples(ADAPTING_S), samples(2.0 * ADAPTING_S));
    let mut near = near[..length].to_vec();
    near[..adapting].fill(0.0);
    let heard = mixed(&mixed(&near, &room.echo(&far[..length])), &microphone_noise(length));
    let told = Duration::from_secs_f64(room.delay_ms / 1_000.0);
    let left = processed(settings, &heard, far, told);
    [near, heard, left].map(|sound| sound[from..].to_vec())
}

/// What becomes of a voice in noise.
#[derive(Clone, Debug)]
pub struct InNoise {
    /// By how many decibels more speech stands out of the pauses than it did.
    pub gained_db: f64,
    /// By how many decibels speech is louder than it was without the noise.
    pub louder_db: f64,
    pub heard: Vec<f32>,
    pub left: Vec<f32>,
}

/// What leaves of a voice in noise that is [`NOISE_RATIO_DB`] below it. The seed is the noise's.
pub fn in_noise(settings: ProcessingSettings, voice: &[f32], kind: Noise, seed: u64) -> InNoise {
    let noise = at_ratio(voice, &kind.make(seed, voice.len() as f64 / RATE_HZ as f64), NOISE_RATIO_DB);
    let heard = mixed(voice, &noise);
    let left = processed(settings, &heard, &vec![0.0; heard.len()], Duration::ZERO);
    let moments = &moments(voice)[samples(ADAPTING_S) / AUDIO_FRAME_SAMPLES..];
    let from = samples(ADAPTING_S);
    InNoise {
        gained_db: ratio_db(&left[from..], moments) - ratio_db(&heard[from..], moments),
        louder_db: level_at(&left[from..], moments, Moment::Speech) - level_at(&voice[from..], moments, Moment::Speech),
        heard,
        left,
    }
}
