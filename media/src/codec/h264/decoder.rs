//! H.264 from the network to frames.

use std::time::Instant;

use openh264::formats::YUVSource;

use super::{nal, sps};
use crate::frame::{ColorSpace, FramePool, MAX_DIMENSION, VideoFrame};

/// Most macroblocks of a picture: level 5.2 of the standard (Table A-1), about 4096×2304. With [`MAX_DIMENSION`] it
/// bounds what a peer can make the decoder allocate.
const MAX_MACROBLOCKS: u32 = 36_864;

/// Why a picture could not be decoded.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The parameter set is broken or of a kind that is not decoded here.
    #[error("the stream's parameters are broken or not 8-bit 4:2:0")]
    Parameters,
    /// The pictures are larger than this program takes.
    #[error("pictures of {width}×{height} are too large")]
    Size { width: u32, height: u32 },
    /// openh264 refused: a broken stream, or one with a picture missing.
    #[error("the H.264 decoder failed: {0}")]
    Codec(#[from] openh264::Error),
}

/// An H.264 decoder. After an error it needs a key frame; what it is given until then gives errors or nothing, never a
/// damaged picture.
pub struct Decoder {
    decoder: openh264::decoder::Decoder,
    color: ColorSpace,
    pool: FramePool,
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decoder").field("color", &self.color).finish_non_exhaustive()
    }
}

impl Decoder {
    /// A decoder that waits for a key frame.
    ///
    /// # Errors
    ///
    /// When openh264 cannot be started.
    pub fn new() -> Result<Self, DecodeError> {
        Ok(Self { decoder: new_decoder()?, color: ColorSpace::DEFAULT, pool: FramePool::new() })
    }

    /// Decodes the NAL units of one picture, with start codes. `None` when there is no picture to show for it, for
    /// instance when there were only parameter sets.
    ///
    /// # Errors
    ///
    /// When the bytes are no H.264 that follows on what was given before, or of a size that is not taken.
    pub fn decode(&mut self, annexb: &[u8]) -> Result<Option<VideoFrame>, DecodeError> {
        let result = self.decode_trusting_state(annexb);
        if result.is_err() {
            // Whatever the bytes have left behind in the decoder, it is not shown with the next picture.
            self.decoder = new_decoder()?;
        }
        result
    }

    fn decode_trusting_state(&mut self, annexb: &[u8]) -> Result<Option<VideoFrame>, DecodeError> {
        for unit in nal::units(annexb).filter(|unit| nal::unit_type(unit[0]) == nal::SPS) {
            let parameters = sps::parse(unit).ok_or(DecodeError::Parameters)?;
            let (width, height) = (parameters.width, parameters.height);
            if width.max(height) > MAX_DIMENSION || parameters.macroblocks > MAX_MACROBLOCKS {
                return Err(DecodeError::Size { width, height });
            }
            self.color = parameters.color;
        }
        let Some(picture) = self.decoder.decode(annexb)? else { return Ok(None) };
        let (width, height) = picture.dimensions();
        let (luma_stride, chroma_stride, _) = picture.strides();
        let sides = 1..=MAX_DIMENSION as usize;
        // The parameter sets were checked, so this holds; a frame and its rows must not depend on that.
        if !sides.contains(&width) || !sides.contains(&height) || luma_stride < width || chroma_stride * 2 < width {
            return Err(DecodeError::Parameters);
        }
        let mut frame = self.pool.frame(width as u32, height as u32, self.color, Instant::now());
        let planes = frame.planes_mut();
        copy_rows(picture.y(), luma_stride, planes.y, width);
        copy_rows(picture.u(), chroma_stride, planes.u, width.div_ceil(2));
        copy_rows(picture.v(), chroma_stride, planes.v, width.div_ceil(2));
        Ok(Some(frame))
    }
}

fn new_decoder() -> Result<openh264::decoder::Decoder, openh264::Error> {
    openh264::decoder::Decoder::new()
}

/// Copies rows that are `stride` apart into a plane of tight rows.
fn copy_rows(source: &[u8], stride: usize, plane: &mut [u8], width: usize) {
    for (from, to) in source.chunks_exact(stride).zip(plane.chunks_exact_mut(width)) {
        to.copy_from_slice(&from[..width]);
    }
}
