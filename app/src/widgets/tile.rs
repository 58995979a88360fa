//! One participant's tile: what goes to the GPU, and what egui draws over it.

use std::time::Instant;

use egui::{Align2, Color32, CornerRadius, Pos2, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::icon::Icon;
use super::name_tag::{self, NameTag};
use super::reaction::{Picture, rise};
use super::{avatar, signal, spinner};
use crate::gpu::tile::{Ring, Tile, TilePicture};
use crate::text;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, on_picture, radius, size, space};
use crate::view::{Connection, Motion, Participant, QualityGrade, Reaction};

mod description;

/// How far a raised hand reaches into a small tile.
const SMALL_HAND: f32 = 42.0;
/// Tiles that are narrower say in words alone how the connection is.
const ROOM_FOR_CHIPS: f32 = 120.0;

/// What a tile shows.
#[derive(Clone, Copy, Debug)]
pub struct Face<'a> {
    pub participant: &'a Participant,
    pub picture: Option<&'a TilePicture>,
    /// Those of everybody.
    pub reactions: &'a [Reaction],
    /// Whether one has them kept large.
    pub is_pinned: bool,
    /// Whether the tile's lower end is covered now and then.
    pub tag_at_top: bool,
    /// Another tile that lies in a corner of this one.
    pub under: Option<Rect>,
    pub now: Instant,
}

/// The part that the GPU draws: picture or ground, dimmed while it does not flow, with a ring around who speaks.
pub fn surface(ui: &Ui, rect: Rect, participant: &Participant, picture: Option<TilePicture>) -> Tile {
    let (brightness, saturation) = match participant.connection {
        Connection::Reconnecting { .. } => (0.4, 0.35),
        _ if stands_still(participant, picture.as_ref()) => (0.55, 0.35),
        Connection::Connecting | Connection::Connected => (1.0, 1.0),
    };
    let speaks = participant.speaking && participant.microphone_on;
    Tile {
        rect,
        background: if picture.is_some() { Color32::BLACK } else { avatar::ground(&participant.name) },
        corner_radius: radius::TILE,
        ring: speaks.then(|| Ring { width: space::RING, color: theme::colors(ui).speaking }),
        brightness,
        saturation,
        opacity: 1.0,
        picture,
    }
}

/// Whether the picture is not what happens now. A picture that has come since the view was made is.
fn stands_still(participant: &Participant, picture: Option<&TilePicture>) -> bool {
    match (participant.motion, picture) {
        (Motion::Stale { since }, Some(picture)) => picture.frame.captured_at() <= since,
        _ => false,
    }
}

/// The tile's words for those who listen.
pub fn describe(ui: &Ui, rect: Rect, face: &Face<'_>) -> Response {
    let response = ui.interact(rect, ui.scope_id().with(("tile", face.participant.id)), Sense::hover());
    // Asked for the texts inside, the context would wait for itself.
    let texts = text::of(ui);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, description::of(texts, face)));
    response
}

/// The part over the picture: initials, how the connection is, the name tag, a raised hand, reactions.
pub fn overlay(ui: &mut Ui, rect: Rect, face: &Face<'_>) {
    let Face { participant, picture, now, .. } = *face;
    let texts = text::of(ui).stage();
    let free = name_tag::beside(rect, face.tag_at_top);
    match participant.connection {
        Connection::Reconnecting { since } => {
            let seconds = now.saturating_duration_since(since).as_secs();
            activity(ui, rect, free, &texts.reconnecting(seconds));
        }
        Connection::Connecting => activity(ui, rect, free, texts.connecting()),
        Connection::Connected if picture.is_none() => {
            let is_crowded = participant.hand.is_some() && rect.height() < name_tag::SMALL_BELOW;
            let free = if is_crowded { free.with_min_x(rect.left() + SMALL_HAND) } else { free };
            avatar::paint_beside(ui.painter(), rect, free, &participant.name);
        }
        Connection::Connected if stands_still(participant, picture) => {
            let room = rect.width() - 2.0 * space::S;
            words(ui, free.center(), Align2::CENTER_CENTER, texts.stands_still(), room);
        }
        Connection::Connected => {}
    }
    NameTag {
        name: if participant.is_self { text::of(ui).common().you() } else { &participant.name },
        microphone_on: participant.microphone_on,
        speaking: participant.speaking,
        is_silenced: is_silenced(participant),
        is_host: participant.is_host,
        is_pinned: face.is_pinned,
    }
    .paint_within(ui.painter(), rect, beside_tile_over(rect, face.under, face.tag_at_top), face.tag_at_top);
    if let Some(place) = participant.hand {
        let upper = beside_tile_over(rect, face.under, true);
        raised_hand(ui, rect, if face.tag_at_top { upper.intersect(free) } else { upper }, place);
    }
    reactions(ui, rect, free, face);
}

/// What of a tile, over its whole height, another one that lies in a corner of it leaves free; all, if that one is not at the end
/// that is asked for.
fn beside_tile_over(rect: Rect, over: Option<Rect>, at_top: bool) -> Rect {
    match over {
        Some(over) if (over.center().y < rect.center().y) == at_top => {
            if over.center().x < rect.center().x {
                rect.with_min_x(over.right())
            } else {
                rect.with_max_x(over.left())
            }
        }
        _ => rect,
    }
}

/// Where the tile's upper right corner is free for what belongs to it: its right end.
pub fn upper_right(rect: Rect, under: Option<Rect>) -> Pos2 {
    let inset = if rect.height() < name_tag::SMALL_BELOW { 5.0 } else { space::TAG };
    beside_tile_over(rect, under, true).right_top() + vec2(-inset, inset)
}

