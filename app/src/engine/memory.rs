//! Meetings of the past, as long as a person wants them remembered, and their file.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use crate::recent::Recents;
use crate::view::RecentMeeting;

/// See the module's description.
#[derive(Debug, Default)]
pub(super) struct Memory {
    recents: Recents,
    /// Nowhere if absent: then they are remembered as long as the program runs.
    file: Option<PathBuf>,
    /// What the home screen shows.
    shown: Arc<[RecentMeeting]>,
}

impl Memory {
    /// With what was remembered, if that is wanted.
    pub fn new(file: Option<PathBuf>, is_wanted: bool) -> Self {
        let mut memory = Self { file, ..Self::default() };
        if !is_wanted {
            return memory;
        }
        if let Some(path) = &memory.file {
            match Recents::load(path) {
                Ok(recents) => memory.recents = recents,
                // The next meeting takes its place.
                Err(error) => tracing::warn!(%error, "meetings of the past are not remembered"),
            }
        }
        memory.change(|recents| recents.expire(SystemTime::now()));
        memory.shown = memory.recents.meetings().into();
        memory
    }

    /// The last first.
    pub fn shown(&self) -> Arc<[RecentMeeting]> {
        self.shown.clone()
    }

    /// Whether the meeting of this link is remembered.
    pub fn knows(&self, link: &str) -> bool {
        self.recents.meetings().iter().any(|meeting| meeting.link == link)
    }

    /// Remembers a meeting.
    pub fn add(&mut self, meeting: RecentMeeting) {
        self.change(|recents| {
            recents.expire(meeting.left_at);
            recents.add(meeting);
            true
        });
    }

    /// Forgets the meeting of a link.
    pub fn forget(&mut self, link: &str) {
        self.change(|recents| recents.forget(link));
    }

    /// Forgets all of them.
    pub fn forget_all(&mut self) {
        self.change(|recents| {
            *recents = Recents::default();
            true
        });
    }

    /// Changes what is remembered, and writes it if that did anything.
    fn change(&mut self, change: impl FnOnce(&mut Recents) -> bool) {
        if !change(&mut self.recents) {
            return;
        }
        self.shown = self.recents.meetings().into();
        if let Some(path) = &self.file
            && let Err(error) = self.recents.save(path)
        {
            tracing::warn!(%error, "meetings are not remembered after the end of the program");
        }
    }
}
