//! A WAV file that what is played is written to as a speaker of one channel would play it.

use std::fs::{File, OpenOptions};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavSpec, WavWriter};

use crate::choice::SpeakerChoice;
use crate::frame::{AUDIO_PIECE_SAMPLES, SAMPLE_RATE_HZ};

/// Pieces after which the header is brought up to date: a second, so that the file is whole to the last second even if
/// the program is killed.
const FLUSH_PIECES: u32 = 100;

/// Pieces that fit a WAV file, whose header counts bytes in 32 bits: more than twelve hours.
const MAX_PIECES: u32 = (u32::MAX - 4_096) / (2 * AUDIO_PIECE_SAMPLES as u32);

/// Why sound cannot be written to a file.
#[derive(Debug, thiserror::Error)]
#[error("The sound file {path} cannot be written: {why}.", path = path.display())]
pub struct SoundWriterError {
    path: PathBuf,
    why: String,
}

/// Mono, 48 kHz, 16 bits. Dropping it completes the file.
pub(super) struct SoundWriter {
    path: PathBuf,
    writer: WavWriter<BufWriter<File>>,
    pieces: u32,
}

impl SoundWriter {
    /// Creates the file, or empties one that is there.
    pub(super) fn create(path: &Path) -> Result<Self, SoundWriterError> {
        let spec =
            WavSpec { channels: 1, sample_rate: SAMPLE_RATE_HZ, bits_per_sample: 16, sample_format: SampleFormat::Int };
        let writer = WavWriter::create(path, spec).map_err(|error| failed(path, &error))?;
        Ok(Self { path: path.to_owned(), writer, pieces: 0 })
    }

    /// Appends 10 ms.
    pub(super) fn write(&mut self, piece: &[f32; AUDIO_PIECE_SAMPLES]) -> Result<(), SoundWriterError> {
        if self.pieces == MAX_PIECES {
            return Err(failed(&self.path, &"it is as long as a WAV file can be"));
        }
        self.pieces += 1;
        let mut write = || {
            for sample in piece {
                self.writer.write_sample((sample * f32::from(i16::MAX)).round() as i16)?;
            }
            if self.pieces.is_multiple_of(FLUSH_PIECES) { self.writer.flush() } else { Ok(()) }
        };
        write().map_err(|error: hound::Error| failed(&self.path, &error))
    }
}

fn failed(path: &Path, why: &impl ToString) -> SoundWriterError {
    SoundWriterError { path: path.to_owned(), why: why.to_string() }
}

/// Whether a choice can work at all, for the command line: a sound file must be writable. Devices may come later.
///
/// # Errors
///
/// When the file cannot be written, in a sentence that says why.
pub fn check(choice: &SpeakerChoice) -> Result<(), SoundWriterError> {
    let SpeakerChoice::File(path) = choice else { return Ok(()) };
    // What is in it stays until it is really used.
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(path);
    file.map(|_| ()).map_err(|error| failed(path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_whole_to_the_last_second_even_if_it_is_never_finished() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.wav");
        let mut writer = SoundWriter::create(&path).unwrap();
        for _ in 0..240 {
            writer.write(&[0.5; AUDIO_PIECE_SAMPLES]).unwrap();
        }
        std::mem::forget(writer);
        let samples: Vec<i16> = hound::WavReader::open(&path).unwrap().into_samples().map(Result::unwrap).collect();
        assert_eq!(samples, vec![16_384; 96_000]);
    }

    #[test]
    fn dropping_it_completes_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.wav");
        let mut writer = SoundWriter::create(&path).unwrap();
        (0..7).for_each(|_| writer.write(&[-1.0; AUDIO_PIECE_SAMPLES]).unwrap());
        drop(writer);
        assert_eq!(hound::WavReader::open(&path).unwrap().duration(), 7 * 480);
    }

    #[test]
    fn a_file_that_cannot_be_written_fails_the_check_with_a_sentence() {
        let choice = SpeakerChoice::File("/none/such/out.wav".into());
        let sentence = check(&choice).unwrap_err().to_string();
        assert!(sentence.contains("/none/such/out.wav cannot be written"), "{sentence}");
        assert!(check(&SpeakerChoice::Off).is_ok());
    }

    #[test]
    fn the_check_leaves_a_file_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.wav");
        std::fs::write(&path, b"before").unwrap();
        check(&SpeakerChoice::File(path.clone())).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"before");
    }
}
