//! The microphone: a tone, a file or a device, delivered as 20 ms frames in real time.
//!
//! A source that cannot be had, or is lost, is told once and tried again every second until it is there. Meanwhile another
//! device stands in for it, if there is one.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::audio::device::{Device as _, DeviceError, InputDevice};
use crate::audio::pace::{FRAME, Pace};
use crate::audio::report::DeviceReporter;
use crate::audio::successor::Successor;
use crate::capture::sound_file::{SoundFile, SoundFileError};
use crate::capture::tone::Tone;
use crate::choice::{DeviceEvent, MicrophoneChoice, RETRY_INTERVAL};
use crate::frame::{AUDIO_FRAME_SAMPLES, AudioFrame, SAMPLE_RATE_HZ};
use crate::worker::{StopSignal, Worker};

/// How often a device's ring is emptied: what this adds to the delay of sound against how often a thread wakes.
const READ_INTERVAL: Duration = Duration::from_millis(5);

/// A running microphone. Dropping it stops it.
#[derive(Debug)]
pub struct Microphone {
    /// None where no microphone was chosen.
    _worker: Option<Worker>,
}

impl Microphone {
    /// Starts the chosen microphone. `deliver` gets each frame, `on_event` what happens to the source; both are called
    /// on the microphone's thread and must not block.
    ///
    /// # Errors
    ///
    /// When the system has no thread to give. A source that is missing is an event.
    pub fn start(
        choice: MicrophoneChoice,
        mut deliver: impl FnMut(AudioFrame) + Send + 'static,
        on_event: impl Fn(DeviceEvent) + Send + 'static,
    ) -> io::Result<Self> {
        let name = match &choice {
            MicrophoneChoice::Off => return Ok(Self { _worker: None }),
            MicrophoneChoice::Default => "default microphone".to_owned(),
            MicrophoneChoice::Named(name) => name.clone(),
            MicrophoneChoice::Tone(number) => format!("tone {number}"),
            MicrophoneChoice::File(path) => path.display().to_string(),
        };
        let worker = Worker::spawn("microphone", move |stop| {
            let mut reporter = DeviceReporter::new(name, on_event);
            loop {
                let began = Instant::now();
                let reason = match run(&choice, stop, &mut deliver, &mut reporter) {
                    Ok(()) => return,
                    Err(reason) => reason,
                };
                reporter.unavailable(reason);
                // Another may stand in at once for one that has been of use.
                if stop.sleep(RETRY_INTERVAL.saturating_sub(began.elapsed())) {
                    return;
                }
            }
        })?;
        Ok(Self { _worker: Some(worker) })
    }
}

/// Whether a choice can work at all, for the command line: a sound file must be one. Devices may come later.
///
/// # Errors
///
/// When the file cannot be played, in a sentence that says why.
pub fn check(choice: &MicrophoneChoice) -> Result<(), SoundFileError> {
    match choice {
        MicrophoneChoice::File(path) => SoundFile::open(path)?.next_frame().map(|_| ()),
        _ => Ok(()),
    }
}

/// Delivers frames until it is stopped, or until the source fails, for a reason that is returned.
fn run(
    choice: &MicrophoneChoice,
    stop: &StopSignal,
    deliver: &mut impl FnMut(AudioFrame),
    reporter: &mut DeviceReporter,
) -> Result<(), String> {
    match choice {
        MicrophoneChoice::Off => Ok(()),
        MicrophoneChoice::Tone(number) => {
            reporter.opened(&format!("tone {number}"));
            let mut tone = Tone::new(*number);
            run_paced(stop, deliver, || Ok(tone.next_frame())).map_err(|error: std::convert::Infallible| match error {})
        }
        MicrophoneChoice::File(path) => run_file(path, stop, deliver, reporter).map_err(|error| error.to_string()),
        MicrophoneChoice::Default => run_device(None, stop, deliver, reporter),
        MicrophoneChoice::Named(part) => run_device(Some(part), stop, deliver, reporter),
    }
}

fn run_file(
    path: &Path,
    stop: &StopSignal,
    deliver: &mut impl FnMut(AudioFrame),
    reporter: &mut DeviceReporter,
) -> Result<(), SoundFileError> {
    let mut file = SoundFile::open(path)?;
    let mut first = Some(file.next_frame()?);
    reporter.opened(&path.display().to_string());
    run_paced(stop, deliver, || first.take().map_or_else(|| file.next_frame(), Ok))
}

/// Delivers what is made at the pace of the clock.
fn run_paced<E>(
    stop: &StopSignal,
    deliver: &mut impl FnMut(AudioFrame),
    mut next: impl FnMut() -> Result<[f32; AUDIO_FRAME_SAMPLES], E>,
) -> Result<(), E> {
    let mut pace = Pace::new(Instant::now());
    while !stop.sleep(pace.until_due(Instant::now())) {
        let captured_at = pace.advance(Instant::now());
        deliver(AudioFrame { samples: next()?, captured_at });
    }
    Ok(())
}

