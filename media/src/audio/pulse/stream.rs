//! Sound to or from one device of the server, on a connection and a thread of its own.
//!
//! The thread waits for the server, which asks for sound, or brings it, in pieces as small as were agreed on. Where the server moves
//! the stream away because its device is gone, the device counts as unplugged; where a person moved it in the system's mixer, it
//! stays where they want it.

use std::net::Shutdown;

use pulseaudio::protocol::stream::{BufferAttr, StreamFlags};
use pulseaudio::protocol::{
    self, ChannelMap, Command, CreatePlaybackStreamReply, CreateRecordStreamReply, DESCRIPTOR_SIZE, Descriptor,
    DescriptorFlags, GetSinkInfo, GetSourceInfo, PlaybackStreamParams, Prop, Props, PulseError, RecordStreamParams,
    SampleFormat, SampleSpec,
};

use super::Device;
use super::connection::{Connection, Message, PulseFault, Sender};
use crate::worker::Worker;

/// How much waits to be played, in the server and in its device together, in milliseconds. The server asks for more in quarters of
/// this and gives its device one, so that it wakes as often as it asks, and a piece may come two quarters late.
const PLAYBACK_MS: u32 = 20;
const REQUEST_MS: u32 = PLAYBACK_MS / 4;

/// How much is captured before it is brought, in the server and in its device together, in milliseconds.
const CAPTURE_MS: u32 = 10;

/// Frames that are passed on at a time.
const PIECE: usize = 480;

const SAMPLE_BYTES: usize = size_of::<f32>();

/// A stream that runs. Dropping it ends it.
pub(in crate::audio) struct Stream {
    _worker: Worker,
}

impl Stream {
    /// Plays what `fill` gives. `fail` is told why it ends by itself, and `missed` when the server had nothing to play.
    pub(in crate::audio) fn play(
        device: &Device,
        mut fill: impl FnMut(&mut [f32]) + Send + 'static,
        missed: impl Fn() + Send + 'static,
        fail: impl FnOnce(PulseFault) + Send + 'static,
    ) -> Result<Self, PulseFault> {
        let mut connection = Connection::open()?;
        let (sample_spec, channel_map) = format(device);
        let buffer_attr = BufferAttr {
            target_length: bytes(device, PLAYBACK_MS),
            minimum_request_length: bytes(device, REQUEST_MS),
            ..BufferAttr::default()
        };
        let (flags, props, sink_index) = (flags(), about(), Some(device.index));
        let params = PlaybackStreamParams {
            sample_spec,
            channel_map,
            sink_index,
            buffer_attr,
            flags,
            props,
            ..Default::default()
        };
        let created: CreatePlaybackStreamReply = connection.ask(&Command::CreatePlaybackStream(params))?;
        tracing::debug!(device = device.id, buffer = ?created.buffer_attr, "the sound server plays");
        let mut pieces = Pieces::new(connection.sender()?, created.channel, device.channels);
        pieces.send(created.requested_bytes, |samples| samples.fill(0.0))?;
        let there = Command::GetSinkInfo(GetSinkInfo { index: Some(device.index), name: None });
        Self::run("server speaker", connection, there, fail, move |message| {
            match message {
                Message::Words(_, Command::Request(request), _) => pieces.send(request.length, &mut fill)?,
                Message::Words(_, Command::Underflow(_), _) => missed(),
                _ => {}
            }
            Ok(())
        })
    }

    /// Hands over what is captured. `fail` is told why it ends by itself.
    pub(in crate::audio) fn capture(
        device: &Device,
        mut take: impl FnMut(&[f32]) + Send + 'static,
        fail: impl FnOnce(PulseFault) + Send + 'static,
    ) -> Result<Self, PulseFault> {
        let mut connection = Connection::open()?;
        let (sample_spec, channel_map) = format(device);
        let buffer_attr = BufferAttr { fragment_size: bytes(device, CAPTURE_MS), ..BufferAttr::default() };
        let (flags, props, source_index) = (flags(), about(), Some(device.index));
        let params = RecordStreamParams {
            sample_spec,
            channel_map,
            source_index,
            buffer_attr,
            flags,
            props,
            ..Default::default()
        };
        let created: CreateRecordStreamReply = connection.ask(&Command::CreateRecordStream(params))?;
        tracing::debug!(device = device.id, buffer = ?created.buffer_attr, "the sound server captures");
        let mut samples = vec![0.0; PIECE * usize::from(device.channels)];
        let there = Command::GetSourceInfo(GetSourceInfo { index: Some(device.index), name: None });
        Self::run("server capture", connection, there, fail, move |message| {
            if let Message::Sound(bytes) = message {
                for piece in bytes.as_chunks::<SAMPLE_BYTES>().0.chunks(samples.len()) {
                    let samples = &mut samples[..piece.len()];
                    for (sample, bytes) in samples.iter_mut().zip(piece) {
                        *sample = f32::from_le_bytes(*bytes);
                    }
                    take(samples);
                }
            }
            Ok(())
        })
    }

