//! What is told of a profile, taken from what happened.

use std::time::{Duration, Instant};

use super::cases::Profile;
use super::world::{Flow, Passage, World};

/// What arrived less than this before the end counts neither as sent nor as lost.
const ON_THE_WAY: Duration = Duration::from_secs(1);
/// Pictures that come no further apart than this move.
const MOVING: Duration = Duration::from_millis(150);

/// One run, or the median of some. Where there are several flows, those of the one for which it is worst.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// Part of what the path carries after its losses that was used, in percent: of all parts together, and in the worst.
    pub used: f64,
    pub least_used: f64,
    /// What 95 % of the packets do not wait longer for at the bottleneck, in the worst part, in milliseconds.
    pub queue_ms: f64,
    /// Pictures shown for each second of the camera's.
    pub fps: f64,
    /// Freezes a minute, and the longest time between two pictures, in milliseconds.
    pub freezes: f64,
    pub longest_ms: f64,
    /// Packets of sound that never came, in percent, and what 95 % of the others took longer than on the path when it is empty, in milliseconds.
    pub sound_lost: f64,
    pub sound_ms: f64,
    /// What 95 % of the pictures that were shown took longer than on the path when it is empty, in milliseconds.
    pub picture_ms: f64,
    /// From when what disturbed was over to moving pictures, in milliseconds.
    pub recovery_ms: Option<f64>,
}

impl Figures {
    pub fn of(profile: &Profile, world: &World) -> Self {
        let parts: Vec<_> = profile.parts().map(|part| Part::of(world, part)).collect();
        let flows: Vec<_> = world.flows.iter().map(|flow| OfFlow::of(profile, world, flow)).collect();
        let most = |of: fn(&OfFlow) -> f64| flows.iter().map(of).fold(0.0, f64::max);
        let arrived: f64 = parts.iter().map(|part| part.arrived_bits).sum();
        let carried: f64 = parts.iter().map(|part| part.carried_bits).sum();
        Self {
            used: arrived / carried * 100.0,
            least_used: parts.iter().map(|part| part.arrived_bits / part.carried_bits * 100.0).fold(f64::MAX, f64::min),
            queue_ms: parts.iter().map(|part| part.queue_ms).fold(0.0, f64::max),
            fps: flows.iter().map(|flow| flow.fps).fold(f64::MAX, f64::min),
            freezes: most(|flow| flow.freezes),
            longest_ms: most(|flow| flow.longest_ms),
            sound_lost: most(|flow| flow.sound_lost),
            sound_ms: most(|flow| flow.sound_ms),
            picture_ms: most(|flow| flow.picture_ms),
            recovery_ms: profile.recovers_at.and_then(|at| {
                let at = world.start + at;
                flows.iter().filter_map(|flow| flow.moving_after(at)).map(ms).reduce(f64::max)
            }),
        }
    }