/// Delivers what the device that is meant by `part` captures, or another while that is missing.
fn run_device(
    part: Option<&str>,
    stop: &StopSignal,
    deliver: &mut impl FnMut(AudioFrame),
    reporter: &mut DeviceReporter,
) -> Result<(), String> {
    let mut device = InputDevice::open(part).map_err(|error| reporter.reason_for(error))?;
    let mut captured: Vec<f32> = Vec::with_capacity(SAMPLE_RATE_HZ as usize);
    loop {
        let successor = Successor::beside(part, device.opened(), reporter);
        match capture_until(successor.as_ref(), &mut device, &mut captured, stop, deliver) {
            Ok(Some(other)) => device = other,
            Ok(None) => return Ok(()),
            Err(error) => return Err(reporter.reason_for(error)),
        }
    }
}

/// Delivers what a device captures, at its own pace, until it is stopped or there is another to go on with.
fn capture_until(
    successor: Option<&Successor<InputDevice>>,
    device: &mut InputDevice,
    captured: &mut Vec<f32>,
    stop: &StopSignal,
    deliver: &mut impl FnMut(AudioFrame),
) -> Result<Option<InputDevice>, DeviceError> {
    while !stop.sleep(READ_INTERVAL) {
        if let Some(other) = successor.and_then(Successor::take) {
            return Ok(Some(other));
        }
        let now = Instant::now();
        device.read(now, |samples| captured.extend_from_slice(samples))?;
        let (frames, rest) = captured.as_chunks::<AUDIO_FRAME_SAMPLES>();
        for (index, samples) in frames.iter().enumerate() {
            // What was captured last was captured now.
            let since = rest.len() as f64 / f64::from(SAMPLE_RATE_HZ);
            let age = Duration::from_secs_f64(since) + FRAME * (frames.len() - index) as u32;
            deliver(AudioFrame { samples: *samples, captured_at: now.checked_sub(age).unwrap_or(now) });
        }
        captured.drain(..frames.len() * AUDIO_FRAME_SAMPLES);
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    fn start(choice: MicrophoneChoice) -> (Microphone, mpsc::Receiver<AudioFrame>, mpsc::Receiver<DeviceEvent>) {
        let (frame_sink, frames) = mpsc::channel();
        let (event_sink, events) = mpsc::channel();
        let microphone = Microphone::start(
            choice,
            move |frame| {
                let _ = frame_sink.send(frame);
            },
            move |event| {
                let _ = event_sink.send(event);
            },
        );
        (microphone.unwrap(), frames, events)
    }

    const PATIENCE: Duration = Duration::from_secs(60);

    #[test]
    fn a_tone_comes_in_real_time() {
        let began = Instant::now();
        let (_microphone, frames, events) = start(MicrophoneChoice::Tone(3));
        let next = || frames.recv_timeout(PATIENCE).unwrap().captured_at;
        let mut captured: Vec<Instant> = (0..10).map(|_| next()).collect();
        // After a machine that stood still time is taken up anew, later.
        while captured[captured.len() - 1] - captured[captured.len() - 10] != FRAME * 9 {
            assert!(began.elapsed() < PATIENCE, "{captured:?}");
            captured.push(next());
        }
        assert!(began.elapsed() >= FRAME * captured.len() as u32);
        assert!(captured.windows(2).all(|pair| pair[1] - pair[0] >= FRAME), "{captured:?}");
        assert_eq!(events.recv().unwrap(), DeviceEvent::Opened { device: "tone 3".to_owned() });
    }

    #[test]
    fn a_file_that_is_missing_is_told_and_played_once_it_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("voice.wav");
        let (_microphone, frames, events) = start(MicrophoneChoice::File(path.clone()));
        let device = path.display().to_string();
        match events.recv_timeout(PATIENCE).unwrap() {
            DeviceEvent::Unavailable { device: which, reason } => {
                assert_eq!(which, device);
                assert!(reason.contains("cannot be read"), "{reason}");
            }
            event => panic!("{event:?}"),
        }
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 48_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        // Written elsewhere and moved, so that it is never seen half written.
        let elsewhere = folder.path().join("elsewhere.wav");
        let mut writer = hound::WavWriter::create(&elsewhere, spec).unwrap();
        (0..48_000).for_each(|_| writer.write_sample(8_192i16).unwrap());
        writer.finalize().unwrap();
        std::fs::rename(&elsewhere, &path).unwrap();
        assert_eq!(events.recv_timeout(PATIENCE).unwrap(), DeviceEvent::Opened { device });
        assert_eq!(frames.recv_timeout(PATIENCE).unwrap().samples, [0.25; AUDIO_FRAME_SAMPLES]);
    }

    #[test]
    fn off_delivers_nothing_and_has_no_thread() {
        let (microphone, frames, events) = start(MicrophoneChoice::Off);
        assert!(microphone._worker.is_none());
        assert_eq!(frames.recv().unwrap_err(), mpsc::RecvError);
        assert_eq!(events.recv().unwrap_err(), mpsc::RecvError);
    }

    #[test]
    fn dropping_it_stops_it() {
        let (microphone, frames, _events) = start(MicrophoneChoice::Tone(0));
        frames.recv_timeout(PATIENCE).unwrap();
        drop(microphone);
        while frames.try_recv().is_ok() {}
        assert_eq!(frames.try_recv().unwrap_err(), mpsc::TryRecvError::Disconnected);
    }

    #[test]
    fn only_a_file_that_cannot_be_played_fails_the_check() {
        assert!(check(&MicrophoneChoice::Named("none such".to_owned())).is_ok());
        let error = check(&MicrophoneChoice::File("/none/such.wav".into())).unwrap_err();
        assert!(error.to_string().contains("/none/such.wav cannot be read"));
    }
}
