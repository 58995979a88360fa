//! Diagnoses sound: lists devices, or plays a tone to a speaker the way a participant's voice is played, records a
//! microphone meanwhile, and says each second how much of what is recorded is that tone.
//!
//! ```text
//! cargo run -p nonet-media --example sound -- list
//! cargo run -p nonet-media --example sound -- loop SPEAKER MICROPHONE [SECONDS]
//! ```
#![allow(clippy::print_stdout, reason = "what is found is printed")]

use std::error::Error;
use std::f64::consts::TAU;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use nonet_media::audio::devices::{microphones, speakers};
use nonet_media::audio::level::{dbfs_of_mean_square, energy};
use nonet_media::audio::playout::Playout;
use nonet_media::audio::processing::far_end::far_end;
use nonet_media::audio::send::AudioSender;
use nonet_media::audio::sound_mode::SoundModeSwitch;
use nonet_media::audio::xruns::Xruns;
use nonet_media::capture::microphone::Microphone;
use nonet_media::capture::tone::frequency_hz;
use nonet_media::choice::MicrophoneChoice;
use nonet_media::frame::SAMPLE_RATE_HZ;
use nonet_media::rtp::{PeerId, RtpPacket};
use nonet_media::synchronise::SharedSynchroniser;

const TONE: u8 = 4;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["list"] => {
            for (kind, devices) in [("microphone", microphones()), ("speaker", speakers())] {
                for device in devices {
                    println!("{kind}: {}{}", device.name, if device.is_default { " (default)" } else { "" });
                }
            }
            Ok(())
        }
        ["loop", speaker, microphone] => play_and_record(speaker, microphone, 10),
        ["loop", speaker, microphone, seconds] => play_and_record(speaker, microphone, seconds.parse()?),
        _ => Err("say list, or loop SPEAKER MICROPHONE [SECONDS]".into()),
    }
}

fn play_and_record(speaker: &str, microphone: &str, seconds: u64) -> Result<(), Box<dyn Error>> {
    let began = Instant::now();
    let playout = Playout::start(speaker.parse()?, far_end().0, move |event| {
        println!("{:?} speaker {event:?}", began.elapsed());
    })?;
    let remote = playout.add_remote(PeerId(0), SharedSynchroniser::default())?;
    let packets = remote.clone();
    let mut sequence_number = 0u16;
    let sender = AudioSender::new(move |packet| {
        let (timestamp, payload) = (packet.timestamp, packet.payload.clone());
        packets.push(RtpPacket { sequence_number, timestamp, marker: false, payload });
        sequence_number = sequence_number.wrapping_add(1);
    })?;
    sender.set_active(true);
    let (tone, mode) = (MicrophoneChoice::Tone(TONE), SoundModeSwitch::default());
    let _voice = Microphone::start(tone, mode.clone(), Xruns::default(), move |frame| sender.push(&frame), |_| {})?;

    let (sink, frames) = mpsc::sync_channel(500);
    let _microphone = Microphone::start(
        microphone.parse()?,
        mode,
        Xruns::default(),
        move |frame| {
            let _ = sink.try_send(frame);
        },
        move |event| println!("{:?} microphone {event:?}", began.elapsed()),
    )?;
    let mut recorded = Vec::new();
    for _ in 0..seconds {
        std::thread::sleep(Duration::from_secs(1));
        recorded.clear();
        frames.try_iter().for_each(|frame| recorded.extend_from_slice(&frame.samples));
        let level = dbfs_of_mean_square(energy(&recorded) / recorded.len().max(1) as f64);
        let statistics = remote.statistics();
        println!(
            "{:?} recorded {} samples at {level:.1} dBFS, {:.0} % of it the tone; played at {:.1} dBFS, \
             {:.0} ms waiting, {:?} concealed, {} lost",
            began.elapsed(),
            recorded.len(),
            100.0 * share_of_tone(&recorded),
            statistics.audio_dbfs,
            statistics.buffer_ms,
            statistics.concealed,
            statistics.lost,
        );
    }
    Ok(())
}

/// The part of the energy that is at the tone's frequency, taken over 100 ms at a time since its syllables widen it.
fn share_of_tone(samples: &[f32]) -> f64 {
    let step = TAU * frequency_hz(TONE) / f64::from(SAMPLE_RATE_HZ);
    let of_tone: f64 = samples
        .chunks(SAMPLE_RATE_HZ as usize / 10)
        .map(|piece| {
            let (mut real, mut imaginary) = (0.0, 0.0);
            for (index, sample) in piece.iter().enumerate() {
                let angle = step * index as f64;
                real += f64::from(*sample) * angle.cos();
                imaginary += f64::from(*sample) * angle.sin();
            }
            2.0 * (real * real + imaginary * imaginary) / piece.len() as f64
        })
        .sum();
    of_tone / energy(samples).max(f64::MIN_POSITIVE)
}
