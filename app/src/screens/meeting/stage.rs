//! The people in a meeting: where each one's tile is, what is drawn there, and what of that the engine is told.

use std::time::Instant;

use egui::{Align2, CornerRadius, Popup, Rect, Role, Sense, Ui, UiBuilder, WidgetInfo, vec2};

use super::layout::{self, Arrangement, Layout};
use super::person_menu::{About, PersonMenu, Wish};
use crate::command::{Command, ShownTile};
use crate::gpu::tile::{TilePicture, paint_callback};
use crate::pictures::Pictures;
use crate::shortcuts::{self, Action};
use crate::text;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, radius, size, space};
use crate::view::{Meeting, Participant};
use crate::widgets::button::focus_ring;
use crate::widgets::glide::{Glide, Placed};
use crate::widgets::pressed;
use crate::widgets::reaction::rise;
use crate::widgets::strip::More;
use crate::widgets::tile::{self, Face};
use small_tile::SmallTile;
use spotlight::Spotlight;

mod seats;
mod small_tile;
mod spotlight;

/// What is remembered of them from one paint to the next.
#[derive(Debug, Default)]
pub struct Stage {
    pictures: Pictures,
    spotlight: Spotlight,
    small_tile: SmallTile,
    glide: Glide,
    menu: PersonMenu,
    /// Who was seen at the last paint; those who have gone since fade from there.
    last: Vec<Seen>,
    /// How large the others are shown, once tiles have come to rest.
    shown: Vec<ShownTile>,
}

/// Somebody as they are seen.
#[derive(Clone, Debug)]
struct Seen {
    participant: Participant,
    picture: Option<TilePicture>,
    placed: Placed,
}

/// What was asked for that is the business of another part of the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Asked {
    /// Whom to write to, and nobody else.
    pub message_to: Option<u32>,
}

impl Stage {
    /// Who else was shown at the last paint, and how large.
    pub fn shown(&self) -> &[ShownTile] {
        &self.shown
    }

    /// Shows everybody in `area`, as `layout` has it. Where the lower end of the area is covered now and then, what must be seen is
    /// at the upper one.
    #[expect(clippy::too_many_arguments, reason = "a screen's part takes what the screen has")]
    pub fn show(
        &mut self,
        ui: &mut Ui,
        area: Rect,
        layout: &mut Layout,
        meeting: &Meeting,
        is_covered_below: bool,
        now: Instant,
        commands: &mut Vec<Command>,
    ) -> Asked {
        layout.follow(&meeting.participants);
        let spotlight = self.spotlight.choose(&meeting.participants, now);
        let people: Vec<_> =
            meeting.participants.iter().filter(|participant| !(participant.is_self && layout.hides_self)).collect();
        let room = seats::Room { area, is_covered_below, corner: SmallTile::corner(ui) };
        let mut seats = seats::arrange(&people, layout, spotlight, room);
        if layout.arrangement == Arrangement::Speaker && layout.pinned.is_none() {
            self.spotlight.next_change(now).into_iter().for_each(|change| ui.ctx().request_repaint_after(change));
        }
        self.note_shown(ui, &people, &seats);
        self.small_tile.hold(&mut seats);

        // Beside the tiles as well, how they are arranged is at hand.
        let ground = ui.interact(area, ui.scope_id().with("beside tiles"), Sense::CLICK);
        Popup::context_menu(&ground).width(layout::MENU_WIDTH).show(|ui| layout.menu(ui));

        let seen = self.place(ui, &people, &seats, now);
        let visible = area.expand(2.0 * space::RING);
        let surfaces = seen.iter().map(|Seen { participant, picture, placed }| crate::gpu::tile::Tile {
            opacity: placed.opacity,
            ..tile::surface(ui, placed.rect, participant, picture.clone())
        });
        ui.painter().add(paint_callback(visible, surfaces.collect()));
        if seen.is_empty() && !meeting.participants.is_empty() {
            say_that_nobody_is_seen(ui, area);
        }

        let mut asked = Asked::default();
        for seen in &seen {
            let over = seats.in_corner.filter(|small| small.id != seen.participant.id);
            let face = Face {
                participant: &seen.participant,
                picture: seen.picture.as_ref(),
                reactions: &meeting.reactions,
                is_pinned: layout.pinned == Some(seen.participant.id),
                tag_at_top: is_covered_below,
                under: over.map(|small| small.rect),
                now,
            };
            let scope = UiBuilder::new().id_salt(("person", seen.participant.id));
            let wish = ui.scope_builder(scope, |ui| {
                ui.set_clip_rect(visible.intersect(ui.clip_rect()));
                ui.multiply_opacity(seen.placed.opacity);
                if seen.placed.is_leaving {
                    tile::overlay(ui, seen.placed.rect, &face);
                    return None;
                }
                self.show_person(ui, seen.placed.rect, &face, &seats, meeting)
            });
            match wish.inner {
                Some(Wish::Command(command)) => commands.push(command),
                Some(Wish::Pin(pins)) => layout.pinned = pins.then_some(seen.participant.id),
                Some(Wish::HideSelf) => layout.hides_self = true,
                Some(Wish::Message) => asked.message_to = Some(seen.participant.id),
                None => {}
            }
        }
        if let Some(more) = seats.more
            && show_more(ui, more)
        {
            layout.choose(Arrangement::Grid);
        }
        self.last = seen;
        asked
    }

