//! Processing as it stands between a microphone and the encoder: with the sound that is played meanwhile, and switches for somebody
//! else's thread.

use std::sync::{Arc, Mutex};

use super::far_end::FarEnd;
use super::{ProcessingSettings, Processor};
use crate::frame::AudioFrame;
use crate::lock::lock;

/// Changes what is done to the microphone's sound. Clones switch the same stage.
#[derive(Clone, Debug, Default)]
pub struct ProcessingSwitch {
    wanted: Arc<Mutex<ProcessingSettings>>,
}

impl ProcessingSwitch {
    /// What is done from the next frame on.
    pub fn set(&self, settings: ProcessingSettings) {
        *lock(&self.wanted) = settings;
    }
}

/// See the module's description. Belongs to the microphone's thread.
#[derive(Debug)]
pub struct ProcessingStage {
    processor: Processor,
    far_end: FarEnd,
    switch: ProcessingSwitch,
}

impl ProcessingStage {
    /// Does what the switch says, against what the far end's other side is told of.
    pub fn new(far_end: FarEnd, switch: ProcessingSwitch) -> Self {
        let settings = *lock(&switch.wanted);
        Self { processor: Processor::new(settings), far_end, switch }
    }

    /// Processes a frame, and puts its time right: what comes out was captured a little earlier.
    pub fn process(&mut self, frame: &mut AudioFrame) {
        let wanted = *lock(&self.switch.wanted);
        if wanted != self.processor.settings() {
            self.processor.set(wanted);
        }
        let played = self.far_end.read(frame.captured_at);
        self.processor.process(&mut frame.samples, &played);
        frame.captured_at = frame.captured_at.checked_sub(wanted.delay()).unwrap_or(frame.captured_at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::processing::far_end::far_end;
    use crate::frame::AUDIO_FRAME_SAMPLES;
    use std::time::{Duration, Instant};

    #[test]
    fn it_may_go_to_the_microphones_thread() {
        fn goes<T: Send>(_: &T) {}
        goes(&ProcessingStage::new(far_end().1, ProcessingSwitch::default()));
    }

    #[test]
    fn the_switch_works_from_the_next_frame_on_and_times_follow() {
        let switch = ProcessingSwitch::default();
        let mut stage = ProcessingStage::new(far_end().1, switch.clone());
        let now = Instant::now() + Duration::from_secs(1);
        let frame = AudioFrame::mono([0.1; AUDIO_FRAME_SAMPLES], now);
        let mut processed = frame.clone();
        stage.process(&mut processed);
        assert_eq!(now - processed.captured_at, ProcessingSettings::default().delay());
        switch.set(ProcessingSettings::OFF);
        let mut processed = frame.clone();
        stage.process(&mut processed);
        assert_eq!(processed, frame);
    }
}
