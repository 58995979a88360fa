//! How loud it is at a microphone.

use egui::{CornerRadius, Rect, Role, Sense, Ui, WidgetInfo, vec2};

use crate::theme::{self, radius};

const HEIGHT: f32 = 8.0;
/// What an empty and a full meter stand for, in dBFS: quieter is a quiet room, louder than any voice should be.
const RANGE_DBFS: std::ops::RangeInclusive<f32> = -60.0..=-6.0;
/// From here on it is too loud.
const TOO_LOUD: f32 = 0.9;

/// Shows it over the whole width.
pub fn show(ui: &mut Ui, label: &str, dbfs: f32) {
    let colors = theme::colors(ui);
    let share = share_of(dbfs);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    response.widget_info(|| WidgetInfo {
        value: Some(f64::from((share * 100.0).round())),
        ..WidgetInfo::labeled(Role::Meter, true, label)
    });
    let rounding = CornerRadius::same(radius::TAG / 2);
    ui.painter().rect_filled(rect, rounding, colors.line);
    let color = if share > TOO_LOUD { colors.warn } else { colors.speaking };
    let shown = ui.ctx().animate_value_with_time(response.id, share, theme::HOVER_SECONDS);
    if shown > 0.0 {
        let filled = Rect::from_min_size(rect.min, vec2((rect.width() * shown).max(HEIGHT), HEIGHT));
        ui.painter().rect_filled(filled, rounding, color);
    }
}

/// How far a meter is filled, 0…1.
fn share_of(dbfs: f32) -> f32 {
    egui::remap_clamp(dbfs, RANGE_DBFS, 0.0..=1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_empty_and_the_loudest_is_full() {
        assert_eq!((share_of(-127.0), share_of(0.0)), (0.0, 1.0));
        assert!((0.4..0.8).contains(&share_of(-28.0)), "an ordinary voice is in the middle");
    }
}
