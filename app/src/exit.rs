//! How the program ends, for scripts.

use std::process::ExitCode;

/// The exit codes that the documentation promises. Bad arguments end with 2, by the argument parser's own hand too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Done,
    /// Something on this machine prevented it, such as no display.
    Failed,
    BadArguments,
    /// The meeting could not be reached or joined.
    NotJoined,
    /// Removed, or the meeting ended before one wanted.
    EndedEarly,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::BadArguments => 2,
            Exit::NotJoined => 3,
            Exit::EndedEarly => 4,
        })
    }
}
