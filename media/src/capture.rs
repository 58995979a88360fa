//! Local devices and files as sources of pictures and sound.
//!
//! Cameras, clips and the test pattern are equals behind [`VideoSource`]; [`VideoCapture`] runs the chosen one on a thread
//! of its own, brings it back when it is lost, and hands its frames to whoever wants the newest. Knows no encoder.

pub mod camera;
pub mod camera_format;
pub mod convert;
pub mod devices;
pub mod file;
mod halve;
pub mod microphone;
pub mod pace;
pub mod scale;
pub mod sound_file;
pub(crate) mod switch;
pub mod test_pattern;
pub mod tone;
#[cfg(target_os = "linux")]
mod v4l2;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::choice::{CameraChoice, DeviceEvent, RETRY_INTERVAL, VideoLimits};
use crate::frame::VideoFrame;
use crate::latest::Latest;
use crate::worker::{StopSignal, Worker};
use crate::y4m::Y4mError;

use camera::CameraSource;
use file::FileSource;
use scale::FrameScaler;
use test_pattern::TestPattern;

/// Pause before a source that was lost is tried again for the first time, so that a hiccup goes unnoticed.
const FIRST_RETRY: Duration = Duration::from_millis(200);

/// Why there are no pictures. Sentences for the user.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CaptureError {
    #[error("No camera was found. Plug one in, or choose a clip or the test pattern.")]
    NoCamera,
    #[error("No camera is called “{0}”. Plug it in, or choose one that `nonet devices` lists.")]
    NotNamed(String),
    #[error("There is no camera number {0}. Plug it in, or choose one that `nonet devices` lists.")]
    NotNumbered(u32),
    #[error("{0} was unplugged. Plug it in again.")]
    Unplugged(String),
    #[error("{0} may not be used. Allow it in the system's settings; on Linux, add yourself to the group “video”.")]
    NotAllowed(String),
    #[error("{0} is in use by another program. Close that one.")]
    Busy(String),
    #[error("{0} gives no picture format that can be used. Choose another camera.")]
    NoFormat(String),
    #[error("{name} does not work: {reason}. Unplug it and plug it in again.")]
    Device { name: String, reason: String },
    #[error("{0} gives no pictures. If it stays so, unplug it and plug it in again.")]
    Stalled(String),
    #[error("“{path}” cannot be used as a camera: {source}.", path = path.display())]
    File { path: PathBuf, source: Arc<Y4mError> },
}

/// Whatever gives pictures, one after the other, in its own size and at most at the frame rate it was asked for.
pub trait VideoSource {
    /// What the user calls it.
    fn name(&self) -> &str;

    /// Waits for the next frame. `None` when `stop` was given; looks at it at least every tenth of a second.
    ///
    /// # Errors
    ///
    /// [`CaptureError::Stalled`] when there is no frame for long; one may yet come. With any other error it is of no use
    /// from then on.
    fn next_frame(&mut self, stop: &StopSignal) -> Result<Option<VideoFrame>, CaptureError>;
}

/// A running source of pictures. Dropping it stops it and releases the device.
#[derive(Debug)]
pub struct VideoCapture {
    _worker: Worker,
}

impl VideoCapture {
    /// Starts a source. Every frame fits `limits` (scaled down with its aspect kept, even sides), comes at most
    /// `limits.fps` times a second and goes to each of the `sinks`, which stay open when the capture ends.
    ///
    /// `on_event` is called on the capture's thread: [`DeviceEvent::Opened`] with the first frame, and
    /// [`DeviceEvent::Unavailable`] when there are none to be had, each once until it changes. A source that cannot be had
    /// is tried again every second. [`CameraChoice::Off`] does nothing.
    ///
    /// # Errors
    ///
    /// When the system has no thread to give.
    pub fn start(
        choice: CameraChoice,
        limits: VideoLimits,
        sinks: Vec<Latest<Arc<VideoFrame>>>,
        on_event: impl Fn(DeviceEvent) + Send + 'static,
    ) -> io::Result<Self> {
        let mut choice = choice;
        let worker = Worker::spawn("capture", move |stop| {
            if choice != CameraChoice::Off {
                run(&mut || open(&mut choice, limits), limits, &sinks, &on_event, stop);
            }
        })?;
        Ok(Self { _worker: worker })
    }
}

