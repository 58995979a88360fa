//! Tiles glide to their new places when people come and go; when the window changes its size they just follow.

use std::time::{Duration, Instant};

use egui::Rect;
use egui::emath::easing::cubic_out;

/// How long tiles are on their way.
const DURATION: Duration = Duration::from_millis(240);

/// How large a new tile starts, as a share of its final size.
const ENTERS_AT: f32 = 0.85;

/// Remembers where tiles are and where they go. Told the time.
#[derive(Clone, Debug, Default)]
pub struct Glide {
    area: Option<Rect>,
    tiles: Vec<Moving>,
    started: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
struct Moving {
    id: u32,
    from: Rect,
    to: Rect,
}

impl Glide {
    /// Where tiles are now that ought to be at `targets`, in their order. The first layout, one in another `area`, and one
    /// with `still` are taken at once.
    pub fn place(&mut self, area: Rect, targets: &[(u32, Rect)], still: bool, now: Instant) -> Vec<Rect> {
        let same_people = self.tiles.iter().map(|tile| tile.id).eq(targets.iter().map(|(id, _)| *id));
        if still || self.area != Some(area) {
            self.tiles = targets.iter().map(|&(id, to)| Moving { id, from: to, to }).collect();
            self.started = None;
        } else if !same_people {
            let progress = self.progress(now);
            let tiles = targets.iter().map(|&(id, to)| {
                let before = self.tiles.iter().find(|tile| tile.id == id);
                let from = before.map_or_else(|| to.scale_from_center(ENTERS_AT), |tile| tile.at(progress));
                Moving { id, from, to }
            });
            self.tiles = tiles.collect();
            self.started = Some(now);
        }
        self.area = Some(area);
        let progress = self.progress(now);
        if progress >= 1.0 {
            self.started = None;
        }
        self.tiles.iter().map(|tile| tile.at(progress)).collect()
    }

    /// Whether tiles are on their way, so that there is something to paint soon.
    pub fn is_moving(&self) -> bool {
        self.started.is_some()
    }

    fn progress(&self, now: Instant) -> f32 {
        self.started.map_or(1.0, |started| {
            cubic_out((now.saturating_duration_since(started).as_secs_f32() / DURATION.as_secs_f32()).min(1.0))
        })
    }
}

impl Moving {
    fn at(&self, progress: f32) -> Rect {
        // Exactly there at the end, whatever floating point says.
        if progress >= 1.0 { self.to } else { self.from.lerp_towards(&self.to, progress) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::{pos2, vec2};

    const AREA: Rect = Rect::from_min_max(pos2(0.0, 0.0), pos2(400.0, 200.0));

    fn at(x: f32) -> Rect {
        Rect::from_min_size(pos2(x, 0.0), vec2(160.0, 90.0))
    }

    #[test]
    fn the_first_layout_is_there_at_once() {
        let mut glide = Glide::default();
        assert_eq!(glide.place(AREA, &[(1, at(0.0))], false, Instant::now()), [at(0.0)]);
        assert!(!glide.is_moving());
    }

    #[test]
    fn tiles_glide_when_somebody_comes_and_arrive() {
        let (mut glide, start) = (Glide::default(), Instant::now());
        glide.place(AREA, &[(1, at(100.0))], false, start);
        let targets = [(1, at(0.0)), (2, at(200.0))];
        let places = glide.place(AREA, &targets, false, start);
        assert_eq!(places[0], at(100.0), "it starts where it was");
        assert_eq!(places[1], at(200.0).scale_from_center(ENTERS_AT));
        let halfway = glide.place(AREA, &targets, false, start + DURATION / 2);
        assert!(halfway[0].left() > 0.0 && halfway[0].left() < 50.0, "it slows down towards the end");
        assert!(glide.is_moving());
        assert_eq!(glide.place(AREA, &targets, false, start + DURATION), [at(0.0), at(200.0)]);
        assert!(!glide.is_moving());
    }

    #[test]
    fn a_change_on_the_way_continues_from_where_tiles_are() {
        let (mut glide, start) = (Glide::default(), Instant::now());
        glide.place(AREA, &[(1, at(100.0))], false, start);
        glide.place(AREA, &[(1, at(0.0)), (2, at(200.0))], false, start);
        let turned = start + DURATION / 4;
        let before = glide.clone().place(AREA, &[(1, at(0.0)), (2, at(200.0))], false, turned)[0];
        assert_eq!(glide.place(AREA, &[(1, at(100.0))], false, turned), [before]);
    }

    #[test]
    fn tiles_follow_the_window_and_stand_still_where_motion_is_reduced() {
        let (mut glide, start) = (Glide::default(), Instant::now());
        glide.place(AREA, &[(1, at(0.0))], false, start);
        let wider = AREA.with_max_x(600.0);
        assert_eq!(glide.place(wider, &[(1, at(90.0))], false, start), [at(90.0)]);
        let targets = [(1, at(0.0)), (2, at(200.0))];
        assert_eq!(glide.place(wider, &targets, true, start), [at(0.0), at(200.0)]);
        assert!(!glide.is_moving());
    }
}
