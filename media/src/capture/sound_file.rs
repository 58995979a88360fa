//! A WAV file as an endless source of sound: any sample rate, depth and number of channels, looped. What it gives is the mean of
//! all channels, and where there are two the side as well.
//!
//! Reads as it goes, so that memory does not depend on the length of the file, and opens it anew for each round. The
//! loop is exact to the sample.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavReader};

use crate::audio::resample::Resampler;
use crate::frame::{AUDIO_FRAME_SAMPLES, SAMPLE_RATE_HZ};

/// Sample frames that are read at a time.
const READ_FRAMES: usize = 1_024;

/// Channels that are mixed down at most.
const MAX_CHANNELS: u16 = 32;

/// Why a file cannot be a source of sound.
#[derive(Debug, thiserror::Error)]
pub enum SoundFileError {
    /// There is no such file, or it may not be read.
    #[error("The sound file {path} cannot be read: {source}.", path = path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    /// It is something else, damaged, or a WAV file of a kind that is not understood.
    #[error("{path} is not a WAV file that can be played: {why}.", path = path.display())]
    NotWav { path: PathBuf, why: String },
    /// There are no samples in it.
    #[error("The sound file {path} contains no sound.", path = path.display())]
    Empty { path: PathBuf },
}

/// See the module's description.
pub struct SoundFile {
    path: PathBuf,
    reader: WavReader<BufReader<File>>,
    resampler: Resampler,
    /// At the file's rate, as read last.
    read: Sound,
    /// At 48 kHz, not yet handed out: less than a frame and what one read makes.
    ready: Sound,
    /// The side of the frame that was handed out last.
    side: Option<Box<[f32; AUDIO_FRAME_SAMPLES]>>,
}

/// The mean of all channels, and of two the side, as long as it. Otherwise there is none.
#[derive(Default)]
struct Sound {
    mid: Vec<f32>,
    side: Vec<f32>,
}

impl Sound {
    fn clear(&mut self) {
        self.mid.clear();
        self.side.clear();
    }

    fn side(&self) -> Option<&[f32]> {
        (!self.side.is_empty()).then_some(&self.side)
    }
}

impl std::fmt::Debug for SoundFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SoundFile").field("path", &self.path).finish_non_exhaustive()
    }
}

impl SoundFile {
    /// Opens a file and checks that it can be played.
    ///
    /// # Errors
    ///
    /// When it cannot be read, is no WAV file that is understood, or contains nothing.
    pub fn open(path: &Path) -> Result<Self, SoundFileError> {
        let reader = open(path)?;
        let spec = reader.spec();
        let not_wav = |why: String| SoundFileError::NotWav { path: path.to_owned(), why };
        match (spec.sample_format, spec.bits_per_sample) {
            (SampleFormat::Float, 32) | (SampleFormat::Int, 8 | 16 | 24 | 32) => {}
            (format, bits) => return Err(not_wav(format!("its samples are of {bits} bits ({format:?})"))),
        }
        if spec.channels > MAX_CHANNELS {
            return Err(not_wav(format!("it has {} channels", spec.channels)));
        }
        let resampler = Resampler::new(spec.sample_rate, SAMPLE_RATE_HZ).map_err(|error| not_wav(error.to_string()))?;
        if reader.duration() == 0 {
            return Err(SoundFileError::Empty { path: path.to_owned() });
        }
        Ok(Self {
            path: path.to_owned(),
            reader,
            resampler,
            read: Sound::default(),
            ready: Sound::default(),
            side: None,
        })
    }

    /// The next 20 ms, from the beginning again after the end: the mean of all channels.
    ///
    /// # Errors
    ///
    /// When the file has gone, or became something else.
    pub fn next_frame(&mut self) -> Result<[f32; AUDIO_FRAME_SAMPLES], SoundFileError> {
        while self.ready.mid.len() < AUDIO_FRAME_SAMPLES {
            self.read_some();
            if self.read.mid.is_empty() {
                let spec = self.reader.spec();
                self.reader = open(&self.path)?;
                if self.reader.spec() != spec {
                    let why = "it was replaced by one of another format".to_owned();
                    return Err(SoundFileError::NotWav { path: self.path.clone(), why });
                }
                self.read_some();
                if self.read.mid.is_empty() {
                    return Err(SoundFileError::Empty { path: self.path.clone() });
                }
            }
            self.resampler.process_with_side(&self.read.mid, self.read.side(), |mid, side| {
                self.ready.mid.extend_from_slice(mid);
                self.ready.side.extend_from_slice(side.unwrap_or_default());
            });
        }
        self.side = take_frame(&mut self.ready.side).map(Box::new);
        Ok(take_frame(&mut self.ready.mid).expect("there is a frame"))
    }

