//! Who is large where one is: whoever speaks, and not a different one at every word. Told the time.

use std::time::{Duration, Instant};

use crate::view::Participant;

/// For how long somebody stays large at least.
const HOLDS: Duration = Duration::from_secs(2);
/// How long somebody else must have spoken to become large.
const MOMENT: Duration = Duration::from_millis(800);

/// Remembers who is large, and who speaks since when.
#[derive(Clone, Debug, Default)]
pub struct Spotlight {
    large: Option<Large>,
    speaking: Vec<(u32, Instant)>,
}

#[derive(Clone, Copy, Debug)]
struct Large {
    id: u32,
    since: Instant,
}

impl Spotlight {
    /// Who is large now: of the others; oneself only if nobody else is there.
    pub fn choose(&mut self, participants: &[Participant], now: Instant) -> Option<u32> {
        let others = || participants.iter().filter(|participant| !participant.is_self);
        self.speaking.retain(|(id, _)| others().any(|other| other.id == *id && is_heard(other)));
        for other in others().filter(|other| is_heard(other)) {
            if self.speaking.iter().all(|(id, _)| *id != other.id) {
                self.speaking.push((other.id, now));
            }
        }
        // Who has left is not waited for.
        self.large = self.large.filter(|large| others().any(|other| other.id == large.id));
        let next = match self.large {
            None => self.speaking.first().map(|(id, _)| *id).or_else(|| others().next().map(|other| other.id)),
            Some(large) => self.successor(large).filter(|(_, at)| *at <= now).map(|(id, _)| id),
        };
        if let Some(id) = next {
            self.large = Some(Large { id, since: now });
        }
        self.large.map(|large| large.id).or_else(|| participants.first().map(|participant| participant.id))
    }

    /// In how long somebody else will be large, if all go on as they do now.
    pub fn next_change(&self, now: Instant) -> Option<Duration> {
        let (_, at) = self.successor(self.large?)?;
        Some(at.saturating_duration_since(now))
    }

    /// Who will be large next and when, as people speak now. Who is large stays while they speak themselves.
    fn successor(&self, large: Large) -> Option<(u32, Instant)> {
        if self.speaking.iter().any(|(id, _)| *id == large.id) {
            return None;
        }
        // They are in the order in which they began.
        let (id, began) = self.speaking.first()?;
        Some((*id, (*began + MOMENT).max(large.since + HOLDS)))
    }
}

fn is_heard(participant: &Participant) -> bool {
    participant.speaking && participant.microphone_on
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{Connection, Motion};
    use nonet_media::latest::Latest;

    /// Sam, who is oneself, and others with ids from 1 on, of whom some speak.
    fn people(others: u32, speaking: &[u32]) -> Vec<Participant> {
        let participant = |id| Participant {
            id,
            name: String::new(),
            is_self: id == 0,
            is_host: false,
            microphone_on: true,
            camera_on: true,
            speaking: speaking.contains(&id),
            connection: Connection::Connected,
            motion: Motion::Live,
            pictures: Latest::new(),
            volume_percent: 100,
            hand: None,
            quality: None,
        };
        (0..=others).map(participant).collect()
    }

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn who_speaks_at_first_is_large_at_once_and_else_the_first_of_the_others() {
        let now = Instant::now();
        assert_eq!(Spotlight::default().choose(&people(3, &[2]), now), Some(2));
        assert_eq!(Spotlight::default().choose(&people(3, &[]), now), Some(1));
    }

    #[test]
    fn oneself_is_large_only_when_alone() {
        let now = Instant::now();
        let mut spotlight = Spotlight::default();
        assert_eq!(spotlight.choose(&people(0, &[0]), now), Some(0));
        assert_eq!(spotlight.choose(&people(2, &[0]), now), Some(1));
        assert_eq!(spotlight.choose(&people(2, &[0]), now + ms(9000)), Some(1));
        assert_eq!(spotlight.next_change(now), None);
        assert_eq!(Spotlight::default().choose(&[], now), None);
    }

    #[test]
    fn another_one_becomes_large_after_having_spoken_for_a_moment() {
        let (mut spotlight, start) = (Spotlight::default(), Instant::now());
        spotlight.choose(&people(3, &[1]), start);
        let later = start + ms(10_000);
        assert_eq!(spotlight.choose(&people(3, &[3]), later), Some(1));
        assert_eq!(spotlight.next_change(later), Some(MOMENT));
        assert_eq!(spotlight.choose(&people(3, &[3]), later + MOMENT - ms(1)), Some(1));
        assert_eq!(spotlight.choose(&people(3, &[3]), later + MOMENT), Some(3));
    }

    #[test]
    fn a_word_in_between_changes_nothing() {
        let (mut spotlight, start) = (Spotlight::default(), Instant::now());
        spotlight.choose(&people(3, &[1]), start);
        for beat in 0..20 {
            let at = start + ms(5000 + 1000 * beat);
            assert_eq!(spotlight.choose(&people(3, &[2]), at), Some(1));
            assert_eq!(spotlight.choose(&people(3, &[]), at + ms(500)), Some(1));
        }
    }

    #[test]
    fn who_became_large_stays_for_two_seconds_at_least() {
        let (mut spotlight, start) = (Spotlight::default(), Instant::now());
        spotlight.choose(&people(3, &[1]), start);
        assert_eq!(spotlight.choose(&people(3, &[2]), start + ms(100)), Some(1));
        assert_eq!(spotlight.next_change(start + ms(100)), Some(ms(1900)));
        assert_eq!(spotlight.choose(&people(3, &[2]), start + ms(1999)), Some(1));
        assert_eq!(spotlight.choose(&people(3, &[2]), start + HOLDS), Some(2));
    }

    #[test]
    fn who_is_large_stays_while_speaking_and_whoever_began_first_is_next() {
        let (mut spotlight, start) = (Spotlight::default(), Instant::now());
        spotlight.choose(&people(3, &[1]), start);
        spotlight.choose(&people(3, &[1, 3]), start + ms(100));
        assert_eq!(spotlight.choose(&people(3, &[1, 2, 3]), start + ms(9000)), Some(1));
        assert_eq!(spotlight.next_change(start + ms(9000)), None);
        assert_eq!(spotlight.choose(&people(3, &[2, 3]), start + ms(9100)), Some(3));
    }

    #[test]
    fn who_leaves_is_followed_at_once() {
        let (mut spotlight, start) = (Spotlight::default(), Instant::now());
        spotlight.choose(&people(3, &[3]), start);
        assert_eq!(spotlight.choose(&people(2, &[2]), start + ms(1)), Some(2));
    }

    #[test]
    fn a_microphone_that_is_off_is_not_spoken_into() {
        let (mut spotlight, start) = (Spotlight::default(), Instant::now());
        spotlight.choose(&people(2, &[]), start);
        let mut muted = people(2, &[2]);
        muted[2].microphone_on = false;
        spotlight.choose(&muted, start + ms(3000));
        assert_eq!(spotlight.choose(&muted, start + ms(9000)), Some(1));
    }
}
