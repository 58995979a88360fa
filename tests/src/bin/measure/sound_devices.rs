//! How long sound takes from a microphone to the other's speaker, both devices of a sound server of its own: reached as that of a
//! desktop, and through ALSA's plugin. How much of the latter is the devices' own: what it takes from such a microphone to such a
//! speaker in a program that passes it on and does nothing else.

use std::error::Error;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cpal::traits::{DeviceTrait as _, HostTrait as _, StreamTrait as _};
use cpal::{BufferSize, StreamConfig};
use nonet_tests::delay::Arrival;
use nonet_tests::pulse::Pulse;
use nonet_tests::spoken::{is_heard, say, say_until_heard};
use nonet_tests::talk::Talk;
use rtrb::RingBuffer;

use super::median;

/// The command that passes sound on.
pub const LOOP: &str = "sound-devices-loop";

/// How long it does so: as long as is spoken, and some more.
const LOOP_TIME: Duration = Duration::from_secs(15);

/// Seconds that are spoken, over and over, since delays are told by what they are most of the time.
const SECONDS: f64 = 10.0;
const ROUNDS: usize = 3;

/// Prints a table.
///
/// # Errors
///
/// When the program cannot start itself.
pub fn print() -> Result<(), Box<dyn Error>> {
    let pulse = Pulse::start(&["mouth", "ear"]);
    pulse.set_default_sink("ear");
    let environment = pulse.environment_of_alsa(&[pulse.pcm("default", "Desk")]);
    let devices = median_of_devices(&pulse, &environment)?;
    let (through_alsa, _) = median_of_talk(&pulse, &environment);
    let (through_server, buffers) = median_of_talk(&pulse, &pulse.environment());
    println!("| Mouth to ear | ms |\n|---|---|");
    println!("| through the sound server, with its buffers | {through_server:.0} |");
    println!("| its buffers, as it says | {buffers:.0} |");
    println!("| its buffers aside | {:.0} |", through_server - buffers);
    println!("| through ALSA's plugin, with its buffers | {through_alsa:.0} |");
    println!("| its buffers | {devices:.0} |");
    println!("| its buffers aside | {:.0} |", through_alsa - devices);
    Ok(())
}

/// How long sound takes from one to the other, and how much of that the server and its devices do, where the program speaks to it
/// itself.
fn median_of_talk(pulse: &Pulse, environment: &[(String, String)]) -> (f64, f64) {
    let _talk = Talk::start(environment, "default", "default");
    say_until_heard(pulse, "mouth", "ear");
    let (mut arrivals, mut buffers) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        arrivals.extend(say(pulse, SECONDS, "mouth", "ear"));
        // What is in a buffer varies by what is taken at once.
        buffers.extend((0..20).filter_map(|_| pulse.buffers_ms("Nonet")));
    }
    (delay_ms(&arrivals), median(buffers))
}

fn delay_ms(arrivals: &[Arrival]) -> f64 {
    median(arrivals.iter().filter(|arrival| is_heard(arrival)).map(|arrival| arrival.delay_ms).collect())
}

/// How long sound takes through a microphone and a speaker alone.
fn median_of_devices(pulse: &Pulse, environment: &[(String, String)]) -> Result<f64, Box<dyn Error>> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(LOOP).envs(environment.iter().map(|(name, value)| (name, value)));
    let passing_on = command.stdout(Stdio::piped()).spawn()?;
    // A null sink that nobody listened to sleeps for up to 2 s.
    say(pulse, 2.0, "mouth", "ear");
    let passed_on = delay_ms(&say(pulse, 6.0, "mouth", "ear"));
    let waited: f64 = String::from_utf8(passing_on.wait_with_output()?.stdout)?.trim().parse()?;
    Ok(passed_on - waited)
}

/// Passes on what is captured to what is played, by the default devices, opened as Nonet opens them. Prints how long sound
/// waited in between, in milliseconds.
///
/// # Errors
///
/// When there are no devices.
pub fn run_loop() -> Result<(), Box<dyn Error>> {
    let host = cpal::default_host();
    let microphone = host.default_input_device().ok_or("no microphone")?;
    let speaker = host.default_output_device().ok_or("no speaker")?;
    let config = microphone.default_input_config()?;
    let channels = usize::from(config.channels());
    let config = StreamConfig { buffer_size: BufferSize::Fixed(config.sample_rate() / 50), ..config.config() };
    let second = config.sample_rate as usize;
    // One that matters is heard as silence; the rest are moments that a median does not see.
    let on_error = |_: cpal::Error| {};
    let (mut captured, mut to_play) = RingBuffer::<(f32, Instant)>::new(second);
    let (mut waits, mut waited) = RingBuffer::<Duration>::new(100 * LOOP_TIME.as_secs() as usize);
    let input = microphone.build_input_stream(
        config,
        move |data: &[f32], _: &cpal::InputCallbackInfo| {
            let now = Instant::now();
            for sample in data.iter().step_by(channels) {
                // What does not fit is lost, as of any microphone.
                let _ = captured.push((*sample, now));
            }
        },
        on_error,
        None,
    )?;
    let mut has_begun = false;
    let output = speaker.build_output_stream(
        config,
        move |data: &mut [f32], _: &cpal::OutputCallbackInfo| {
            // Half of what is taken at once is kept, so that neither device has to wait for the other.
            has_begun |= to_play.slots() * channels > data.len() * 3 / 2;
            if !has_begun {
                return;
            }
            let now = Instant::now();
            if let Ok((_, since)) = to_play.peek() {
                let _ = waits.push(now - *since);
            }
            for frame in data.chunks_exact_mut(channels) {
                frame.fill(to_play.pop().map_or(0.0, |(sample, _)| sample));
            }
        },
        on_error,
        None,
    )?;
    input.play()?;
    output.play()?;
    std::thread::sleep(LOOP_TIME);
    drop((input, output));
    let waited = std::iter::from_fn(|| waited.pop().ok()).map(|waited| waited.as_secs_f64() * 1_000.0);
    println!("{}", median(waited.collect()));
    Ok(())
}
