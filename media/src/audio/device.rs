//! Sound devices behind rings of samples: whatever a device's rate, format and channels, this side sees 48 kHz, of one channel or
//! of two as mid and side.
//!
//! Rings hold left and right of each sample together, so that no loss ever shifts one against the other; of a device with one
//! channel both are the same. The callbacks run on the system's real-time threads. They move samples between the device and a
//! ring and do nothing else: no lock, no allocation, no logging. A ring that is full loses what is newest; one that is empty plays
//! silence.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use cpal::traits::{DeviceTrait as _, StreamTrait as _};
use cpal::{BufferSize, FromSample, Sample, SampleFormat, SizedSample, StreamConfig};
use rtrb::{Consumer, Producer, RingBuffer};

use super::devices::{Direction, Found, candidates, other_than};
use super::resample::Resampler;
use super::standstill::{Fault, Watch};
use super::xruns::{Continuity, DeviceXruns};
use crate::frame::{AUDIO_FRAME_SAMPLES, SAMPLE_RATE_HZ, left_and_right, mid_and_side};
use crate::worker::Worker;

/// A speaker that takes no sample for this long and two of its periods is not relied on for the pace.
const PAUSE: Duration = Duration::from_millis(100);

/// Samples that are taken out of a microphone's ring at a time: 10 ms at the usual rate.
const PIECE: usize = SAMPLE_RATE_HZ as usize / 100;

/// Left and right, as a ring holds them.
type Both = [f32; 2];

