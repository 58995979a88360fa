//! Speech through Opus, a network that loses and delays, and a participant's receiving end, in virtual time.

use std::path::Path;
use std::time::{Duration, Instant};

use nonet_media::audio::receive::{AudioStatistics, Receiver};
use nonet_media::audio::resample::Resampler;
use nonet_media::codec::opus::{Decoder, Encoder, EncoderSettings};
use nonet_media::frame::{AUDIO_FRAME_SAMPLES, AUDIO_PIECE, AUDIO_PIECE_SAMPLES, SAMPLE_RATE_HZ};
use nonet_media::rtp::RtpPacket;

const FRAME: Duration = Duration::from_millis(20);

/// What every packet takes at least.
const LEAST_DELAY: Duration = Duration::from_millis(30);

/// Frames that are still played after the last one was said.
const FRAMES_AFTER: usize = 25;

/// A network that treats each packet by itself.
#[derive(Clone, Copy, Debug)]
pub struct Network {
    /// Share of packets that never arrive, 0–100.
    pub loss_percent: u8,
    /// What a packet takes beyond the least, evenly spread from nothing to this; packets overtake each other.
    pub jitter: Duration,
}

/// What becomes of one packet.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Lost,
    Delayed(Duration),
}

impl Network {
    /// The fates of so many packets, the same for the same seed.
    fn fates(self, packets: usize, seed: u64) -> Vec<Fate> {
        // PCG's multiplier; the high bits are the random ones.
        let mut state = seed;
        let mut share = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f64 / (1u64 << 24) as f64
        };
        (0..packets)
            .map(|_| {
                let (lost, delay) = (share() * 100.0 < f64::from(self.loss_percent), self.jitter.mul_f64(share()));
                if lost { Fate::Lost } else { Fate::Delayed(delay) }
            })
            .collect()
    }
}

/// What was heard of something that was said.
#[derive(Debug)]
pub struct Heard {
    /// Through jitter buffer and decoder.
    pub samples: Vec<f32>,
    /// Through the decoder alone: the same packets lost, none late, recovered and concealed as Opus does.
    pub by_opus_alone: Vec<f32>,
    pub statistics: AudioStatistics,
    /// How long sound waited in the jitter buffer, in milliseconds, for each frame.
    pub waits_ms: Vec<f32>,
}

/// Says something, 48 kHz mono, to somebody else.
///
/// # Panics
///
/// When libopus refuses to work.
pub fn say(said: &[f32], network: Network, settings: &EncoderSettings, seed: u64) -> Heard {
    let mut encoder = Encoder::new().expect("libopus has memory");
    encoder.set(settings).expect("the settings are in range");
    let start = Instant::now();
    let frames = said.as_chunks::<AUDIO_FRAME_SAMPLES>().0;
    let mut arrivals: Vec<(Instant, RtpPacket)> = Vec::new();
    for ((number, frame), fate) in frames.iter().enumerate().zip(network.fates(frames.len(), seed)) {
        let payload = encoder.encode(frame).expect("a frame is encoded");
        if let Fate::Delayed(delay) = fate {
            let timestamp = (number * AUDIO_FRAME_SAMPLES) as u32;
            let packet = RtpPacket { sequence_number: number as u16, timestamp, marker: false, payload };
            arrivals.push((start + FRAME * (number as u32 + 1) + LEAST_DELAY + delay, packet));
        }
    }
    let by_opus_alone = decode(&arrivals, frames.len());
    arrivals.sort_by_key(|(arrival, _)| *arrival);

    let mut receiver = Receiver::new().expect("libopus has memory");
    let (mut samples, mut waits_ms) = (Vec::new(), Vec::new());
    let mut arrivals = arrivals.into_iter().peekable();
    for frame in 0..frames.len() + FRAMES_AFTER {
        for now in [0, 1].map(|half| start + FRAME * frame as u32 + AUDIO_PIECE * half + FRAME / 3) {
            while let Some((arrival, packet)) = arrivals.next_if(|(arrival, _)| *arrival <= now) {
                receiver.insert(arrival, packet);
            }
            let mut out = [0.0; AUDIO_PIECE_SAMPLES];
            receiver.render(now, &mut out);
            samples.extend_from_slice(&out);
        }
        waits_ms.push(receiver.statistics().buffer_ms);
    }
    Heard { samples, by_opus_alone, statistics: receiver.statistics(), waits_ms }
}

/// Decodes what arrived as if it had all come in time.
fn decode(arrived: &[(Instant, RtpPacket)], frames: usize) -> Vec<f32> {
    let mut decoder = Decoder::new().expect("libopus has memory");
    let payload = |number: usize| {
        let found = arrived.binary_search_by_key(&number, |(_, packet)| packet.sequence_number.into());
        found.ok().map(|index| &arrived[index].1.payload)
    };
    let mut samples = Vec::with_capacity(frames * AUDIO_FRAME_SAMPLES);
    for number in 0..frames {
        let mut out = [0.0; AUDIO_FRAME_SAMPLES];
        let decoded = match (payload(number), payload(number + 1)) {
            (Some(payload), _) => decoder.decode(payload, &mut out),
            (None, Some(next)) => decoder.recover(next, &mut out),
            (None, None) => decoder.conceal(&mut out),
        };
        decoded.expect("what Opus encoded decodes");
        samples.extend_from_slice(&out);
    }
    samples
}

/// A WAV file as 48 kHz mono, first channel only.
///
/// # Errors
///
/// When it cannot be read, or is of a rate that is not resampled.
pub fn read(path: &Path) -> Result<Vec<f32>, Box<dyn std::error::Error>> {
    let mut reader = hound::WavReader::open(path)?;
    let spec = reader.spec();
    let scale = 1.0 / (1i64 << (spec.bits_per_sample - 1)) as f32;
    let all: Vec<f32> = match spec.sample_format {
        hound::SampleFormat::Int => {
            reader.samples::<i32>().map(|s| s.map(|s| s as f32 * scale)).collect::<Result<_, _>>()?
        }
        hound::SampleFormat::Float => reader.samples::<f32>().collect::<Result<_, _>>()?,
    };
    let first: Vec<f32> = all.into_iter().step_by(spec.channels.max(1).into()).collect();
    let mut samples = Vec::new();
    Resampler::new(spec.sample_rate, SAMPLE_RATE_HZ)?.process(&first, |made| samples.extend_from_slice(made));
    Ok(samples)
}

/// Writes 48 kHz mono, 16 bits.
///
/// # Errors
///
/// When the file cannot be written.
pub fn write(path: &Path, samples: &[f32]) -> hound::Result<()> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: SAMPLE_RATE_HZ,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec)?;
    for sample in samples {
        writer.write_sample((sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)).round() as i16)?;
    }
    writer.finalize()
}
