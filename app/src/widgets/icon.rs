//! Icons, all of them used from here: glyphs of the Lucide font.

use std::f32::consts::FRAC_PI_4;

use egui::emath::Rot2;
use egui::epaint::TextShape;
use egui::{Color32, Painter, Pos2, Vec2};

use crate::theme::fonts::icon_font;

/// The icons the program uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    Microphone,
    MicrophoneOff,
    Speaker,
    SpeakerOff,
    Record,
    Stop,
    Camera,
    CameraOff,
    Leave,
    Copy,
    Done,
    Information,
    Warning,
    Offline,
    Statistics,
    Settings,
    Close,
    More,
    Plus,
    Minus,
    Open,
    Hand,
    React,
    Chat,
    People,
    Layout,
    Pin,
    Unpin,
    Send,
    Lock,
    Unlock,
    Invite,
    Remove,
    Host,
    Hide,
    Reveal,
    Link,
    QrCode,
    Recent,
    Network,
    Keyboard,
    Privacy,
    Server,
    Appearance,
    Fullscreen,
    MiniWindow,
    Rejoin,
    WeakSignal,
    FairSignal,
    GoodSignal,
    Delete,
    Pending,
    ToNewest,
    EndForAll,
}

impl Icon {
    fn glyph(self) -> char {
        use lucide_icons::Icon as Lucide;
        match self {
            Self::Microphone => Lucide::Mic,
            Self::MicrophoneOff => Lucide::MicOff,
            Self::Speaker => Lucide::Volume2,
            Self::Record => Lucide::AudioLines,
            Self::Stop => Lucide::Square,
            Self::SpeakerOff => Lucide::VolumeX,
            Self::Camera => Lucide::Video,
            Self::CameraOff => Lucide::VideoOff,
            Self::Leave => Lucide::Phone,
            Self::Copy => Lucide::Copy,
            Self::Done => Lucide::Check,
            Self::Information => Lucide::Info,
            Self::Warning => Lucide::TriangleAlert,
            Self::Offline => Lucide::WifiOff,
            Self::Statistics => Lucide::ChartNoAxesColumn,
            Self::Settings => Lucide::Settings,
            Self::Close => Lucide::X,
            Self::More => Lucide::Ellipsis,
            Self::Plus => Lucide::Plus,
            Self::Minus => Lucide::Minus,
            Self::Open => Lucide::ChevronDown,
            Self::Hand => Lucide::Hand,
            Self::React => Lucide::Smile,
            Self::Chat => Lucide::MessageSquare,
            Self::People => Lucide::Users,
            Self::Layout => Lucide::LayoutGrid,
            Self::Pin => Lucide::Pin,
            Self::Unpin => Lucide::PinOff,
            Self::Send => Lucide::SendHorizontal,
            Self::Lock => Lucide::Lock,
            Self::Unlock => Lucide::LockOpen,
            Self::Invite => Lucide::UserPlus,
            Self::Remove => Lucide::UserX,
            Self::Host => Lucide::Crown,
            Self::Hide => Lucide::EyeOff,
            Self::Reveal => Lucide::Eye,
            Self::Link => Lucide::Link,
            Self::QrCode => Lucide::QrCode,
            Self::Recent => Lucide::History,
            Self::Network => Lucide::Wifi,
            Self::Keyboard => Lucide::Keyboard,
            Self::Privacy => Lucide::ShieldCheck,
            Self::Server => Lucide::Server,
            Self::Appearance => Lucide::Palette,
            Self::Fullscreen => Lucide::Maximize,
            Self::MiniWindow => Lucide::PictureInPicture2,
            Self::Rejoin => Lucide::RotateCcw,
            Self::WeakSignal => Lucide::SignalLow,
            Self::FairSignal => Lucide::SignalMedium,
            Self::GoodSignal => Lucide::SignalHigh,
            Self::Delete => Lucide::Trash2,
            Self::Pending => Lucide::Clock,
            Self::ToNewest => Lucide::ArrowDown,
            Self::EndForAll => Lucide::DoorClosed,
        }
        .unicode()
    }

    /// Radians clockwise.
    fn angle(self) -> f32 {
        // A receiver that is put down.
        if self == Self::Leave { 3.0 * FRAC_PI_4 } else { 0.0 }
    }

    /// Draws the icon around a point; `size` is its width and height in points.
    pub fn paint(self, painter: &Painter, center: Pos2, size: f32, color: Color32) {
        let galley = painter.layout_no_wrap(self.glyph().to_string(), icon_font(size), color);
        // A glyph of this font fills the square of its size from the row's top; below is the font's line gap.
        let top_left = center - Rot2::from_angle(self.angle()) * Vec2::splat(size / 2.0);
        painter.add(TextShape::new(top_left, galley, color).with_angle(self.angle()));
    }
}
