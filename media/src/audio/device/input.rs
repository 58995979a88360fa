//! A microphone that runs: its callback fills the ring that this side empties.

use std::time::Instant;

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

/// See the module's description.
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
    device: &Endpoint,
    config: StreamConfig,
    format: SampleFormat,
    errors: Errors,
) -> Built<Consumer<Both>> {
    match device {
        Endpoint::System(device) => with_sample_type!(format, build_input(device, config, errors)),
        #[cfg(target_os = "linux")]
        Endpoint::Server(device) => {
            let (take, ring) = callback::<f32>(config, &errors);
            let stream = pulse::Stream::capture(device, take, move |fault| report(fault.into(), &errors))?;
            Ok((Stream::Server(stream), ring))
        }
    }
}

fn build_input<T: SizedSample>(device: &cpal::Device, config: StreamConfig, errors: Errors) -> Built<Consumer<Both>>
where
    f32: FromSample<T>,
{
    let (mut take, ring) = callback::<T>(config, &errors);
    let take = move |data: &[T], _: &cpal::InputCallbackInfo| take(data);
    let stream = device.build_input_stream(config, take, move |error| report(error, &errors), None)?;
    Ok((Stream::System(stream), ring))
}

/// The device's callback, and the other end of the ring that it fills.
fn callback<T: Sample>(config: StreamConfig, errors: &Errors) -> (impl FnMut(&[T]) + Send + 'static, Consumer<Both>)
where
    f32: FromSample<T>,
{
    let (mut producer, consumer) = RingBuffer::new(config.sample_rate as usize / 2);
    let channels = usize::from(config.channels);
    let mut continuity = Continuity::new(errors.xruns.clone());
    let take = move |data: &[T]| {
        continuity.go_on(producer.slots() >= data.len() / channels.max(1));
        capture(data, channels, &mut producer);
    };
    (take, consumer)
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
