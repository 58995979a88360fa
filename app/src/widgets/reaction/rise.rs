//! How a reaction rises from the bottom of a tile and fades: a pure function of its age. Told the time.

use std::time::{Duration, Instant};

use egui::{Rect, pos2, vec2};

use crate::view::Reaction;

/// How long a reaction is seen.
pub const SEEN_FOR: Duration = Duration::from_millis(2500);
/// From one paint to the next while one rises: often enough for something that small.
pub const STEP: Duration = Duration::from_millis(33);

/// How long it takes to appear and to fade.
const APPEARS_SECONDS: f32 = 0.18;
const FADES_SECONDS: f32 = 0.8;
/// How much of a tile's height it rises over.
const RISES: f32 = 0.5;
/// Where they rise, as a share of the tile's width: beside the person in it.
const ALONG: f32 = 0.84;
/// How far from there, one after the other, so that several are told apart: shares of their size.
const ASIDE: [f32; 5] = [0.0, -0.9, 0.45, -0.5, -1.3];

/// Where and how a reaction is seen in a tile.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    pub rect: Rect,
    pub opacity: f32,
}

/// The reaction in a tile whose part `free` nothing else takes, or none where it is over. Where motion is reduced it stands still.
pub fn seen(reaction: &Reaction, free: Rect, still: bool, now: Instant) -> Option<Seen> {
    let left = left(reaction, now)?;
    let age = (SEEN_FOR - left).as_secs_f32();
    let size = (0.24 * free.height()).clamp(20.0, 84.0).min(free.width() / 3.0);
    let aside = ASIDE[(reaction.number % ASIDE.len() as u64) as usize] * size;
    let x = (egui::lerp(free.x_range(), ALONG) + aside)
        .clamp(free.left() + size / 2.0, (free.right() - size / 2.0).max(free.left()));
    let lowest = free.bottom() - 0.75 * size;
    if still {
        let center = pos2(x, lowest - RISES * 0.4 * free.height());
        return Some(Seen { rect: Rect::from_center_size(center, vec2(size, size)), opacity: 1.0 });
    }
    let risen = egui::emath::easing::quadratic_out(age / SEEN_FOR.as_secs_f32());
    let grown = egui::emath::easing::back_out((age / APPEARS_SECONDS).min(1.0));
    let sway = 0.12 * size * (3.0 * age + aside).sin();
    let center = pos2(x + sway, lowest - risen * (RISES * free.height()).max(0.0));
    let opacity = (age / APPEARS_SECONDS).min(left.as_secs_f32() / FADES_SECONDS).min(1.0);
    let size = size * egui::lerp(0.5..=1.0, grown);
    Some(Seen { rect: Rect::from_center_size(center, vec2(size, size)), opacity })
}

/// For how long a reaction is still seen; none where it is over.
pub fn left(reaction: &Reaction, now: Instant) -> Option<Duration> {
    SEEN_FOR.checked_sub(now.saturating_duration_since(reaction.at)).filter(|left| !left.is_zero())
}

/// In how long to paint again for these: soon while one rises, at the next one's end where they stand still, never without any.
pub fn next_paint(reactions: &[Reaction], still: bool, now: Instant) -> Option<Duration> {
    let next = reactions.iter().filter_map(|reaction| left(reaction, now)).min()?;
    Some(if still { next } else { STEP.min(next) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::ReactionKind;

    const TILE: Rect = Rect::from_min_max(pos2(100.0, 100.0), pos2(420.0, 280.0));

    fn reaction(number: u64, at: Instant) -> Reaction {
        Reaction { number, participant: 1, kind: ReactionKind::Heart, at }
    }

    #[test]
    fn it_rises_from_the_bottom_and_fades_and_is_gone() {
        let start = Instant::now();
        let reaction = reaction(5, start);
        let at = |ms| seen(&reaction, TILE, false, start + Duration::from_millis(ms));
        let (early, middle, late) = (at(200).unwrap(), at(1200).unwrap(), at(2300).unwrap());
        assert!(early.rect.center().y > TILE.center().y, "it starts in the lower half");
        assert!(middle.rect.center().y < early.rect.center().y && late.rect.center().y < middle.rect.center().y);
        assert_eq!(middle.opacity, 1.0);
        assert!(late.opacity < 0.3);
        assert_eq!(at(2500), None);
    }

    #[test]
    fn it_never_leaves_its_tile() {
        let start = Instant::now();
        for tile in [TILE, Rect::from_min_size(TILE.min, vec2(88.0, 49.5))] {
            for (number, ms) in (0..10).flat_map(|number| (0..25).map(move |step| (number, 100 * step))) {
                let seen = seen(&reaction(number, start), tile, false, start + Duration::from_millis(ms)).unwrap();
                assert!(tile.expand(0.3 * seen.rect.width()).contains_rect(seen.rect), "{seen:?} in {tile:?}");
            }
        }
    }

    #[test]
    fn where_motion_is_reduced_it_stands_still_and_is_gone_at_the_same_time() {
        let start = Instant::now();
        let reaction = reaction(1, start);
        let at = |ms| seen(&reaction, TILE, true, start + Duration::from_millis(ms));
        assert_eq!(at(0), at(2499));
        assert_eq!(at(2500), None);
    }

    #[test]
    fn it_is_painted_while_something_moves_and_not_longer() {
        let start = Instant::now();
        let reactions = [reaction(1, start), reaction(2, start + Duration::from_millis(100))];
        let next = |ms, still| next_paint(&reactions, still, start + Duration::from_millis(ms));
        assert_eq!(next(500, false), Some(STEP));
        assert_eq!(next(500, true), Some(Duration::from_millis(2000)));
        assert_eq!(next(2490, false), Some(Duration::from_millis(10)));
        assert_eq!(next(2600, true), None);
        assert_eq!(next_paint(&[], false, start), None);
    }
}
