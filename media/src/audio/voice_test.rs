//! Hearing oneself as the others would: a few seconds from the microphone, after all that is done to its sound, and then the same
//! from the speaker. What is recorded for the test goes to nobody else.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::local_sound::LocalSound;
use crate::frame::AUDIO_FRAME;
use crate::frame::{AUDIO_FRAME_SAMPLES, AudioFrame};
use crate::lock::lock;

/// How long one speaks.
pub const RECORDING: Duration = Duration::from_secs(4);

/// Frames of a whole recording.
const RECORDING_FRAMES: usize = (RECORDING.as_millis() / AUDIO_FRAME.as_millis()) as usize;

/// How far a test is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VoiceTestStage {
    /// There is none.
    #[default]
    Idle,
    /// One speaks, and has done so for this long of [`RECORDING`].
    Recording(Duration),
    /// One's voice is played back.
    Playing,
}

/// See the module's description. Clones are the same test: one is with the microphone's thread, another with whoever starts it.
#[derive(Clone, Debug, Default)]
pub struct VoiceTest {
    state: Arc<Mutex<State>>,
    speaker: LocalSound,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Idle,
    Recording(Vec<[f32; AUDIO_FRAME_SAMPLES]>),
    /// Handed to the speaker, which is done when it has nothing left.
    Playing,
}

impl VoiceTest {
    /// No test; the voice will be played by `speaker`.
    pub fn new(speaker: LocalSound) -> Self {
        Self { state: Arc::default(), speaker }
    }

    /// Begins anew.
    pub fn start(&self) {
        self.stop();
        *lock(&self.state) = State::Recording(Vec::with_capacity(RECORDING_FRAMES));
    }

    /// Ends it, wherever it is.
    pub fn stop(&self) {
        if matches!(std::mem::take(&mut *lock(&self.state)), State::Playing) {
            self.speaker.stop();
        }
    }

    /// How far it is.
    pub fn stage(&self) -> VoiceTestStage {
        let mut state = lock(&self.state);
        if matches!(*state, State::Playing) && !self.speaker.is_playing() {
            *state = State::Idle;
        }
        match &*state {
            State::Idle => VoiceTestStage::Idle,
            State::Recording(frames) => VoiceTestStage::Recording(AUDIO_FRAME * frames.len() as u32),
            State::Playing => VoiceTestStage::Playing,
        }
    }

    /// Takes a frame of the microphone where one is being recorded. Returns whether it did: then it is for nobody else.
    pub(crate) fn take(&self, frame: &AudioFrame) -> bool {
        let mut state = lock(&self.state);
        let State::Recording(frames) = &mut *state else { return false };
        frames.push(frame.samples);
        if frames.len() == RECORDING_FRAMES {
            self.speaker.play(frames);
            *state = State::Playing;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::AUDIO_PIECE_SAMPLES;
    use std::time::Instant;

    fn frame(value: f32) -> AudioFrame {
        AudioFrame::mono([value; AUDIO_FRAME_SAMPLES], Instant::now())
    }

    #[test]
    fn what_was_said_is_heard_and_then_it_is_over() {
        let speaker = LocalSound::default();
        let test = VoiceTest::new(speaker.clone());
        assert!(!test.take(&frame(0.5)));
        test.start();
        for number in 0..RECORDING_FRAMES {
            assert_eq!(test.stage(), VoiceTestStage::Recording(AUDIO_FRAME * number as u32));
            assert!(test.take(&frame(number as f32)), "it is nobody else's");
        }
        assert_eq!(test.stage(), VoiceTestStage::Playing);
        assert!(!test.take(&frame(0.5)), "others hear one again");
        for number in 0..RECORDING_FRAMES {
            let halves = [speaker.next(), speaker.next()];
            assert_eq!(halves, [Some([number as f32; AUDIO_PIECE_SAMPLES]); 2]);
        }
        assert_eq!(test.stage(), VoiceTestStage::Idle);
    }

    #[test]
    fn it_can_be_ended_at_any_time() {
        let speaker = LocalSound::default();
        let test = VoiceTest::new(speaker.clone());
        test.start();
        test.take(&frame(0.1));
        test.stop();
        assert_eq!((test.stage(), test.take(&frame(0.1))), (VoiceTestStage::Idle, false));
        test.start();
        (0..RECORDING_FRAMES).for_each(|_| assert!(test.take(&frame(0.1))));
        test.stop();
        assert_eq!((test.stage(), speaker.is_playing()), (VoiceTestStage::Idle, false));
    }

    #[test]
    fn another_sound_of_the_speaker_is_left_alone() {
        let speaker = LocalSound::default();
        let test = VoiceTest::new(speaker.clone());
        speaker.play(&[[0.1; AUDIO_FRAME_SAMPLES]]);
        test.stop();
        assert!(speaker.is_playing());
    }
}
