//! What the microphone is for, as a switch for somebody else's thread, and what that means for its sound: a voice is processed,
//! music passes as it is.
//!
//! Processed sound comes later than sound that is not, so that one does not go on where the other ends. At a change sound
//! goes over from one to the other in the course of a frame. Knows neither devices nor encoders.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::processing::stage::ProcessingStage;
use crate::choice::SoundMode;
use crate::frame::{AudioFrame, cross_fade};

/// Says what the microphone is for: a voice, until somebody says otherwise. Clones are the same switch.
#[derive(Clone, Debug, Default)]
pub struct SoundModeSwitch {
    is_music: Arc<AtomicBool>,
}

impl SoundModeSwitch {
    /// From the next frame on.
    pub fn set(&self, mode: SoundMode) {
        self.is_music.store(mode == SoundMode::Music, Ordering::Relaxed);
    }

    /// What it is for.
    pub fn mode(&self) -> SoundMode {
        if self.is_music.load(Ordering::Relaxed) { SoundMode::Music } else { SoundMode::Voice }
    }
}

/// See the module's description. Belongs to the microphone's thread.
#[derive(Debug)]
pub struct SoundModeStage {
    processing: ProcessingStage,
    switch: SoundModeSwitch,
    heard: Heard,
}

/// What came out last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    Processed,
    AsCaptured,
    /// As captured, but processing has been given it too: what it makes of the next frame goes on.
    Both,
}

impl SoundModeStage {
    /// Does what the switch says.
    pub fn new(processing: ProcessingStage, switch: SoundModeSwitch) -> Self {
        Self { processing, switch, heard: Heard::Processed }
    }

    /// Processes a frame, or lets it pass.
    pub fn process(&mut self, frame: &mut AudioFrame) {
        let mut processed = AudioFrame::mono(frame.samples, frame.captured_at);
        self.heard = match (self.heard, self.switch.mode()) {
            (Heard::Processed, SoundMode::Voice) => {
                self.processing.process(&mut processed);
                *frame = processed;
                Heard::Processed
            }
            (Heard::Processed, SoundMode::Music) => {
                self.processing.process(&mut processed);
                cross_fade(&mut processed.samples, &frame.samples);
                frame.samples = processed.samples;
                Heard::AsCaptured
            }
            (Heard::AsCaptured | Heard::Both, SoundMode::Music) => Heard::AsCaptured,
            (Heard::AsCaptured, SoundMode::Voice) => {
                self.processing.process(&mut processed);
                Heard::Both
            }
            (Heard::Both, SoundMode::Voice) => {
                self.processing.process(&mut processed);
                cross_fade(&mut frame.samples, &processed.samples);
                frame.captured_at = processed.captured_at;
                Heard::Processed
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::processing::ProcessingSettings;
    use crate::audio::processing::far_end::far_end;
    use crate::audio::processing::stage::ProcessingSwitch;
    use crate::audio::testing::steepest;
    use crate::frame::{AUDIO_FRAME_SAMPLES, SAMPLE_RATE_HZ};
    use std::f32::consts::TAU;
    use std::time::{Duration, Instant};

    /// A tone with a side that differs from it; the stage; what it makes of so many frames.
    struct Scene {
        stage: SoundModeStage,
        switch: SoundModeSwitch,
        frames: u32,
        start: Instant,
    }

    impl Scene {
        fn new(settings: ProcessingSettings) -> Self {
            let (processing, switch) = (ProcessingSwitch::default(), SoundModeSwitch::default());
            processing.set(settings);
            let stage = SoundModeStage::new(ProcessingStage::new(far_end().1, processing), switch.clone());
            Self { stage, switch, frames: 0, start: Instant::now() }
        }

        fn captured(&self) -> AudioFrame {
            let samples = std::array::from_fn(|index| {
                let sample = self.frames as usize * AUDIO_FRAME_SAMPLES + index;
                0.3 * (TAU * 440.0 * sample as f32 / SAMPLE_RATE_HZ as f32).sin()
            });
            let side = Some(Box::new(samples.map(|sample| -0.5 * sample)));
            AudioFrame { samples, side, captured_at: self.start + Duration::from_millis(20) * self.frames }
        }

        fn next(&mut self) -> AudioFrame {
            let mut frame = self.captured();
            self.stage.process(&mut frame);
            self.frames += 1;
            frame
        }
    }

    #[test]
    fn music_passes_as_it_is_with_both_channels() {
        let mut scene = Scene::new(ProcessingSettings::default());
        scene.switch.set(SoundMode::Music);
        scene.next();
        for _ in 0..10 {
            let captured = scene.captured();
            assert_eq!(scene.next(), captured);
        }
    }

    #[test]
    fn a_voice_is_processed_and_has_one_channel() {
        let mut scene = Scene::new(ProcessingSettings::default());
        for _ in 0..10 {
            let captured = scene.captured();
            let made = scene.next();
            assert_eq!(made.side, None);
            assert_eq!(captured.captured_at - made.captured_at, ProcessingSettings::default().delay());
        }
    }

    #[test]
    fn going_from_one_to_the_other_and_back_does_not_jump() {
        // What is delayed but otherwise let pass shows a jump best.
        let settings = ProcessingSettings { echo_cancellation: true, ..ProcessingSettings::OFF };
        let mut scene = Scene::new(settings);
        let mut heard = Vec::new();
        for frame in 0..100 {
            match frame {
                30 | 60 => scene.switch.set(SoundMode::Music),
                50 | 61 => scene.switch.set(SoundMode::Voice),
                _ => {}
            }
            heard.extend_from_slice(&scene.next().samples);
        }
        let own = steepest(&scene.captured().samples);
        // The canceller takes a moment to begin.
        let (before, after) = heard[10 * AUDIO_FRAME_SAMPLES..].split_at(15 * AUDIO_FRAME_SAMPLES);
        assert!(steepest(before) < 1.1 * own);
        assert!(steepest(after) < 1.1 * own, "{} against {own}", steepest(after));
    }
}
