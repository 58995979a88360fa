//! A y4m clip as a source of pictures: looped, at its own rate.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use super::pace::{FrameRateLimit, Metronome};
use super::{CaptureError, VideoSource};
use crate::choice::VideoLimits;
use crate::frame::{FramePool, VideoFrame};
use crate::worker::StopSignal;
use crate::y4m::{Y4mError, Y4mReader};

/// An open clip.
#[derive(Debug)]
pub struct FileSource {
    path: PathBuf,
    name: String,
    reader: Y4mReader<BufReader<File>>,
    pool: FramePool,
    metronome: Metronome,
    limit: FrameRateLimit,
}

impl FileSource {
    /// Opens a clip and makes sure that it has a frame.
    ///
    /// # Errors
    ///
    /// When it is no clip, or cannot be read.
    pub fn open(path: &Path, limits: VideoLimits) -> Result<Self, CaptureError> {
        let pool = FramePool::new();
        let reader = open(path, &pool)
            .map_err(|source| CaptureError::File { path: path.to_owned(), source: Arc::new(source) })?;
        Ok(Self {
            path: path.to_owned(),
            name: path.file_name().map_or_else(|| "clip".to_owned(), |name| name.to_string_lossy().into_owned()),
            metronome: Metronome::new(reader.header().rate),
            reader,
            pool,
            limit: FrameRateLimit::new(limits.fps),
        })
    }

    /// The next frame, the first one after the last.
    fn read(&mut self, captured_at: Instant) -> Result<VideoFrame, Y4mError> {
        if let Some(frame) = self.reader.read_frame(&self.pool, captured_at)? {
            return Ok(frame);
        }
        self.reader.rewind()?;
        self.reader.read_frame(&self.pool, captured_at)?.ok_or(Y4mError::Empty)
    }

    /// The next frame, which is due at this moment; `None` for one too many.
    pub(super) fn frame_due(&mut self, due: Instant) -> Result<Option<VideoFrame>, CaptureError> {
        let frame = self
            .read(due)
            .map_err(|source| CaptureError::File { path: self.path.clone(), source: Arc::new(source) })?;
        Ok(self.limit.admits(due).then_some(frame))
    }
}

/// A reader at the first frame, which is there.
fn open(path: &Path, pool: &FramePool) -> Result<Y4mReader<BufReader<File>>, Y4mError> {
    let mut reader = Y4mReader::new(BufReader::new(File::open(path)?))?;
    reader.read_frame(pool, Instant::now())?.ok_or(Y4mError::Empty)?;
    reader.rewind()?;
    Ok(reader)
}

impl VideoSource for FileSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn next_frame(&mut self, stop: &StopSignal) -> Result<Option<VideoFrame>, CaptureError> {
        loop {
            let now = Instant::now();
            let due = self.metronome.next(now);
            if stop.sleep(due.saturating_duration_since(now)) {
                return Ok(None);
            }
            if let Some(frame) = self.frame_due(due)? {
                return Ok(Some(frame));
            }
        }
    }
}
