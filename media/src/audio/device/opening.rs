//! From words to a device that runs: which is tried, with what periods, and where its errors go. Knows no ring.

use std::sync::mpsc;
use std::time::Instant;

use cpal::traits::StreamTrait as _;
use cpal::{BufferSize, SampleFormat, StreamConfig};

use super::{DeviceError, Opened};
use crate::audio::devices::{Direction, Endpoint, Found, candidates, other_than};
#[cfg(target_os = "linux")]
use crate::audio::pulse;
use crate::audio::standstill::Watch;
use crate::audio::xruns::DeviceXruns;

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
pub(super) use with_sample_type;

/// Where a device's errors go.
#[derive(Clone)]
pub(super) struct Errors {
    pub(super) sender: mpsc::SyncSender<cpal::Error>,
    pub(super) xruns: DeviceXruns,
}

/// A stream. Dropping it ends it.
pub(super) enum Stream {
    System(cpal::Stream),
    #[cfg(target_os = "linux")]
    Server(#[expect(dead_code, reason = "it is held to be dropped")] pulse::Stream),
}

impl Stream {
    /// Starts it, where it does not run from the beginning.
    fn start(&self) -> Result<(), cpal::Error> {
        match self {
            Self::System(stream) => stream.play(),
            #[cfg(target_os = "linux")]
            Self::Server(_) => Ok(()),
        }
    }
}

/// A stream and this side of its ring.
pub(super) type Built<Ring> = Result<(Stream, Ring), cpal::Error>;

/// Counts an error that says that samples were missed, and passes on one that may end the stream.
pub(super) fn report(error: cpal::Error, errors: &Errors) {
    use cpal::ErrorKind::{DeviceChanged, RealtimeDenied, Xrun};
    match error.kind() {
        Xrun => errors.xruns.add_one(),
        DeviceChanged | RealtimeDenied => {}
        // One that is waiting already says enough.
        _ => drop(errors.sender.try_send(error)),
    }
}

/// Starts the device that is meant by `part`, or the first that can stand in for it.
pub(super) fn open<Ring>(
    direction: Direction,
    part: Option<&str>,
    build: impl Fn(&Endpoint, StreamConfig, SampleFormat, Errors) -> Built<Ring>,
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
pub(super) fn open_other<Ring>(
    direction: Direction,
    part: Option<&str>,
    in_use: &str,
    build: impl Fn(&Endpoint, StreamConfig, SampleFormat, Errors) -> Built<Ring>,
) -> Option<(Opened, Ring)> {
    start(direction, &other_than(direction, part, in_use)?, &build).ok()
}

/// Starts a device, with periods of one frame where it has them, else with its own.
fn start<Ring>(
    direction: Direction,
    found: &Found,
    build: &impl Fn(&Endpoint, StreamConfig, SampleFormat, Errors) -> Built<Ring>,
) -> Result<(Opened, Ring), DeviceError> {
    let (noun, Found { device, name, id, .. }) = (direction.noun(), found);
    let (sender, errors) = mpsc::sync_channel(1);
    let xruns = DeviceXruns::default();
    let start = || {
        let (config, format) = device.config(direction)?;
        let with = |buffer_size| {
            let config = StreamConfig { buffer_size, ..config };
            build(device, config, format, Errors { sender: sender.clone(), xruns: xruns.clone() })
        };
        let period = config.sample_rate / 50;
        let (stream, ring) = with(BufferSize::Fixed(period)).or_else(|_| with(BufferSize::Default))?;
        stream.start()?;
        Ok((config, stream, ring))
    };
    let (config, stream, ring) = start().map_err(|error: cpal::Error| DeviceError::new(noun, name, &error))?;
    let opened = Opened {
        name: name.clone(),
        id: id.clone(),
        stands_in: None,
        noun,
        rate: config.sample_rate,
        is_stereo: config.channels > 1,
        stream: Some(stream),
        has_failed: false,
        errors,
        xruns,
        watch: Watch::new(Instant::now()),
    };
    Ok((opened, ring))
}
