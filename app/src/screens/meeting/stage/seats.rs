//! Where everybody's tile belongs: a pure function of who is there, how one wants them arranged, and the room there is.

use egui::Rect;

use crate::screens::meeting::layout::{Arrangement, Layout};
use crate::theme::space;
use crate::view::Participant;
use crate::widgets::corner::{self, Corner};
use crate::widgets::strip::{self, More};
use crate::widgets::{glide::Target, grid};

/// From this much room on, two people need no grid.
const ROOMY: egui::Vec2 = egui::vec2(520.0, 380.0);

/// See the module's description.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seats {
    /// In the order of painting. Nobody twice.
    pub tiles: Vec<Target>,
    /// Whose tile lies in a corner of a larger one; the last of them.
    pub in_corner: Option<InCorner>,
    /// How many are not shown for want of room, and where that is told.
    pub more: Option<More>,
}

/// A tile over another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InCorner {
    pub id: u32,
    /// The tile that it lies on.
    pub over: Rect,
    /// Where it rests.
    pub rect: Rect,
}

/// What there is to arrange people in.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    pub area: Rect,
    /// Whether the lower end of the area is covered now and then.
    pub is_covered_below: bool,
    /// Where a tile goes that lies on another.
    pub corner: Corner,
}

/// Arranges people, oneself unless hidden included. `spotlight` is who would be large where nobody is pinned.
pub fn arrange(people: &[&Participant], layout: &Layout, spotlight: Option<u32>, room: Room) -> Seats {
    large(people, layout, spotlight, room.area)
        .and_then(|large| around(people, large, room))
        .unwrap_or_else(|| in_grid(people, room.area))
}

/// Who is to be large, if anybody is.
fn large(people: &[&Participant], layout: &Layout, spotlight: Option<u32>, area: Rect) -> Option<u32> {
    let among = |id: &u32| people.iter().any(|person| person.id == *id);
    if let Some(pinned) = layout.pinned.filter(among) {
        return Some(pinned);
    }
    let others = people.iter().filter(|person| !person.is_self).count();
    let is_roomy = area.width() >= ROOMY.x && area.height() >= ROOMY.y && area.width() > area.height();
    let one_is_large = match layout.arrangement {
        Arrangement::Automatic => others == 1 && is_roomy,
        Arrangement::Grid => false,
        Arrangement::Speaker => others > 0,
    };
    spotlight.filter(among).filter(|_| one_is_large)
}

fn in_grid(people: &[&Participant], area: Rect) -> Seats {
    let rects = grid::layout(people.len(), area, space::TILES);
    let tiles = people.iter().zip(rects).map(|(person, rect)| target(person.id, rect)).collect();
    Seats { tiles, ..Seats::default() }
}

/// One large, the others beside it, or where there is only one other, in its corner.
fn around(people: &[&Participant], large: u32, room: Room) -> Option<Seats> {
    let others: Vec<_> = people.iter().map(|person| person.id).filter(|id| *id != large).collect();
    if let [other] = others[..] {
        let over = strip::alone(room.area);
        let rect = room.corner.place(over, corner::size_in(over)?, space::M);
        let tiles = vec![target(large, over), target(other, rect)];
        return Some(Seats { tiles, in_corner: Some(InCorner { id: other, over, rect }), more: None });
    }
    let strip = strip::layout(others.len(), room.area, space::TILES, room.is_covered_below)?;
    let others = others.into_iter().zip(&strip.others).map(|(id, rect)| target(id, *rect));
    let tiles = std::iter::once(target(large, strip.large)).chain(others).collect();
    Some(Seats { tiles, in_corner: None, more: strip.more })
}

