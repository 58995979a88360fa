//! A camera's raw pictures as planar 4:2:0 frames. Pure; chroma is averaged where there is more of it.

use std::time::Instant;

use nokhwa::utils::FrameFormat;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace as JpegColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use crate::frame::{ColorMatrix, ColorRange, ColorSpace, FramePool, MAX_DIMENSION, PlanesMut, VideoFrame};

/// JPEG is full range BT.601 (JFIF 1.02).
const JPEG_COLOR: ColorSpace = ColorSpace { matrix: ColorMatrix::Bt601, range: ColorRange::Full };

/// How a raw picture lies in memory. Motion JPEG says its size itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    pub format: FrameFormat,
    /// In pixels, even.
    pub width: u32,
    /// In pixels, even.
    pub height: u32,
    /// Distance of the rows of the first plane in bytes; less than a row means that they are tight.
    pub row_bytes: usize,
}

/// Why a raw picture is of no use.
#[derive(Debug, thiserror::Error)]
pub enum ConvertError {
    #[error("the picture has {has} bytes and not {wants}")]
    TooShort { has: usize, wants: usize },
    #[error("{width}×{height} is not a size of {format}")]
    Size { format: FrameFormat, width: u32, height: u32 },
    #[error("damaged JPEG: {0:?}")]
    Jpeg(#[from] zune_jpeg::errors::DecodeErrors),
    #[error("the JPEG is {width}×{height}, in {components} components")]
    JpegKind { width: usize, height: usize, components: usize },
}

/// Converts pictures; keeps what memory that takes.
#[derive(Debug, Default)]
pub struct Converter {
    /// A decoded JPEG: interleaved Y'CbCr without subsampling, or luma.
    decoded: Vec<u8>,
}

impl Converter {
    /// The picture as a frame of `pool`. Bytes after it are ignored.
    ///
    /// # Errors
    ///
    /// When it is cut short or damaged, or its size is none that a frame may have.
    pub fn convert(
        &mut self,
        raw: &[u8],
        layout: Layout,
        pool: &FramePool,
        captured_at: Instant,
    ) -> Result<VideoFrame, ConvertError> {
        let Layout { format, width, height, row_bytes } = layout;
        if format == FrameFormat::MJPEG {
            return self.convert_jpeg(raw, pool, captured_at);
        }
        let is_usable = |length: u32| length.is_multiple_of(2) && (2..=MAX_DIMENSION).contains(&length);
        if !is_usable(width) || !is_usable(height) {
            return Err(ConvertError::Size { format, width, height });
        }
        let bytes_per_pixel = match format {
            FrameFormat::YUYV => 2,
            FrameFormat::RAWRGB | FrameFormat::RAWBGR => 3,
            FrameFormat::NV12 | FrameFormat::GRAY | FrameFormat::MJPEG => 1,
        };
        let (width, rows) = (width as usize, height as usize);
        let used = width * bytes_per_pixel;
        let row_bytes = row_bytes.max(used);
        let all_rows = if format == FrameFormat::NV12 { rows + rows / 2 } else { rows };
        let wants = row_bytes * (all_rows - 1) + used;
        if raw.len() < wants {
            return Err(ConvertError::TooShort { has: raw.len(), wants });
        }
        let mut frame = pool.frame(layout.width, layout.height, ColorSpace::DEFAULT, captured_at);
        let mut planes = frame.planes_mut();
        // The last row may lack its padding.
        let source = raw.chunks(row_bytes).map(|row| &row[..used.min(row.len())]);
        match format {
            FrameFormat::YUYV => pairs(source, &mut planes, width, yuyv_rows),
            FrameFormat::RAWRGB => pairs(source, &mut planes, width, rgb_rows::<0, 2>),
            FrameFormat::RAWBGR => pairs(source, &mut planes, width, rgb_rows::<2, 0>),
            FrameFormat::NV12 => {
                let mut source = source;
                for (target, row) in planes.y.chunks_exact_mut(width).zip(source.by_ref()) {
                    target.copy_from_slice(row);
                }
                let chroma = planes.u.chunks_exact_mut(width / 2).zip(planes.v.chunks_exact_mut(width / 2));
                for ((u, v), row) in chroma.zip(source) {
                    for ((u, v), pair) in u.iter_mut().zip(v).zip(row.chunks_exact(2)) {
                        (*u, *v) = (pair[0], pair[1]);
                    }
                }
            }
            FrameFormat::GRAY | FrameFormat::MJPEG => {
                for (target, row) in planes.y.chunks_exact_mut(width).zip(source) {
                    target.copy_from_slice(row);
                }
                planes.u.fill(128);
                planes.v.fill(128);
            }
        }
        Ok(frame)
    }

