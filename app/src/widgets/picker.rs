//! One of several things to choose.

use egui::{ComboBox, RichText, Ui};

use super::icon::Icon;
use super::pressed;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, size, space};

/// Its height in points.
pub const HEIGHT: f32 = space::CONTROL - space::S;

/// Shows it over the whole width. Returns the place of what was chosen anew.
pub fn show(ui: &mut Ui, label: &str, choices: &[&str], chosen: &str) -> Option<usize> {
    let text = |text: &str| RichText::new(text).font(font(size::TEXT, Weight::Regular)).color(theme::colors(ui).text);
    let id = ui.scope_id().with(("picker", label));
    // What was chosen before, until what was picked is.
    let waits = pressed::is_waiting(ui, id);
    let selected = if waits { text(chosen).color(theme::colors(ui).dim) } else { text(chosen) };
    let texts: Vec<_> = choices.iter().map(|choice| text(choice)).collect();
    let mut picked = None;
    ui.scope(|ui| {
        ui.spacing_mut().interact_size.y = HEIGHT;
        let width = ui.available_width();
        let combo = ComboBox::from_id_salt(label).selected_text(selected).width(width).truncate();
        let combo = combo.icon(|ui, rect, visuals, _| {
            Icon::Open.paint(ui.painter(), rect.center(), size::ICON, visuals.text_color());
        });
        let shown = combo.show_ui(ui, |ui| {
            for (place, (choice, text)) in choices.iter().zip(texts).enumerate() {
                let is_chosen = *choice == chosen;
                if ui.selectable_label(is_chosen, text).clicked() && !is_chosen {
                    picked = Some(place);
                }
            }
        });
        if waits {
            pressed::tell_busy(ui, &shown.response);
        }
        shown.response.accessible_name(label);
    });
    if picked.is_some() {
        pressed::note(ui, id);
    }
    picked
}
