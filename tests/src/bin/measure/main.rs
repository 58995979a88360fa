//! Measures whole meetings of real processes on loopback and prints the tables of docs/performance.md:
//!
//! `cargo build --release -p nonet && cargo run --release -p nonet-tests --bin measure`
//!
//! `measure seats`, `measure drawing`, `measure window` and `measure meetings` print some of them. `measure sound SPEECH INTO` says the WAV files of
//! one folder over bad networks and writes what is heard into another: `scripts/measure-sound` has it judged.
//! `measure sound-devices` prints how long sound takes from one's microphone to the other's speaker, over a sound server of its own.
//! `measure voice FOLDER [NEAR.wav FAR.wav]` prints what becomes of a voice before it is sent, and writes what a judge of speech needs.
#![allow(clippy::print_stdout, reason = "the tables are what the command is for")]

mod drawing;
mod meetings;
mod seats;
mod sound;
#[cfg(target_os = "linux")]
mod sound_devices;
mod voice;
#[cfg(target_os = "linux")]
mod window;

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let which: Vec<String> = std::env::args().skip(1).collect();
    if let [name, speech, into] = &which[..]
        && name == "sound"
    {
        return sound::write(speech.as_ref(), into.as_ref());
    }
    if let [name, folder, files @ ..] = which.as_slice()
        && name == "voice"
    {
        voice::print(Path::new(folder), files);
        return Ok(());
    }
    #[cfg(target_os = "linux")]
    match which.first().map(String::as_str) {
        Some("sound-devices") => return sound_devices::print(),
        Some(sound_devices::LOOP) => return sound_devices::run_loop(),
        _ => {}
    }
    let is_wanted = |name: &str| which.is_empty() || which.iter().any(|wanted| wanted == name);
    if is_wanted("seats") {
        seats::print();
    }
    if is_wanted("drawing") {
        drawing::print();
    }
    #[cfg(target_os = "linux")]
    if is_wanted("window") {
        window::print();
    }
    if is_wanted("meetings") {
        meetings::print();
    }
    Ok(())
}

/// The middle one; not a number where there are none.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