    /// Handles messages until that fails, or the stream is dropped. `still_there` asks whether its device is.
    fn run(
        thread: &str,
        mut connection: Connection,
        still_there: Command,
        fail: impl FnOnce(PulseFault) + Send + 'static,
        mut handle: impl FnMut(Message<'_>) -> Result<(), PulseFault> + Send + 'static,
    ) -> Result<Self, PulseFault> {
        let socket = connection.wait_for_messages()?;
        let wake = move || {
            // It fails where the server has closed it already.
            let _ = socket.shutdown(Shutdown::Both);
        };
        let mut go_on = move || -> Result<(), PulseFault> {
            let mut asked = None;
            loop {
                match connection.next()? {
                    Message::Words(_, Command::PlaybackStreamKilled(_) | Command::RecordStreamKilled(_), _) => {
                        return Err(PulseFault::Refused(PulseError::Killed));
                    }
                    Message::Words(_, Command::PlaybackStreamMoved(_) | Command::RecordStreamMoved(_), _) => {
                        asked = Some(connection.say(&still_there)?);
                    }
                    Message::Words(number, Command::Error(error), _) if asked == Some(number) => {
                        return Err(PulseFault::Refused(error));
                    }
                    message => handle(message)?,
                }
            }
        };
        let worker = Worker::spawn_with_wake(thread, wake, move |stop| {
            if let Err(fault) = go_on()
                && !stop.is_stopped()
            {
                fail(fault);
            }
        })?;
        Ok(Self { _worker: worker })
    }
}

/// Sound on its way to the server, piece by piece, so that nothing is allocated for it.
struct Pieces {
    sender: Sender,
    channel: u32,
    samples: Vec<f32>,
    message: Vec<u8>,
}

impl Pieces {
    fn new(sender: Sender, channel: u32, channels: u16) -> Self {
        let samples = vec![0.0; PIECE * usize::from(channels)];
        let message = vec![0; DESCRIPTOR_SIZE + samples.len() * SAMPLE_BYTES];
        Self { sender, channel, samples, message }
    }

    /// Sends as many bytes as the server asked for, which are whole frames.
    fn send(&mut self, bytes: u32, mut fill: impl FnMut(&mut [f32])) -> Result<(), PulseFault> {
        let mut left = bytes as usize / SAMPLE_BYTES;
        while left > 0 {
            let count = left.min(self.samples.len());
            left -= count;
            let samples = &mut self.samples[..count];
            fill(samples);
            let (about, sound) = self.message.split_at_mut(DESCRIPTOR_SIZE);
            for (bytes, sample) in sound.as_chunks_mut::<SAMPLE_BYTES>().0.iter_mut().zip(samples) {
                *bytes = sample.to_le_bytes();
            }
            let length = (count * SAMPLE_BYTES) as u32;
            let descriptor = Descriptor { length, channel: self.channel, offset: 0, flags: DescriptorFlags::empty() };
            protocol::write_descriptor(&mut &mut about[..], &descriptor)?;
            self.sender.send(&self.message[..DESCRIPTOR_SIZE + length as usize])?;
        }
        Ok(())
    }
}

/// The device's own rate, so that the server has nothing to resample.
fn format(device: &Device) -> (SampleSpec, ChannelMap) {
    let sample_spec =
        SampleSpec { format: SampleFormat::Float32Le, channels: device.channels as u8, sample_rate: device.rate_hz };
    (sample_spec, if device.channels == 1 { ChannelMap::mono() } else { ChannelMap::stereo() })
}

/// What so many milliseconds take.
fn bytes(device: &Device, ms: u32) -> u32 {
    device.rate_hz / 1000 * ms * u32::from(device.channels) * SAMPLE_BYTES as u32
}

/// The device's buffer is part of what was asked for.
fn flags() -> StreamFlags {
    StreamFlags { adjust_latency: true, ..StreamFlags::default() }
}

/// What the system's mixer shows.
fn about() -> Props {
    let mut about = Props::new();
    about.set(Prop::MediaName, c"Nonet");
    about
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;
    use std::os::unix::net::UnixStream;

    #[test]
    fn what_the_server_asks_for_is_sent_in_pieces_whose_sound_follows_on() {
        let (here, mut there) = UnixStream::pair().unwrap();
        let mut pieces = Pieces::new(Sender::new(here), 7, 2);
        let asked = PIECE + 10;
        let mut numbers = (0..).map(|number| number as f32);
        let bytes = asked * 2 * SAMPLE_BYTES;
        pieces.send(bytes as u32, |samples| samples.fill_with(|| numbers.next().unwrap())).unwrap();
        drop(pieces);
        let mut heard = Vec::new();
        for frames in [PIECE, 10] {
            let about = protocol::read_descriptor(&mut there).unwrap();
            assert_eq!((about.channel, about.length as usize), (7, frames * 2 * SAMPLE_BYTES));
            let mut sound = vec![0; about.length as usize];
            there.read_exact(&mut sound).unwrap();
            heard.extend(sound.as_chunks::<SAMPLE_BYTES>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)));
        }
        assert!(heard.iter().enumerate().all(|(index, sample)| *sample == index as f32));
        assert_eq!(there.read(&mut [0]).unwrap(), 0, "nothing else is sent");
    }
}
