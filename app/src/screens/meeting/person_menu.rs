//! What can be done about one of the others: how loud they are played. On a right click on their tile, or on the button that the
//! tile shows to who points at it or comes by with the keyboard.

use egui::{Align2, CornerRadius, Popup, PopupCloseBehavior, Rect, Response, RichText, Sense, Slider, Ui, vec2};
use egui::{Role, WidgetInfo};
use nonet_media::audio::mixer::Volume;

use crate::command::Command;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, on_picture, radius, size, space};
use crate::view::Participant;
use crate::widgets::button::{Button, focus_ring};
use crate::widgets::icon::Icon;

/// Width and height of the button.
const BUTTON: f32 = 28.0;
const WIDTH: f32 = 220.0;

/// Shows the button and the menu of somebody whose tile is at `rect`. Returns what was asked for.
pub fn show(ui: &mut Ui, rect: Rect, participant: &Participant) -> Option<Command> {
    if participant.is_self || rect.width() < 3.0 * BUTTON || rect.height() < 2.0 * BUTTON {
        return None;
    }
    let tile = ui.interact(rect, ui.scope_id().with(("person", participant.id)), Sense::CLICK);
    let button = show_button(ui, rect, participant, &tile);
    let mut asked = None;
    let mut content = |ui: &mut Ui| asked = asked.take().or_else(|| show_volume(ui, participant));
    let stays_open = PopupCloseBehavior::CloseOnClickOutside;
    Popup::menu(&button).close_behavior(stays_open).width(WIDTH).show(&mut content);
    Popup::context_menu(&tile).close_behavior(stays_open).width(WIDTH).show(&mut content);
    asked
}

fn show_button(ui: &Ui, tile: Rect, participant: &Participant, hovered: &Response) -> Response {
    let place = tile.shrink(space::TAG);
    let rect = Align2::RIGHT_TOP.anchor_size(place.right_top(), vec2(BUTTON, BUTTON));
    let response = ui.interact(rect, ui.scope_id().with(("more", participant.id)), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("More about {}", participant.name)));
    let is_shown = hovered.contains_pointer() || response.has_focus() || Popup::menu(&response).is_open();
    if is_shown {
        ui.painter().rect_filled(rect, CornerRadius::same(radius::TAG), on_picture::TAG);
        Icon::More.paint(ui.painter(), rect.center(), size::ICON, on_picture::TEXT);
    }
    if response.has_focus() {
        focus_ring(ui, rect, radius::TAG);
    }
    response
}

fn show_volume(ui: &mut Ui, participant: &Participant) -> Option<Command> {
    let colors = theme::colors(ui);
    let mut percent = participant.volume_percent;
    ui.add_space(space::XS);
    let name = RichText::new(&participant.name).font(font(size::TEXT, Weight::SemiBold)).color(colors.text);
    ui.add(egui::Label::new(name).truncate());
    let words = if percent == 0 { "Volume: you do not hear them".to_owned() } else { format!("Volume: {percent} %") };
    ui.label(RichText::new(words).font(font(size::LABEL, Weight::Regular)).color(colors.dim));
    ui.scope(|ui| {
        ui.spacing_mut().slider_width = ui.available_width();
        let slider = Slider::new(&mut percent, 0..=Volume::MOST_PERCENT).show_value(false).trailing_fill(true);
        ui.add(slider).accessible_name(format!("Volume of {}", participant.name));
    });
    let usual = Volume::default().as_percent();
    ui.add_enabled_ui(percent != usual, |ui| {
        if Button::text("As loud as they are").enabled(percent != usual).show(ui).clicked() {
            percent = usual;
        }
    });
    let is_new = percent != participant.volume_percent;
    is_new.then_some(Command::SetVolume { participant: participant.id, percent })
}