    fn convert_jpeg(&mut self, raw: &[u8], pool: &FramePool, captured_at: Instant) -> Result<VideoFrame, ConvertError> {
        let options = DecoderOptions::default()
            .set_strict_mode(false)
            .set_max_width(MAX_DIMENSION as usize)
            .set_max_height(MAX_DIMENSION as usize);
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(raw), options);
        decoder.decode_headers()?;
        let (width, height) = decoder.info().map_or((0, 0), |info| (usize::from(info.width), usize::from(info.height)));
        let color = decoder.input_colorspace().unwrap_or(JpegColorSpace::Unknown);
        let components = color.num_components();
        let is_color = match color {
            JpegColorSpace::YCbCr => true,
            JpegColorSpace::Luma => false,
            _ => return Err(ConvertError::JpegKind { width, height, components }),
        };
        let (Ok(frame_width), Ok(frame_height)) = (u32::try_from(width), u32::try_from(height)) else {
            return Err(ConvertError::JpegKind { width, height, components });
        };
        if !(1..=MAX_DIMENSION).contains(&frame_width) || !(1..=MAX_DIMENSION).contains(&frame_height) {
            return Err(ConvertError::JpegKind { width, height, components });
        }
        decoder.set_options(options.jpeg_set_out_colorspace(color));
        self.decoded.resize(width * height * components, 0);
        decoder.decode_into(&mut self.decoded)?;

        let mut frame = pool.frame(frame_width, frame_height, JPEG_COLOR, captured_at);
        let mut planes = frame.planes_mut();
        if is_color {
            pairs(self.decoded.chunks_exact(width * 3), &mut planes, width, ycbcr_rows);
        } else {
            planes.y.copy_from_slice(&self.decoded);
            planes.u.fill(128);
            planes.v.fill(128);
        }
        Ok(frame)
    }
}

/// Two rows of luma and one of each chroma, to be filled.
struct Rows<'a> {
    y: [&'a mut [u8]; 2],
    u: &'a mut [u8],
    v: &'a mut [u8],
}

/// Fills a frame two rows at a time; the last row of an odd height is taken twice.
fn pairs<'a>(
    mut source: impl Iterator<Item = &'a [u8]>,
    planes: &mut PlanesMut<'_>,
    width: usize,
    fill: impl Fn([&[u8]; 2], Rows<'_>),
) {
    let is_odd = planes.y.len() / width % 2 == 1;
    let mut spare = vec![0; if is_odd { width } else { 0 }];
    let chroma_width = width.div_ceil(2);
    let chroma = planes.u.chunks_exact_mut(chroma_width).zip(planes.v.chunks_exact_mut(chroma_width));
    for (y, (u, v)) in planes.y.chunks_mut(2 * width).zip(chroma) {
        let Some(upper) = source.next() else { return };
        let (first, second) = y.split_at_mut(width);
        let (lower, second) = match source.next() {
            Some(lower) if !second.is_empty() => (lower, second),
            _ => (upper, &mut spare[..]),
        };
        fill([upper, lower], Rows { y: [first, second], u, v });
    }
}

fn mean(a: u8, b: u8) -> u8 {
    u8::midpoint(a, b)
}

/// Y0 U Y1 V.
fn yuyv_rows(source: [&[u8]; 2], rows: Rows<'_>) {
    for (row, y) in source.into_iter().zip(rows.y) {
        for (pixels, y) in row.chunks_exact(4).zip(y.chunks_exact_mut(2)) {
            (y[0], y[1]) = (pixels[0], pixels[2]);
        }
    }
    let chroma = source[0].chunks_exact(4).zip(source[1].chunks_exact(4));
    for ((upper, lower), (u, v)) in chroma.zip(rows.u.iter_mut().zip(rows.v)) {
        (*u, *v) = (mean(upper[1], lower[1]), mean(upper[3], lower[3]));
    }
}

/// Y Cb Cr for each pixel.
fn ycbcr_rows(source: [&[u8]; 2], rows: Rows<'_>) {
    for (row, y) in source.into_iter().zip(rows.y) {
        for (pixel, y) in row.chunks_exact(3).zip(y) {
            *y = pixel[0];
        }
    }
    // The last pixel of an odd width stands alone.
    let chroma = source[0].chunks(6).zip(source[1].chunks(6));
    for ((upper, lower), (u, v)) in chroma.zip(rows.u.iter_mut().zip(rows.v)) {
        let right = upper.len() - 3;
        let sum = |plane: usize| {
            [upper[plane], upper[right + plane], lower[plane], lower[right + plane]].map(u16::from).iter().sum::<u16>()
        };
        (*u, *v) = (((sum(1) + 2) / 4) as u8, ((sum(2) + 2) / 4) as u8);
    }
}

/// R G B for each pixel, red and blue where they are said to be, to limited range BT.601 in eight bits of fraction.
fn rgb_rows<const RED: usize, const BLUE: usize>(source: [&[u8]; 2], rows: Rows<'_>) {
    for (row, y) in source.into_iter().zip(rows.y) {
        for (pixel, y) in row.chunks_exact(3).zip(y) {
            let [red, green, blue] = [pixel[RED], pixel[1], pixel[BLUE]].map(i32::from);
            *y = (((66 * red + 129 * green + 25 * blue + 128) >> 8) + 16) as u8;
        }
    }
    let chroma = source[0].chunks_exact(6).zip(source[1].chunks_exact(6));
    for ((upper, lower), (u, v)) in chroma.zip(rows.u.iter_mut().zip(rows.v)) {
        let sum =
            |plane: usize| [upper[plane], upper[plane + 3], lower[plane], lower[plane + 3]].map(i32::from).iter().sum();
        let [red, green, blue]: [i32; 3] = [sum(RED), sum(1), sum(BLUE)];
        *u = (((-38 * red - 74 * green + 112 * blue + 512) >> 10) + 128) as u8;
        *v = (((112 * red - 94 * green - 18 * blue + 512) >> 10) + 128) as u8;
    }
}

#[cfg(test)]
mod tests;
