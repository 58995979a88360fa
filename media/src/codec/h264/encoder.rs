//! Frames to H.264: constrained baseline, one reference, no reordering, nothing that adds delay.

use std::ffi::c_void;
use std::time::Instant;

use openh264::OpenH264API;
use openh264::encoder::{
    BitRate, Complexity, FrameRate, FrameType, IntraFramePeriod, Profile, QpRange, RateControlMode, SpsPpsStrategy,
    UsageType, VuiConfig,
};
use openh264::formats::YUVSource;
use openh264_sys2::{
    ENCODER_OPTION_BITRATE, ENCODER_OPTION_FRAME_RATE, ENCODER_OPTION_MAX_BITRATE, ENCODER_OPTION_TRACE_LEVEL,
    SBitrateInfo, SPATIAL_LAYER_0, SPATIAL_LAYER_ALL, WELS_LOG_QUIET,
};

use crate::frame::{ColorMatrix, ColorRange, ColorSpace, VideoFrame};

/// Coarsest quantisation. Above this, pictures fall apart; a sender that has no bits for it must send smaller pictures.
const MAX_QUANTISER: u8 = 38;

/// Finest quantisation: more is invisible, and a still picture would eat bandwidth for it.
const MIN_QUANTISER: u8 = 16;

/// Smallest width and height that the encoder takes.
const MIN_DIMENSION: u32 = 16;

/// Longest and shortest side that the encoder takes.
const MAX_SIDES: (u32, u32) = (3840, 2160);

/// Bits per second that make sense at all.
const BITRATE_RANGE_BPS: std::ops::RangeInclusive<u32> = 30_000..=10_000_000;

/// Frames per second that the encoder's rate control can count with.
const FPS_RANGE: std::ops::RangeInclusive<u32> = 1..=60;

/// Pixels and the bits per second at which moving camera pictures of that size look good, at 30 frames per second.
const GOOD_BITRATES: [(u64, u64); 4] =
    [(0, 60_000), (320 * 180, 250_000), (640 * 360, 1_000_000), (1280 * 720, 1_700_000)];

/// Pixels and the bits per second under which they look worse than smaller pictures would; at the smallest, under which
/// they look like nothing.
const LEAST_BITRATES: [(u64, u64); 4] = [(0, 30_000), (320 * 180, 60_000), (640 * 360, 300_000), (1280 * 720, 800_000)];

/// What an [`Encoder`] is made for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EncoderConfig {
    /// Frames per second that will come, 1 to 60; rate control shares out its bits by it, so that fewer make a lower
    /// bitrate.
    pub fps: u32,
    /// Bits per second to aim at; `None` for [`default_bitrate_bps`] of whatever size comes.
    pub bitrate_bps: Option<u32>,
}

/// The bitrate for camera pictures of a size, in bits per second: 250 kb/s at 320×180, 1 Mb/s at 640×360, 1.7 Mb/s from
/// 1280×720 up, in proportion between.
pub fn default_bitrate_bps(width: u32, height: u32) -> u32 {
    interpolate(&GOOD_BITRATES, width, height)
}

/// The lowest bitrate in bits per second at which pictures of a size are worth sending: 60 kb/s at 320×180, at half the
/// frame rate, 300 kb/s at 640×360, 800 kb/s from 1280×720 up, in proportion between.
pub fn least_bitrate_bps(width: u32, height: u32) -> u32 {
    interpolate(&LEAST_BITRATES, width, height)
}

fn interpolate(table: &[(u64, u64); 4], width: u32, height: u32) -> u32 {
    let pixels = u64::from(width) * u64::from(height);
    let bitrate = table.windows(2).find(|pair| pixels < pair[1].0).map_or(table[3].1, |pair| {
        let [(low_pixels, low), (high_pixels, high)] = [pair[0], pair[1]];
        low + (high - low) * (pixels - low_pixels) / (high_pixels - low_pixels)
    });
    u32::try_from(bitrate).expect("the tables' bitrates fit")
}

/// One picture as a byte stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedPicture {
    /// NAL units with start codes (ITU-T H.264 Annex B).
    pub annexb: Vec<u8>,
    /// Whether it is an IDR picture with its parameter sets, at which a decoder can start.
    pub is_key_frame: bool,
}

/// Why a picture was not encoded.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// The frame is outside of what H.264 encoders here take.
    #[error("a picture of {width}×{height} cannot be encoded: it must be between 16×16 and 3840×2160")]
    Size { width: u32, height: u32 },
    /// openh264 refused.
    #[error("the H.264 encoder failed: {0}")]
    Codec(#[from] openh264::Error),
}

