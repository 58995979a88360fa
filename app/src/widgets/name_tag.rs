//! Who is in a tile: microphone, name, and whether it is the host.

use egui::epaint::text::TextWrapping;
use egui::text::LayoutJob;
use egui::{Align2, Color32, CornerRadius, FontId, Painter, Rect, Vec2, pos2, vec2};

use super::icon::Icon;
use crate::theme::fonts::{Weight, font};
use crate::theme::{on_picture, radius, size, space};

/// What a tag says.
#[derive(Clone, Copy, Debug, Default)]
pub struct NameTag<'a> {
    pub name: &'a str,
    pub microphone_on: bool,
    pub speaking: bool,
    /// Whether one has chosen not to hear them.
    pub is_silenced: bool,
    pub is_host: bool,
    /// Whether they are kept large.
    pub is_pinned: bool,
}

const BADGE_PADDING: f32 = 5.0;
/// Before the badge and after the pin.
const BESIDE_NAME: f32 = 6.0;
/// With less room for the name, the name is what is said.
const ROOM_FOR_BADGE: f32 = 70.0;
const BADGE: &str = "HOST";

/// Tiles below this height have smaller tags.
pub const SMALL_BELOW: f32 = 90.0;

/// Measures of a tag.
struct Measures {
    height: f32,
    padding: f32,
    /// From the tile's edges.
    inset: f32,
    text: f32,
}

impl Measures {
    fn of(tile: Rect) -> Self {
        if tile.height() < SMALL_BELOW {
            Self { height: 20.0, padding: 6.0, inset: 5.0, text: 11.0 }
        } else {
            Self { height: 26.0, padding: 9.0, inset: space::TAG, text: size::SECONDARY }
        }
    }
}

impl NameTag<'_> {
    /// Draws the tag in a lower corner of the tile, or an upper one where the lower is covered. A long name is cut.
    pub fn paint(&self, painter: &Painter, tile: Rect, at_top: bool) {
        self.paint_within(painter, tile, tile, at_top);
    }

    /// As [`NameTag::paint`], in a part of the tile that has the tile's height.
    pub fn paint_within(&self, painter: &Painter, tile: Rect, part: Rect, at_top: bool) {
        let Measures { height, padding, inset, text } = Measures::of(tile);
        let between = if text < size::SECONDARY { space::XS } else { space::S };
        let marks = if self.is_pinned { 2.0 * size::SMALL_ICON + BESIDE_NAME } else { size::SMALL_ICON };
        let around = 2.0 * padding + marks + between;
        let room = part.width() - 2.0 * inset - around;
        if room < 12.0 {
            return;
        }
        let badge = self.is_host.then(|| {
            let mut job = LayoutJob::default();
            let mut format = egui::TextFormat::simple(font(size::BADGE, Weight::Bold), on_picture::TEXT);
            format.extra_letter_spacing = 0.6;
            job.append(BADGE, 0.0, format);
            painter.layout_job(job)
        });
        let badge_width = |badge: &std::sync::Arc<egui::Galley>| badge.size().x + 2.0 * BADGE_PADDING;
        let badge = badge.filter(|badge| room >= ROOM_FOR_BADGE + BESIDE_NAME + badge_width(badge));
        let for_badge = badge.as_ref().map_or(0.0, |badge| BESIDE_NAME + badge_width(badge));
        let name = one_line(self.name, font(text, Weight::Medium), on_picture::TEXT, room - for_badge);
        let name = painter.layout_job(name);

        let tag_size = vec2(around + for_badge + name.size().x, height);
        let corner = if at_top { part.left_top() } else { part.left_bottom() - vec2(0.0, height) };
        let offset = vec2(inset, if at_top { inset } else { -inset });
        let tag = Rect::from_min_size(corner + offset, tag_size);
        let middle = tag.center().y;
        painter.rect_filled(tag, CornerRadius::same(radius::TAG), on_picture::TAG);

        let (icon, color) = match (self.microphone_on, self.speaking) {
            (true, _) if self.is_silenced => (Icon::SpeakerOff, on_picture::MUTED),
            (true, true) => (Icon::Microphone, on_picture::SPEAKING),
            (true, false) => (Icon::Microphone, on_picture::TEXT),
            (false, _) => (Icon::MicrophoneOff, on_picture::MUTED),
        };
        let mut x = tag.left() + padding;
        icon.paint(painter, pos2(x + size::SMALL_ICON / 2.0, middle), size::SMALL_ICON, color);
        x += size::SMALL_ICON;
        if self.is_pinned {
            x += BESIDE_NAME;
            Icon::Pin.paint(painter, pos2(x + size::SMALL_ICON / 2.0, middle), size::SMALL_ICON, on_picture::TEXT);
            x += size::SMALL_ICON;
        }
        x += between;
        let name_width = name.size().x;
        painter.galley(pos2(x, middle - name.size().y / 2.0), name, on_picture::TEXT);
        if let Some(badge) = badge {
            x += name_width + BESIDE_NAME;
            let width = badge_width(&badge);
            let ground = Rect::from_center_size(pos2(x + width / 2.0, middle), vec2(width, 16.0));
            painter.rect_filled(ground, CornerRadius::same(5), on_picture::BADGE);
            let place = Align2::CENTER_CENTER.align_size_within_rect(badge.size(), ground);
            // Letter spacing stands after the last letter too.
            painter.galley(place.min + Vec2::X * 0.3, badge, on_picture::TEXT);
        }
    }
}

/// What of a tile the tag leaves free over its whole width.
pub fn beside(tile: Rect, at_top: bool) -> Rect {
    let Measures { height, inset, .. } = Measures::of(tile);
    let taken = height + inset;
    if at_top { tile.with_min_y(tile.top() + taken) } else { tile.with_max_y(tile.bottom() - taken) }
}

/// Text that is cut where it is wider, with an ellipsis.
pub fn one_line(text: &str, font: FontId, color: Color32, max_width: f32) -> LayoutJob {
    let mut job = LayoutJob::simple_singleline(text.to_owned(), font, color);
    job.wrap = TextWrapping::truncate_at_width(max_width);
    job
}
