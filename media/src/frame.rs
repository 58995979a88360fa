//! Pictures and sound as they travel through the program.
//!
//! A [`VideoFrame`] owns three tight 8-bit planes (I420) in one pooled buffer, its colour space and the moment it was
//! captured. Pixels stay planar from the camera to the shader; nothing here or elsewhere on the CPU converts to RGB.

use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use crate::lock::lock;

/// Largest width or height in pixels that a frame may have, so that no input can make memory grow without bound.
pub const MAX_DIMENSION: u32 = 4096;

/// Buffers that a pool keeps for reuse; more in flight than this are allocated and freed.
const POOL_KEEPS: usize = 8;

/// Which matrix relates R'G'B' to Y'CbCr (ITU-T H.273, MatrixCoefficients 6 and 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ColorMatrix {
    /// ITU-R BT.601, what webcams and small pictures use.
    Bt601,
    /// ITU-R BT.709, what high definition uses.
    Bt709,
}

/// Which codes of the 8-bit samples are black and white.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ColorRange {
    /// Luma 16–235, chroma 16–240.
    Limited,
    /// All codes, 0–255.
    Full,
}

/// How to turn a frame's samples into colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ColorSpace {
    pub matrix: ColorMatrix,
    pub range: ColorRange,
}

impl ColorSpace {
    /// BT.601 limited range: what is assumed where a source or stream does not say.
    pub const DEFAULT: Self = Self { matrix: ColorMatrix::Bt601, range: ColorRange::Limited };
}

impl Default for ColorSpace {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Buffers shared by the frames of one source, so that the steady state allocates nothing.
#[derive(Clone, Debug, Default)]
pub struct FramePool {
    free: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl FramePool {
    /// An empty pool; it fills as frames are dropped.
    pub fn new() -> Self {
        Self::default()
    }

    /// A frame whose samples hold whatever the buffer held before: fill all three planes.
    ///
    /// # Panics
    ///
    /// If a dimension is zero or above [`MAX_DIMENSION`]; sources check theirs at the edge.
    pub fn frame(&self, width: u32, height: u32, color: ColorSpace, captured_at: Instant) -> VideoFrame {
        assert!(
            (1..=MAX_DIMENSION).contains(&width) && (1..=MAX_DIMENSION).contains(&height),
            "frame of {width}×{height}"
        );
        let mut data = lock(&self.free).pop().unwrap_or_default();
        let luma = width as usize * height as usize;
        let chroma = width.div_ceil(2) as usize * height.div_ceil(2) as usize;
        data.resize(luma + 2 * chroma, 0);
        VideoFrame { width, height, color, captured_at, data, pool: Arc::downgrade(&self.free) }
    }
}

/// One picture: planar 4:2:0, 8 bits, rows without padding.
#[derive(Debug)]
pub struct VideoFrame {
    width: u32,
    height: u32,
    color: ColorSpace,
    captured_at: Instant,
    data: Vec<u8>,
    pool: Weak<Mutex<Vec<Vec<u8>>>>,
}

/// The three planes of a frame, for writing.
#[derive(Debug)]
pub struct PlanesMut<'a> {
    pub y: &'a mut [u8],
    pub u: &'a mut [u8],
    pub v: &'a mut [u8],
}

impl VideoFrame {
    /// Width in pixels; also the length of a luma row in bytes.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Width of the chroma planes in samples, half of the width rounded up; also the length of their rows in bytes.
    pub fn chroma_width(&self) -> u32 {
        self.width.div_ceil(2)
    }

    /// Height of the chroma planes in samples, half of the height rounded up.
    pub fn chroma_height(&self) -> u32 {
        self.height.div_ceil(2)
    }

    /// How the samples become colours.
    pub fn color(&self) -> ColorSpace {
        self.color
    }

    /// When the picture was captured, or for a received one, when it was handed out by the decoder.
    pub fn captured_at(&self) -> Instant {
        self.captured_at
    }

    fn luma_len(&self) -> usize {
        self.width as usize * self.height as usize
    }

    fn chroma_len(&self) -> usize {
        self.chroma_width() as usize * self.chroma_height() as usize
    }

    /// Luma, `width × height`.
    pub fn y(&self) -> &[u8] {
        &self.data[..self.luma_len()]
    }

    /// Blue-difference chroma, `chroma_width × chroma_height`.
    pub fn u(&self) -> &[u8] {
        &self.data[self.luma_len()..self.luma_len() + self.chroma_len()]
    }

    /// Red-difference chroma, `chroma_width × chroma_height`.
    pub fn v(&self) -> &[u8] {
        &self.data[self.luma_len() + self.chroma_len()..]
    }

