//! Tiles glide to their new places when people come and go or are arranged anew, and fade in and out; when the window changes its
//! size they just follow.

use std::time::{Duration, Instant};

use egui::Rect;
use egui::emath::easing::cubic_out;

/// How long tiles are on their way.
const DURATION: Duration = Duration::from_millis(240);

/// How large a new tile starts and one that goes ends, as a share of its size.
const ENTERS_AT: f32 = 0.85;

/// Where a tile ought to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    pub id: u32,
    pub rect: Rect,
    /// Whether somebody holds it there, so that it is there at once.
    pub is_held: bool,
}

/// Where a tile is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placed {
    pub id: u32,
    pub rect: Rect,
    /// 0 to 1.
    pub opacity: f32,
    /// Whether it is seen for this moment only, for it has no place any more.
    pub is_leaving: bool,
}

/// Remembers where tiles are and where they go. Told the time.
#[derive(Clone, Debug, Default)]
pub struct Glide {
    window: Option<Rect>,
    tiles: Vec<Moving>,
}

#[derive(Clone, Copy, Debug)]
struct Moving {
    from: Placed,
    to: Placed,
    /// None for one that is there.
    started: Option<Instant>,
}

impl Glide {
    /// Where tiles are now that ought to be at `targets`: first those that leave, then the others in their order. The first layout,
    /// one in a `window` of another size, and one with `still` are taken at once.
    pub fn place(&mut self, window: Rect, targets: &[Target], still: bool, now: Instant) -> Vec<Placed> {
        let at_once = still || self.window != Some(window);
        self.window = Some(window);
        let before = std::mem::take(&mut self.tiles);
        if !at_once {
            let has_left = |tile: &&Moving| targets.iter().all(|target| target.id != tile.to.id);
            let leaving = before.iter().filter(has_left).map(|tile| tile.leave(now));
            self.tiles.extend(leaving.filter(|tile| tile.started.is_some()));
        }
        self.tiles.extend(targets.iter().map(|target| {
            let known = before.iter().find(|tile| tile.to.id == target.id);
            if at_once { Moving::at_rest(*target) } else { Moving::towards(known, *target, now) }
        }));
        self.tiles.iter().map(|tile| tile.at(now)).collect()
    }

    /// Whether tiles are on their way, so that there is something to paint soon.
    pub fn is_moving(&self) -> bool {
        self.tiles.iter().any(|tile| tile.started.is_some())
    }
}

impl Moving {
    fn at_rest(target: Target) -> Self {
        let placed = Placed { id: target.id, rect: target.rect, opacity: 1.0, is_leaving: false };
        Self { from: placed, to: placed, started: None }
    }

    /// The tile that was `known`, if it was, on its way to a target.
    fn towards(known: Option<&Self>, target: Target, now: Instant) -> Self {
        let there = Self::at_rest(target);
        match known {
            Some(_) if target.is_held => there,
            Some(tile) if tile.to == there.to => tile.rested(now),
            Some(tile) => Self { from: tile.at(now), started: Some(now), ..there },
            None => {
                let rect = target.rect.scale_from_center(ENTERS_AT);
                Self { from: Placed { rect, opacity: 0.0, ..there.to }, started: Some(now), ..there }
            }
        }
    }

    /// Going, now or already.
    fn leave(&self, now: Instant) -> Self {
        if self.to.is_leaving {
            return self.rested(now);
        }
        let from = Placed { is_leaving: true, ..self.at(now) };
        let rect = from.rect.scale_from_center(ENTERS_AT);
        Self { from, to: Placed { rect, opacity: 0.0, ..from }, started: Some(now) }
    }

    /// The same, and done where it has arrived.
    fn rested(&self, now: Instant) -> Self {
        Self { started: self.started.filter(|_| self.progress(now) < 1.0), ..*self }
    }

    fn at(&self, now: Instant) -> Placed {
        let progress = self.progress(now);
        // Exactly there at the end, whatever floating point says.
        if progress >= 1.0 {
            return self.to;
        }
        let rect = self.from.rect.lerp_towards(&self.to.rect, progress);
        Placed { rect, opacity: egui::lerp(self.from.opacity..=self.to.opacity, progress), ..self.to }
    }