    /// The side of the frame that was handed out last; none where the file has not two channels.
    pub fn side(&self) -> Option<&[f32; AUDIO_FRAME_SAMPLES]> {
        self.side.as_deref()
    }

    /// Reads on, mixing the channels down; nothing at the end, even where a file that was cut short ends early.
    fn read_some(&mut self) {
        self.read.clear();
        let spec = self.reader.spec();
        let scale = 2f32.powi(1 - i32::from(spec.bits_per_sample));
        match spec.sample_format {
            SampleFormat::Float => mix_down(self.reader.samples::<f32>(), spec.channels, &mut self.read),
            SampleFormat::Int => {
                let samples = self.reader.samples::<i32>().map(|sample| Ok(sample? as f32 * scale));
                mix_down(samples, spec.channels, &mut self.read);
            }
        }
    }
}

/// Appends up to [`READ_FRAMES`] means of all channels, and the side of two, until there is no whole one left.
fn mix_down(mut samples: impl Iterator<Item = Result<f32, hound::Error>>, channels: u16, out: &mut Sound) {
    for _ in 0..READ_FRAMES {
        let (mut sum, mut difference) = (0.0, 0.0);
        for channel in 0..channels {
            let Some(Ok(sample)) = samples.next() else { return };
            // A file may hold floating point values that are no sound.
            let sample = if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 };
            sum += sample;
            difference += if channel == 0 { sample } else { -sample };
        }
        out.mid.push(sum / f32::from(channels));
        if channels == 2 {
            out.side.push(0.5 * difference);
        }
    }
}

/// Takes the first 20 ms, if there are so many.
fn take_frame(samples: &mut Vec<f32>) -> Option<[f32; AUDIO_FRAME_SAMPLES]> {
    let frame = *samples.first_chunk()?;
    samples.drain(..AUDIO_FRAME_SAMPLES);
    Some(frame)
}

