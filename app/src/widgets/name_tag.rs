//! Who is in a tile: microphone, name, and whether it is the host.

use egui::epaint::text::TextWrapping;
use egui::text::LayoutJob;
use egui::{Align2, Color32, CornerRadius, FontId, Painter, Rect, Vec2, pos2, vec2};

use super::icon::Icon;
use crate::theme::fonts::{Weight, font};
use crate::theme::{on_picture, radius, size, space};

/// What a tag says.
#[derive(Clone, Copy, Debug)]
pub struct NameTag<'a> {
    pub name: &'a str,
    pub microphone_on: bool,
    pub speaking: bool,
    /// Whether one has chosen not to hear them.
    pub is_silenced: bool,
    pub is_host: bool,
}

const HEIGHT: f32 = 26.0;
const PADDING: f32 = 9.0;
const BADGE_PADDING: f32 = 5.0;
const BADGE: &str = "HOST";

impl NameTag<'_> {
    /// Draws the tag in a lower corner of the tile, or an upper one where the lower is covered. A long name is cut.
    pub fn paint(&self, painter: &Painter, tile: Rect, at_top: bool) {
        let badge = self.is_host.then(|| {
            let mut job = LayoutJob::default();
            let mut format = egui::TextFormat::simple(font(size::BADGE, Weight::Bold), on_picture::TEXT);
            format.extra_letter_spacing = 0.6;
            job.append(BADGE, 0.0, format);
            painter.layout_job(job)
        });
        let badge_width = badge.as_ref().map_or(0.0, |badge| badge.size().x + 2.0 * BADGE_PADDING);
        let around = 2.0 * PADDING + size::SMALL_ICON + space::S + if self.is_host { 6.0 + badge_width } else { 0.0 };
        let room = tile.width() - 2.0 * space::TAG - around;
        if room < 12.0 {
            return;
        }
        let name =
            painter.layout_job(one_line(self.name, font(size::SECONDARY, Weight::Medium), on_picture::TEXT, room));

        let tag_size = vec2(around + name.size().x, HEIGHT);
        let corner = if at_top { tile.left_top() } else { tile.left_bottom() - vec2(0.0, HEIGHT) };
        let offset = vec2(space::TAG, if at_top { space::TAG } else { -space::TAG });
        let tag = Rect::from_min_size(corner + offset, tag_size);
        let middle = tag.center().y;
        painter.rect_filled(tag, CornerRadius::same(radius::TAG), on_picture::TAG);

        let (icon, color) = match (self.microphone_on, self.speaking) {
            (true, _) if self.is_silenced => (Icon::SpeakerOff, on_picture::MUTED),
            (true, true) => (Icon::Microphone, on_picture::SPEAKING),
            (true, false) => (Icon::Microphone, on_picture::TEXT),
            (false, _) => (Icon::MicrophoneOff, on_picture::MUTED),
        };
        let mut x = tag.left() + PADDING;
        icon.paint(painter, pos2(x + size::SMALL_ICON / 2.0, middle), size::SMALL_ICON, color);
        x += size::SMALL_ICON + space::S;
        let name_width = name.size().x;
        painter.galley(pos2(x, middle - name.size().y / 2.0), name, on_picture::TEXT);
        if let Some(badge) = badge {
            x += name_width + 6.0;
            let ground = Rect::from_center_size(pos2(x + badge_width / 2.0, middle), vec2(badge_width, 16.0));
            painter.rect_filled(ground, CornerRadius::same(5), on_picture::BADGE);
            let place = Align2::CENTER_CENTER.align_size_within_rect(badge.size(), ground);
            // Letter spacing stands after the last letter too.
            painter.galley(place.min + Vec2::X * 0.3, badge, on_picture::TEXT);
        }
    }
}

/// What of a tile the tag leaves free over its whole width.
pub fn beside(tile: Rect, at_top: bool) -> Rect {
    let taken = HEIGHT + space::TAG;
    if at_top { tile.with_min_y(tile.top() + taken) } else { tile.with_max_y(tile.bottom() - taken) }
}

/// Text that is cut where it is wider, with an ellipsis.
pub fn one_line(text: &str, font: FontId, color: Color32, max_width: f32) -> LayoutJob {
    let mut job = LayoutJob::simple_singleline(text.to_owned(), font, color);
    job.wrap = TextWrapping::truncate_at_width(max_width);
    job
}