/// An H.264 encoder that follows the size and colour space of the frames it is given.
pub struct Encoder {
    config: EncoderConfig,
    running: Option<Running>,
}

/// An openh264 encoder, good for one size and colour space.
struct Running {
    encoder: openh264::encoder::Encoder,
    width: u32,
    height: u32,
    color: ColorSpace,
    bitrate_bps: u32,
    fps: u32,
    /// Capture time of its first frame: what its timestamps count from.
    started: Instant,
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoder").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Encoder {
    /// An encoder; the codec itself is made when the first frame tells the size.
    pub fn new(config: EncoderConfig) -> Self {
        Self { config, running: None }
    }

    /// Changes the bitrate to aim at, from the next picture on and without a key frame; see
    /// [`EncoderConfig::bitrate_bps`].
    pub fn set_bitrate(&mut self, bitrate_bps: Option<u32>) {
        self.config.bitrate_bps = bitrate_bps;
    }

    /// Changes the frame rate that rate control counts with, from the next picture on and without a key frame; see
    /// [`EncoderConfig::fps`].
    pub fn set_frame_rate(&mut self, fps: u32) {
        self.config.fps = fps;
    }

    /// Encodes one frame. The result is a key frame if `force_key_frame` says so, at the start, and after a change of
    /// size or colour space. An odd last row or column is left out, for 4:2:0 pictures have none. `None` when the
    /// encoder has left the frame out.
    ///
    /// # Errors
    ///
    /// When the size cannot be encoded or openh264 fails; after that the next picture is a key frame.
    pub fn encode(&mut self, frame: &VideoFrame, force_key_frame: bool) -> Result<Option<EncodedPicture>, EncodeError> {
        let (width, height) = (frame.width(), frame.height());
        if width.min(height) < MIN_DIMENSION || width.max(height) > MAX_SIDES.0 || width.min(height) > MAX_SIDES.1 {
            return Err(EncodeError::Size { width, height });
        }
        let bitrate_bps = self.config.bitrate_bps.unwrap_or_else(|| default_bitrate_bps(width, height));
        let bitrate_bps = bitrate_bps.clamp(*BITRATE_RANGE_BPS.start(), *BITRATE_RANGE_BPS.end());
        let fps = self.config.fps.clamp(*FPS_RANGE.start(), *FPS_RANGE.end());
        // Taken out while in use, so that one that failed is not used again.
        let mut running = match self.running.take() {
            Some(running) if running.fits(frame) => running,
            _ => Running::start(frame, fps, bitrate_bps)?,
        };
        running.set_bitrate(bitrate_bps)?;
        running.set_frame_rate(fps)?;
        let picture = running.encode(frame, force_key_frame)?;
        self.running = Some(running);
        Ok(picture)
    }
}

impl Running {
    fn start(frame: &VideoFrame, fps: u32, bitrate_bps: u32) -> Result<Self, openh264::Error> {
        let config = openh264::encoder::EncoderConfig::new()
            .usage_type(UsageType::CameraVideoRealTime)
            .profile(Profile::Baseline)
            // A fifth less time than medium for 0.1 dB, on moving texture.
            .complexity(Complexity::Low)
            .num_threads(1)
            .max_frame_rate(FrameRate::from_hz(fps as f32))
            .rate_control_mode(RateControlMode::Bitrate)
            .bitrate(BitRate::from_bps(bitrate_bps))
            .qp(QpRange::new(MIN_QUANTISER, MAX_QUANTISER))
            // A skipped frame freezes the picture where a coarser one would move on.
            .skip_frames(false)
            // It takes a pan over fine texture for one new scene after the other, each a large key frame.
            .scene_change_detect(false)
            .intra_frame_period(IntraFramePeriod::auto())
            .sps_pps_strategy(SpsPpsStrategy::ConstantId)
            .vui(signalled(frame.color()));
        let mut encoder = openh264::encoder::Encoder::with_api_config(OpenH264API::from_source(), config)?;
        // Or it writes to standard error that without skipped frames the bitrate may be exceeded.
        set_option(&mut encoder, RawOption::Quiet)?;
        Ok(Self {
            encoder,
            width: frame.width(),
            height: frame.height(),
            color: frame.color(),
            bitrate_bps,
            fps,
            started: frame.captured_at(),
        })
    }

    fn fits(&self, frame: &VideoFrame) -> bool {
        (self.width, self.height, self.color) == (frame.width(), frame.height(), frame.color())
    }

