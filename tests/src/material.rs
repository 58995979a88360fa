//! Clips and voices to send, made here so that the repository carries none.

use std::f64::consts::TAU;
use std::fs::File;
use std::io::{BufWriter, Result, Write};
use std::path::Path;

/// A clip of moving, textured content.
#[derive(Clone, Copy, Debug)]
pub struct Clip {
    pub width: usize,
    pub height: usize,
    pub fps: usize,
    pub frames: usize,
}

impl Clip {
    /// Luma of one frame, row by row: a drifting weave with discs that circle over it at speeds of their own. Every
    /// frame differs from every other.
    pub fn luma(&self, frame: usize) -> Vec<u8> {
        let phase = frame as f64 / self.frames as f64;
        let (width, height) = (self.width as f64, self.height as f64);
        let drift = phase * width;
        let discs: Vec<(f64, f64, f64, f64)> = (0..5)
            .map(|disc| {
                let disc = f64::from(disc);
                let angle = TAU * (phase * (1.0 + disc) + disc / 5.0);
                let (x, y) = (0.5 + 0.36 * angle.cos(), 0.5 + 0.34 * angle.sin());
                (x * width, y * height, height * (0.07 + 0.02 * disc), 60.0 + 40.0 * disc)
            })
            .collect();
        let mut luma = Vec::with_capacity(self.width * self.height);
        for y in 0..self.height {
            for x in 0..self.width {
                let (x, y) = (x as f64, y as f64);
                let weave =
                    ((x + drift) * 0.11).sin() * (y * 0.13).cos() + 0.5 * ((x + drift) * 0.031 + y * 0.047).sin();
                let mut value = 126.0 + 38.0 * weave;
                for &(center_x, center_y, radius, shade) in &discs {
                    let distance = (x - center_x).hypot(y - center_y);
                    // A pixel of soft edge, so that no encoder is asked for the impossible.
                    let cover = (radius - distance + 0.5).clamp(0.0, 1.0);
                    value += cover * (shade - value);
                }
                luma.push(value.round().clamp(16.0, 235.0) as u8);
            }
        }
        luma
    }

    /// Writes the clip as y4m, its colours flat.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        writeln!(file, "YUV4MPEG2 W{} H{} F{}:1 Ip A1:1 C420jpeg", self.width, self.height, self.fps)?;
        let chroma = vec![128; self.width.div_ceil(2) * self.height.div_ceil(2)];
        for frame in 0..self.frames {
            writeln!(file, "FRAME")?;
            file.write_all(&self.luma(frame))?;
            file.write_all(&chroma)?;
            file.write_all(&chroma)?;
        }
        file.flush()
    }
}

/// Samples per second of [`voice`].
pub const VOICE_RATE_HZ: u32 = 48_000;

/// A synthesised voice: a buzz whose pitch wanders, through formants that change from syllable to syllable, with pauses.
/// Loops without a seam.
pub fn voice(seconds: usize) -> Vec<f32> {
    /// Formant frequencies in Hz of a few vowels.
    const VOWELS: [[f64; 3]; 5] = [
        [730.0, 1090.0, 2440.0],
        [270.0, 2290.0, 3010.0],
        [300.0, 870.0, 2240.0],
        [530.0, 1840.0, 2480.0],
        [570.0, 840.0, 2410.0],
    ];
    const SYLLABLE_S: f64 = 0.23;
    let rate = f64::from(VOICE_RATE_HZ);
    let length = seconds as f64;
    let mut buzz_phase = 0.0;
    (0..seconds * VOICE_RATE_HZ as usize)
        .map(|sample| {
            let time = sample as f64 / rate;
            let pitch = 118.0 + 22.0 * (TAU * time * 2.0 / length).sin() + 9.0 * (TAU * time * 5.0 / length).sin();
            buzz_phase += pitch / rate;
            let syllable = (time / SYLLABLE_S) as usize;
            let within = time / SYLLABLE_S - syllable as f64;
            // Every fifth syllable is a pause.
            let loudness = if syllable % 5 == 4 { 0.0 } else { (std::f64::consts::PI * within).sin().powi(2) };
            let vowel = VOWELS[(syllable * 7 + syllable / 5) % VOWELS.len()];
            let harmonics = (1..=24).map(|harmonic| {
                let frequency = pitch * f64::from(harmonic);
                let gain: f64 = vowel.iter().map(|formant| 1.0 / (1.0 + ((frequency - formant) / 90.0).powi(2))).sum();
                gain * (TAU * buzz_phase * f64::from(harmonic)).sin() / f64::from(harmonic).sqrt()
            });
            (0.25 * loudness * harmonics.sum::<f64>()) as f32
        })
        .collect()
}

/// Writes samples as a 16-bit mono WAV file at [`VOICE_RATE_HZ`].
///
/// # Errors
///
/// When the file cannot be written.
pub fn write_wav(path: &Path, samples: &[f32]) -> hound::Result<()> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: VOICE_RATE_HZ,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec)?;
    for sample in samples {
        writer.write_sample((sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)) as i16)?;
    }
    writer.finalize()
}
