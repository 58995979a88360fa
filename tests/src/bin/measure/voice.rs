//! What leaves of echo, of two who speak at once and of noise, and what processing costs.
//!
//! Writes what was said, what the microphone heard and what left as WAV files for a judge of speech: `SCENE.reference.wav`,
//! `SCENE.heard.wav`, and `SCENE.WHAT.wav`, where WHAT is `processed`, and of two who speak at once also `cancelled`, by the canceller of
//! echo alone.

use bytes::Bytes;
use std::path::Path;
use std::time::{Duration, Instant};

use nonet_media::audio::mixer::{Mixer, Volume};
use nonet_media::audio::processing::{ProcessingSettings, Processor};
use nonet_media::audio::receive::Receiver;
use nonet_media::capture::sound_file::SoundFile;
use nonet_media::codec::opus::Encoder;
use nonet_media::frame::{AUDIO_FRAME, AUDIO_FRAME_SAMPLES, AUDIO_PIECE, AUDIO_PIECE_SAMPLES};
use nonet_media::rtp::RtpPacket;
use nonet_tests::material::write_wav;
use nonet_tests::usage::own_processor_time;
use nonet_tests::voice::amplified;
use nonet_tests::voice::noise::Noise;
use nonet_tests::voice::room::Room;
use nonet_tests::voice::scene::{both_speak, drifting_echo_loss_db, echo_loss_db, in_noise, moved_echo_loss_db};
use nonet_tests::voice::score::active_level_dbfs;
use nonet_tests::voice::speech::{LEVEL_DBFS, speech};

const SECONDS: usize = 12;

/// Frames that are timed: two minutes.
const TIMED_FRAMES: usize = 6_000;

/// Rooms: delay in milliseconds, time of reverberation in seconds.
const ROOMS: [(f64, f64); 6] = [(20.0, 0.2), (80.0, 0.2), (80.0, 0.35), (200.0, 0.35), (20.0, 0.5), (200.0, 0.5)];

/// Delays in milliseconds before and after an echo has moved.
const MOVES: [(f64, f64); 5] = [(40.0, 45.0), (40.0, 70.0), (40.0, 10.0), (20.0, 200.0), (200.0, 20.0)];

/// By how many millionths the microphone's clock is faster than the speaker's.
const CLOCKS: [f64; 3] = [30.0, 100.0, -100.0];

/// What a room's echo is louder than what is played, so that it is about as loud as a voice.
const AS_LOUD_DB: f64 = -1.0;

/// Prints the tables. The two voices are those of WAV files where they are given, the nearer first, else synthesised.
///
/// # Panics
///
/// When files cannot be read or written: then there is nothing to measure.
pub fn print(folder: &Path, files: &[String]) {
    std::fs::create_dir_all(folder).expect("the folder can be made");
    let [near, far] = [0, 1].map(|number| match files.get(number) {
        Some(file) => recorded(Path::new(file)),
        None => speech(number as u64 + 1, SECONDS as f64),
    });
    let save = |scene: &str, sounds: &[(&str, &[f32])]| {
        for (what, sound) in sounds {
            write_wav(&folder.join(format!("{scene}.{what}.wav")), sound).expect("the folder can be written to");
        }
    };
    let all = ProcessingSettings::default();
    let echo_alone = ProcessingSettings { echo_cancellation: true, ..ProcessingSettings::OFF };

    println!("| Room | Echo after 2 s |\n|---|---|");
    for (delay_ms, rt60_s) in ROOMS {
        let room = Room { delay_ms, rt60_s, gain_db: -10.0, seed: 1 };
        let loss = echo_loss_db(all, &far, room, Duration::from_secs_f64(delay_ms / 1_000.0));
        println!("| {delay_ms} ms, RT60 {rt60_s} s | −{loss:.0} dB |");
        let room = Room { gain_db: AS_LOUD_DB, ..room };
        let [_, _, processed] = both_speak(all, &near, &far, room);
        let [reference, heard, cancelled] = both_speak(echo_alone, &near, &far, room);
        let sounds =
            [("reference", &reference), ("heard", &heard), ("cancelled", &cancelled), ("processed", &processed)];
        save(&format!("both-{delay_ms}ms-{rt60_s}s"), &sounds.map(|(what, sound)| (what, &sound[..])));
    }

    print_changing(all, &far);

    println!("\n| Noise, 10 dB below the voice | Gained | Voice |\n|---|---|---|");
    for kind in Noise::ALL {
        let result = in_noise(all, &near, kind, 5);
        println!("| {} | {:.1} dB | {:+.1} dB |", kind.name(), result.gained_db, result.louder_db);
        save(kind.name(), &[("reference", &near), ("heard", &result.heard), ("processed", &result.left)]);
    }

    println!("\n| Part | Of one core |\n|---|---|");
    let packets = encoded(&near);
    let parts = [
        ("processing of the microphone's sound", processing_load(all, &near, &far)),
        ("encoding it", encoding_load(&near)),
        ("receiving, decoding and stretching eight", receiving_load(&packets)),
        ("mixing eight", mixing_load(&near)),
    ];
    parts.iter().for_each(|(part, load)| println!("| {part} | {:.2} % |", 100.0 * load));
    println!("| all | {:.2} % |", 100.0 * parts.iter().map(|(_, load)| load).sum::<f64>());
}

