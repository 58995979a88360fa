//! Measures of sound: levels, and how much of one sound is in another.

/// Samples of a frame, 20 ms, that counts as speech or pause.
const FRAME: usize = super::RATE_HZ / 50;

/// A frame this far below the loudest one is a pause, in decibels.
const PAUSE_DB: f64 = 35.0;

/// Frames around speech that are neither speech nor pause: a tenth of a second.
const EDGE_FRAMES: usize = 5;

/// The lowest level that is told, so that silence is a number.
const FLOOR_DBFS: f64 = -120.0;

/// Root mean square in decibels of full scale.
pub fn level_dbfs(sound: &[f32]) -> f64 {
    let energy: f64 = sound.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    decibels(energy / sound.len().max(1) as f64)
}

fn decibels(mean_square: f64) -> f64 {
    (10.0 * mean_square.max(f64::MIN_POSITIVE).log10()).max(FLOOR_DBFS)
}

/// What a frame of 20 ms is, judged by the voice alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Somebody speaks.
    Speech,
    /// Between sounds of a word, or just before or after one.
    Edge,
    /// Nobody has spoken or will speak for a tenth of a second.
    Pause,
}

/// What each frame is.
pub fn moments(voice: &[f32]) -> Vec<Moment> {
    let levels: Vec<f64> = voice.chunks(FRAME).map(level_dbfs).collect();
    let loudest = levels.iter().copied().fold(FLOOR_DBFS, f64::max);
    let is_speech = |level: &f64| *level > (loudest - PAUSE_DB).max(FLOOR_DBFS);
    let near = |frame: usize| &levels[frame.saturating_sub(EDGE_FRAMES)..(frame + EDGE_FRAMES + 1).min(levels.len())];
    (0..levels.len())
        .map(|frame| match (is_speech(&levels[frame]), near(frame).iter().any(is_speech)) {
            (true, _) => Moment::Speech,
            (false, true) => Moment::Edge,
            (false, false) => Moment::Pause,
        })
        .collect()
}

/// Root mean square in decibels of full scale of the frames at moments of one kind.
pub fn level_at(sound: &[f32], moments: &[Moment], wanted: Moment) -> f64 {
    let frames = sound.chunks(FRAME).zip(moments).filter(|(_, moment)| **moment == wanted);
    let powers: Vec<f64> = frames.map(|(frame, _)| 10f64.powf(level_dbfs(frame) / 10.0)).collect();
    decibels(powers.iter().sum::<f64>() / powers.len().max(1) as f64)
}

/// How far speech stands out of the pauses, in decibels.
pub fn ratio_db(sound: &[f32], moments: &[Moment]) -> f64 {
    level_at(sound, moments, Moment::Speech) - level_at(sound, moments, Moment::Pause)
}

/// Root mean square in decibels of full scale while somebody speaks.
pub fn active_level_dbfs(voice: &[f32]) -> f64 {
    level_at(voice, &moments(voice), Moment::Speech)
}
