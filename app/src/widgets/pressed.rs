//! What was pressed looks so at once, and until what was asked for has come: how widgets hear of that.
//!
//! Kept with the context, so that each widget asks for itself; how long it is so is [`crate::pending`]'s business.

use egui::{Color32, Context, Id, Response, Ui};

use crate::pending::Switching;
use crate::theme::Colors;

/// For one paint.
#[derive(Clone, Debug, Default)]
struct Pressed {
    /// Clicked in this paint.
    clicked: Vec<Id>,
    /// Pressed before, and not answered yet.
    waiting: Vec<Id>,
    switching: Switching,
}

/// Before anything is shown: what waits for an answer.
pub fn begin(context: &Context, waiting: Vec<Id>, switching: Switching) {
    context.data_mut(|data| data.insert_temp(id(), Pressed { clicked: Vec::new(), waiting, switching }));
}

/// After everything is shown: what was clicked.
pub fn end(context: &Context) -> Vec<Id> {
    context.data_mut(|data| std::mem::take(&mut data.get_temp_mut_or_default::<Pressed>(id()).clicked))
}

/// Whether a widget looks pressed: it was clicked just now, or its click is not answered yet. Whoever listens is told that it is busy.
pub fn is(ui: &Ui, response: &Response) -> bool {
    let is_clicked = response.clicked();
    if is_clicked {
        note(ui, response.id);
    }
    let waits = is_waiting(ui, response.id);
    if waits {
        tell_busy(ui, response);
    }
    is_clicked || waits
}

/// Whether a widget stands out: it is pointed at, or looks pressed.
pub fn is_lit(ui: &Ui, response: &Response) -> bool {
    is(ui, response) || response.hovered()
}

/// Takes note that something was asked for at a widget, as by a click on it.
pub fn note(ui: &Ui, widget: Id) {
    ui.ctx().data_mut(|data| {
        let clicked = &mut data.get_temp_mut_or_default::<Pressed>(id()).clicked;
        if !clicked.contains(&widget) {
            clicked.push(widget);
        }
    });
}

/// Whether what was asked for at a widget is not answered yet.
pub fn is_waiting(ui: &Ui, widget: Id) -> bool {
    ui.ctx().data(|data| data.get_temp::<Pressed>(id())).is_some_and(|pressed| pressed.waiting.contains(&widget))
}

/// Says of a widget that it waits, to those who listen.
pub fn tell_busy(ui: &Ui, response: &Response) {
    ui.ctx().accesskit_node_builder(response.id, egui::accesskit::Node::set_busy);
}

/// What of one's own is being switched.
pub fn switching(ui: &Ui) -> Switching {
    ui.ctx().data(|data| data.get_temp::<Pressed>(id())).unwrap_or_default().switching
}

/// The ground of what looks pressed.
pub fn ground(fill: Color32, colors: &Colors) -> Color32 {
    fill.lerp_to_gamma(colors.text, 0.2)
}

fn id() -> Id {
    Id::unique("pressed")
}
