//! A sound of this program's own on its way to the speaker, mixed with what the others say: a chime, one's own voice played back.

use std::sync::{Arc, Mutex};

use crate::frame::{AUDIO_FRAME_SAMPLES, AUDIO_PIECE_SAMPLES};
use crate::lock::lock;

/// Plays one sound at a time. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct LocalSound {
    /// Pieces that are not played yet, the next last.
    left: Arc<Mutex<Vec<[f32; AUDIO_PIECE_SAMPLES]>>>,
}

impl LocalSound {
    /// Plays these frames from the next 10 ms on, in place of what is being played.
    pub fn play(&self, frames: &[[f32; AUDIO_FRAME_SAMPLES]]) {
        let pieces = frames.as_flattened().as_chunks().0;
        *lock(&self.left) = pieces.iter().rev().copied().collect();
    }

    /// Plays no more of it.
    pub fn stop(&self) {
        lock(&self.left).clear();
    }

    /// Whether there is something left to play.
    pub fn is_playing(&self) -> bool {
        !lock(&self.left).is_empty()
    }

    /// The next 10 ms, if there is something left to play.
    pub(crate) fn next(&self) -> Option<[f32; AUDIO_PIECE_SAMPLES]> {
        lock(&self.left).pop()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_in_order_and_the_last_sound_counts() {
        let sound = LocalSound::default();
        let frame = |value: f32| [value; AUDIO_FRAME_SAMPLES];
        assert!(!sound.is_playing());
        sound.play(&[frame(0.1), frame(0.2)]);
        let next: Vec<f32> = std::iter::from_fn(|| sound.next()).take(3).map(|piece| piece[0]).collect();
        assert_eq!(next, [0.1, 0.1, 0.2]);
        sound.clone().play(&[frame(0.3), frame(0.4)]);
        assert_eq!((sound.next(), sound.is_playing()), (Some([0.3; AUDIO_PIECE_SAMPLES]), true));
        sound.stop();
        assert_eq!((sound.next(), sound.is_playing()), (None, false));
    }
}
