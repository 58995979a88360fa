//! What stays of a meeting when it is over: who was there and for how long, and what it was like.

use std::time::{Instant, SystemTime};

use crate::recent::MOST_NAMES;
use crate::statistics::Second;
use crate::summary::Tally;
use crate::text::Texts;
use crate::view::{RecentMeeting, Summary};

/// See the module's description; begins when the meeting is joined.
#[derive(Clone, Debug)]
pub(super) struct Past {
    /// What it can be joined with, as long as it lasts.
    pub link: String,
    /// Whether it is over for everybody.
    pub is_over: bool,
    since: Instant,
    /// Who else was there, in the order of coming.
    names: Vec<String>,
    most_people: u8,
    tally: Tally,
}

impl Past {
    /// Of a meeting that was just joined.
    pub fn new(link: String, now: Instant) -> Self {
        Self { link, is_over: false, since: now, names: Vec::new(), most_people: 1, tally: Tally::default() }
    }

    /// Takes note of who else is there.
    pub fn see<'a>(&mut self, others: impl Iterator<Item = &'a str>) {
        let mut people = 1_u8;
        for name in others {
            people = people.saturating_add(1);
            if self.names.len() < MOST_NAMES && !self.names.iter().any(|known| known == name) {
                self.names.push(name.to_owned());
            }
        }
        self.most_people = self.most_people.max(people);
    }

    /// Takes note of what a second was like.
    pub fn add(&mut self, second: &Second, gone: &[u32], still: &[u32]) {
        self.tally.add(second, gone, still);
    }

    /// What is remembered of it; none where nobody else came.
    pub fn recent(&self, now: Instant, left_at: SystemTime) -> Option<RecentMeeting> {
        let lasted = now.saturating_duration_since(self.since);
        let Self { link, names, most_people, .. } = self;
        (!names.is_empty()).then(|| RecentMeeting {
            link: link.clone(),
            people: names.clone(),
            most_people: *most_people,
            left_at,
            lasted,
        })
    }

    /// What is said to somebody who has left it.
    pub fn farewell(&self, texts: Texts) -> String {
        let texts = texts.ended();
        if self.is_over { texts.you_ended() } else { texts.you_left() }.to_owned()
    }

    /// What it was like; none where too little was measured.
    pub fn summary(&self, now: Instant, texts: Texts) -> Option<Summary> {
        self.tally.summary(now.saturating_duration_since(self.since), self.most_people, texts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn whoever_was_there_is_remembered_once_and_as_many_as_were_there_at_once() {
        let start = Instant::now();
        let mut past = Past::new("nonet://host/kfw-tqxm-ehd".to_owned(), start);
        assert_eq!(past.recent(start, UNIX_EPOCH), None, "nobody else came");
        past.see(["Ana", "Ben"].into_iter());
        past.see(["Ben"].into_iter());
        past.see(["Ben", "Ben", "Cem"].into_iter());
        past.see(std::iter::empty());
        let recent = past.recent(start + Duration::from_secs(90), UNIX_EPOCH).unwrap();
        assert_eq!(recent.people, ["Ana", "Ben", "Cem"]);
        assert_eq!((recent.most_people, recent.lasted), (4, Duration::from_secs(90)));
        (0..100).for_each(|number| past.see([format!("Guest {number}").as_str()].into_iter()));
        assert_eq!(past.recent(start, UNIX_EPOCH).unwrap().people.len(), MOST_NAMES);
    }
}