    fn set_bitrate(&mut self, bitrate_bps: u32) -> Result<(), openh264::Error> {
        if bitrate_bps == self.bitrate_bps {
            return Ok(());
        }
        let bitrate = i32::try_from(bitrate_bps).expect("the range of bitrates fits");
        // The maximum may at no moment be below the target. Both are set to the same, as at the start.
        let mut steps = [RawOption::MaxBitrate(bitrate), RawOption::Bitrate(bitrate)];
        if bitrate_bps < self.bitrate_bps {
            steps.reverse();
        }
        for option in steps {
            set_option(&mut self.encoder, option)?;
        }
        self.bitrate_bps = bitrate_bps;
        Ok(())
    }

    fn set_frame_rate(&mut self, fps: u32) -> Result<(), openh264::Error> {
        if fps != self.fps {
            set_option(&mut self.encoder, RawOption::FrameRate(fps as f32))?;
            self.fps = fps;
        }
        Ok(())
    }

    fn encode(&mut self, frame: &VideoFrame, force: bool) -> Result<Option<EncodedPicture>, openh264::Error> {
        if force {
            self.encoder.force_intra_frame();
        }
        let since_start = frame.captured_at().saturating_duration_since(self.started);
        let timestamp =
            openh264::Timestamp::from_millis(u64::try_from(since_start.as_millis()).unwrap_or(u64::MAX >> 1));
        let stream = self.encoder.encode_at(&EvenPlanes(frame), timestamp)?;
        let is_key_frame = match stream.frame_type() {
            FrameType::IDR => true,
            FrameType::P | FrameType::I => false,
            FrameType::Skip => return Ok(None),
            FrameType::Invalid | FrameType::IPMixed => return Err(openh264::Error::msg("it gave no picture")),
        };
        Ok(Some(EncodedPicture { annexb: stream.to_vec(), is_key_frame }))
    }
}

/// What the openh264 crate has no function for, in bits or frames per second where there is a number.
#[derive(Clone, Copy)]
enum RawOption {
    Quiet,
    MaxBitrate(i32),
    Bitrate(i32),
    FrameRate(f32),
}

fn set_option(encoder: &mut openh264::encoder::Encoder, option: RawOption) -> Result<(), openh264::Error> {
    let mut level = WELS_LOG_QUIET;
    let mut rate = SBitrateInfo { iLayer: SPATIAL_LAYER_0, iBitrate: 0 };
    let mut frame_rate;
    let (id, value): (_, *mut c_void) = match option {
        RawOption::Quiet => (ENCODER_OPTION_TRACE_LEVEL, (&raw mut level).cast()),
        RawOption::MaxBitrate(bitrate) => {
            rate.iBitrate = bitrate;
            (ENCODER_OPTION_MAX_BITRATE, (&raw mut rate).cast())
        }
        RawOption::Bitrate(bitrate) => {
            rate = SBitrateInfo { iLayer: SPATIAL_LAYER_ALL, iBitrate: bitrate };
            (ENCODER_OPTION_BITRATE, (&raw mut rate).cast())
        }
        RawOption::FrameRate(fps) => {
            frame_rate = fps;
            (ENCODER_OPTION_FRAME_RATE, (&raw mut frame_rate).cast())
        }
    };
    // SAFETY: each option reads one value of the type that stands here with it and keeps no pointer to it
    // (welsEncoderExt.cpp, `SetOption`); called before the encoder is initialised, it does nothing but set the log level.
    #[allow(unsafe_code)]
    let status = unsafe { encoder.raw_api().set_option(id, value) };
    if status == 0 { Ok(()) } else { Err(openh264::Error::msg(&format!("option {id} was refused ({status})"))) }
}

/// How a colour space is written into the stream (ITU-T H.264 §E.2.1). Primaries and transfer are those that usually
/// come with the matrix; nothing here reads them.
fn signalled(color: ColorSpace) -> VuiConfig {
    let vui = match color.matrix {
        ColorMatrix::Bt601 => VuiConfig::bt601(),
        ColorMatrix::Bt709 => VuiConfig::bt709(),
    };
    vui.full_range(color.range == ColorRange::Full)
}

/// A frame without its odd last row and column.
struct EvenPlanes<'a>(&'a VideoFrame);

impl YUVSource for EvenPlanes<'_> {
    fn dimensions(&self) -> (usize, usize) {
        (self.0.width() as usize & !1, self.0.height() as usize & !1)
    }

    fn strides(&self) -> (usize, usize, usize) {
        let chroma = self.0.chroma_width() as usize;
        (self.0.width() as usize, chroma, chroma)
    }

    fn y(&self) -> &[u8] {
        self.0.y()
    }

    fn u(&self) -> &[u8] {
        self.0.u()
    }

    fn v(&self) -> &[u8] {
        self.0.v()
    }
}
