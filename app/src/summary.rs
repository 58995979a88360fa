//! What a meeting was like, second by second: for which part of it pictures and sound came as they should, and what disturbed most.
//!
//! Told each second that [`crate::statistics`] has measured; asks nobody. What was not measured is not judged: seconds alone do not count,
//! and a meeting with too few others gives nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::statistics::{RemoteSecond, Second};
use crate::text::Texts;
use crate::view::Summary;

/// Seconds with others from which on there is something to say.
const LEAST_SECONDS: u32 = 10;

/// What disturbed for fewer seconds is not worth a sentence.
const LEAST_TROUBLE_SECONDS: u32 = 3;
/// Sentences about troubles.
const MOST_TROUBLES: usize = 3;
/// Troubles that are counted: three of each of very many people.
const MOST_COUNTED: usize = 96;

/// Sound that had to be guessed within a second from which on it is heard.
const HEARD_GAP_MS: f32 = 80.0;
/// Share of the video packets that never came from which on it is seen.
const SEEN_LOSS: f32 = 0.05;
/// Share of what we send that does not arrive, and what waits to leave, from which on the others see and hear it.
const UPLOAD_LOSS: f32 = 0.1;
const UPLOAD_QUEUE_MS: f32 = 400.0;

/// What can disturb.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// The connection to somebody was gone.
    Connection,
    /// Somebody's sound had gaps.
    Sound,
    /// Somebody's picture stood still or was broken.
    Picture,
    /// One's own uplink lost what it was given, or kept it for long.
    Upload,
}

/// What was counted so far.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Seconds in which others were there.
    seconds: u32,
    /// Of the pairs of a second and somebody who was there then, all and the good ones.
    pairs: u64,
    good: u64,
    /// For how many seconds what disturbed of whom; of oneself under no name.
    troubles: BTreeMap<(Trouble, Arc<str>), u32>,
}

impl Tally {
    /// Adds a second in which the connections to these people, by their ids, were gone, and the pictures of these stood still.
    pub fn add(&mut self, second: &Second, gone: &[u32], still: &[u32]) {
        if second.remotes.is_empty() {
            return;
        }
        self.seconds += 1;
        for remote in &second.remotes {
            let trouble = if gone.contains(&remote.id) {
                Some(Trouble::Connection)
            } else if remote.concealed_ms >= HEARD_GAP_MS {
                Some(Trouble::Sound)
            } else if still.contains(&remote.id) || is_seen_broken(remote) {
                Some(Trouble::Picture)
            } else {
                None
            };
            self.pairs += 1;
            self.good += u64::from(trouble.is_none());
            if let Some(trouble) = trouble {
                self.count(trouble, remote.name.clone());
            }
        }
        // One bad link may be the other's; most of them are one's own.
        let lossy = second.remotes.iter().filter(|remote| is_upload_bad(remote)).count();
        if 2 * lossy > second.remotes.len() {
            self.count(Trouble::Upload, "".into());
        }
    }

    fn count(&mut self, trouble: Trouble, whose: Arc<str>) {
        if self.troubles.len() < MOST_COUNTED || self.troubles.contains_key(&(trouble, whose.clone())) {
            *self.troubles.entry((trouble, whose)).or_default() += 1;
        }
    }

    /// What it was like; none where too little was measured.
    pub fn summary(&self, lasted: Duration, most_people: u8, texts: Texts) -> Option<Summary> {
        if self.seconds < LEAST_SECONDS {
            return None;
        }
        let mut troubles: Vec<_> =
            self.troubles.iter().filter(|(_, seconds)| **seconds >= LEAST_TROUBLE_SECONDS).collect();
        troubles.sort_by_key(|(which, seconds)| (std::cmp::Reverse(**seconds), (*which).clone()));
        let say = |((trouble, whose), seconds): (&(Trouble, Arc<str>), &u32)| {
            texts.ended().trouble(*trouble, whose, *seconds)
        };
        Some(Summary {
            lasted,
            most_people,
            good_part: (self.good as f64 / self.pairs as f64) as f32,
            troubles: troubles.into_iter().take(MOST_TROUBLES).map(say).collect(),
        })
    }
}

fn is_seen_broken(remote: &RemoteSecond) -> bool {
    remote.freezes > 0 || remote.decode_errors > 0 || remote.loss.is_some_and(|loss| loss >= SEEN_LOSS)
}

