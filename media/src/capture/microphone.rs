//! The microphone: a tone, a file or a device, delivered as 20 ms frames in real time; of one channel, or for music of two
//! where there are two.
//!
//! A source that cannot be had, or is lost, is told once and tried again every second until it is there. Meanwhile another
//! device stands in for it, if there is one.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::audio::device::{Device as _, DeviceError, InputDevice};
use crate::audio::pace::Pace;
use crate::audio::report::DeviceReporter;
use crate::audio::sound_mode::SoundModeSwitch;
use crate::audio::successor::Successor;
use crate::audio::xruns::Xruns;
use crate::capture::sound_file::{SoundFile, SoundFileError};
use crate::capture::tone::Tone;
use crate::choice::{DeviceEvent, MicrophoneChoice, RETRY_INTERVAL, SoundMode};
use crate::device_problem::DeviceProblem;
use crate::frame::{AUDIO_FRAME, AUDIO_FRAME_SAMPLES, AudioFrame, SAMPLE_RATE_HZ};
use crate::worker::{StopSignal, Worker};

/// A running microphone. Dropping it stops it.
#[derive(Debug)]
pub struct Microphone {
    /// None where no microphone was chosen.
    _worker: Option<Worker>,
}

impl Microphone {
    /// Starts the chosen microphone, for what the switch says. `deliver` gets each frame, `on_event` what happens to the
    /// source; both are called on the microphone's thread and must not block. What a device has missed is counted.
    ///
    /// # Errors
    ///
    /// When the system has no thread to give. A source that is missing is an event.
    pub fn start(
        choice: MicrophoneChoice,
        mode: SoundModeSwitch,
        xruns: Xruns,
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
            let mut reporter = DeviceReporter::new(name, xruns, on_event);
            loop {
                let began = Instant::now();
                let reason = match run(&choice, &mode, stop, &mut deliver, &mut reporter) {
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
    mode: &SoundModeSwitch,
    stop: &StopSignal,
    deliver: &mut impl FnMut(AudioFrame),
    reporter: &mut DeviceReporter,
) -> Result<(), DeviceProblem> {
    match choice {
        MicrophoneChoice::Off => Ok(()),
        MicrophoneChoice::Tone(number) => {
            reporter.opened(&format!("tone {number}"));
            let mut tone = Tone::new(*number);
            let next = |captured_at| Ok(AudioFrame::mono(tone.next_frame(), captured_at));
            run_paced(stop, deliver, next).map_err(|error: std::convert::Infallible| match error {})
        }
        MicrophoneChoice::File(path) => {
            run_file(path, mode, stop, deliver, reporter).map_err(|error| error.to_string().into())
        }
        MicrophoneChoice::Default => run_device(None, mode, stop, deliver, reporter),
        MicrophoneChoice::Named(part) => run_device(Some(part), mode, stop, deliver, reporter),
    }
}

fn run_file(
    path: &Path,
    mode: &SoundModeSwitch,
    stop: &StopSignal,
    deliver: &mut impl FnMut(AudioFrame),
    reporter: &mut DeviceReporter,
) -> Result<(), SoundFileError> {
    let mut file = SoundFile::open(path)?;
    let mut first = Some(file.next_frame()?);
    reporter.opened(&path.display().to_string());
    run_paced(stop, deliver, |captured_at| {
        let samples = first.take().map_or_else(|| file.next_frame(), Ok)?;
        let side = file.side().filter(|_| mode.mode() == SoundMode::Music);
        Ok(AudioFrame { samples, side: side.map(|side| Box::new(*side)), captured_at })
    })
}

/// Delivers what is made at the pace of the clock.
fn run_paced<E>(
    stop: &StopSignal,
    deliver: &mut impl FnMut(AudioFrame),
    mut next: impl FnMut(Instant) -> Result<AudioFrame, E>,
) -> Result<(), E> {
    let mut pace = Pace::new(Instant::now(), AUDIO_FRAME);
    while !stop.sleep(pace.until_due(Instant::now())) {
        let captured_at = pace.advance(Instant::now());
        deliver(next(captured_at)?);
    }
    Ok(())
}

/// Delivers what the device that is meant by `part` captures, or another while that is missing.
fn run_device(
    part: Option<&str>,
    mode: &SoundModeSwitch,
    stop: &StopSignal,
    deliver: &mut impl FnMut(AudioFrame),
    reporter: &mut DeviceReporter,
) -> Result<(), DeviceProblem> {
    let mut device = InputDevice::open(part).map_err(|error| reporter.reason_for(error))?;
    let mut captured = Captured::default();
    loop {
        let successor = Successor::beside(part, device.opened(), reporter);
        match capture_until(successor.as_ref(), &mut device, &mut captured, mode, stop, deliver) {
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
    captured: &mut Captured,
    mode: &SoundModeSwitch,
    stop: &StopSignal,
    deliver: &mut impl FnMut(AudioFrame),
) -> Result<Option<InputDevice>, DeviceError> {
    while !stop.sleep(device.until_brought(Instant::now(), captured.missing())) {
        if let Some(other) = successor.and_then(Successor::take) {
            return Ok(Some(other));
        }
        let now = Instant::now();
        let wants_side = mode.mode() == SoundMode::Music;
        device.read(now, wants_side, |mid, side| captured.add(mid, side))?;
        captured.deliver(device.read_until(now), wants_side && device.is_stereo(), deliver);
    }
    Ok(None)
}

/// What a device captured that does not fill a frame yet.
#[derive(Debug, Default)]
struct Captured {
    mid: Vec<f32>,
    /// As long as the mid; silence where there is one channel.
    side: Vec<f32>,
}

impl Captured {
    fn add(&mut self, mid: &[f32], side: Option<&[f32]>) {
        self.mid.extend_from_slice(mid);
        self.side.extend_from_slice(side.unwrap_or_default());
        self.side.resize(self.mid.len(), 0.0);
    }

    /// Samples that the next frame still lacks.
    fn missing(&self) -> usize {
        AUDIO_FRAME_SAMPLES.saturating_sub(self.mid.len())
    }

    /// Delivers the frames that are whole, of which the last sample was captured `now`.
    fn deliver(&mut self, now: Instant, has_side: bool, deliver: &mut impl FnMut(AudioFrame)) {
        let (frames, rest) = self.mid.as_chunks::<AUDIO_FRAME_SAMPLES>();
        let sides = self.side.as_chunks::<AUDIO_FRAME_SAMPLES>().0;
        for (index, (samples, side)) in frames.iter().zip(sides).enumerate() {
            let since = rest.len() as f64 / f64::from(SAMPLE_RATE_HZ);
            let age = Duration::from_secs_f64(since) + AUDIO_FRAME * (frames.len() - index) as u32;
            let captured_at = now.checked_sub(age).unwrap_or(now);
            deliver(AudioFrame { samples: *samples, side: has_side.then(|| Box::new(*side)), captured_at });
        }
        let delivered = frames.len() * AUDIO_FRAME_SAMPLES;
        self.mid.drain(..delivered);
        self.side.drain(..delivered);
    }
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
            SoundModeSwitch::default(),
            Xruns::default(),
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
        while captured[captured.len() - 1] - captured[captured.len() - 10] != AUDIO_FRAME * 9 {
            assert!(began.elapsed() < PATIENCE, "{captured:?}");
            captured.push(next());
        }
        assert!(began.elapsed() >= AUDIO_FRAME * captured.len() as u32);
        assert!(captured.windows(2).all(|pair| pair[1] - pair[0] >= AUDIO_FRAME), "{captured:?}");
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
                assert!(reason.to_string().contains("cannot be read"), "{reason}");
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
    fn a_side_that_comes_and_goes_stays_beside_its_mid() {
        let (mut captured, mut frames, now) = (Captured::default(), Vec::new(), Instant::now() + AUDIO_FRAME * 10);
        captured.add(&[0.1; 500], None);
        captured.add(&[0.2; 1_000], Some(&[0.3; 1_000]));
        captured.deliver(now, true, &mut |frame| frames.push(frame));
        captured.add(&[0.4; 600], Some(&[0.5; 600]));
        captured.deliver(now, true, &mut |frame| frames.push(frame));
        captured.add(&[0.6; 960], None);
        captured.deliver(now, false, &mut |frame| frames.push(frame));
        assert_eq!(frames.len(), 3);
        let side = |frame: usize, sample: usize| frames[frame].side.as_ref().map(|side| side[sample]);
        assert_eq!(
            (side(0, 499), side(0, 500), side(1, 539), side(1, 540)),
            (Some(0.0), Some(0.3), Some(0.3), Some(0.5))
        );
        assert_eq!((frames[1].samples[539], frames[1].samples[540]), (0.2, 0.4));
        assert_eq!(side(2, 0), None);
        // 540 samples were captured after the last of the first frame.
        assert_eq!((now - frames[0].captured_at).as_micros(), 31_250);
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