    /// The median of each figure.
    pub fn median(runs: &[Self]) -> Self {
        let median = |of: fn(&Self) -> f64| {
            let mut values: Vec<f64> = runs.iter().map(of).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        let has_recovered = runs.iter().all(|run| run.recovery_ms.is_some());
        Self {
            used: median(|run| run.used),
            least_used: median(|run| run.least_used),
            queue_ms: median(|run| run.queue_ms),
            fps: median(|run| run.fps),
            freezes: median(|run| run.freezes),
            longest_ms: median(|run| run.longest_ms),
            sound_lost: median(|run| run.sound_lost),
            sound_ms: median(|run| run.sound_ms),
            picture_ms: median(|run| run.picture_ms),
            recovery_ms: has_recovered.then(|| median(|run| run.recovery_ms.unwrap_or_default())),
        }
    }

    pub const HEADER: &str = "\
        | Profile | used % | in the worst part | queue ms | pictures a second | freezes a minute | longest still ms | \
        sound lost % | sound late ms | pictures late ms | moves again ms |\n\
        |---|---|---|---|---|---|---|---|---|---|---|";

    pub fn row(&self, name: &str) -> String {
        let Self { used, least_used, queue_ms, fps, freezes, longest_ms, sound_lost, sound_ms, picture_ms, .. } = *self;
        let or_none = |ms: Option<f64>| ms.map_or("–".to_owned(), |ms| format!("{ms:.0}"));
        let (longest, recovery) = (or_none(Some(longest_ms).filter(|ms| ms.is_finite())), or_none(self.recovery_ms));
        format!(
            "| {name} | {used:.0} | {least_used:.0} | {queue_ms:.0} | {fps:.1} | {freezes:.1} | {longest} | \
             {sound_lost:.1} | {sound_ms:.0} | {picture_ms:.0} | {recovery} |"
        )
    }
}

/// From one moment to another, with what the path carries there.
struct Part {
    arrived_bits: f64,
    carried_bits: f64,
    queue_ms: f64,
}

impl Part {
    fn of(world: &World, (path, from, to, carries_bps): (usize, Duration, Duration, f64)) -> Self {
        let within = |at: Instant| at >= world.start + from && at < world.start + to;
        let on_path = || world.passages.iter().filter(|passage| passage.path == path);
        let arrived = on_path().filter(|passage| passage.arrives_at.is_some_and(within));
        let waits = |passage: &Passage| (passage.is_media && within(passage.sent_at)).then_some(ms(passage.waits));
        Self {
            arrived_bits: arrived.map(|passage| f64::from(passage.bytes) * 8.0).sum(),
            carried_bits: carries_bps * (to - from).as_secs_f64(),
            queue_ms: p95(on_path().filter_map(waits).collect()),
        }
    }
}

struct OfFlow {
    fps: f64,
    freezes: f64,
    longest_ms: f64,
    sound_lost: f64,
    sound_ms: f64,
    picture_ms: f64,
    shown: Vec<Instant>,
}

impl OfFlow {
    fn of(profile: &Profile, world: &World, flow: &Flow) -> Self {
        let end = world.start + profile.takes();
        let (sending, receiving) = (&flow.sending, &flow.receiving);
        let camera_s = f64::from(sending.captured) / f64::from(super::camera::FPS);
        let least = profile.paths[flow.setup.path].delay + flow.setup.further;
        let made = sending.sounds.iter().filter(|at| **at + ON_THE_WAY < end).count();
        let came = receiving.sounds.iter().filter(|(number, _)| usize::from(*number) < made);
        let late = came.map(|(number, at)| ms((*at - sending.sounds[usize::from(*number)]).saturating_sub(least)));
        let late: Vec<f64> = late.collect();
        let paused = |at: Instant| {
            profile
                .pause
                .is_some_and(|(_, from, to)| at + ON_THE_WAY > world.start + from && at < world.start + to + ON_THE_WAY)
        };
        let shown: Vec<_> = receiving.shown.iter().map(|(at, _)| *at).collect();
        let picture_late = |(at, timestamp): &(Instant, u32)| {
            ms(at.saturating_duration_since(sending.camera.captured_at(*timestamp) + least))
        };
        let ends = shown.iter().copied().chain([end]);
        let still = shown.iter().zip(ends.skip(1)).filter(|(from, _)| !paused(**from)).map(|(from, to)| to - *from);
        Self {
            fps: shown.len() as f64 / camera_s,
            freezes: receiving.freezes.freezes() as f64 * 60.0 / camera_s,
            longest_ms: still.max().map_or(f64::INFINITY, ms),
            sound_lost: (1.0 - late.len() as f64 / made as f64) * 100.0,
            sound_ms: p95(late),
            picture_ms: p95(receiving.shown.iter().map(picture_late).collect()),
            shown,
        }
    }

    /// How long after a moment pictures move.
    fn moving_after(&self, at: Instant) -> Option<Duration> {
        let after: Vec<_> = self.shown.iter().filter(|shown| **shown >= at).collect();
        after.windows(2).find(|pair| *pair[1] - *pair[0] <= MOVING).map(|pair| *pair[0] - at)
    }
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn p95(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() * 95 / 100).copied().unwrap_or_default()
}
