//! Speech over bad networks, written as WAV files for a judge of speech (PESQ, by `scripts/measure-sound`).

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nonet_media::codec::opus::EncoderSettings;
use nonet_media::frame::SAMPLE_RATE_HZ;
use nonet_tests::sound::{self, Network};

/// What speech is sent with.
const BITRATE_BPS: u32 = 32_000;

/// Each network is run so often, each time otherwise.
const RUNS: u64 = 3;

/// Silence between sentences, in samples: half a second.
const PAUSE: usize = SAMPLE_RATE_HZ as usize / 2;

const NETWORKS: [(&str, Network); 4] = [
    ("clean", Network { loss_percent: 0, jitter: Duration::ZERO }),
    ("loss-10", Network { loss_percent: 10, jitter: Duration::ZERO }),
    ("loss-20", Network { loss_percent: 20, jitter: Duration::ZERO }),
    ("jitter-40-loss-1", Network { loss_percent: 1, jitter: Duration::from_millis(40) }),
];

/// Says all WAV files of a folder one after the other over each network, and writes into another folder, of each file, what
/// was said, what was heard, and what Opus alone makes of the same packets: `NETWORK.RUN.FILE.{said,heard,opus}.wav`. Prints
/// a line of figures for each run.
///
/// # Errors
///
/// When there is no speech, or a file cannot be read or written.
pub fn write(speech: &Path, into: &Path) -> Result<(), Box<dyn Error>> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(speech)?.map(|entry| Ok(entry?.path())).collect::<Result<_, std::io::Error>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "wav"));
    paths.sort();
    if paths.is_empty() {
        return Err(format!("there is no WAV file in {}", speech.display()).into());
    }
    let (mut said, mut sentences) = (Vec::new(), Vec::new());
    for path in &paths {
        let samples = sound::read(path)?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        sentences.push((name, said.len()..said.len() + samples.len() + PAUSE));
        said.extend(samples);
        said.extend(std::iter::repeat_n(0.0, PAUSE));
    }
    std::fs::create_dir_all(into)?;
    for (network_name, network) in NETWORKS {
        let settings = EncoderSettings {
            bitrate_bps: BITRATE_BPS,
            expected_loss_percent: network.loss_percent,
            ..EncoderSettings::default()
        };
        for run in 0..RUNS {
            let heard = sound::say(&said, network, &settings, run);
            for (name, range) in &sentences {
                for (what, samples) in [("said", &said), ("heard", &heard.samples), ("opus", &heard.by_opus_alone)] {
                    // What is heard is heard later: the judge finds by how much.
                    let end = (range.end + if what == "said" { 0 } else { PAUSE / 2 }).min(samples.len());
                    let path = into.join(format!("{network_name}.{run}.{name}.{what}.wav"));
                    sound::write(&path, &samples[range.start.min(end)..end])?;
                }
            }
            let mut waits = heard.waits_ms;
            waits.sort_by(f32::total_cmp);
            println!(
                "{network_name} run {run}: {} ms concealed, {} ms stretched, {} packets lost, waits {:.0} ms in the middle",
                heard.statistics.concealed.as_millis(),
                heard.statistics.stretched.as_millis(),
                heard.statistics.lost,
                waits[waits.len() / 2],
            );
        }
    }
    Ok(())
}
