//! How near what arrived is to what was sent.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::time::Instant;

use nonet_media::frame::FramePool;
use nonet_media::y4m::Y4mReader;

/// The luma planes of a y4m file, and their size. A file that ends in the middle of a frame gives the whole ones.
///
/// # Panics
///
/// When the file is not there or no y4m: then the test has failed.
pub fn read_luma(path: &Path) -> (usize, usize, Vec<Vec<u8>>) {
    let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut reader = Y4mReader::new(BufReader::new(file)).expect("the recording is y4m");
    let (width, height) = (reader.header().width as usize, reader.header().height as usize);
    let pool = FramePool::new();
    let mut frames = Vec::new();
    while let Ok(Some(frame)) = reader.read_frame(&pool, Instant::now()) {
        frames.push(frame.y().to_vec());
    }
    (width, height, frames)
}

/// Peak signal-to-noise ratio of two planes of one size, in dB; 99 when they are alike.
pub fn psnr(a: &[u8], b: &[u8]) -> f64 {
    assert_eq!(a.len(), b.len(), "planes of one size");
    let squares: u64 = a.iter().zip(b).map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2)).sum();
    if squares == 0 {
        return 99.0;
    }
    let mean = squares as f64 / a.len() as f64;
    10.0 * (255.0 * 255.0 / mean).log10()
}

/// Every `step`th pixel of every `step`th row: enough to tell frames apart.
pub fn thin(plane: &[u8], width: usize, step: usize) -> Vec<u8> {
    plane.chunks_exact(width).step_by(step).flat_map(|row| row.iter().step_by(step).copied()).collect()
}

/// How much `heard` is like any stretch of the looped `said`: the best normalised correlation over all shifts, 0 to 1.
pub fn likeness(said: &[f32], heard: &[f32]) -> f64 {
    let energy = |samples: &mut dyn Iterator<Item = f32>| samples.map(|sample| f64::from(sample).powi(2)).sum::<f64>();
    let heard_energy = energy(&mut heard.iter().copied());
    (0..said.len())
        .map(|shift| {
            let stretch = || said.iter().cycle().skip(shift).take(heard.len()).copied();
            let product: f64 = stretch().zip(heard).map(|(said, heard)| f64::from(said) * f64::from(*heard)).sum();
            let scale = (heard_energy * energy(&mut stretch())).sqrt();
            if scale > 0.0 { product / scale } else { 0.0 }
        })
        .fold(0.0, f64::max)
}

/// Takes every `factor`th sample after averaging over `factor` of them.
pub fn decimate(samples: &[f32], factor: usize) -> Vec<f32> {
    samples.chunks_exact(factor).map(|chunk| chunk.iter().sum::<f32>() / factor as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::material;

    #[test]
    fn noise_is_told_from_the_voice() {
        let said = decimate(&material::voice(2), 12);
        let delayed: Vec<f32> = said.iter().cycle().skip(777).take(3000).map(|sample| sample * 0.4).collect();
        assert!(likeness(&said, &delayed) > 0.999);
        let mut state = 1_u32;
        let noise: Vec<f32> = (0..3000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 16) as f32 / 65_536.0 - 0.5
            })
            .collect();
        assert!(likeness(&said, &noise) < 0.3);
    }

    #[test]
    fn an_error_of_one_step_everywhere_is_48_db() {
        assert!((psnr(&[10; 64], &[11; 64]) - 48.13).abs() < 0.01);
        assert_eq!(psnr(&[1, 2], &[1, 2]), 99.0);
    }
}