    /// What the engine is told: whose pictures are looked at, and how large.
    fn note_shown(&mut self, ui: &Ui, people: &[&Participant], seats: &seats::Seats) {
        let pixels = |points: f32| (points * ui.ctx().pixels_per_point()).round() as u32;
        let is_other = |id: u32| people.iter().any(|person| person.id == id && !person.is_self);
        let others = seats.tiles.iter().filter(|tile| is_other(tile.id));
        self.shown = others
            .map(|tile| ShownTile {
                participant: tile.id,
                width: pixels(tile.rect.width()),
                height: pixels(tile.rect.height()),
            })
            .collect();
    }

    /// Everybody who is seen now, with their newest pictures, in the order of painting.
    fn place(&mut self, ui: &Ui, people: &[&Participant], seats: &seats::Seats, now: Instant) -> Vec<Seen> {
        let has_seat = |participant: &&&Participant| seats.tiles.iter().any(|tile| tile.id == participant.id);
        self.pictures.update(people.iter().filter(has_seat).copied());
        for hidden in people.iter().filter(|participant| !has_seat(participant)) {
            // Else an old picture would flash when they are shown again.
            drop(hidden.pictures.take());
        }
        let window = ui.ctx().content_rect();
        let placed = self.glide.place(window, &seats.tiles, theme::is_still(ui), now);
        if self.glide.is_moving() {
            ui.ctx().request_repaint_after(theme::ANIMATION_STEP);
        }
        let last = std::mem::take(&mut self.last);
        let seen = placed.into_iter().filter_map(|placed| {
            if placed.is_leaving {
                let last = last.iter().find(|last| last.participant.id == placed.id)?;
                return Some(Seen { placed, ..last.clone() });
            }
            let participant = people.iter().find(|participant| participant.id == placed.id)?;
            let picture = self.pictures.of(participant);
            Some(Seen { participant: (*participant).clone(), picture, placed })
        });
        seen.collect()
    }

    /// What of somebody's tile egui draws, and what can be done there.
    fn show_person(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        face: &Face<'_>,
        seats: &seats::Seats,
        meeting: &Meeting,
    ) -> Option<Wish> {
        let participant = face.participant;
        tile::describe(ui, rect, face);
        let in_corner = seats.in_corner.filter(|small| small.id == participant.id);
        // Only what can be moved is stopped at by keyboard.
        let sense = if in_corner.is_some() { Sense::click_and_drag() } else { Sense::CLICK };
        let response = ui.interact(rect, ui.scope_id().with("tile"), sense);
        tile::overlay(ui, rect, face);
        if let Some(in_corner) = in_corner {
            let label = text::of(ui).stage().small_tile_moves();
            response.widget_info(|| WidgetInfo::labeled(Role::Group, true, label));
            self.small_tile.follow(ui, &response, in_corner);
            if response.has_focus() {
                focus_ring(ui, rect, radius::TILE as u8);
            }
        }
        let moving = meeting.reactions.iter().copied().filter(|reaction| reaction.participant == participant.id);
        if let Some(next) = rise::next_paint(&moving.collect::<Vec<_>>(), theme::is_still(ui), face.now) {
            ui.ctx().request_repaint_after(next);
        }
        let corner = tile::quality(ui, rect, face);
        let can_pin = meeting.participants.len() > 1;
        let about = About { participant, is_pinned: face.is_pinned, can_pin, by_host: meeting.is_host };
        let wish = self.menu.show(ui, &response, corner, about);
        wish.or_else(|| (can_pin && response.double_clicked()).then_some(Wish::Pin(!face.is_pinned)))
    }
}

/// Says how many there is no room for. Returns whether all are to be seen.
fn show_more(ui: &Ui, more: More) -> bool {
    let colors = theme::colors(ui);
    let texts = text::of(ui).stage();
    let response = ui.interact(more.rect, ui.scope_id().with("more people"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, texts.more_people_spoken(more.count)));
    let hover = ui.ctx().animate_bool(response.id, pressed::is_lit(ui, &response));
    let rounding = CornerRadius::same(radius::TILE as u8);
    ui.painter().rect_filled(more.rect, rounding, colors.raised.lerp_to_gamma(colors.text, 0.07 * hover));
    let text = texts.more_people(more.count);
    let face = font(size::TITLE, Weight::SemiBold);
    ui.painter().text(more.rect.center(), Align2::CENTER_CENTER, text, face, colors.text);
    if response.has_focus() {
        focus_ring(ui, more.rect, radius::TILE as u8);
    }
    response.on_hover_text(texts.more_people_spoken(more.count)).clicked()
}

/// Where one is alone and does not see oneself either.
fn say_that_nobody_is_seen(ui: &Ui, area: Rect) {
    let colors = theme::colors(ui);
    let texts = text::of(ui).stage();
    let keys = shortcuts::hint(ui, texts.show_self_again(), Action::HideSelf);
    for (text, size, color, y) in
        [(texts.nobody_to_see(), size::TEXT, colors.text, -10.0), (keys.as_str(), size::SECONDARY, colors.dim, 12.0)]
    {
        let galley = ui.painter().layout(text.to_owned(), font(size, Weight::Medium), color, area.width());
        let rect = Align2::CENTER_CENTER.anchor_size(area.center() + vec2(0.0, y), galley.size());
        ui.painter().galley(rect.min, galley, color);
    }
}
