//! YUV4MPEG2 clips: a line of text, then raw planar frames, each after a line of its own.
//!
//! Reads what becomes a camera, writes what was received. Knows neither clocks nor loops. Only 8-bit 4:2:0 and mono are
//! read, because frames are that; all else is refused with a sentence that says how to convert the clip.

use std::fs::File;
use std::io::{self, BufRead, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Instant;

use crate::capture::scale::FrameScaler;
use crate::frame::{ColorRange, ColorSpace, FramePool, MAX_DIMENSION, VideoFrame};

const MAGIC: &str = "YUV4MPEG2";

/// Longest line that is read: real headers have some hundred bytes.
const MAX_LINE_BYTES: u64 = 1024;

/// Most frames per second that a clip may ask for.
const MAX_FPS: u32 = 240;

/// Why a clip cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Y4mError {
    #[error("it is not a y4m clip; `ffmpeg -i CLIP -pix_fmt yuv420p CLIP.y4m` makes one of any clip")]
    NotY4m,
    #[error(
        "its {0} is not supported; `ffmpeg -i CLIP -vf yadif=deint=interlaced -pix_fmt yuv420p CLIP.y4m` makes a clip that is"
    )]
    Unsupported(String),
    #[error("its header is damaged: {0}")]
    BadHeader(String),
    #[error("frame {0} is damaged: it does not start with the word FRAME")]
    BadFrame(u64),
    #[error("it holds no whole frame")]
    Empty,
    #[error("it cannot be read: {0}")]
    Io(#[from] io::Error),
}

/// Frames per second as a fraction, 30000/1001 for instance. Both parts are above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameRate {
    pub numerator: u32,
    pub denominator: u32,
}

/// What a clip says of itself before its first frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Y4mHeader {
    /// In pixels, at most [`MAX_DIMENSION`].
    pub width: u32,
    /// In pixels, at most [`MAX_DIMENSION`].
    pub height: u32,
    pub rate: FrameRate,
    /// The range is the clip's (`XCOLORRANGE`, as ffmpeg writes it); the format has no word for the matrix.
    pub color: ColorSpace,
    /// Whether the frames have no chroma.
    pub is_mono: bool,
}

impl Y4mHeader {
    /// Reads the first line, without its line feed.
    fn parse(line: &str) -> Result<Self, Y4mError> {
        let mut words = line.split(' ').filter(|word| !word.is_empty());
        if words.next() != Some(MAGIC) {
            return Err(Y4mError::NotY4m);
        }
        let (mut width, mut height, mut rate) = (None, None, None);
        let mut color = ColorSpace::DEFAULT;
        let mut is_mono = false;
        for word in words {
            let (tag, value) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
            match tag {
                "W" => width = value.parse().ok(),
                "H" => height = value.parse().ok(),
                "F" => rate = parse_rate(value),
                "I" if !matches!(value, "p" | "?") => {
                    return Err(Y4mError::Unsupported(format!("interlacing ({value:?})")));
                }
                "C" => match value {
                    "420" | "420jpeg" | "420mpeg2" | "420paldv" => is_mono = false,
                    "mono" => is_mono = true,
                    _ => return Err(Y4mError::Unsupported(format!("pixel format ({value:?})"))),
                },
                "X" if value == "COLORRANGE=FULL" => color.range = ColorRange::Full,
                _ => {}
            }
        }
        let dimension = |value: Option<u32>, name: &str| {
            let value = value.ok_or_else(|| Y4mError::BadHeader(format!("it has no usable {name}")))?;
            if (1..=MAX_DIMENSION).contains(&value) {
                Ok(value)
            } else {
                Err(Y4mError::Unsupported(format!("{name} of {value} pixels (at most {MAX_DIMENSION})")))
            }
        };
        let rate = rate.ok_or_else(|| Y4mError::BadHeader(format!("it has no frame rate from 1 to {MAX_FPS}")))?;
        Ok(Self { width: dimension(width, "width")?, height: dimension(height, "height")?, rate, color, is_mono })
    }
}

/// `30000:1001`, from 1 to [`MAX_FPS`] frames per second.
fn parse_rate(value: &str) -> Option<FrameRate> {
    let (numerator, denominator) = value.split_once(':')?;
    let rate = FrameRate { numerator: numerator.parse().ok()?, denominator: denominator.parse().ok()? };
    let is_usable = rate.denominator > 0
        && rate.numerator >= rate.denominator
        && u64::from(rate.numerator) <= u64::from(rate.denominator) * u64::from(MAX_FPS);
    is_usable.then_some(rate)
}

/// Reads a clip frame by frame.
#[derive(Debug)]
pub struct Y4mReader<R> {
    input: R,
    header: Y4mHeader,
    /// Where the first frame starts, in bytes.
    first_frame_at: u64,
    frames_read: u64,
}