fn target(id: u32, rect: Rect) -> Target {
    Target { id, rect, is_held: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{Connection, Motion};
    use egui::{pos2, vec2};
    use nonet_media::latest::Latest;
    use proptest::prelude::*;

    /// Others with ids from 1 on, and oneself, the last, with 0.
    fn people(others: u32) -> Vec<Participant> {
        let participant = |id| Participant {
            id,
            name: String::new(),
            is_self: id == 0,
            is_host: false,
            microphone_on: true,
            camera_on: true,
            speaking: false,
            connection: Connection::Connected,
            motion: Motion::Live,
            pictures: Latest::new(),
            volume_percent: 100,
            hand: None,
            quality: None,
        };
        (1..=others).chain([0]).map(participant).collect()
    }

    fn seats(people: &[Participant], layout: &Layout, width: f32, height: f32) -> Seats {
        let area = Rect::from_min_size(pos2(16.0, 52.0), vec2(width, height));
        let people: Vec<_> = people.iter().filter(|person| !(person.is_self && layout.hides_self)).collect();
        let room = Room { area, is_covered_below: false, corner: Corner::BottomRight };
        arrange(&people, layout, Some(1), room)
    }

    fn ids(seats: &Seats) -> Vec<u32> {
        seats.tiles.iter().map(|tile| tile.id).collect()
    }

    fn is_grid(seats: &Seats) -> bool {
        seats.tiles.iter().all(|tile| (tile.rect.size() - seats.tiles[0].rect.size()).length() < 0.01)
    }

    fn chosen(arrangement: Arrangement) -> Layout {
        Layout { arrangement, ..Layout::default() }
    }

    #[test]
    fn two_people_in_a_roomy_window_are_one_large_with_oneself_in_the_corner() {
        let seats = seats(&people(1), &Layout::default(), 1248.0, 580.0);
        assert_eq!(ids(&seats), [1, 0]);
        let corner = seats.in_corner.unwrap();
        assert_eq!((corner.id, corner.over, corner.rect), (0, seats.tiles[0].rect, seats.tiles[1].rect));
        assert!(corner.over.shrink(11.0).contains_rect(corner.rect));
    }

    #[test]
    fn two_people_in_a_small_or_tall_window_and_more_people_are_a_grid() {
        for (others, width, height) in [(1, 464.0, 344.0), (1, 560.0, 900.0), (2, 1248.0, 580.0), (8, 1248.0, 580.0)] {
            let seats = seats(&people(others), &Layout::default(), width, height);
            assert!(is_grid(&seats) && seats.in_corner.is_none(), "{others} others in {width}×{height}");
        }
    }

    #[test]
    fn what_was_chosen_is_done() {
        assert!(is_grid(&seats(&people(1), &chosen(Arrangement::Grid), 1248.0, 580.0)));
        let speaker = seats(&people(8), &chosen(Arrangement::Speaker), 1248.0, 580.0);
        assert!(!is_grid(&speaker));
        assert_eq!(ids(&speaker)[0], 1);
        assert!(seats(&people(1), &chosen(Arrangement::Speaker), 464.0, 344.0).in_corner.is_some());
    }

    #[test]
    fn who_is_pinned_is_large_however_people_are_arranged() {
        for arrangement in [Arrangement::Automatic, Arrangement::Grid, Arrangement::Speaker] {
            for pinned in [0, 3] {
                let layout = Layout { pinned: Some(pinned), ..chosen(arrangement) };
                let seats = seats(&people(4), &layout, 1248.0, 580.0);
                assert_eq!(ids(&seats)[0], pinned);
                assert!(!is_grid(&seats));
            }
        }
    }

    #[test]
    fn who_hides_oneself_has_room_for_the_others() {
        let layout = Layout { hides_self: true, ..Layout::default() };
        assert_eq!(ids(&seats(&people(1), &layout, 1248.0, 580.0)), [1]);
        assert_eq!(ids(&seats(&people(3), &layout, 1248.0, 580.0)), [1, 2, 3]);
        assert!(ids(&seats(&people(0), &layout, 1248.0, 580.0)).is_empty());
    }

    #[test]
    fn without_room_for_anything_nobody_is_shown() {
        assert_eq!(seats(&people(3), &chosen(Arrangement::Speaker), 8.0, 8.0), Seats::default());
    }

    proptest! {
        #[test]
        fn everybody_is_shown_once_or_counted(
            others in 0u32..=20, width in 200f32..3000.0, height in 150f32..2000.0, which in 0usize..3,
        ) {
            let arrangement = [Arrangement::Automatic, Arrangement::Grid, Arrangement::Speaker][which];
            let seats = seats(&people(others), &chosen(arrangement), width, height);
            let mut ids = ids(&seats);
            ids.sort_unstable();
            ids.dedup();
            prop_assert_eq!(ids.len(), seats.tiles.len());
            prop_assert_eq!(ids.len() + seats.more.map_or(0, |more| more.count), others as usize + 1);
        }
    }
}