/// Echoes that do not stay where they are.
fn print_changing(settings: ProcessingSettings, far: &[f32]) {
    let room = |delay_ms, rt60_s| Room { delay_ms, rt60_s, gain_db: -10.0, seed: 1 };
    let rt60s = [0.2, 0.35, 0.5];
    println!("\n| Echo that changes | RT60 0.2 s | 0.35 s | 0.5 s |\n|---|---|---|---|");
    for (from_ms, to_ms) in MOVES {
        let told = Duration::from_secs_f64(from_ms.min(to_ms) / 1_000.0);
        let loss = |rt60_s| moved_echo_loss_db(settings, far, [room(from_ms, rt60_s), room(to_ms, rt60_s)], told);
        let [a, b, c] = rt60s.map(loss);
        println!("| 2 s after it moved from {from_ms} to {to_ms} ms | −{a:.0} dB | −{b:.0} dB | −{c:.0} dB |");
    }
    for millionths in CLOCKS {
        let [a, b, c] = rt60s.map(|rt60_s| drifting_echo_loss_db(settings, far, room(60.0, rt60_s), millionths));
        println!("| clocks that differ by {millionths:+} ppm, after 4 s | −{a:.0} dB | −{b:.0} dB | −{c:.0} dB |");
    }
}

/// A WAV file as loud as synthesised speech, and with pauses as that has them: noise is measured in them.
fn recorded(path: &Path) -> Vec<f32> {
    const SAID_FRAMES: usize = 150;
    const PAUSE_FRAMES: usize = 50;
    let mut file = SoundFile::open(path).expect("the file can be played");
    let mut frame = |number: usize| match number % (SAID_FRAMES + PAUSE_FRAMES) {
        ..SAID_FRAMES => file.next_frame().expect("the file can be played"),
        _ => [0.0; AUDIO_FRAME_SAMPLES],
    };
    let sound: Vec<f32> = (0..SECONDS * 50).flat_map(&mut frame).collect();
    let level = active_level_dbfs(&sound);
    amplified(&sound, LEVEL_DBFS - level)
}

/// Share of a core's time.
fn load(mut each: impl FnMut(usize)) -> f64 {
    let before = own_processor_time();
    (0..TIMED_FRAMES).for_each(&mut each);
    (own_processor_time() - before).as_secs_f64() / (TIMED_FRAMES as f64 * 0.02)
}

fn processing_load(settings: ProcessingSettings, near: &[f32], far: &[f32]) -> f64 {
    let mut processor = Processor::new(settings);
    let (near, far) = (near.as_chunks::<AUDIO_FRAME_SAMPLES>().0, far.as_chunks::<AUDIO_FRAME_SAMPLES>().0);
    load(|number| {
        let mut frame = near[number % near.len()];
        processor.process(&mut frame, &far[number % far.len()]);
        std::hint::black_box(frame);
    })
}

fn encoder() -> Encoder {
    Encoder::new().expect("there is memory")
}

fn encoding_load(voice: &[f32]) -> f64 {
    let mut encoder = encoder();
    let frames = voice.as_chunks::<AUDIO_FRAME_SAMPLES>().0;
    load(|number| drop(encoder.encode(&frames[number % frames.len()]).expect("a frame can be encoded")))
}

fn encoded(voice: &[f32]) -> Vec<Bytes> {
    let mut encoder = encoder();
    let frames = voice.as_chunks::<AUDIO_FRAME_SAMPLES>().0.iter();
    frames.map(|frame| encoder.encode(frame).expect("a frame can be encoded")).collect()
}

/// Eight voices whose packets come with a little jitter.
fn receiving_load(packets: &[Bytes]) -> f64 {
    let began = Instant::now();
    let mut receivers: Vec<_> = (0..8).map(|_| Receiver::new().expect("there is memory")).collect();
    load(|number| {
        let now = began + AUDIO_FRAME * number as u32;
        for (other, receiver) in receivers.iter_mut().enumerate() {
            let late = Duration::from_millis(((number * 7 + other * 3) % 11) as u64);
            let packet = RtpPacket {
                sequence_number: number as u16,
                timestamp: (number * AUDIO_FRAME_SAMPLES) as u32,
                marker: false,
                payload: packets[(number + 17 * other) % packets.len()].clone(),
            };
            receiver.insert(now + late, packet);
            for half in 0..2 {
                let mut voice = [0.0; AUDIO_PIECE_SAMPLES];
                receiver.render(now + AUDIO_FRAME + AUDIO_PIECE * half, &mut voice);
                std::hint::black_box(voice);
            }
        }
    })
}

fn mixing_load(voice: &[f32]) -> f64 {
    let mut mixer = Mixer::default();
    let pieces = voice.as_chunks::<AUDIO_PIECE_SAMPLES>().0;
    load(|number| {
        for half in 0..2 {
            for other in 0..8 {
                let piece = &pieces[(2 * number + half + 34 * other) % pieces.len()];
                mixer.add(piece, Volume::default(), Volume::default());
            }
            std::hint::black_box(mixer.take());
        }
    })
}