    fn progress(&self, now: Instant) -> f32 {
        self.started.map_or(1.0, |started| {
            cubic_out((now.saturating_duration_since(started).as_secs_f32() / DURATION.as_secs_f32()).min(1.0))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::{pos2, vec2};

    const WINDOW: Rect = Rect::from_min_max(pos2(0.0, 0.0), pos2(400.0, 200.0));

    fn at(x: f32) -> Rect {
        Rect::from_min_size(pos2(x, 0.0), vec2(160.0, 90.0))
    }

    fn targets<const COUNT: usize>(places: [(u32, f32); COUNT]) -> [Target; COUNT] {
        places.map(|(id, x)| Target { id, rect: at(x), is_held: false })
    }

    fn rects(placed: &[Placed]) -> Vec<Rect> {
        placed.iter().map(|placed| placed.rect).collect()
    }

    #[test]
    fn the_first_layout_is_there_at_once() {
        let mut glide = Glide::default();
        let placed = glide.place(WINDOW, &targets([(1, 0.0)]), false, Instant::now());
        assert_eq!(placed, [Placed { id: 1, rect: at(0.0), opacity: 1.0, is_leaving: false }]);
        assert!(!glide.is_moving());
    }

    #[test]
    fn tiles_glide_when_somebody_comes_and_arrive() {
        let (mut glide, start) = (Glide::default(), Instant::now());
        glide.place(WINDOW, &targets([(1, 100.0)]), false, start);
        let targets = targets([(1, 0.0), (2, 200.0)]);
        let placed = glide.place(WINDOW, &targets, false, start);
        assert_eq!(placed[0].rect, at(100.0), "it starts where it was");
        assert_eq!((placed[1].rect, placed[1].opacity), (at(200.0).scale_from_center(ENTERS_AT), 0.0));
        let halfway = glide.place(WINDOW, &targets, false, start + DURATION / 2);
        assert!(halfway[0].rect.left() > 0.0 && halfway[0].rect.left() < 50.0, "it slows down towards the end");
        assert!(halfway[0].opacity == 1.0 && halfway[1].opacity > 0.5, "only who comes fades in");
        assert!(glide.is_moving());
        let arrived = glide.place(WINDOW, &targets, false, start + DURATION);
        assert_eq!(rects(&arrived), [at(0.0), at(200.0)]);
        assert!(!glide.is_moving());
    }

    #[test]
    fn who_leaves_fades_out_below_the_others_and_is_gone() {
        let (mut glide, start) = (Glide::default(), Instant::now());
        glide.place(WINDOW, &targets([(1, 0.0), (2, 200.0)]), false, start);
        let targets = targets([(2, 100.0)]);
        let placed = glide.place(WINDOW, &targets, false, start);
        assert_eq!(placed[0], Placed { id: 1, rect: at(0.0), opacity: 1.0, is_leaving: true });
        let halfway = glide.place(WINDOW, &targets, false, start + DURATION / 2);
        assert!(halfway[0].is_leaving && halfway[0].opacity < 0.5 && halfway[0].rect.width() < at(0.0).width());
        assert_eq!(rects(&glide.place(WINDOW, &targets, false, start + DURATION)), [at(100.0)]);
        assert!(!glide.is_moving());
    }

    #[test]
    fn who_comes_back_while_fading_out_fades_in_from_there() {
        let (mut glide, start) = (Glide::default(), Instant::now());
        glide.place(WINDOW, &targets([(1, 0.0)]), false, start);
        glide.place(WINDOW, &[], false, start);
        let turned = start + DURATION / 4;
        let before = glide.clone().place(WINDOW, &[], false, turned)[0];
        let after = glide.place(WINDOW, &targets([(1, 0.0)]), false, turned)[0];
        assert_eq!(after, Placed { is_leaving: false, ..before });
    }

    #[test]
    fn another_arrangement_of_the_same_people_glides_as_well() {
        let (mut glide, start) = (Glide::default(), Instant::now());
        glide.place(WINDOW, &targets([(1, 0.0), (2, 200.0)]), false, start);
        let swapped = targets([(2, 0.0), (1, 200.0)]);
        assert_eq!(rects(&glide.place(WINDOW, &swapped, false, start)), [at(200.0), at(0.0)]);
        assert!(glide.is_moving());
        assert_eq!(rects(&glide.place(WINDOW, &swapped, false, start + DURATION)), [at(0.0), at(200.0)]);
    }

    #[test]
    fn a_change_on_the_way_continues_from_where_tiles_are() {
        let (mut glide, start) = (Glide::default(), Instant::now());
        glide.place(WINDOW, &targets([(1, 100.0)]), false, start);
        let apart = targets([(1, 0.0), (2, 200.0)]);
        glide.place(WINDOW, &apart, false, start);
        let turned = start + DURATION / 4;
        let before = glide.clone().place(WINDOW, &apart, false, turned)[0];
        let after = glide.place(WINDOW, &targets([(1, 100.0), (2, 200.0)]), false, turned);
        assert_eq!(after[0], before);
    }

    #[test]
    fn a_held_tile_is_where_it_is_held_and_glides_from_there_when_let_go() {
        let (mut glide, start) = (Glide::default(), Instant::now());
        glide.place(WINDOW, &targets([(1, 100.0)]), false, start);
        let held = Target { id: 1, rect: at(37.0), is_held: true };
        assert_eq!(rects(&glide.place(WINDOW, &[held], false, start)), [at(37.0)]);
        assert!(!glide.is_moving());
        assert_eq!(rects(&glide.place(WINDOW, &targets([(1, 0.0)]), false, start)), [at(37.0)]);
        assert!(glide.is_moving());
    }

    #[test]
    fn tiles_follow_the_window_and_stand_still_where_motion_is_reduced() {
        let (mut glide, start) = (Glide::default(), Instant::now());
        glide.place(WINDOW, &targets([(1, 0.0)]), false, start);
        let wider = WINDOW.with_max_x(600.0);
        assert_eq!(rects(&glide.place(wider, &targets([(1, 90.0)]), false, start)), [at(90.0)]);
        let both = targets([(1, 0.0), (2, 200.0)]);
        assert_eq!(rects(&glide.place(wider, &both, true, start)), [at(0.0), at(200.0)]);
        assert_eq!(rects(&glide.place(wider, &both[1..], true, start)), [at(200.0)], "nobody lingers");
        assert!(!glide.is_moving());
    }
}