/// Shows how well media flows where it is not well, in the upper right corner, with words for who points at it. Returns where that
/// corner then goes on being free.
pub fn quality(ui: &Ui, rect: Rect, face: &Face<'_>) -> Pos2 {
    let corner = upper_right(rect, face.under);
    let Some(quality) = &face.participant.quality else { return corner };
    if quality.grade == QualityGrade::Good || rect.width() < ROOM_FOR_CHIPS {
        return corner;
    }
    let is_small = rect.height() < name_tag::SMALL_BELOW;
    let chip = Align2::RIGHT_TOP.anchor_size(corner, if is_small { vec2(26.0, 20.0) } else { vec2(32.0, 27.0) });
    ui.painter().rect_filled(chip, CornerRadius::same(radius::TAG), on_picture::TAG);
    signal::paint(ui.painter(), chip.center(), quality.grade);
    let texts = text::of(ui).stage();
    let sentence = quality.why.as_deref().unwrap_or(match quality.grade {
        QualityGrade::Good | QualityGrade::Fair => texts.fair_connection_sentence(),
        QualityGrade::Poor => texts.poor_connection_sentence(),
    });
    ui.interact(chip, ui.scope_id().with(("quality", face.participant.id)), Sense::hover()).on_hover_text(sentence);
    chip.left_top() - vec2(space::XS, 0.0)
}

fn raised_hand(ui: &Ui, tile: Rect, part: Rect, place: u32) {
    let is_small = tile.height() < name_tag::SMALL_BELOW;
    let (inset, height, text) = if is_small { (5.0, 20.0, 11.0) } else { (space::TAG, 24.0, size::SECONDARY) };
    let ink = on_picture::ON_BRIGHT_CHIP;
    let number = ui.painter().layout_no_wrap(place.to_string(), font(text, Weight::SemiBold), ink);
    let picture = height - 8.0;
    let padding = 7.0;
    let chip = vec2(2.0 * padding + picture + 3.0 + number.size().x, height);
    let chip =
        Rect::from_min_size(part.left_top() + vec2(inset, if part.top() > tile.top() { 4.0 } else { inset }), chip);
    if !tile.contains_rect(chip) {
        return;
    }
    ui.painter().rect_filled(chip, CornerRadius::same(radius::TAG), on_picture::BRIGHT_CHIP);
    let middle = chip.center().y;
    let hand = Rect::from_center_size(pos2(chip.left() + padding + picture / 2.0, middle), vec2(picture, picture));
    Picture::RaisedHand.paint(ui, ui.painter(), hand, 1.0);
    let at = pos2(chip.right() - padding - number.size().x, middle - number.size().y / 2.0);
    ui.painter().galley(at, number, ink);
}

fn reactions(ui: &Ui, rect: Rect, free: Rect, face: &Face<'_>) {
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    // Not over another tile, wherever in its corner that lies.
    let free = match face.under {
        Some(under) if under.center().x < rect.center().x => free.with_min_x(under.right()),
        Some(under) => free.with_max_x(under.left()),
        None => free,
    };
    let own = face.reactions.iter().filter(|reaction| reaction.participant == face.participant.id);
    for reaction in own {
        if let Some(seen) = rise::seen(reaction, free, theme::is_still(ui), face.now) {
            Picture::from(reaction.kind).paint(ui, &painter, seen.rect, seen.opacity);
        }
    }
}

/// Whether one has chosen not to hear somebody.
fn is_silenced(participant: &Participant) -> bool {
    !participant.is_self && participant.volume_percent == 0
}

/// A spinner and what is under way, in the middle of a tile or as near to it as is free; in a very small one the words alone.
fn activity(ui: &Ui, rect: Rect, free: Rect, text: &str) {
    /// Half of the height of both, with the words below the spinner.
    const REACH: f32 = 30.0;
    let room = rect.width() - 2.0 * space::S;
    if free.height() < 2.0 * REACH {
        // Words that are cut would say less than this.
        let whole = ui.painter().layout_no_wrap(text.to_owned(), font(size::LABEL, Weight::Medium), on_picture::TEXT);
        if whole.size().x > room {
            return Icon::Offline.paint(ui.painter(), free.center(), size::ICON, on_picture::TEXT);
        }
        return words(ui, free.center(), Align2::CENTER_CENTER, text, room);
    }
    let middle = rect.center().y.clamp(free.top() + REACH, free.bottom() - REACH);
    let center = pos2(rect.center().x, middle - 14.0);
    spinner::paint(ui, center, 12.0, on_picture::TEXT);
    words(ui, center + vec2(0.0, 22.0), Align2::CENTER_TOP, text, room);
}

fn words(ui: &Ui, at: Pos2, align: Align2, text: &str, room: f32) {
    let size = if room < 160.0 { size::LABEL } else { size::TEXT };
    let galley = name_tag::one_line(text, font(size, Weight::Medium), on_picture::TEXT, room);
    let galley = ui.painter().layout_job(galley);
    let rect = align.anchor_size(at, galley.size());
    ui.painter().galley(rect.min, galley, on_picture::TEXT);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_a_corner_gives_way_to_a_tile_that_lies_there() {
        let rect = Rect::from_min_max(pos2(0.0, 0.0), pos2(1000.0, 500.0));
        let at_bottom_left = Some(Rect::from_min_max(pos2(12.0, 380.0), pos2(212.0, 488.0)));
        assert_eq!(beside_tile_over(rect, at_bottom_left, false), rect.with_min_x(212.0));
        assert_eq!(beside_tile_over(rect, at_bottom_left, true), rect);
        let at_top_right = Some(Rect::from_min_max(pos2(788.0, 12.0), pos2(988.0, 120.0)));
        assert_eq!(beside_tile_over(rect, at_top_right, true), rect.with_max_x(788.0));
        assert_eq!(beside_tile_over(rect, None, true), rect);
    }
}
