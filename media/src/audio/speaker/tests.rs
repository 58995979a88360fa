use super::*;
use crate::frame::AUDIO_FRAME;
use proptest::prelude::*;

/// A meeting in virtual time.
struct Meeting {
    speaker: ActiveSpeaker<u32>,
    now: Instant,
    /// Who was shown as speaking, each time that changed.
    shown: Vec<Option<u32>>,
}

impl Meeting {
    fn new() -> Self {
        Self { speaker: ActiveSpeaker::default(), now: Instant::now(), shown: vec![None] }
    }

    /// So many seconds in which the participants of these numbers have the levels that the functions give frame by frame.
    fn go_on(&mut self, seconds: f64, levels: &[(u32, &dyn Fn(u32) -> f32)]) {
        for frame in 0..(seconds * 50.0) as u32 {
            self.now += AUDIO_FRAME;
            self.speaker.update(self.now, levels.iter().map(|(id, level)| (*id, level(frame))));
            let speaking = self.speaker.speaking(self.now);
            if self.shown.last() != Some(&speaking) {
                self.shown.push(speaking);
            }
        }
    }
}

/// Syllables of 200 ms, a breath every two seconds.
fn speech(frame: u32) -> f32 {
    match (frame % 100, frame % 10) {
        (80.., _) => -62.0,
        (_, 0..7) => -26.0,
        _ => -48.0,
    }
}

fn silence(_: u32) -> f32 {
    -70.0
}

fn fan(frame: u32) -> f32 {
    -36.0 + (frame * 7 % 3) as f32
}

fn typing(frame: u32) -> f32 {
    if frame.is_multiple_of(8) { -28.0 } else { -66.0 }
}

#[test]
fn the_floor_goes_from_one_to_the_other_without_flicker() {
    let mut meeting = Meeting::new();
    meeting.go_on(2.0, &[(1, &silence), (2, &silence)]);
    meeting.go_on(10.0, &[(1, &speech), (2, &silence)]);
    meeting.go_on(10.0, &[(1, &silence), (2, &speech)]);
    meeting.go_on(3.0, &[(1, &silence), (2, &silence)]);
    let changes: Vec<u32> = meeting.shown.iter().flatten().copied().collect();
    assert_eq!(changes, [1, 2], "{:?}", meeting.shown);
    assert_eq!((meeting.speaker.active(), meeting.speaker.speaking(meeting.now)), (Some(2), None));
}

#[test]
fn somebody_who_begins_is_found_within_a_second() {
    let mut meeting = Meeting::new();
    meeting.go_on(2.0, &[(1, &silence), (2, &silence)]);
    meeting.go_on(1.0, &[(1, &speech), (2, &silence)]);
    assert_eq!(meeting.speaker.speaking(meeting.now), Some(1));
}

#[test]
fn a_short_word_in_between_does_not_take_the_floor() {
    let mut meeting = Meeting::new();
    meeting.go_on(2.0, &[(1, &silence), (2, &silence)]);
    meeting.go_on(5.0, &[(1, &speech), (2, &silence)]);
    meeting.go_on(0.2, &[(1, &speech), (2, &|_| -20.0)]);
    meeting.go_on(5.0, &[(1, &speech), (2, &silence)]);
    assert_eq!(meeting.shown, [None, Some(1)]);
}

#[test]
fn noise_does_not_win() {
    for noise in [fan, typing] {
        let mut meeting = Meeting::new();
        meeting.go_on(4.0, &[(1, &silence), (2, &noise)]);
        meeting.go_on(10.0, &[(1, &speech), (2, &noise)]);
        meeting.go_on(10.0, &[(1, &silence), (2, &noise)]);
        let changes: Vec<u32> = meeting.shown.iter().flatten().copied().collect();
        assert_eq!(changes, [1], "{:?}", meeting.shown);
    }
}

#[test]
fn whoever_leaves_has_the_floor_no_longer() {
    let mut meeting = Meeting::new();
    meeting.go_on(2.0, &[(1, &silence), (2, &silence)]);
    meeting.go_on(3.0, &[(1, &speech), (2, &silence)]);
    meeting.go_on(0.02, &[(2, &silence)]);
    assert_eq!(meeting.speaker.active(), None);
}

proptest! {
    #[test]
    fn only_who_is_there_speaks_whatever_the_levels(
        frames in prop::collection::vec((0u64..3_000, prop::collection::vec((0u32..5, any::<f32>()), 0..6)), 0..300),
    ) {
        let mut speaker = ActiveSpeaker::default();
        let mut now = Instant::now();
        for (pause_ms, levels) in frames {
            now += Duration::from_millis(pause_ms);
            speaker.update(now, levels.iter().copied());
            if let Some(active) = speaker.active() {
                prop_assert!(levels.iter().any(|(id, _)| *id == active));
            }
            prop_assert!(speaker.speaking(now).is_none_or(|id| speaker.active() == Some(id)));
        }
    }
}