impl<R: BufRead> Y4mReader<R> {
    /// Reads and checks the header.
    ///
    /// # Errors
    ///
    /// When it is not one, asks for what is not supported, or cannot be read.
    pub fn new(mut input: R) -> Result<Self, Y4mError> {
        let line = read_line(&mut input)?.ok_or(Y4mError::NotY4m)?;
        let header = Y4mHeader::parse(&String::from_utf8_lossy(&line))?;
        Ok(Self { input, header, first_frame_at: line.len() as u64 + 1, frames_read: 0 })
    }

    /// What the clip says of itself.
    pub fn header(&self) -> &Y4mHeader {
        &self.header
    }

    /// The next frame, or `None` at the end. A last frame that was cut short is not given.
    ///
    /// # Errors
    ///
    /// When the frame does not start as it must, or cannot be read.
    pub fn read_frame(&mut self, pool: &FramePool, captured_at: Instant) -> Result<Option<VideoFrame>, Y4mError> {
        match read_line(&mut self.input)? {
            None if self.input.fill_buf()?.is_empty() => return Ok(None),
            Some(line) if line == b"FRAME" || line.starts_with(b"FRAME ") => {}
            _ => return Err(Y4mError::BadFrame(self.frames_read)),
        }
        let mut frame = pool.frame(self.header.width, self.header.height, self.header.color, captured_at);
        let planes = frame.planes_mut();
        if !self.read_plane(planes.y)? {
            return Ok(None);
        }
        if self.header.is_mono {
            planes.u.fill(128);
            planes.v.fill(128);
        } else if !self.read_plane(planes.u)? || !self.read_plane(planes.v)? {
            return Ok(None);
        }
        self.frames_read += 1;
        Ok(Some(frame))
    }

    /// Returns whether the plane was there as a whole.
    fn read_plane(&mut self, plane: &mut [u8]) -> io::Result<bool> {
        match self.input.read_exact(plane) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl<R: BufRead + Seek> Y4mReader<R> {
    /// Goes back to the first frame.
    ///
    /// # Errors
    ///
    /// When the input cannot be sought.
    pub fn rewind(&mut self) -> io::Result<()> {
        self.frames_read = 0;
        self.input.seek(SeekFrom::Start(self.first_frame_at)).map(|_| ())
    }
}

/// A line without its line feed, or `None` when it does not end within [`MAX_LINE_BYTES`] or at all.
fn read_line(input: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    input.take(MAX_LINE_BYTES).read_until(b'\n', &mut line)?;
    Ok((line.pop() == Some(b'\n')).then_some(line))
}

/// Writes a clip. A clip has one size and one colour space: a frame of another size is scaled to that of the clip,
/// without regard to its aspect, and a frame of another colour space is written as it is.
#[derive(Debug)]
pub struct Y4mWriter {
    output: BufWriter<File>,
    width: u32,
    height: u32,
    scaler: FrameScaler,
}

impl Y4mWriter {
    /// Creates or replaces the file and writes the header.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn create(path: &Path, width: u32, height: u32, fps: u32, color: ColorSpace) -> io::Result<Self> {
        Self::start(File::create(path)?, width, height, fps, color)
    }

    /// Writes the header to a file that is empty.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn start(file: File, width: u32, height: u32, fps: u32, color: ColorSpace) -> io::Result<Self> {
        let mut output = BufWriter::new(file);
        let range = match color.range {
            ColorRange::Limited => "LIMITED",
            ColorRange::Full => "FULL",
        };
        writeln!(output, "{MAGIC} W{width} H{height} F{fps}:1 Ip A1:1 C420jpeg XCOLORRANGE={range}")?;
        Ok(Self { output, width, height, scaler: FrameScaler::default() })
    }