fn is_upload_bad(remote: &RemoteSecond) -> bool {
    remote.link.loss >= UPLOAD_LOSS || remote.link.queue_ms >= UPLOAD_QUEUE_MS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::LinkSecond;
    use crate::text::Language;

    fn remote(id: u32, name: &str) -> RemoteSecond {
        RemoteSecond {
            id,
            name: name.into(),
            is_connected: true,
            awaited_height: Some(360),
            packets: 100,
            lost: 0,
            sound_packets: 50,
            sound_lost: 0,
            decode_ms: Some(1.0),
            overflowed: 0,
            fps: 30.0,
            width: 640,
            height: 360,
            loss: Some(0.0),
            video_jitter_ms: 2.0,
            video_delay_ms: 10.0,
            audio_jitter_ms: 2.0,
            audio_delay_ms: 40.0,
            concealed_ms: 0.0,
            stretched_ms: 0.0,
            freezes: 0,
            key_frame_requests: 0,
            decode_errors: 0,
            latency_ms: None,
            link: LinkSecond::default(),
        }
    }

    fn second(remotes: Vec<RemoteSecond>) -> Second {
        Second { remotes, ..Second::default() }
    }

    fn summary(tally: &Tally) -> Option<Summary> {
        tally.summary(Duration::from_secs(60), 3, Texts::new(Language::English))
    }

    fn add(tally: &mut Tally, times: usize, remotes: &[RemoteSecond], gone: &[u32], still: &[u32]) {
        (0..times).for_each(|_| tally.add(&second(remotes.to_vec()), gone, still));
    }

    #[test]
    fn a_meeting_without_trouble_was_good_all_the_time() {
        let mut tally = Tally::default();
        add(&mut tally, 60, &[remote(1, "Ana"), remote(2, "Ben")], &[], &[]);
        let expected =
            Summary { lasted: Duration::from_secs(60), most_people: 3, good_part: 1.0, troubles: Vec::new() };
        assert_eq!(summary(&tally), Some(expected));
    }

    #[test]
    fn nothing_is_said_of_what_was_hardly_measured() {
        let mut tally = Tally::default();
        add(&mut tally, 600, &[], &[], &[]);
        add(&mut tally, 9, &[remote(1, "Ana")], &[], &[]);
        assert_eq!(summary(&tally), None, "one was alone nearly all the time");
        add(&mut tally, 1, &[remote(1, "Ana")], &[], &[]);
        assert!(summary(&tally).is_some());
    }

    #[test]
    fn what_disturbed_longest_is_said_first_and_what_did_not_last_is_not() {
        let (ana, ben) = (remote(1, "Ana"), remote(2, "Ben"));
        let gaps = |remote: &RemoteSecond| RemoteSecond { concealed_ms: 200.0, ..remote.clone() };
        let mut tally = Tally::default();
        add(&mut tally, 70, &[ana.clone(), ben.clone()], &[], &[]);
        add(&mut tally, 20, &[gaps(&ana), ben.clone()], &[], &[]);
        add(&mut tally, 6, &[ana.clone(), ben.clone()], &[], &[2]);
        add(&mut tally, 2, &[ana.clone(), ben.clone()], &[], &[1]);
        // Who is gone has no sound and no picture either.
        add(&mut tally, 2, &[ana, RemoteSecond { concealed_ms: 900.0, freezes: 1, ..ben }], &[2], &[2]);
        let summary = summary(&tally).unwrap();
        assert!((summary.good_part - 0.85).abs() < 1e-6, "{}", summary.good_part);
        let texts = Texts::new(Language::English).ended();
        let expected = [texts.trouble(Trouble::Sound, "Ana", 20), texts.trouble(Trouble::Picture, "Ben", 6)];
        assert_eq!(summary.troubles, expected);
    }

    #[test]
    fn pictures_that_freeze_break_or_never_come_are_trouble() {
        for broken in [
            RemoteSecond { freezes: 1, ..remote(1, "Ana") },
            RemoteSecond { decode_errors: 1, ..remote(1, "Ana") },
            RemoteSecond { loss: Some(0.06), ..remote(1, "Ana") },
        ] {
            let mut tally = Tally::default();
            add(&mut tally, 10, &[broken], &[], &[]);
            assert_eq!(summary(&tally).unwrap().good_part, 0.0);
        }
    }

    #[test]
    fn an_uplink_is_blamed_where_most_links_suffer_and_not_for_one() {
        let lossy = |id| RemoteSecond {
            link: LinkSecond { loss: 0.2, ..LinkSecond::default() },
            ..remote(id, if id == 1 { "Ana" } else { "Ben" })
        };
        let mut tally = Tally::default();
        add(&mut tally, 10, &[lossy(1), remote(2, "Ben")], &[], &[]);
        assert_eq!(summary(&tally).unwrap().troubles, [""; 0]);
        add(&mut tally, 10, &[lossy(1), lossy(2)], &[], &[]);
        let said = Texts::new(Language::English).ended().trouble(Trouble::Upload, "", 10);
        let summary = summary(&tally).unwrap();
        assert_eq!((summary.troubles, summary.good_part), (vec![said], 1.0), "others suffered, and not oneself");
    }

    #[test]
    fn many_people_with_troubles_take_bounded_memory() {
        let mut tally = Tally::default();
        for number in 0..1000 {
            let name = format!("Guest {number}");
            add(&mut tally, 1, &[RemoteSecond { freezes: 1, ..remote(1, &name) }], &[], &[]);
        }
        assert!(tally.troubles.len() <= MOST_COUNTED);
    }
}