/// Why a device cannot be used, in a sentence for the user.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// The system has no default device.
    #[error("No {0} was found. Plug one in, or choose another.")]
    None(&'static str),
    /// No device has such a name.
    #[error("No {0} is called “{1}”. Plug it in, or choose one that `nonet devices` lists.")]
    NoSuch(&'static str, String),
    /// The device was there, and is no more.
    #[error("The {noun} “{name}” was unplugged. Plug it in again.")]
    Unplugged { noun: &'static str, name: String },
    /// The device is there but does not work.
    #[error("The {noun} “{name}” does not work: {why}.")]
    Failed { noun: &'static str, name: String, why: String },
}

impl DeviceError {
    fn new(noun: &'static str, name: &str, error: &cpal::Error) -> Self {
        let name = name.to_owned();
        match error.kind() {
            cpal::ErrorKind::DeviceNotAvailable | cpal::ErrorKind::StreamInvalidated => Self::Unplugged { noun, name },
            _ => Self::Failed { noun, name, why: reason(error) },
        }
    }
}

/// What both kinds of device share.
pub(crate) struct Opened {
    name: String,
    /// What the system calls it.
    id: String,
    /// Why the device that was meant is not used, where this one stands in for it.
    stands_in: Option<DeviceError>,
    noun: &'static str,
    /// The device's rate, hertz.
    rate: u32,
    /// Whether the device has two channels, at least. What more there are rarely is for people.
    is_stereo: bool,
    /// Dropping it stops the device.
    stream: Option<cpal::Stream>,
    /// Whether the device failed.
    has_failed: bool,
    errors: mpsc::Receiver<cpal::Error>,
    xruns: DeviceXruns,
    watch: Watch,
}

impl Opened {
    /// What the device is called.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What the system calls it.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// What it has missed.
    pub(super) fn xruns(&self) -> &DeviceXruns {
        &self.xruns
    }

    /// Why the device that was meant is not used, where this one stands in for it; once.
    pub(crate) fn take_stands_in(&mut self) -> Option<DeviceError> {
        self.stands_in.take()
    }

    fn failed(&self, why: String) -> DeviceError {
        DeviceError::Failed { noun: self.noun, name: self.name.clone(), why }
    }

    fn resampler(&self, from_hz: u32, to_hz: u32) -> Result<Resampler, DeviceError> {
        Resampler::new(from_hz, to_hz).map_err(|error| self.failed(error.to_string()))
    }

    /// Whether the device is still there and moves samples; `moved` says whether it just did.
    fn check(&mut self, now: Instant, moved: bool) -> Result<(), DeviceError> {
        let error = self.errors.try_recv().ok();
        self.watch.look(now, moved, error).map_err(|fault| {
            self.has_failed = true;
            match fault {
                Fault::Error(error) => DeviceError::new(self.noun, &self.name, &error),
                Fault::StandsStill => self.failed("it stands still".to_owned()),
            }
        })
    }
}

impl Drop for Opened {
    /// Stops the device and waits for its thread. One that has failed is left behind: where a sound server died, its
    /// library may never return (libpulse 16 waits for itself), and must not hold up the meeting.
    fn drop(&mut self) {
        let stream = self.stream.take();
        if self.has_failed {
            match Worker::spawn("failed device", move |_| drop(stream)) {
                Ok(worker) => {
                    worker.stop_within(Duration::ZERO);
                }
                Err(error) => tracing::warn!(%error, "there is no thread to stop a failed sound device on"),
            }
        }
    }
}

/// Calls a function with the Rust type of a device's samples.
macro_rules! with_sample_type {
    ($format:expr, $build:ident($($argument:expr),*)) => {
        match $format {
            SampleFormat::I8 => $build::<i8>($($argument),*),
            SampleFormat::I16 => $build::<i16>($($argument),*),
            SampleFormat::I24 => $build::<cpal::I24>($($argument),*),
            SampleFormat::I32 => $build::<i32>($($argument),*),
            SampleFormat::I64 => $build::<i64>($($argument),*),
            SampleFormat::U8 => $build::<u8>($($argument),*),
            SampleFormat::U16 => $build::<u16>($($argument),*),
            SampleFormat::U24 => $build::<cpal::U24>($($argument),*),
            SampleFormat::U32 => $build::<u32>($($argument),*),
            SampleFormat::U64 => $build::<u64>($($argument),*),
            SampleFormat::F32 => $build::<f32>($($argument),*),
            SampleFormat::F64 => $build::<f64>($($argument),*),
            _ => Err(cpal::ErrorKind::UnsupportedConfig.into()),
        }
    };
}

/// What a microphone and a speaker have in common.
pub(crate) trait Device: Sized + Send + 'static {
    /// Opens the default device, or the first whose name contains `part`, or another that stands in for it.
    fn open(part: Option<&str>) -> Result<Self, DeviceError>;

    /// Opens the device that is meant by `part`, if it can be had and is not the one in use, by what the system calls that.
    fn open_other(part: Option<&str>, in_use: &str) -> Option<Self>;

    fn opened(&mut self) -> &mut Opened;
}

/// Where a device's errors go.
#[derive(Clone)]
struct Errors {
    sender: mpsc::SyncSender<cpal::Error>,
    xruns: DeviceXruns,
}

/// A stream and this side of its ring.
type Built<Ring> = Result<(cpal::Stream, Ring), cpal::Error>;

/// A microphone that runs.
pub(crate) struct InputDevice {
    opened: Opened,
    ring: Consumer<Both>,
    resampler: Resampler,
}

impl InputDevice {
    fn new((opened, ring): (Opened, Consumer<Both>)) -> Result<Self, DeviceError> {
        let resampler = opened.resampler(opened.rate, SAMPLE_RATE_HZ)?;
        Ok(Self { opened, ring, resampler })
    }

    /// Whether it has two channels.
    pub(crate) fn is_stereo(&self) -> bool {
        self.opened.is_stereo
    }

    /// Takes all that was captured since the last call: the mean of the channels, and the side if it is wanted and there is one.
    pub(crate) fn read(
        &mut self,
        now: Instant,
        wants_side: bool,
        mut take: impl FnMut(&[f32], Option<&[f32]>),
    ) -> Result<(), DeviceError> {
        let has_side = wants_side && self.opened.is_stereo;
        let count = self.ring.slots();
        if let Ok(chunk) = self.ring.read_chunk(count) {
            let (first, second) = chunk.as_slices();
            for piece in first.chunks(PIECE).chain(second.chunks(PIECE)) {
                let (mut mid, mut side) = ([0.0; PIECE], [0.0; PIECE]);
                for ((both, mid), side) in piece.iter().zip(&mut mid).zip(&mut side) {
                    (*mid, *side) = mid_and_side(*both);
                }
                let side = has_side.then_some(&side[..piece.len()]);
                self.resampler.process_with_side(&mid[..piece.len()], side, &mut take);
            }
            chunk.commit_all();
        }
        self.opened.check(now, count > 0)
    }
}

impl Device for InputDevice {
    fn open(part: Option<&str>) -> Result<Self, DeviceError> {
        Self::new(open(Direction::Microphone, part, build_any_input)?)
    }

    fn open_other(part: Option<&str>, in_use: &str) -> Option<Self> {
        Self::new(open_other(Direction::Microphone, part, in_use, build_any_input)?).ok()
    }

    fn opened(&mut self) -> &mut Opened {
        &mut self.opened
    }
}

fn build_any_input(
    device: &cpal::Device,
    config: StreamConfig,
    format: SampleFormat,
    errors: Errors,
) -> Built<Consumer<Both>> {
    with_sample_type!(format, build_input(device, config, errors))
}

fn build_input<T: SizedSample>(device: &cpal::Device, config: StreamConfig, errors: Errors) -> Built<Consumer<Both>>
where
    f32: FromSample<T>,
{
    let (mut producer, consumer) = RingBuffer::new(config.sample_rate as usize / 2);
    let channels = usize::from(config.channels);
    let mut continuity = Continuity::new(errors.xruns.clone());
    let stream = device.build_input_stream(
        config,
        move |data: &[T], _: &cpal::InputCallbackInfo| {
            continuity.go_on(producer.slots() >= data.len() / channels.max(1));
            capture(data, channels, &mut producer);
        },
        move |error| report(error, &errors),
        None,
    )?;
    Ok((stream, consumer))
}

/// What the microphone's callback does: adds the first two of `channels` to the ring, or the only one twice.
pub fn capture<T: Sample>(data: &[T], channels: usize, ring: &mut Producer<[f32; 2]>)
where
    f32: FromSample<T>,
{
    for frame in data.chunks_exact(channels.max(1)) {
        let left = f32::from_sample(frame[0]);
        let right = frame.get(1).map_or(left, |sample| f32::from_sample(*sample));
        if ring.push([left, right]).is_err() {
            return;
        }
    }
}

/// A speaker that runs.
pub(crate) struct OutputDevice {
    opened: Opened,
    ring: Producer<Both>,
    resampler: Resampler,
    demand: Arc<Demand>,
    /// What the device had taken when it was looked at last.
    taken: usize,
}

/// What the callback says about the device, in samples of its rate.
#[derive(Default)]
struct Demand {
    /// Taken in all, silence too; wraps around.
    taken: AtomicUsize,
    /// The most that was taken at once.
    period: AtomicUsize,
}

impl OutputDevice {
    fn new((opened, (ring, demand)): (Opened, (Producer<Both>, Arc<Demand>))) -> Result<Self, DeviceError> {
        let resampler = opened.resampler(SAMPLE_RATE_HZ, opened.rate)?;
        Ok(Self { opened, ring, resampler, demand, taken: 0 })
    }

    /// How long until the device needs the next frame: the ring is kept at what it takes at once and 10 ms, which is
    /// what thread scheduling may cost, so that sound waits as little as it can. None while the device takes nothing:
    /// before it starts, and when it pauses.
    pub(crate) fn until_needed(&mut self, now: Instant) -> Result<Option<Duration>, DeviceError> {
        let taken = self.demand.taken.load(Ordering::Relaxed);
        self.opened.check(now, taken != self.taken)?;
        self.taken = taken;
        let period = self.demand.period.load(Ordering::Relaxed);
        if period == 0 || now.saturating_duration_since(self.opened.watch.moved_at()) > PAUSE + self.lasts(2 * period) {
            return Ok(None);
        }
        Ok(Some(self.lasts(self.filled().saturating_sub(period + self.opened.rate as usize / 100))))
    }

    /// How long from writing a frame to its being heard: what waits before it here, and what the device takes at once.
    pub(crate) fn latency(&self) -> Duration {
        self.lasts(self.filled() + self.demand.period.load(Ordering::Relaxed))
    }

    /// Samples that wait for the device.
    fn filled(&self) -> usize {
        self.ring.buffer().capacity() - self.ring.slots()
    }

    fn lasts(&self, samples: usize) -> Duration {
        Duration::from_secs_f64(samples as f64 / f64::from(self.opened.rate))
    }

    /// Adds a frame of one channel, or of two, to what the device plays. What does not fit is dropped.
    pub(crate) fn write(&mut self, mid: &[f32; AUDIO_FRAME_SAMPLES], side: Option<&[f32; AUDIO_FRAME_SAMPLES]>) {
        // A device of one channel plays the mean.
        let side = side.filter(|_| self.opened.is_stereo).map(|side| &side[..]);
        self.resampler.process_with_side(mid, side, |mid, side| {
            for (index, mid) in mid.iter().enumerate() {
                let side = side.map_or(0.0, |side| side[index]);
                if self.ring.push(left_and_right(*mid, side)).is_err() {
                    return;
                }
            }
        });
    }
}

impl Device for OutputDevice {
    fn open(part: Option<&str>) -> Result<Self, DeviceError> {
        Self::new(open(Direction::Speaker, part, build_any_output)?)
    }

    fn open_other(part: Option<&str>, in_use: &str) -> Option<Self> {
        Self::new(open_other(Direction::Speaker, part, in_use, build_any_output)?).ok()
    }

    fn opened(&mut self) -> &mut Opened {
        &mut self.opened
    }
}

fn build_any_output(
    device: &cpal::Device,
    config: StreamConfig,
    format: SampleFormat,
    errors: Errors,
) -> Built<(Producer<Both>, Arc<Demand>)> {
    with_sample_type!(format, build_output(device, config, errors))
}

fn build_output<T: SizedSample + FromSample<f32>>(
    device: &cpal::Device,
    config: StreamConfig,
    errors: Errors,
) -> Built<(Producer<Both>, Arc<Demand>)> {
    let (producer, mut consumer) = RingBuffer::new(config.sample_rate as usize / 2);
    let demand = Arc::<Demand>::default();
    let said = demand.clone();
    let channels = usize::from(config.channels).max(1);
    let mut continuity = Continuity::new(errors.xruns.clone());
    let stream = device.build_output_stream(
        config,
        move |data: &mut [T], _: &cpal::OutputCallbackInfo| {
            let samples = data.len() / channels;
            said.period.fetch_max(samples, Ordering::Relaxed);
            said.taken.fetch_add(samples, Ordering::Relaxed);
            continuity.go_on(consumer.slots() >= samples);
            play(data, channels, &mut consumer);
        },
        move |error| report(error, &errors),
        None,
    )?;
    Ok((stream, (producer, demand)))
}

/// What the speaker's callback does: takes from the ring, silence where it is empty, for the first two of `channels`, or for the
/// only one what both of the ring are.
pub fn play<T: Sample + FromSample<f32>>(data: &mut [T], channels: usize, ring: &mut Consumer<[f32; 2]>) {
    for frame in data.chunks_exact_mut(channels.max(1)) {
        let both = ring.pop().unwrap_or_default();
        let (voice, rest) = frame.split_at_mut(frame.len().min(both.len()));
        for (out, sample) in voice.iter_mut().zip(both) {
            *out = T::from_sample(sample);
        }
        rest.fill(T::EQUILIBRIUM);
    }
}

/// Counts an error that says that samples were missed, and passes on one that may end the stream.
fn report(error: cpal::Error, errors: &Errors) {
    use cpal::ErrorKind::{DeviceChanged, RealtimeDenied, Xrun};
    match error.kind() {
        Xrun => errors.xruns.add_one(),
        DeviceChanged | RealtimeDenied => {}
        // One that is waiting already says enough.
        _ => drop(errors.sender.try_send(error)),
    }
}

/// Starts the device that is meant by `part`, or the first that can stand in for it.
fn open<Ring>(
    direction: Direction,
    part: Option<&str>,
    build: impl Fn(&cpal::Device, StreamConfig, SampleFormat, Errors) -> Built<Ring>,
) -> Result<(Opened, Ring), DeviceError> {
    let noun = direction.noun();
    let missing = || part.map_or(DeviceError::None(noun), |part| DeviceError::NoSuch(noun, part.to_owned()));
    let (devices, is_first_meant) = candidates(direction, part);
    // Where the system names no default, the first is as good.
    let mut why = (part.is_some() && !is_first_meant).then(missing);
    for found in &devices {
        match start(direction, found, &build) {
            Ok((mut opened, ring)) => {
                opened.stands_in = why;
                return Ok((opened, ring));
            }
            Err(error) => drop(why.get_or_insert(error)),
        }
    }
    Err(why.unwrap_or_else(missing))
}

/// Starts the device that is meant by `part`, if it is there and not the one in use.
fn open_other<Ring>(
    direction: Direction,
    part: Option<&str>,
    in_use: &str,
    build: impl Fn(&cpal::Device, StreamConfig, SampleFormat, Errors) -> Built<Ring>,
) -> Option<(Opened, Ring)> {
    start(direction, &other_than(direction, part, in_use)?, &build).ok()
}

/// Starts a device, with periods of one frame where it has them, else with its own.
fn start<Ring>(
    direction: Direction,
    found: &Found,
    build: &impl Fn(&cpal::Device, StreamConfig, SampleFormat, Errors) -> Built<Ring>,
) -> Result<(Opened, Ring), DeviceError> {
    let (noun, Found { device, name, id, .. }) = (direction.noun(), found);
    let (sender, errors) = mpsc::sync_channel(1);
    let xruns = DeviceXruns::default();
    let start = || {
        let config = match direction {
            Direction::Microphone => device.default_input_config(),
            Direction::Speaker => device.default_output_config(),
        }?;
        let with = |buffer_size| {
            let config_with = StreamConfig { buffer_size, ..config.config() };
            build(device, config_with, config.sample_format(), Errors { sender: sender.clone(), xruns: xruns.clone() })
        };
        let period = config.sample_rate() / 50;
        let (stream, ring) = with(BufferSize::Fixed(period)).or_else(|_| with(BufferSize::Default))?;
        stream.play()?;
        Ok((config, stream, ring))
    };
    let (config, stream, ring) = start().map_err(|error: cpal::Error| DeviceError::new(noun, name, &error))?;
    let opened = Opened {
        name: name.clone(),
        id: id.clone(),
        stands_in: None,
        noun,
        rate: config.sample_rate(),
        is_stereo: config.channels() > 1,
        stream: Some(stream),
        has_failed: false,
        errors,
        xruns,
        watch: Watch::new(Instant::now()),
    };
    Ok((opened, ring))
}

/// The rest of a sentence that begins with the device.
fn reason(error: &cpal::Error) -> String {
    match error.kind() {
        cpal::ErrorKind::DeviceBusy => "another program is using it".to_owned(),
        cpal::ErrorKind::PermissionDenied => "the system does not allow this program to use it".to_owned(),
        cpal::ErrorKind::HostUnavailable => "the system's sound service does not run".to_owned(),
        cpal::ErrorKind::UnsupportedConfig => "it has no sample format that is understood".to_owned(),
        _ => format!("the system's sound service failed ({error})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_microphone_of_many_channels_gives_the_first_two() {
        let (mut producer, mut consumer) = RingBuffer::new(8);
        capture(&[i16::MAX, 0, 99, i16::MIN, i16::MIN, 99], 3, &mut producer);
        let [left, right] = consumer.pop().unwrap();
        assert!((left - 1.0).abs() < 1e-3 && right == 0.0);
        assert_eq!(consumer.pop(), Ok([-1.0, -1.0]));
        assert!(consumer.is_empty());
    }

    #[test]
    fn a_microphone_that_nobody_reads_loses_what_is_newest() {
        let (mut producer, mut consumer) = RingBuffer::new(2);
        capture(&[0.1f32, 0.2, 0.3], 1, &mut producer);
        assert_eq!((consumer.pop(), consumer.pop()), (Ok([0.1; 2]), Ok([0.2; 2])));
        assert!(consumer.is_empty());
    }

    #[test]
    fn a_speaker_plays_on_its_first_two_channels_and_then_silence() {
        let (mut producer, mut consumer) = RingBuffer::new(8);
        producer.push([-1.0, 0.5]).unwrap();
        let mut data = [7u8; 8];
        play(&mut data, 4, &mut consumer);
        assert_eq!(data, [0, 192, 128, 128, 128, 128, 128, 128]);
    }

    #[test]
    fn a_speaker_of_one_channel_plays_what_is_in_the_middle() {
        let (mut producer, mut consumer) = RingBuffer::new(8);
        producer.push([0.5; 2]).unwrap();
        let mut data = [7f32; 2];
        play(&mut data, 1, &mut consumer);
        assert_eq!(data, [0.5, 0.0]);
    }
}