    /// All three planes for writing, before the frame is shared.
    pub fn planes_mut(&mut self) -> PlanesMut<'_> {
        let (luma, chroma) = (self.luma_len(), self.chroma_len());
        let (y, rest) = self.data.split_at_mut(luma);
        let (u, v) = rest.split_at_mut(chroma);
        PlanesMut { y, u, v }
    }
}

impl Drop for VideoFrame {
    fn drop(&mut self) {
        if let Some(free) = self.pool.upgrade() {
            // The last one to hold a picture is often the window, which waits for nobody: the buffer is then freed instead.
            if let Ok(mut free) = free.try_lock()
                && free.len() < POOL_KEEPS
            {
                free.push(std::mem::take(&mut self.data));
            }
        }
    }
}

/// Samples per second of all sound inside the program.
pub const SAMPLE_RATE_HZ: u32 = 48_000;

/// Samples of one [`AudioFrame`]: 20 ms, the length of an Opus packet.
pub const AUDIO_FRAME_SAMPLES: usize = 960;

/// What a frame of sound lasts.
pub const AUDIO_FRAME: Duration = Duration::from_millis(20);

/// Samples that are played at a time: 10 ms, half a frame. The less it is, the less a packet waits for the next time.
pub const AUDIO_PIECE_SAMPLES: usize = AUDIO_FRAME_SAMPLES / 2;

/// What is played at a time lasts so long.
pub const AUDIO_PIECE: Duration = Duration::from_millis(10);

/// 20 ms of sound at 48 kHz, of one channel or two.
///
/// Two channels are kept as their mean and half their difference, mid and side ([`mid_and_side`]). The mean is what whoever
/// knows one channel has to work with anyhow: levels, who speaks, echo, a speaker of one channel. All of them stay as they are, and
/// a voice, which has one channel, costs nothing more.
#[derive(Clone, Debug, PartialEq)]
pub struct AudioFrame {
    /// The one channel, or the mean of two, in −1…1.
    pub samples: [f32; AUDIO_FRAME_SAMPLES],
    /// Of two channels half of what the left is more than the right.
    pub side: Option<Box<[f32; AUDIO_FRAME_SAMPLES]>>,
    /// When the first sample was captured.
    pub captured_at: Instant,
}

impl AudioFrame {
    /// A frame of one channel.
    pub fn mono(samples: [f32; AUDIO_FRAME_SAMPLES], captured_at: Instant) -> Self {
        Self { samples, side: None, captured_at }
    }
}

/// The mean of two channels, and half of what the left is more than the right.
pub fn mid_and_side([left, right]: [f32; 2]) -> (f32, f32) {
    (0.5 * (left + right), 0.5 * (left - right))
}

/// The left and the right channel.
pub fn left_and_right(mid: f32, side: f32) -> [f32; 2] {
    [mid + side, mid - side]
}

/// Lets 20 ms of a channel go over into others, in a straight line.
pub(crate) fn cross_fade(from: &mut [f32; AUDIO_FRAME_SAMPLES], to: &[f32; AUDIO_FRAME_SAMPLES]) {
    for (index, (from, to)) in from.iter_mut().zip(to).enumerate() {
        let along = (index + 1) as f32 / AUDIO_FRAME_SAMPLES as f32;
        *from += (to - *from) * along;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_of_an_odd_sized_frame_round_chroma_up() {
        let frame = FramePool::new().frame(5, 3, ColorSpace::DEFAULT, Instant::now());
        assert_eq!((frame.y().len(), frame.u().len(), frame.v().len()), (15, 6, 6));
    }

    #[test]
    fn a_dropped_frame_gives_its_buffer_to_the_next() {
        let pool = FramePool::new();
        let first = pool.frame(64, 64, ColorSpace::DEFAULT, Instant::now());
        let address = first.y().as_ptr();
        drop(first);
        assert_eq!(pool.frame(64, 64, ColorSpace::DEFAULT, Instant::now()).y().as_ptr(), address);
    }

    #[test]
    fn two_channels_are_what_they_were_after_mid_and_side() {
        let (mid, side) = mid_and_side([0.75, -0.25]);
        assert_eq!((mid, side), (0.25, 0.5));
        assert_eq!(left_and_right(mid, side), [0.75, -0.25]);
    }

    #[test]
    fn a_frame_outlives_its_pool() {
        let frame = FramePool::new().frame(2, 2, ColorSpace::DEFAULT, Instant::now());
        assert_eq!(frame.y().len(), 4);
    }
}
