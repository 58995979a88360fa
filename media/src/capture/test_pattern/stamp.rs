//! A number and a time in a picture's luma, that survive scaling and a lossy codec.
//!
//! A strip along the lower edge, a fifteenth of the height, holds two rows of 54 black or white cells, which are 108 bits in
//! reading order, most significant first: 8 of sync, 32 of frame number, 52 of microseconds, 16 of CRC over the 84 between.
//! All is relative to the picture's size, so a scaled picture reads the same.

use crate::frame::VideoFrame;

const COLUMNS: usize = 54;
const ROWS: usize = 2;

/// Height of a cell as part of the picture's.
const ROWS_IN_HEIGHT: usize = 30;

const SYNC_BITS: u32 = 8;
const FRAME_NUMBER_BITS: u32 = 32;
const TIME_BITS: u32 = 52;
const CRC_BITS: u32 = 16;

/// Both values and both changes, so that it also tells how light and dark what was received is.
const SYNC: u128 = 0b1011_0010;

/// Luma of the cells. The chroma below them is left as it is, and white is not the brightest, so that the strip looks
/// like a part of the picture.
const BLACK: u8 = 36;
const WHITE: u8 = 180;

/// Least difference of white and black that is taken for a strip.
const MIN_CONTRAST: u32 = 40;

/// What a picture of the test pattern says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PatternStamp {
    /// Counts from 0, one for each frame that was made.
    pub frame_number: u32,
    /// When it was made, in microseconds since the UNIX epoch; 52 bits, which last until the year 2112.
    pub captured_at_micros: u64,
}

/// CRC-16/CCITT-FALSE of the low 84 bits, most significant first.
fn crc(payload: u128) -> u128 {
    let mut crc = 0xffff_u16;
    for shift in (0..FRAME_NUMBER_BITS + TIME_BITS).rev() {
        let is_set = (payload >> shift) & 1 == 1;
        let carries = (crc >> 15 == 1) != is_set;
        crc = (crc << 1) ^ if carries { 0x1021 } else { 0 };
    }
    crc.into()
}

fn bit(bits: u128, row: usize, column: usize) -> bool {
    (bits >> (ROWS * COLUMNS - 1 - (row * COLUMNS + column))) & 1 == 1
}

/// Row of the picture at which a row of cells starts.
fn top(height: usize, row: usize) -> usize {
    (height * (ROWS_IN_HEIGHT - ROWS + row) + ROWS_IN_HEIGHT / 2) / ROWS_IN_HEIGHT
}

/// Draws a stamp over the lower edge.
pub(super) fn write(frame: &mut VideoFrame, stamp: PatternStamp) {
    let payload =
        u128::from(stamp.frame_number) << TIME_BITS | u128::from(stamp.captured_at_micros) & ((1 << TIME_BITS) - 1);
    let bits = (SYNC << (FRAME_NUMBER_BITS + TIME_BITS) | payload) << CRC_BITS | crc(payload);
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    let planes = frame.planes_mut();
    for row in 0..ROWS {
        let cells = &mut planes.y[top(height, row) * width..top(height, row + 1) * width];
        let Some((first, rest)) = cells.split_at_mut_checked(width) else { continue };
        for (x, sample) in first.iter_mut().enumerate() {
            *sample = if bit(bits, row, x * COLUMNS / width) { WHITE } else { BLACK };
        }
        rest.chunks_exact_mut(width).for_each(|line| line.copy_from_slice(first));
    }
}

/// Reads the stamp of a picture, scaled and coded as it may be; `None` if there is none that is whole.
pub fn read(frame: &VideoFrame) -> Option<PatternStamp> {
    let levels: Vec<u32> = (0..ROWS * COLUMNS).map(|cell| mean_level(frame, cell / COLUMNS, cell % COLUMNS)).collect();
    let sync = |value: bool| {
        (0..SYNC_BITS as usize).filter(move |&cell| (SYNC >> (SYNC_BITS as usize - 1 - cell)) & 1 == u128::from(value))
    };
    let white = sync(true).map(|cell| levels[cell]).sum::<u32>() / 4;
    let black = sync(false).map(|cell| levels[cell]).sum::<u32>() / 4;
    if white < black + MIN_CONTRAST {
        return None;
    }
    let threshold = u32::midpoint(white, black);
    let bits = levels.iter().fold(0_u128, |bits, &level| bits << 1 | u128::from(level > threshold));
    let payload = (bits >> CRC_BITS) & ((1 << (FRAME_NUMBER_BITS + TIME_BITS)) - 1);
    let is_whole =
        bits >> (CRC_BITS + FRAME_NUMBER_BITS + TIME_BITS) == SYNC && bits & ((1 << CRC_BITS) - 1) == crc(payload);
    is_whole.then_some(PatternStamp {
        frame_number: (payload >> TIME_BITS) as u32,
        captured_at_micros: (payload & ((1 << TIME_BITS) - 1)) as u64,
    })
}

/// Mean luma of the inner half of a cell, or of the sample at its centre if it is that small.
fn mean_level(frame: &VideoFrame, row: usize, column: usize) -> u32 {
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    let xs = inner_half(column, COLUMNS, width);
    let ys = inner_half(ROWS_IN_HEIGHT - ROWS + row, ROWS_IN_HEIGHT, height);
    let count = xs.len() * ys.len();
    let sum: u32 = ys.flat_map(|y| &frame.y()[y * width..][xs.clone()]).map(|&sample| u32::from(sample)).sum();
    sum / count as u32
}

/// The samples whose centres lie in the inner half of part `index` of `parts` of `length` samples; at least one.
fn inner_half(index: usize, parts: usize, length: usize) -> std::ops::Range<usize> {
    let quarter = |quarters: usize| ((4 * index + quarters) * length) as f32 / (4 * parts) as f32;
    let first = (quarter(1) - 0.5).ceil() as usize;
    let end = (quarter(3) + 0.5).floor() as usize;
    if first < end { first..end } else { quarter(2) as usize..quarter(2) as usize + 1 }
}