fn open(path: &Path) -> Result<WavReader<BufReader<File>>, SoundFileError> {
    let file = File::open(path).map_err(|source| SoundFileError::Unreadable { path: path.to_owned(), source })?;
    WavReader::new(BufReader::new(file))
        .map_err(|error| SoundFileError::NotWav { path: path.to_owned(), why: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::testing::power_at;
    use hound::{WavSpec, WavWriter};
    use std::f64::consts::TAU;

    /// A sine of whole periods, so that its loop has no seam; the second channel is silent.
    fn write(path: &Path, spec: WavSpec, frequency: f64, periods: f64) {
        let mut writer = WavWriter::create(path, spec).unwrap();
        let frames = (periods / frequency * f64::from(spec.sample_rate)).round() as u32;
        for index in 0..frames {
            let value = 0.5 * (TAU * frequency * f64::from(index) / f64::from(spec.sample_rate)).sin();
            for channel in 0..spec.channels {
                let value = if channel == 0 { value } else { 0.0 };
                match spec.sample_format {
                    SampleFormat::Float => writer.write_sample(value as f32).unwrap(),
                    SampleFormat::Int => {
                        writer.write_sample((value * 2f64.powi(i32::from(spec.bits_per_sample) - 1)) as i32).unwrap();
                    }
                }
            }
        }
        writer.finalize().unwrap();
    }

    fn spec(sample_rate: u32, channels: u16, bits_per_sample: u16, sample_format: SampleFormat) -> WavSpec {
        WavSpec { channels, sample_rate, bits_per_sample, sample_format }
    }

    #[test]
    fn every_usual_format_loops_without_a_seam_or_drift() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sine.wav");
        for (rate, channels, bits, format) in [
            (8_000, 1, 8, SampleFormat::Int),
            (16_000, 1, 16, SampleFormat::Int),
            (22_050, 2, 16, SampleFormat::Int),
            (44_100, 1, 24, SampleFormat::Int),
            (44_100, 2, 32, SampleFormat::Float),
            (48_000, 1, 32, SampleFormat::Int),
            (96_000, 6, 24, SampleFormat::Int),
        ] {
            // 30 periods of 300 Hz are 100 ms, a whole number of samples at each rate.
            write(&path, spec(rate, channels, bits, format), 300.0, 30.0);
            let mut file = SoundFile::open(&path).unwrap();
            let heard: Vec<f32> = (0..500).flat_map(|_| file.next_frame().unwrap()).collect();
            // After a hundred rounds the sine is still in phase with itself: all power is at its frequency.
            let power = power_at(&heard[4_800..], 300.0).sqrt();
            let expected = 0.5 / f64::from(channels);
            assert!((power - expected).abs() < 0.02 * expected + 0.004, "{rate} Hz × {channels}, {bits} bits: {power}");
        }
    }

    #[test]
    fn two_channels_are_kept_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("left.wav");
        for rate in [44_100, 48_000] {
            write(&path, spec(rate, 2, 16, SampleFormat::Int), 300.0, 30.0);
            let mut file = SoundFile::open(&path).unwrap();
            for _ in 0..50 {
                let mid = file.next_frame().unwrap();
                // The right is silent, so that mid and side are the same.
                assert_eq!(file.side(), Some(&mid), "{rate} Hz");
            }
        }
        write(&path, spec(48_000, 1, 16, SampleFormat::Int), 300.0, 30.0);
        let mut file = SoundFile::open(&path).unwrap();
        file.next_frame().unwrap();
        assert_eq!(file.side(), None);
    }

    #[test]
    fn a_file_shorter_than_a_frame_loops() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("click.wav");
        write(&path, spec(48_000, 1, 16, SampleFormat::Int), 1_000.0, 2.0);
        let mut file = SoundFile::open(&path).unwrap();
        let heard: Vec<f32> = (0..50).flat_map(|_| file.next_frame().unwrap()).collect();
        assert!((power_at(&heard, 1_000.0).sqrt() - 0.5).abs() < 0.01);
    }

    #[test]
    fn what_is_read_ahead_does_not_grow() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sine.wav");
        write(&path, spec(8_000, 1, 16, SampleFormat::Int), 100.0, 1_000.0);
        let mut file = SoundFile::open(&path).unwrap();
        for _ in 0..2_000 {
            file.next_frame().unwrap();
            assert!(file.ready.mid.len() < AUDIO_FRAME_SAMPLES + READ_FRAMES * 6 + 480);
        }
    }

    #[test]
    fn what_cannot_be_played_is_refused_with_a_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |name: &str, bytes: Option<&[u8]>| {
            let path = folder.path().join(name);
            if let Some(bytes) = bytes {
                std::fs::write(&path, bytes).unwrap();
            }
            SoundFile::open(&path).unwrap_err().to_string()
        };
        assert!(refused("missing.wav", None).contains("missing.wav cannot be read"));
        assert!(refused("text.wav", Some(b"not a sound at all")).contains("text.wav is not a WAV file"));
        assert!(refused("empty.wav", Some(b"")).contains("is not a WAV file"));

        let path = folder.path().join("slow.wav");
        write(&path, spec(4_000, 1, 16, SampleFormat::Int), 100.0, 10.0);
        assert!(SoundFile::open(&path).unwrap_err().to_string().contains("4000 Hz"));
        WavWriter::create(&path, spec(48_000, 1, 16, SampleFormat::Int)).unwrap().finalize().unwrap();
        assert!(SoundFile::open(&path).unwrap_err().to_string().contains("contains no sound"));
    }

    #[test]
    fn a_file_that_was_cut_short_plays_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cut.wav");
        write(&path, spec(48_000, 1, 16, SampleFormat::Int), 300.0, 300.0);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        let mut file = SoundFile::open(&path).unwrap();
        assert!((0..200).all(|_| file.next_frame().is_ok()));
        std::fs::write(&path, &bytes[..44]).unwrap();
        let mut file = SoundFile::open(&path).unwrap();
        assert!(matches!(file.next_frame(), Err(SoundFileError::Empty { .. })));
    }
}
