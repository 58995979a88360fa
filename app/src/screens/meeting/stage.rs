//! The people in a meeting: where each one's tile is, what is drawn there, and what of that the engine is told.

use std::time::Instant;

use egui::{Rect, Ui};

use super::layout::Layout;
use super::person_menu;
use crate::command::{Command, ShownTile};
use crate::gpu::tile::paint_callback;
use crate::pictures::Pictures;
use crate::theme::{self, space};
use crate::view::Meeting;
use crate::widgets::glide::Glide;
use crate::widgets::{grid, tile};

/// What is remembered of them from one paint to the next.
#[derive(Debug, Default)]
pub struct Stage {
    pictures: Pictures,
    glide: Glide,
    /// How large the others are shown, once tiles have come to rest.
    shown: Vec<ShownTile>,
}

impl Stage {
    /// Who else was shown at the last paint, and how large.
    pub fn shown(&self) -> &[ShownTile] {
        &self.shown
    }

    /// Shows everybody in `area`, as `layout` has it.
    #[expect(clippy::too_many_arguments, reason = "a screen's part takes what the screen has")]
    pub fn show(
        &mut self,
        ui: &mut Ui,
        area: Rect,
        _layout: &Layout,
        meeting: &Meeting,
        tags_at_top: bool,
        now: Instant,
        commands: &mut Vec<Command>,
    ) {
        let participants = &meeting.participants;
        let targets = grid::layout(participants.len(), area, space::TILES);
        let targets: Vec<_> = participants.iter().map(|participant| participant.id).zip(targets).collect();
        let rects = self.glide.place(area, &targets, theme::is_still(ui), now);
        if self.glide.is_moving() {
            ui.ctx().request_repaint_after(theme::ANIMATION_STEP);
        }
        // Without room for tiles nobody is shown.
        let participants = &participants[..rects.len()];
        let pixels = |points: f32| (points * ui.ctx().pixels_per_point()).round() as u32;
        let others = participants.iter().zip(&targets).filter(|(participant, _)| !participant.is_self);
        self.shown = others
            .map(|(_, (id, rect))| ShownTile {
                participant: *id,
                width: pixels(rect.width()),
                height: pixels(rect.height()),
            })
            .collect();
        self.pictures.update(participants);
        let shown: Vec<_> = participants
            .iter()
            .zip(rects)
            .map(|(participant, rect)| (participant, rect, self.pictures.of(participant)))
            .collect();
        let surfaces =
            shown.iter().map(|(participant, rect, picture)| tile::surface(ui, *rect, participant, picture.clone()));
        ui.painter().add(paint_callback(area.expand(space::RING + 1.0), surfaces.collect()));
        for (participant, rect, picture) in &shown {
            tile::overlay(ui, *rect, participant, picture.as_ref(), tags_at_top, now);
            commands.extend(person_menu::show(ui, *rect, participant));
        }
    }
}
