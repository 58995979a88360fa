//! A few emoji to write with; all of them are in the fonts that come with the program.

use egui::{CornerRadius, Response, Role, Sense, Ui, WidgetInfo, vec2};

use crate::theme::fonts::{Weight, font};
use crate::theme::{self, radius, size};
use crate::widgets::button::focus_ring;
use crate::widgets::popup;

/// What is offered.
pub const ALL: [&str; 40] = [
    "😃", "😀", "😄", "😂", "😊", "😉", "😍", "😎", //
    "😏", "😐", "😮", "😅", "😢", "😭", "😡", "😴", //
    "👍", "👎", "👏", "🙌", "🙏", "👋", "💪", "👀", //
    "❤", "💔", "🎉", "🎂", "🎁", "🔥", "⭐", "🚀", //
    "✅", "❌", "❓", "❗", "💡", "📌", "⏰", "☕",
];

const COLUMNS: usize = 8;
const CELL: f32 = 34.0;

/// Shows the choice while it is open at a button. Returns what was chosen.
pub fn show(button: &Response) -> Option<&'static str> {
    let mut chosen = None;
    popup::show(button, COLUMNS as f32 * CELL, true, |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
            for emoji in ALL {
                if cell(ui, emoji) {
                    chosen = Some(emoji);
                }
            }
        });
    });
    chosen
}

fn cell(ui: &mut Ui, emoji: &str) -> bool {
    let colors = theme::colors(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(CELL, CELL), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::MenuItem, true, emoji));
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, CornerRadius::same(radius::TAG), colors.raised);
    }
    if response.has_focus() {
        focus_ring(ui, rect.shrink(3.0), radius::TAG);
    }
    let face = font(size::HEADING - 2.0, Weight::Regular);
    ui.painter().text(rect.center(), egui::Align2::CENTER_CENTER, emoji, face, colors.text);
    response.clicked()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fonts_that_come_with_the_program_have_all_of_them() {
        let context = egui::Context::default();
        theme::install(&context);
        let mut output = context.run_ui(egui::RawInput::default(), |ui| {
            let face = font(size::TEXT, Weight::Regular);
            let missing: Vec<_> =
                ALL.into_iter().filter(|emoji| !ui.ctx().fonts_mut(|fonts| fonts.has_glyphs(&face, emoji))).collect();
            assert_eq!(missing, [""; 0]);
        });
        // Nobody paints here.
        output.textures_delta.clear();
    }
}
