//! Meetings that one was in, and the small file that they are remembered in.
//!
//! Told the time, but for the file's reading and writing. Kept on this machine alone and readable by its owner alone: a link holds the
//! meeting's code. A code is dead once its meeting is over, so what stays of it is who was there, and when.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::view::RecentMeeting;

/// Meetings that are remembered; of more, the oldest are forgotten.
pub const MOST: usize = 20;

/// How long one is remembered.
pub const KEPT_FOR: Duration = Duration::from_secs(90 * 24 * 3600);

/// Names of each meeting that are remembered: all who can be there beside oneself.
pub const MOST_NAMES: usize = 8;

/// A larger file is not ours.
const MAX_BYTES: u64 = 64 * 1024;
const MAX_LINK_BYTES: usize = 512;
const MAX_NAME_CHARACTERS: usize = 64;

/// The meetings, the last first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recents {
    meetings: Vec<RecentMeeting>,
}

impl Recents {
    /// The meetings, the last first.
    pub fn meetings(&self) -> &[RecentMeeting] {
        &self.meetings
    }

    /// Remembers a meeting. One that was left and entered again is one.
    pub fn add(&mut self, mut meeting: RecentMeeting) {
        if let Some(place) = self.meetings.iter().position(|known| known.link == meeting.link) {
            let before = self.meetings.remove(place);
            meeting.lasted = meeting.lasted.saturating_add(before.lasted);
            meeting.most_people = meeting.most_people.max(before.most_people);
            let missing = before.people.into_iter().filter(|name| !meeting.people.contains(name)).collect::<Vec<_>>();
            meeting.people.extend(missing);
        }
        self.meetings.push(meeting);
        self.tidy();
    }

    /// Forgets the meeting of a link. Returns whether there was one.
    pub fn forget(&mut self, link: &str) -> bool {
        let before = self.meetings.len();
        self.meetings.retain(|meeting| meeting.link != link);
        before != self.meetings.len()
    }

    /// Forgets what is too long ago. Returns whether anything was.
    pub fn expire(&mut self, now: SystemTime) -> bool {
        let before = self.meetings.len();
        let is_old = |meeting: &RecentMeeting| now.duration_since(meeting.left_at).is_ok_and(|age| age > KEPT_FOR);
        self.meetings.retain(|meeting| !is_old(meeting));
        before != self.meetings.len()
    }

    /// The last first, no more than fit, and of each no more than is shown.
    fn tidy(&mut self) {
        self.meetings.retain(|meeting| meeting.link.len() <= MAX_LINK_BYTES);
        for meeting in &mut self.meetings {
            meeting.people.truncate(MOST_NAMES);
            for name in &mut meeting.people {
                *name = name.chars().filter(|character| !character.is_control()).take(MAX_NAME_CHARACTERS).collect();
            }
        }
        self.meetings.sort_by_key(|meeting| std::cmp::Reverse(meeting.left_at));
        self.meetings.truncate(MOST);
    }

    /// Reads what was remembered; nothing where there is no file.
    ///
    /// # Errors
    ///
    /// When there is one that cannot be read or understood.
    pub fn load(path: &Path) -> Result<Self, RecentsError> {
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            opened => opened?,
        };
        let mut text = String::new();
        if file.take(MAX_BYTES + 1).read_to_string(&mut text)? as u64 > MAX_BYTES {
            return Err(RecentsError::TooLarge);
        }
        let kept: Kept = toml::from_str(&text)?;
        let mut recents = Self { meetings: kept.meetings.into_iter().map(RecentMeeting::from).collect() };
        recents.tidy();
        Ok(recents)
    }

    /// Writes what is remembered, whole or not at all; nothing leaves no file.
    ///
    /// # Errors
    ///
    /// When the folder or file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), RecentsError> {
        if self.meetings.is_empty() {
            return match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
                _ => Ok(()),
            };
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let kept = Kept { meetings: self.meetings.iter().map(Entry::from).collect() };
        let text = toml::to_string_pretty(&kept).expect("numbers and strings are always TOML");
        let new = path.with_extension("toml.new");
        // Made anew, so that nobody else has it open or may read it.
        fs::remove_file(&new).or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        })?;
        let mut file = private(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        Ok(fs::rename(&new, path)?)
    }
}

