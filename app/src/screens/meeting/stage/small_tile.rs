//! The tile that lies on another: dragged, or moved with arrow keys, from one corner to the next.

use egui::{EventFilter, Id, Key, Modifiers, Rect, Response, Ui};

use super::seats::{InCorner, Seats};
use crate::widgets::corner::Corner;

/// Where it is while somebody holds it.
#[derive(Clone, Copy, Debug, Default)]
pub struct SmallTile {
    held: Option<Rect>,
}

impl SmallTile {
    /// In which corner it lies: remembered for the program, so also from one meeting to the next.
    pub fn corner(ui: &Ui) -> Corner {
        ui.ctx().data(|data| data.get_temp(remembered()).unwrap_or_default())
    }

    /// Puts it where it is held.
    pub fn hold(&mut self, seats: &mut Seats) {
        let Some(in_corner) = seats.in_corner else {
            self.held = None;
            return;
        };
        for tile in seats.tiles.iter_mut().filter(|tile| tile.id == in_corner.id) {
            if let Some(held) = self.held {
                (tile.rect, tile.is_held) = (held, true);
            }
        }
    }

    /// Follows pointer and keys.
    pub fn follow(&mut self, ui: &Ui, response: &Response, tile: InCorner) {
        if response.drag_started() {
            self.held = Some(tile.rect);
        }
        if response.dragged() {
            let held = self.held.unwrap_or(tile.rect).translate(response.drag_delta());
            self.held = Some(held.translate(back_inside(held, tile.over)));
        }
        if response.drag_stopped()
            && let Some(held) = self.held.take()
        {
            remember(ui, Corner::nearest(tile.over, held.center()));
        }
        if response.has_focus() {
            let arrows = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
            for key in [Key::ArrowLeft, Key::ArrowRight, Key::ArrowUp, Key::ArrowDown] {
                if ui.input_mut(|input| input.consume_key(Modifiers::NONE, key)) {
                    remember(ui, Self::corner(ui).towards(key));
                }
            }
        }
    }
}

/// How far to move a rectangle so that it lies in another one, which is larger.
fn back_inside(rect: Rect, within: Rect) -> egui::Vec2 {
    (within.min - rect.min).max(egui::Vec2::ZERO) + (within.max - rect.max).min(egui::Vec2::ZERO)
}

fn remember(ui: &Ui, corner: Corner) {
    ui.ctx().data_mut(|data| data.insert_temp(remembered(), corner));
    // It is on its way.
    ui.ctx().request_repaint_after(crate::theme::ANIMATION_STEP);
}

fn remembered() -> Id {
    Id::unique("corner of the small tile")
}
