//! A camera as a source of pictures, through nokhwa.
//!
//! nokhwa waits for a picture without end, so it gets a thread of its own, which is left behind if the device never
//! answers; and whatever a driver makes it do, the capture goes on. Its raw buffers are converted here; its own decoders,
//! all to RGB, are not used.

use std::time::{Duration, Instant};

use nokhwa::utils::{CameraFormat, RequestedFormat, RequestedFormatType, frame_formats};
use nokhwa::{Camera, NokhwaError};

use super::convert::{Converter, Layout};
use super::devices::CameraInfo;
use super::pace::FrameRateLimit;
use super::{CaptureError, VideoSource};
use crate::choice::VideoLimits;
use crate::frame::{FramePool, VideoFrame};
use crate::latest::{Latest, Waited};
use crate::worker::{StopSignal, Worker};

/// Longest wait for the first picture: some webcams take seconds to start.
const START_TIMEOUT: Duration = Duration::from_secs(5);

/// Longest wait for the next picture.
const STALL_TIMEOUT: Duration = Duration::from_secs(2);

/// How often a wait looks whether it should end.
const STOP_CHECK: Duration = Duration::from_millis(100);

/// Longest wait for a camera to be released.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(1);

/// An open camera.
#[derive(Debug)]
pub struct CameraSource {
    name: String,
    frames: Latest<Result<VideoFrame, CaptureError>>,
    /// When the last frame was given or missed, or the camera opened.
    waiting_since: Instant,
    timeout: Duration,
    reader: Option<Worker>,
}

impl CameraSource {
    /// Starts a camera in the format that is best within `limits`; whether it works shows with its first frame.
    ///
    /// # Errors
    ///
    /// When the system has no thread to give.
    pub fn open(camera: &CameraInfo, limits: VideoLimits) -> Result<Self, CaptureError> {
        /// Tells the consumer that nothing will come any more, even if a driver's binding panics.
        struct CloseOnDrop(Latest<Result<VideoFrame, CaptureError>>);
        impl Drop for CloseOnDrop {
            fn drop(&mut self) {
                self.0.close();
            }
        }

        let frames = Latest::new();
        let sink = CloseOnDrop(frames.clone());
        let (name, camera) = (camera.name.clone(), camera.clone());
        let reader = Worker::spawn("camera", move |stop| {
            if let Err(error) = read(&camera, limits, &sink.0, stop) {
                sink.0.publish(Err(error));
            }
        })
        .map_err(|error| CaptureError::Device { name: name.clone(), reason: error.to_string() })?;
        Ok(Self { name, frames, waiting_since: Instant::now(), timeout: START_TIMEOUT, reader: Some(reader) })
    }
}

impl VideoSource for CameraSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn next_frame(&mut self, stop: &StopSignal) -> Result<Option<VideoFrame>, CaptureError> {
        loop {
            match self.frames.wait(STOP_CHECK) {
                Waited::Value(frame) => {
                    self.waiting_since = Instant::now();
                    self.timeout = STALL_TIMEOUT;
                    return frame.map(Some);
                }
                Waited::TimedOut if stop.is_stopped() => return Ok(None),
                Waited::TimedOut if self.waiting_since.elapsed() < self.timeout => {}
                // It cannot be opened again as long as its thread is stuck, so all that helps is to wait on.
                Waited::TimedOut => {
                    self.waiting_since = Instant::now();
                    return Err(CaptureError::Stalled(self.name.clone()));
                }
                Waited::Closed => {
                    let reason = "its driver failed".to_owned();
                    return Err(CaptureError::Device { name: self.name.clone(), reason });
                }
            }
        }
    }
}

impl Drop for CameraSource {
    fn drop(&mut self) {
        if let Some(reader) = self.reader.take()
            && !reader.stop_within(RELEASE_TIMEOUT)
        {
            tracing::warn!(camera = self.name, "the camera does not answer; its thread is left behind");
        }
    }
}

/// Opens the camera and reads it until `stop`.
fn read(
    camera: &CameraInfo,
    limits: VideoLimits,
    sink: &Latest<Result<VideoFrame, CaptureError>>,
    stop: &StopSignal,
) -> Result<(), CaptureError> {
    let failed = |error| device_error(camera, &error);
    let (mut device, row_bytes) = open(camera, limits)?;
    let format = device.camera_format();
    tracing::info!(camera = camera.name, %format, "camera opened");
    device.open_stream().map_err(failed)?;

    let layout = Layout { format: format.format(), width: format.width(), height: format.height(), row_bytes };
    let pool = FramePool::new();
    let mut converter = Converter::default();
    let mut limit = FrameRateLimit::new(limits.fps);
    while !stop.is_stopped() {
        let raw = device.frame_raw().map_err(failed)?;
        let captured_at = Instant::now();
        if !limit.admits(captured_at) {
            continue;
        }
        match converter.convert(&raw, layout, &pool, captured_at) {
            Ok(frame) => {
                sink.publish(Ok(frame));
            }
            // USB loses bytes now and then: the next picture will do. If none will, the capture calls it stalled.
            Err(error) => tracing::debug!(camera = camera.name, %error, "damaged picture"),
        }
    }
    Ok(())
}

fn device_error(camera: &CameraInfo, error: &NokhwaError) -> CaptureError {
    CaptureError::Device { name: camera.name.clone(), reason: error.to_string() }
}

fn request(format: CameraFormat) -> RequestedFormat<'static> {
    RequestedFormat::with_formats(RequestedFormatType::Exact(format), frame_formats())
}

/// The camera with its format set, and the length of its rows in bytes, 0 where they are tight.
#[cfg(target_os = "linux")]
fn open(camera: &CameraInfo, limits: VideoLimits) -> Result<(Camera, usize), CaptureError> {
    let failed = |error| device_error(camera, &error);
    let negotiated = super::v4l2::negotiate(camera.device.as_index().map_err(failed)?, &camera.name, limits)?;
    let device = Camera::new(camera.device.clone(), request(negotiated.format)).map_err(failed)?;
    Ok((device, negotiated.row_bytes))
}

#[cfg(not(target_os = "linux"))]
fn open(camera: &CameraInfo, limits: VideoLimits) -> Result<(Camera, usize), CaptureError> {
    if !nokhwa::nokhwa_check() {
        // macOS asks the user; the answer is found when the camera is tried again.
        nokhwa::nokhwa_initialize(|_| {});
        return Err(CaptureError::NotAllowed(camera.name.clone()));
    }
    let failed = |error| device_error(camera, &error);
    let any = RequestedFormat::with_formats(RequestedFormatType::None, frame_formats());
    let mut device = Camera::new(camera.device.clone(), any).map_err(failed)?;
    let formats = super::camera_format::ranked(device.compatible_camera_formats().map_err(failed)?, limits);
    let is_set = formats.into_iter().any(|format| device.set_camera_requset(request(format)).is_ok());
    if is_set { Ok((device, 0)) } else { Err(CaptureError::NoFormat(camera.name.clone())) }
}
