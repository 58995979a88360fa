//! A microphone that runs: its callback fills the ring that this side empties, and says when, which tells when to look again.

use std::time::{Duration, Instant};

use cpal::traits::DeviceTrait as _;
use cpal::{FromSample, Sample, SampleFormat, SizedSample, StreamConfig};
use rtrb::{Consumer, Producer, RingBuffer};

use super::opening::{Built, Errors, Stream, open, open_other, report, with_sample_type};
use super::{Both, Device, DeviceError, Opened};
use crate::audio::devices::{Direction, Endpoint};
#[cfg(target_os = "linux")]
use crate::audio::pulse;
use crate::audio::resample::Resampler;
use crate::audio::xruns::Continuity;
use crate::frame::{SAMPLE_RATE_HZ, mid_and_side};

/// Samples that are taken out of the ring at a time: 10 ms at the usual rate.
const PIECE: usize = SAMPLE_RATE_HZ as usize / 100;

/// Periods of which the callback has told and that nobody has looked at, at most. Of more, the newest are not told of.
const TOLD_PERIODS: usize = 64;

/// How long after a period is expected it is looked for: callbacks come a little late by chance.
const LATE: Duration = Duration::from_micros(300);

/// How long until one that is not there yet is looked for again.
const RETRY: Duration = Duration::from_millis(1);

/// How often a device is looked at that nothing is known of, or that is late by more than this ten times over.
const UNKNOWN: Duration = Duration::from_millis(5);

/// A period that the device brought.
#[derive(Clone, Copy, Debug)]
struct Brought {
    at: Instant,
    samples: usize,
}

/// This side of the ring, and what the callback says.
type Emptied = (Consumer<Both>, Consumer<Brought>);

/// See the module's description.
pub(crate) struct InputDevice {
    opened: Opened,
    ring: Consumer<Both>,
    resampler: Resampler,
    told: Consumer<Brought>,
    last: Option<Brought>,
}

impl InputDevice {
    fn new((opened, (ring, told)): (Opened, Emptied)) -> Result<Self, DeviceError> {
        let resampler = opened.resampler(opened.rate, SAMPLE_RATE_HZ)?;
        Ok(Self { opened, ring, resampler, told, last: None })
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
        // Before the ring is looked at: what is told of is in it.
        while let Ok(brought) = self.told.pop() {
            self.last = Some(brought);
        }
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

    /// When the last sample that was read was captured, so far as is known.
    pub(crate) fn read_until(&self, now: Instant) -> Instant {
        self.last.map_or(now, |last| last.at.min(now))
    }

    /// How long until there are likely so many samples more, at 48 kHz.
    pub(crate) fn until_brought(&self, now: Instant, samples: usize) -> Duration {
        let samples = (samples * self.opened.rate as usize).div_ceil(SAMPLE_RATE_HZ as usize);
        self.last.map_or(UNKNOWN, |last| until_brought(last, self.opened.rate, now, samples))
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

fn build_any_input(device: &Endpoint, config: StreamConfig, format: SampleFormat, errors: Errors) -> Built<Emptied> {
    match device {
        Endpoint::System(device) => with_sample_type!(format, build_input(device, config, errors)),
        #[cfg(target_os = "linux")]
        Endpoint::Server(device) => {
            let (take, emptied) = callback::<f32>(config, &errors);
            let stream = pulse::Stream::capture(device, take, move |fault| report(fault.into(), &errors))?;
            Ok((Stream::Server(stream), emptied))
        }
    }
}

fn build_input<T: SizedSample>(device: &cpal::Device, config: StreamConfig, errors: Errors) -> Built<Emptied>
where
    f32: FromSample<T>,
{
    let (mut take, emptied) = callback::<T>(config, &errors);
    let take = move |data: &[T], _: &cpal::InputCallbackInfo| take(data);
    let stream = device.build_input_stream(config, take, move |error| report(error, &errors), None)?;
    Ok((Stream::System(stream), emptied))
}

/// The device's callback, and the other ends of what it fills.
fn callback<T: Sample>(config: StreamConfig, errors: &Errors) -> (impl FnMut(&[T]) + Send + 'static, Emptied)
where
    f32: FromSample<T>,
{
    let (mut producer, consumer) = RingBuffer::new(config.sample_rate as usize / 2);
    let (mut tell, told) = RingBuffer::new(TOLD_PERIODS);
    let channels = usize::from(config.channels);
    let mut continuity = Continuity::new(errors.xruns.clone());
    let take = move |data: &[T]| {
        let brought = Brought { at: Instant::now(), samples: data.len() / channels.max(1) };
        continuity.go_on(producer.slots() >= brought.samples);
        capture(data, channels, &mut producer);
        // Only now are they in the ring.
        let _ = tell.push(brought);
    };
    (take, (consumer, told))
}

/// How long after `now` a device will have brought so many samples more than with its last period: it goes on with periods like that.
fn until_brought(last: Brought, rate_hz: u32, now: Instant, samples: usize) -> Duration {
    let periods = samples.div_ceil(last.samples.max(1)).max(1);
    let lasts = Duration::from_secs_f64((periods * last.samples) as f64 / f64::from(rate_hz));
    let expected = last.at + lasts + LATE;
    let is_lost = now.saturating_duration_since(expected) > 10 * UNKNOWN;
    expected.saturating_duration_since(now).max(if is_lost { UNKNOWN } else { RETRY })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_looked_at_when_the_period_is_due_that_fills_a_frame() {
        let start = Instant::now();
        let last = Brought { at: start, samples: 480 };
        let millis = |samples, now_ms| {
            let now = start + Duration::from_millis(now_ms);
            until_brought(last, 48_000, now, samples).as_micros() as f64 / 1_000.0
        };
        assert_eq!((millis(1, 2), millis(480, 2), millis(481, 2)), (8.3, 8.3, 18.3));
        // One that is late is looked for in short steps.
        assert_eq!((millis(1, 10), millis(1, 15), millis(1, 80)), (1.0, 1.0, 5.0));
    }

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
}