/// Makes a file that its owner alone can read.
fn private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Why meetings are not remembered.
#[derive(Debug, thiserror::Error)]
pub enum RecentsError {
    #[error("{0}")]
    File(#[from] io::Error),
    #[error("it is too large")]
    TooLarge,
    #[error("{}", .0.message())]
    Content(#[from] toml::de::Error),
}

/// As it is written.
#[derive(Serialize, Deserialize)]
struct Kept {
    #[serde(default, rename = "meeting")]
    meetings: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    link: String,
    #[serde(default)]
    people: Vec<String>,
    #[serde(default)]
    most_people: u8,
    /// Seconds since 1970.
    left_at: u32,
    #[serde(default)]
    lasted_seconds: u32,
}

impl From<&RecentMeeting> for Entry {
    fn from(meeting: &RecentMeeting) -> Self {
        let seconds = |duration: Duration| u32::try_from(duration.as_secs()).unwrap_or(u32::MAX);
        Self {
            link: meeting.link.clone(),
            people: meeting.people.clone(),
            most_people: meeting.most_people,
            left_at: seconds(meeting.left_at.duration_since(UNIX_EPOCH).unwrap_or_default()),
            lasted_seconds: seconds(meeting.lasted),
        }
    }
}

impl From<Entry> for RecentMeeting {
    fn from(entry: Entry) -> Self {
        Self {
            link: entry.link,
            people: entry.people,
            most_people: entry.most_people,
            left_at: UNIX_EPOCH + Duration::from_secs(entry.left_at.into()),
            lasted: Duration::from_secs(entry.lasted_seconds.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_700_000_000 + seconds)
    }

    fn met(link: &str, left_at: u64, people: &[&str]) -> RecentMeeting {
        RecentMeeting {
            link: link.to_owned(),
            people: people.iter().map(|name| (*name).to_owned()).collect(),
            most_people: people.len() as u8 + 1,
            left_at: at(left_at),
            lasted: Duration::from_secs(60),
        }
    }

    fn links(recents: &Recents) -> Vec<&str> {
        recents.meetings().iter().map(|meeting| meeting.link.as_str()).collect()
    }

    #[test]
    fn the_last_comes_first_and_the_oldest_of_many_are_forgotten() {
        let mut recents = Recents::default();
        for number in [3, 1, 2] {
            recents.add(met(&number.to_string(), number, &["Ana"]));
        }
        assert_eq!(links(&recents), ["3", "2", "1"]);
        (0..100).for_each(|number| recents.add(met(&format!("more {number}"), 10 + number, &[])));
        assert_eq!((recents.meetings().len(), links(&recents)[0]), (MOST, "more 99"));
    }

    #[test]
    fn a_meeting_that_was_entered_twice_is_one() {
        let mut recents = Recents::default();
        recents.add(met("a", 1, &["Ana", "Ben", "Cem"]));
        recents.add(met("a", 200, &["Ben", "Dora"]));
        let [meeting] = recents.meetings() else { panic!("one meeting") };
        assert_eq!(meeting.people, ["Ben", "Dora", "Ana", "Cem"]);
        assert_eq!((meeting.most_people, meeting.lasted, meeting.left_at), (4, Duration::from_secs(120), at(200)));
    }

    #[test]
    fn a_meeting_is_forgotten_when_that_is_asked_for_and_when_it_is_long_ago() {
        let mut recents = Recents::default();
        recents.add(met("a", 0, &[]));
        recents.add(met("b", 1000, &[]));
        assert!(recents.forget("a") && !recents.forget("a"));
        recents.add(met("a", 0, &[]));
        assert!(!recents.expire(at(0) + KEPT_FOR));
        assert!(recents.expire(at(1) + KEPT_FOR));
        assert_eq!(links(&recents), ["b"]);
        assert!(!recents.expire(UNIX_EPOCH), "a clock that was set back forgets nothing");
    }

    #[test]
    fn what_is_saved_is_loaded_again_and_nobody_else_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/recent.toml");
        assert_eq!(Recents::load(&path).unwrap(), Recents::default());
        let mut recents = Recents::default();
        recents.add(met("nonet://host/kfw-tqxm-ehd#0f", 5, &["Ana \"Ü\"", "[x]"]));
        recents.save(&path).unwrap();
        recents.save(&path).unwrap();
        assert_eq!(Recents::load(&path).unwrap(), recents);
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
        recents.forget("nonet://host/kfw-tqxm-ehd#0f");
        recents.save(&path).unwrap();
        recents.save(&path).unwrap();
        assert!(!path.exists(), "nothing to remember leaves nothing");
    }

    #[test]
    fn a_file_that_is_not_ours_is_reported_and_one_that_is_too_full_is_cut() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("recent.toml");
        for text in ["[[meeting]]\nlink = 5\nleft_at = 1\n", "[[meeting]]\nlink = \"a\"\nleft_at = -1\n", "meeting = ["]
        {
            fs::write(&path, text).unwrap();
            assert!(matches!(Recents::load(&path), Err(RecentsError::Content(_))), "{text}");
        }
        fs::write(&path, "#".repeat(MAX_BYTES as usize + 1)).unwrap();
        assert!(matches!(Recents::load(&path), Err(RecentsError::TooLarge)));
        let names = format!("people = [{}]", format!("\"{}\",", "x".repeat(100)).repeat(20));
        fs::write(&path, format!("[[meeting]]\nlink = \"a\"\nleft_at = 4294967295\n{names}\n").repeat(25)).unwrap();
        let recents = Recents::load(&path).unwrap();
        let meeting = &recents.meetings()[0];
        assert_eq!((recents.meetings().len(), meeting.people.len(), meeting.people[0].len()), (MOST, 8, 64));
    }

    proptest! {
        #[test]
        fn any_text_is_a_file_of_meetings_or_none(text in "\\PC{0,200}") {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("recent.toml");
            fs::write(&path, text).unwrap();
            let _ = Recents::load(&path);
        }
    }
}