    /// Appends a frame.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write(&mut self, frame: &VideoFrame) -> io::Result<()> {
        let scaled;
        let frame = if (frame.width(), frame.height()) == (self.width, self.height) {
            frame
        } else {
            scaled = self.scaler.scale(frame, self.width, self.height);
            &scaled
        };
        self.output.write_all(b"FRAME\n")?;
        self.output.write_all(frame.y())?;
        self.output.write_all(frame.u())?;
        self.output.write_all(frame.v())
    }

    /// Writes what is still buffered. Dropping does the same, but cannot tell what went wrong.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn finish(mut self) -> io::Result<()> {
        self.output.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Cursor};

    use proptest::prelude::*;

    use super::*;

    fn open(bytes: &[u8]) -> Result<Y4mReader<Cursor<Vec<u8>>>, Y4mError> {
        Y4mReader::new(Cursor::new(bytes.to_vec()))
    }

    fn next(reader: &mut Y4mReader<Cursor<Vec<u8>>>) -> Result<Option<VideoFrame>, Y4mError> {
        reader.read_frame(&FramePool::new(), Instant::now())
    }

    /// Two frames of 2×2: all ones, then all twos.
    fn clip(parameters: &str) -> Vec<u8> {
        let mut bytes = format!("YUV4MPEG2 {parameters}\nFRAME\n").into_bytes();
        bytes.extend([1; 6]);
        bytes.extend(b"FRAME Ip\n");
        bytes.extend([2; 6]);
        bytes
    }

    #[test]
    fn header_words_are_understood_in_any_order() {
        let reader =
            open(&clip("F30000:1001 H2 W2 C420mpeg2 Ip A1:1 XYSCSS=420MPEG2 XCOLORRANGE=FULL")).expect("a clip");
        let header = reader.header();
        assert_eq!((header.width, header.height), (2, 2));
        assert_eq!(header.rate, FrameRate { numerator: 30_000, denominator: 1001 });
        assert_eq!(header.color.range, ColorRange::Full);
        assert_eq!(open(&clip("W2 H2 F25:1")).expect("a clip").header().color, ColorSpace::DEFAULT);
    }

    #[test]
    fn frames_come_in_order_and_again_after_rewinding() {
        let mut reader = open(&clip("W2 H2 F25:1")).expect("a clip");
        for _ in 0..2 {
            assert_eq!(next(&mut reader).expect("readable").expect("the first frame").y(), [1; 4]);
            assert_eq!(next(&mut reader).expect("readable").expect("the second frame").v(), [2]);
            assert!(next(&mut reader).expect("readable").is_none());
            reader.rewind().expect("a cursor can be sought");
        }
    }

    #[test]
    fn mono_has_grey_chroma() {
        let mut reader = open(b"YUV4MPEG2 W2 H1 F25:1 Cmono\nFRAME\nab").expect("a clip");
        let frame = next(&mut reader).expect("readable").expect("a frame");
        assert_eq!((frame.y(), frame.u(), frame.v()), (&b"ab"[..], &[128][..], &[128][..]));
    }

    #[test]
    fn a_last_frame_cut_short_is_the_end() {
        let mut bytes = clip("W2 H2 F25:1");
        bytes.pop();
        let mut reader = open(&bytes).expect("a clip");
        assert!(next(&mut reader).expect("readable").is_some());
        assert!(next(&mut reader).expect("readable").is_none());
    }

    #[test]
    fn what_cannot_be_shown_is_refused_in_a_sentence() {
        let refused = |parameters: &str| open(&clip(parameters)).map(|_| ()).expect_err(parameters).to_string();
        assert!(refused("W2 H2 F25:1 C444").contains("pixel format (\"444\")"));
        assert!(refused("W2 H2 F25:1 C420p10").contains("pixel format"));
        assert!(refused("W2 H2 F25:1 It").contains("interlacing"));
        assert!(refused("W5000 H2 F25:1").contains("width of 5000 pixels"));
        assert!(refused("W2 F25:1").contains("no usable height"));
        assert!(refused("W2 H2 F0:0").contains("frame rate"));
        assert!(refused("W2 H2 F1000:1").contains("frame rate"));
        assert!(matches!(open(b"RIFF....AVI "), Err(Y4mError::NotY4m)));
        assert!(matches!(open(&[b'Y'; 5000]), Err(Y4mError::NotY4m)));
        assert!(matches!(open(b""), Err(Y4mError::NotY4m)));
    }

    #[test]
    fn a_frame_without_its_word_is_an_error() {
        let mut reader = open(b"YUV4MPEG2 W2 H2 F25:1\nFRAMES\n123456").expect("a header");
        assert!(matches!(next(&mut reader), Err(Y4mError::BadFrame(0))));
    }

    #[test]
    fn what_is_written_is_read_again_and_another_size_is_scaled() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("clip.y4m");
        let color = ColorSpace { range: ColorRange::Full, ..ColorSpace::DEFAULT };
        let pool = FramePool::new();
        let filled = |width, height, level| {
            let mut frame = pool.frame(width, height, color, Instant::now());
            frame.planes_mut().y.fill(level);
            frame
        };
        let mut writer = Y4mWriter::create(&path, 6, 4, 15, color).expect("a file");
        writer.write(&filled(6, 4, 10)).expect("written");
        writer.write(&filled(12, 8, 200)).expect("written");
        writer.finish().expect("written");

        let mut reader = Y4mReader::new(BufReader::new(File::open(&path).expect("a file"))).expect("a clip");
        assert_eq!((reader.header().width, reader.header().color), (6, color));
        for level in [10, 200] {
            let frame = reader.read_frame(&pool, Instant::now()).expect("readable").expect("a frame");
            assert_eq!(frame.y(), [level; 24]);
        }
        assert!(reader.read_frame(&pool, Instant::now()).expect("readable").is_none());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..200), with_header: bool) {
            if with_header {
                bytes.splice(0..0, *b"YUV4MPEG2 W2 H2 F25:1\n");
            }
            if let Ok(mut reader) = open(&bytes) {
                while let Ok(Some(_)) = next(&mut reader) {}
            }
        }
    }
}
