//! What is kept about how much one's video may be, both ways.

use nonet_media::choice::VideoLimits;
use serde::{Deserialize, Serialize};

/// The largest pictures that are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PictureSize {
    /// As large as they are shown and as links bear, up to 1280×720.
    #[default]
    #[serde(rename = "automatic")]
    Automatic,
    #[serde(rename = "360p")]
    Middle,
    #[serde(rename = "180p")]
    Small,
}

impl PictureSize {
    /// In pixels.
    fn most(self) -> (u32, u32) {
        match self {
            Self::Automatic => (VideoLimits::MAX.width, VideoLimits::MAX.height),
            Self::Middle => (640, 360),
            Self::Small => (320, 180),
        }
    }

    /// The smaller of two.
    fn or_smaller(self, other: Self) -> Self {
        if other.most() < self.most() { other } else { self }
    }
}

/// How many pictures a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FrameRate {
    /// 30.
    #[default]
    Full,
    /// 15.
    Half,
}

impl FrameRate {
    /// Pictures a second.
    pub fn fps(self) -> u32 {
        match self {
            Self::Full => VideoLimits::MAX.fps,
            Self::Half => VideoLimits::MAX.fps / 2,
        }
    }
}

/// How much is sent and asked for at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct VideoSettings {
    pub send: PictureSize,
    pub frame_rate: FrameRate,
    pub receive: PictureSize,
    /// Whether as little data as looks decent is to be used, both ways. Wins where the others allow more.
    pub data_saver: bool,
}

/// With so many others on the screen a data saver still has middle-sized pictures of them.
const FEW: usize = 2;

impl VideoSettings {
    /// Most that is sent.
    pub fn sent(&self) -> VideoLimits {
        let (size, rate) = match self.data_saver {
            true => (self.send.or_smaller(PictureSize::Middle), FrameRate::Half),
            false => (self.send, self.frame_rate),
        };
        let (width, height) = size.most();
        VideoLimits { width, height, fps: rate.fps() }
    }

    /// How large the pictures are that are asked for of one of `others` who is shown in `width` × `height` pixels.
    pub fn asked_for(&self, width: u32, height: u32, others: usize) -> (u32, u32) {
        let saved = if others <= FEW { PictureSize::Middle } else { PictureSize::Small };
        let size = if self.data_saver { self.receive.or_smaller(saved) } else { self.receive };
        match size {
            PictureSize::Automatic => (width, height),
            PictureSize::Middle | PictureSize::Small => {
                let (most_width, most_height) = size.most();
                (width.min(most_width), height.min(most_height))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_chosen_bounds_what_is_sent() {
        let of = |send, frame_rate, data_saver| {
            let limits = VideoSettings { send, frame_rate, data_saver, ..VideoSettings::default() }.sent();
            (limits.height, limits.fps)
        };
        assert_eq!(of(PictureSize::Automatic, FrameRate::Full, false), (720, 30));
        assert_eq!(of(PictureSize::Middle, FrameRate::Half, false), (360, 15));
        assert_eq!(of(PictureSize::Automatic, FrameRate::Full, true), (360, 15));
        assert_eq!(of(PictureSize::Small, FrameRate::Full, true), (180, 15), "saving never makes more");
    }

    #[test]
    fn no_more_is_asked_for_than_is_shown_or_wanted() {
        let asked = |receive, data_saver, others| {
            VideoSettings { receive, data_saver, ..VideoSettings::default() }.asked_for(1920, 900, others)
        };
        assert_eq!(asked(PictureSize::Automatic, false, 8), (1920, 900));
        assert_eq!(asked(PictureSize::Middle, false, 1), (640, 360));
        assert_eq!(
            (asked(PictureSize::Automatic, true, 1), asked(PictureSize::Automatic, true, 8)),
            ((640, 360), (320, 180))
        );
        assert_eq!(asked(PictureSize::Small, true, 1), (320, 180));
        let small = VideoSettings { receive: PictureSize::Middle, ..VideoSettings::default() };
        assert_eq!(small.asked_for(200, 100, 1), (200, 100));
    }
}