/// Whether a choice can be used at all, for the command line: a clip must be one. A camera is not looked for, because it
/// may be plugged in later.
///
/// # Errors
///
/// When it can not, with a sentence for the user.
pub fn check(choice: &CameraChoice) -> Result<(), CaptureError> {
    match choice {
        CameraChoice::File(path) => FileSource::open(path, VideoLimits::MAX).map(|_| ()),
        _ => Ok(()),
    }
}

/// Opens what was chosen. A camera chosen by its position is looked for by its name from then on, because positions
/// change when cameras come and go.
fn open(choice: &mut CameraChoice, limits: VideoLimits) -> Result<Box<dyn VideoSource>, CaptureError> {
    Ok(match choice {
        CameraChoice::TestPattern(number) => Box::new(TestPattern::new(*number, limits)),
        CameraChoice::File(path) => Box::new(FileSource::open(path, limits)?),
        _ => {
            let cameras = devices::cameras()?;
            let camera = devices::find(choice, &cameras)?;
            if matches!(choice, CameraChoice::Index(_)) {
                *choice = CameraChoice::Named(camera.name.clone());
            }
            Box::new(CameraSource::open(camera, limits)?)
        }
    })
}

/// Tells each change once.
struct Status<'a> {
    on_event: &'a dyn Fn(DeviceEvent),
    /// The last source that was found.
    device: Option<String>,
    told: Option<DeviceEvent>,
}

impl Status<'_> {
    fn is_opened(&mut self) {
        self.tell(DeviceEvent::Opened { device: self.device() });
    }

    /// What was there and cannot be found any more was unplugged, by whatever words it was chosen.
    fn is_unavailable(&mut self, error: CaptureError) {
        let error = match (error, &self.device) {
            (CaptureError::NoCamera | CaptureError::NotNamed(_) | CaptureError::NotNumbered(_), Some(device)) => {
                CaptureError::Unplugged(device.clone())
            }
            (error, _) => error,
        };
        self.tell(DeviceEvent::Unavailable { device: self.device(), reason: error.into() });
    }

    fn device(&self) -> String {
        self.device.clone().unwrap_or_else(|| "Camera".to_owned())
    }

    fn tell(&mut self, event: DeviceEvent) {
        if self.told.as_ref() != Some(&event) {
            (self.on_event)(event.clone());
            self.told = Some(event);
        }
    }
}

/// Opens the source and passes its frames on, again and again, until `stop`.
fn run(
    open: &mut dyn FnMut() -> Result<Box<dyn VideoSource>, CaptureError>,
    limits: VideoLimits,
    sinks: &[Latest<Arc<VideoFrame>>],
    on_event: &dyn Fn(DeviceEvent),
    stop: &StopSignal,
) {
    let mut status = Status { on_event, device: None, told: None };
    let mut scaler = FrameScaler::default();
    loop {
        let mut has_run = false;
        let ended = open().and_then(|mut source| {
            status.device = Some(source.name().to_owned());
            while !stop.is_stopped() {
                match source.next_frame(stop) {
                    Ok(Some(frame)) => {
                        has_run = true;
                        status.is_opened();
                        publish(frame, limits, &mut scaler, sinks);
                    }
                    Ok(None) => break,
                    Err(error @ CaptureError::Stalled(_)) => status.is_unavailable(error),
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        });
        let Err(error) = ended else { return };
        tracing::debug!(device = status.device(), %error, "no pictures");
        // What was just running is reported only if it cannot be opened again, and then with the reason for that.
        if !has_run {
            status.is_unavailable(error);
        }
        if stop.sleep(if has_run { FIRST_RETRY } else { RETRY_INTERVAL }) {
            return;
        }
    }
}

fn publish(frame: VideoFrame, limits: VideoLimits, scaler: &mut FrameScaler, sinks: &[Latest<Arc<VideoFrame>>]) {
    let (width, height) = scale::fit(frame.width(), frame.height(), limits);
    let frame = Arc::new(if (frame.width(), frame.height()) == (width, height) {
        frame
    } else {
        scaler.scale(&frame, width, height)
    });
    for sink in sinks {
        sink.publish(frame.clone());
    }
}

#[cfg(test)]
mod tests;
