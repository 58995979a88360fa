//! A speaker that runs: its callback empties the ring that this side fills, and says what it takes, which sets the pace.

use std::time::{Duration, Instant};

use cpal::traits::DeviceTrait as _;
use cpal::{FromSample, Sample, SampleFormat, SizedSample, StreamConfig};
use rtrb::{Consumer, Producer, RingBuffer};

use super::opening::{Built, Errors, Stream, open, open_other, report, with_sample_type};
use super::refill::{Refill, Taken};
use super::{Both, Device, DeviceError, Opened};
use crate::audio::devices::{Direction, Endpoint};
#[cfg(target_os = "linux")]
use crate::audio::pulse;
use crate::audio::resample::Resampler;
use crate::audio::xruns::Continuity;
use crate::frame::{AUDIO_PIECE_SAMPLES, SAMPLE_RATE_HZ, left_and_right};

/// A speaker that takes no sample for this long and two of its periods is not relied on for the pace.
const PAUSE: Duration = Duration::from_millis(100);

/// Periods of which the callback has told and that nobody has looked at, at most. Of more, the newest are not told of.
const TOLD_PERIODS: usize = 64;

/// See the module's description.
pub(crate) struct OutputDevice {
    opened: Opened,
    ring: Producer<Both>,
    resampler: Resampler,
    taken: Consumer<Taken>,
    refill: Refill,
    /// When it was last planned to write.
    due: Option<Instant>,
}

/// This side of the ring, and what the callback says.
type Filled = (Producer<Both>, Consumer<Taken>);

impl OutputDevice {
    fn new((opened, (ring, taken)): (Opened, Filled)) -> Result<Self, DeviceError> {
        let resampler = opened.resampler(SAMPLE_RATE_HZ, opened.rate)?;
        let refill = Refill::new(opened.rate, Instant::now());
        Ok(Self { opened, ring, resampler, taken, refill, due: None })
    }

    /// How long until the next piece must be made. None while the device takes nothing: before it starts, and when it pauses.
    pub(crate) fn until_needed(&mut self, now: Instant) -> Result<Option<Duration>, DeviceError> {
        // Before the ring is looked at: what is told of is out of it.
        let mut moved = false;
        while let Ok(taken) = self.taken.pop() {
            self.refill.took(taken);
            moved = true;
        }
        self.opened.check(now, moved)?;
        let pause = PAUSE + 2 * self.refill.period().unwrap_or_default();
        if now.saturating_duration_since(self.opened.watch.moved_at()) > pause {
            self.refill.forget();
        }
        self.due = self.refill.due(self.waiting());
        Ok(self.due.map(|due| due.saturating_duration_since(now)))
    }

    /// How long from writing a piece to its being heard: what waits before it here, and what the device takes at once.
    pub(crate) fn latency(&self, now: Instant) -> Duration {
        self.refill.latency(now, self.waiting())
    }

    /// Samples that wait for the device.
    fn waiting(&self) -> usize {
        self.ring.buffer().capacity() - self.ring.slots()
    }

    /// Adds a piece of one channel, or of two, to what the device plays. What does not fit is dropped.
    pub(crate) fn write(&mut self, mid: &[f32; AUDIO_PIECE_SAMPLES], side: Option<&[f32; AUDIO_PIECE_SAMPLES]>) {
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
        if let Some(due) = self.due.take() {
            self.refill.filled(due, Instant::now());
        }
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

fn build_any_output(device: &Endpoint, config: StreamConfig, format: SampleFormat, errors: Errors) -> Built<Filled> {
    match device {
        Endpoint::System(device) => with_sample_type!(format, build_output(device, config, errors)),
        #[cfg(target_os = "linux")]
        Endpoint::Server(device) => {
            let (fill, filled) = callback::<f32>(config, &errors);
            let xruns = errors.xruns.clone();
            let fail = move |fault: pulse::PulseFault| report(fault.into(), &errors);
            let stream = pulse::Stream::play(device, fill, move || xruns.add_one(), fail)?;
            Ok((Stream::Server(stream), filled))
        }
    }
}

fn build_output<T: SizedSample + FromSample<f32>>(
    device: &cpal::Device,
    config: StreamConfig,
    errors: Errors,
) -> Built<Filled> {
    let (mut fill, filled) = callback::<T>(config, &errors);
    let fill = move |data: &mut [T], _: &cpal::OutputCallbackInfo| fill(data);
    let stream = device.build_output_stream(config, fill, move |error| report(error, &errors), None)?;
    Ok((Stream::System(stream), filled))
}

/// The device's callback, and the other end of the ring that it empties.
fn callback<T: Sample + FromSample<f32>>(
    config: StreamConfig,
    errors: &Errors,
) -> (impl FnMut(&mut [T]) + Send + 'static, Filled) {
    let (producer, mut consumer) = RingBuffer::new(config.sample_rate as usize / 2);
    let (mut tell, told) = RingBuffer::new(TOLD_PERIODS);
    let mut before = 0;
    let channels = usize::from(config.channels).max(1);
    let mut continuity = Continuity::new(errors.xruns.clone());
    let fill = move |data: &mut [T]| {
        let taken = Taken { at: Instant::now(), before, samples: data.len() / channels };
        before += taken.samples as u64;
        continuity.go_on(consumer.slots() >= taken.samples);
        play(data, channels, &mut consumer);
        // Only now are they out of the ring.
        let _ = tell.push(taken);
    };
    (fill, (producer, told))
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

#[cfg(test)]
mod tests {
    use super::*;

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
