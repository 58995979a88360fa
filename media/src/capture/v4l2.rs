//! What Video4Linux knows and nokhwa does not tell: which nodes are cameras, how long a row is, who else uses it.
//!
//! nokhwa lists every node, and opens a camera only if whoever used it last left it in a format that nokhwa has a name for.
//! So the nodes are asked here, and the format is chosen and set here; nokhwa then does the capturing.

use std::fs;
use std::io::{self, ErrorKind};

use nokhwa::utils::{CameraFormat, FrameFormat};
use v4l::frameinterval::FrameIntervalEnum;
use v4l::framesize::FrameSizeEnum;
use v4l::video::capture::Parameters;
use v4l::video::{Capture, Output};
use v4l::{Device, Format, FourCC};

use super::CaptureError;
use super::camera_format::ranked;
use crate::choice::VideoLimits;

/// Where the kernel lists the nodes, with their names.
const NODES: &str = "/sys/class/video4linux";

/// A format that was set, and the device, which keeps it so while it is open.
pub(super) struct Negotiated {
    pub format: CameraFormat,
    /// Distance of the rows of the first plane; 0 where the format has no rows.
    pub row_bytes: usize,
    _device: Device,
}

/// The nodes that give pictures, with their names.
pub(super) fn cameras() -> Result<Vec<(u32, String)>, CaptureError> {
    let Ok(entries) = fs::read_dir(NODES) else {
        return Ok(Vec::new()); // No driver was ever loaded.
    };
    let mut nodes: Vec<u32> =
        entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_prefix("video")?.parse().ok()).collect();
    nodes.sort_unstable();
    let mut cameras = Vec::new();
    let mut forbidden = None;
    for node in nodes {
        match open(node) {
            Ok(device) if is_camera(&device) => cameras.push((node, name(node))),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => forbidden = forbidden.or(Some(node)),
            _ => {}
        }
    }
    match forbidden {
        Some(node) if cameras.is_empty() => Err(CaptureError::NotAllowed(format!("{} (/dev/video{node})", name(node)))),
        _ => Ok(cameras),
    }
}

fn open(node: u32) -> io::Result<Device> {
    Device::with_path(format!("/dev/video{node}"))
}

fn name(node: u32) -> String {
    let name = fs::read(format!("{NODES}/video{node}/name")).unwrap_or_default();
    let name = String::from_utf8_lossy(&name).trim().to_owned();
    if name.is_empty() { format!("Camera {node}") } else { name }
}

/// A camera has formats to capture and none to output: output nodes have only the latter, metadata nodes neither, and
/// hardware codecs both. (`query_caps` would tell as well, but panics on a name that the driver cut within a character.)
fn is_camera(device: &Device) -> bool {
    let has_formats = |formats: io::Result<Vec<_>>| formats.is_ok_and(|formats| !formats.is_empty());
    has_formats(Capture::enum_formats(device)) && !has_formats(Output::enum_formats(device))
}

/// Sets the best format that the camera accepts.
pub(super) fn negotiate(node: u32, name: &str, limits: VideoLimits) -> Result<Negotiated, CaptureError> {
    let failed = |error: io::Error| match error.kind() {
        ErrorKind::ResourceBusy => CaptureError::Busy(name.to_owned()),
        ErrorKind::PermissionDenied => CaptureError::NotAllowed(name.to_owned()),
        _ => CaptureError::Device { name: name.to_owned(), reason: error.to_string() },
    };
    let device = open(node).map_err(failed)?;
    let mut refusal = None;
    for format in ranked(formats(&device, limits), limits) {
        match set(&device, format) {
            Ok(Some((format, row_bytes))) => return Ok(Negotiated { format, row_bytes, _device: device }),
            Ok(None) => {}
            Err(error) => refusal = Some(error),
        }
    }
    Err(refusal.map_or_else(|| CaptureError::NoFormat(name.to_owned()), failed))
}

/// All that the camera offers and nokhwa can capture. A camera of any size or rate offers what is nearest to the limits.
fn formats(device: &Device, limits: VideoLimits) -> Vec<CameraFormat> {
    let mut formats = Vec::new();
    for description in Capture::enum_formats(device).unwrap_or_default() {
        let fourcc = description.fourcc;
        let Some((format, _)) = FORMATS.into_iter().find(|(_, code)| *code == fourcc) else { continue };
        for size in Capture::enum_framesizes(device, fourcc).unwrap_or_default() {
            let (width, height) = match size.size {
                FrameSizeEnum::Discrete(size) => (size.width, size.height),
                FrameSizeEnum::Stepwise(range) => (
                    nearest(limits.width, range.min_width, range.max_width, range.step_width),
                    nearest(limits.height, range.min_height, range.max_height, range.step_height),
                ),
            };
            let intervals = Capture::enum_frameintervals(device, fourcc, width, height);
            // Drivers that do not say how fast they are are asked for what is wanted.
            let rates = intervals.map_or(vec![limits.fps], |intervals| {
                intervals.into_iter().filter_map(|interval| frames_per_second(&interval.interval, limits)).collect()
            });
            formats.extend(rates.into_iter().map(|fps| CameraFormat::new_from(width, height, format, fps)));
        }
    }
    formats
}

/// The value of a stepwise range that is nearest to `wanted` from below, or else the least.
fn nearest(wanted: u32, min: u32, max: u32, step: u32) -> u32 {
    let above_min = wanted.min(max).saturating_sub(min);
    min + above_min / step.max(1) * step
}

/// nokhwa knows only whole rates.
fn frames_per_second(interval: &FrameIntervalEnum, limits: VideoLimits) -> Option<u32> {
    match interval {
        FrameIntervalEnum::Discrete(interval) => (interval.numerator == 1).then_some(interval.denominator),
        FrameIntervalEnum::Stepwise(range) => {
            let slowest = range.max.denominator.div_ceil(range.max.numerator.max(1));
            let fastest = range.min.denominator / range.min.numerator.max(1);
            Some(limits.fps.max(slowest).min(fastest))
        }
    }
}

/// Sets a format. Returns what the driver made of it and its row length, or `None` if that is of no use.
fn set(device: &Device, wanted: CameraFormat) -> io::Result<Option<(CameraFormat, usize)>> {
    let Some((_, fourcc)) = FORMATS.into_iter().find(|(format, _)| *format == wanted.format()) else { return Ok(None) };
    let set = Capture::set_format(device, &Format::new(wanted.width(), wanted.height(), fourcc))?;
    let interval = Capture::set_params(device, &Parameters::with_fps(wanted.frame_rate()))?.interval;
    let is_as_wanted = (set.width, set.height, set.fourcc) == (wanted.width(), wanted.height(), fourcc);
    if !is_as_wanted || interval.numerator != 1 {
        return Ok(None);
    }
    let format = CameraFormat::new_from(set.width, set.height, wanted.format(), interval.denominator);
    Ok(Some((format, set.stride as usize)))
}

/// The formats that nokhwa knows here, by V4L2's codes.
const FORMATS: [(FrameFormat, FourCC); 5] = [
    (FrameFormat::NV12, FourCC { repr: *b"NV12" }),
    (FrameFormat::YUYV, FourCC { repr: *b"YUYV" }),
    (FrameFormat::RAWRGB, FourCC { repr: *b"RGB3" }),
    (FrameFormat::RAWBGR, FourCC { repr: *b"BGR3" }),
    (FrameFormat::MJPEG, FourCC { repr: *b"MJPG" }),
];
