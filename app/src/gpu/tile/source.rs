//! The shader's text: embedded, and in debug builds read again from disk when the file was edited.

use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

const EMBEDDED: &str = include_str!("../../../../shaders/tile.wgsl");

/// How often the file is looked at.
const CHECK_EVERY: Duration = Duration::from_millis(500);

/// The text that is in use, and what is needed to notice a newer one.
#[derive(Debug)]
pub(super) struct ShaderSource {
    text: String,
    modified: Option<SystemTime>,
    checked_at: Instant,
}

impl ShaderSource {
    pub(super) fn new() -> Self {
        Self { text: EMBEDDED.to_owned(), modified: modified(), checked_at: Instant::now() }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether the text is another one than at the last call. Never in release builds.
    pub(super) fn changed(&mut self) -> bool {
        if !cfg!(debug_assertions) || self.checked_at.elapsed() < CHECK_EVERY {
            return false;
        }
        self.checked_at = Instant::now();
        let modified = modified();
        if modified == self.modified {
            return false;
        }
        self.modified = modified;
        match std::fs::read_to_string(path()) {
            Ok(text) if text != self.text => {
                self.text = text;
                true
            }
            _ => false,
        }
    }
}

fn path() -> &'static Path {
    Path::new(if cfg!(debug_assertions) { concat!(env!("CARGO_MANIFEST_DIR"), "/../shaders/tile.wgsl") } else { "" })
}

fn modified() -> Option<SystemTime> {
    path().metadata().ok()?.modified().ok()
}
