//! What has happened lately and is worth a sentence: who came and went, raised a hand or wrote, and what the engine says.
//!
//! Told the newest view and the time. What happens often is said together: "Ana and 3 others joined".

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crate::view::{ChatMessage, Meeting, Notice, NoticeKind};

/// How long something is seen.
pub const SHOWN_FOR: Duration = Duration::from_secs(5);
/// How long it is seen at least, once nobody points at it any more.
const SHOWN_AFTER_HOVER: Duration = Duration::from_secs(2);
/// Who has not looked for so long is not told what has happened meanwhile.
const LOOKED_AWAY: Duration = Duration::from_secs(10);
/// More are not kept; the oldest goes.
const MOST: usize = 8;
/// Of more people the names are not kept.
const MOST_NAMES: usize = 16;

/// Something that is said for some seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    /// Grows by one each time.
    pub number: u64,
    pub what: What,
    pub until: Instant,
}

/// What it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The engine's sentence.
    Said {
        kind: NoticeKind,
        text: String,
    },
    Joined(Vec<String>),
    Left(Vec<String>),
    RaisedHands(Vec<String>),
    /// How many messages, and who wrote the last.
    Wrote {
        count: usize,
        who: String,
        text: String,
    },
}

/// See the module's description.
#[derive(Debug, Default)]
pub struct Happenings {
    list: Vec<Happening>,
    next_number: u64,
    /// The engine's newest that was taken up.
    last_notice: Option<(Instant, u64)>,
    known: Option<Known>,
}

/// A meeting as it was at the last look.
#[derive(Debug)]
struct Known {
    people: BTreeMap<u32, String>,
    hands: BTreeSet<u32>,
    last_message: Option<u64>,
    at: Instant,
}

impl Known {
    fn new(meeting: &Meeting, at: Instant) -> Self {
        let others = || meeting.participants.iter().filter(|participant| !participant.is_self);
        Self {
            people: others().map(|participant| (participant.id, participant.name.clone())).collect(),
            hands: others().filter(|participant| participant.hand.is_some()).map(|who| who.id).collect(),
            last_message: meeting.chat.iter().map(|message| message.number).max(),
            at,
        }
    }
}

impl Happenings {
    /// Looks at what is new. What is written is not told to whoever sees it anyway.
    pub fn look(&mut self, meeting: Option<&Meeting>, is_chat_seen: bool, notices: &[Notice], now: Instant) {
        for notice in notices {
            if self.last_notice < Some((notice.at, notice.number)) {
                self.last_notice = Some((notice.at, notice.number));
                let Notice { kind, text, .. } = notice.clone();
                self.push(What::Said { kind, text }, notice.at + SHOWN_FOR);
            }
        }
        let known = meeting.map(|meeting| Known::new(meeting, now));
        if let (Some(meeting), Some(known), Some(before)) = (meeting, &known, &self.known)
            && now.saturating_duration_since(before.at) < LOOKED_AWAY
        {
            let named = |ids: &mut dyn Iterator<Item = &u32>, of: &BTreeMap<u32, String>| -> Vec<String> {
                ids.filter_map(|id| of.get(id).cloned()).collect()
            };
            let came = &mut known.people.keys().filter(|id| !before.people.contains_key(id));
            let joined = named(came, &known.people);
            let left = named(&mut before.people.keys().filter(|id| !known.people.contains_key(id)), &before.people);
            let hands = named(&mut known.hands.difference(&before.hands), &known.people);
            let is_new = |message: &&ChatMessage| !message.from.is_self && Some(message.number) > before.last_message;
            let written: Vec<_> = meeting.chat.iter().filter(is_new).cloned().collect();
            self.people(joined, What::Joined, now);
            self.people(left, What::Left, now);
            self.people(hands, What::RaisedHands, now);
            if !is_chat_seen {
                self.written(&written, now);
            }
        }
        if is_chat_seen {
            self.list.retain(|happening| !matches!(happening.what, What::Wrote { .. }));
        }
        self.known = known;
        self.list.retain(|happening| happening.until > now);
        let surplus = self.list.len().saturating_sub(MOST);
        self.list.drain(..surplus);
    }

    /// What is to be seen, the oldest first.
    pub fn list(&self) -> &[Happening] {
        &self.list
    }

    /// When the next one goes.
    pub fn next_end(&self) -> Option<Instant> {
        self.list.iter().map(|happening| happening.until).min()
    }

    /// Somebody has seen enough of one.
    pub fn dismiss(&mut self, number: u64) {
        self.list.retain(|happening| happening.number != number);
    }

    /// Somebody points at them: none goes meanwhile.
    pub fn hold(&mut self, now: Instant) {
        for happening in &mut self.list {
            happening.until = happening.until.max(now + SHOWN_AFTER_HOVER);
        }
    }

    fn push(&mut self, what: What, until: Instant) {
        self.list.push(Happening { number: self.next_number, what, until });
        self.next_number += 1;
    }

    /// Adds people to those of whom the same is said already.
    fn people(&mut self, names: Vec<String>, what: fn(Vec<String>) -> What, now: Instant) {
        if names.is_empty() {
            return;
        }
        let kind = std::mem::discriminant(&what(Vec::new()));
        let same = self.list.iter_mut().find(|happening| std::mem::discriminant(&happening.what) == kind);
        match same {
            Some(Happening {
                what: What::Joined(said) | What::Left(said) | What::RaisedHands(said), until, ..
            }) => {
                said.extend(names);
                said.truncate(MOST_NAMES);
                *until = now + SHOWN_FOR;
            }
            _ => self.push(what(names), now + SHOWN_FOR),
        }
    }

    fn written(&mut self, messages: &[ChatMessage], now: Instant) {
        let Some(last) = messages.last() else { return };
        let so_far = self.list.iter().find_map(|happening| match happening.what {
            What::Wrote { count, .. } => Some((happening.number, count)),
            _ => None,
        });
        if let Some((number, _)) = so_far {
            self.dismiss(number);
        }
        let count = messages.len() + so_far.map_or(0, |(_, count)| count);
        self.push(What::Wrote { count, who: last.from.name.clone(), text: last.text.clone() }, now + SHOWN_FOR);
    }
}

#[cfg(test)]
mod tests;
