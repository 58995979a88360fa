//! Which keys ask for what, in the settings: each can be given others, or none.

use egui::{Align, Context, Id, Key, KeyboardShortcut, Label, Layout, Response, RichText, Role, Ui, WidgetInfo, vec2};

use crate::shortcuts::{self, Action, Refusal, Shortcuts, recording};
use crate::text::{self, shortcuts::ShortcutTexts};
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, size, space};
use crate::widgets::button::Button;
use crate::widgets::icon::Icon;
use crate::widgets::picker;

/// Width of the button with the keys.
const KEYS_WIDTH: f32 = 156.0;

/// The action that keys are being chosen for.
#[derive(Clone, Copy, Debug)]
struct Choosing {
    action: Action,
    so_far: SoFar,
}

#[derive(Clone, Copy, Debug)]
enum SoFar {
    Nothing,
    Refused(Refusal),
    /// They are another's, and it is asked whether to take them.
    Taken(KeyboardShortcut, Action),
}

/// Shows all actions. Returns what was asked for.
pub fn show(ui: &mut Ui, shortcuts: &Shortcuts) -> Option<Shortcuts> {
    let texts = text::of(ui).shortcuts();
    let mut asked = None;
    for action in Action::ALL {
        // Whoever closes the settings has given up.
        let is_asked = |choosing: &Choosing| choosing.action == action && recording::is_on(ui.ctx());
        let choosing = choosing(ui.ctx()).filter(is_asked);
        asked = show_row(ui, texts, shortcuts, action, choosing.is_some()).or(asked);
        if let Some(choosing) = choosing {
            asked = show_choice(ui, texts, shortcuts, choosing).or(asked);
        }
        ui.add_space(space::XS);
    }
    ui.add_space(space::S);
    let is_changed = *shortcuts != Shortcuts::default();
    if Button::text(texts.all_usual()).enabled(is_changed).show(ui).clicked() {
        choose(ui.ctx(), None);
        asked = Some(Shortcuts::default());
    }
    asked
}

/// What an action is called, and its keys.
fn show_row(
    ui: &mut Ui,
    texts: ShortcutTexts,
    shortcuts: &Shortcuts,
    action: Action,
    is_chosen: bool,
) -> Option<Shortcuts> {
    let what = texts.action(action);
    let keys = shortcuts.keys(action).map(|keys| shortcuts::words(keys, texts));
    let keys = keys.as_deref().unwrap_or(texts.none());
    let mut asked = None;
    let row = vec2(ui.available_width(), picker::HEIGHT);
    ui.allocate_ui_with_layout(row, Layout::right_to_left(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        let shown = if is_chosen { texts.press() } else { keys };
        let button = Button::text(shown).height(picker::HEIGHT).min_width(KEYS_WIDTH).show(ui);
        button.widget_info(|| WidgetInfo::selected(Role::Button, true, is_chosen, texts.row(what, shown)));
        keep_keys(ui, &button, is_chosen);
        if button.clicked() {
            let choosing = Choosing { action, so_far: SoFar::Nothing };
            choose(ui.ctx(), (!is_chosen).then_some(choosing));
        }
        if !shortcuts.is_usual(action) {
            let label = texts.use_usual(what);
            let usual = Button::icon(Icon::Rejoin, &label).height(picker::HEIGHT).hint(texts.use_usual_hint());
            if usual.show(ui).clicked() {
                choose(ui.ctx(), None);
                asked = Some(shortcuts.clone().with(action, Some(action.usual_keys())));
            }
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let text = RichText::new(what).font(font(size::TEXT, Weight::Medium)).color(theme::colors(ui).text);
            ui.add(Label::new(text).truncate());
        });
    });
    asked
}

/// Has keys not lead away from a button while they are being chosen.
fn keep_keys(ui: &Ui, button: &Response, is_chosen: bool) {
    if is_chosen && button.has_focus() {
        let all = egui::EventFilter { tab: true, horizontal_arrows: true, vertical_arrows: true, escape: true };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(button.id, all));
    }
}

/// Below the row: takes the keys that are pressed, and says what stands in the way.
fn show_choice(ui: &mut Ui, texts: ShortcutTexts, shortcuts: &Shortcuts, choosing: Choosing) -> Option<Shortcuts> {
    let action = choosing.action;
    let give = |ui: &Ui, keys| {
        choose(ui.ctx(), None);
        Some(shortcuts.clone().with(action, keys))
    };
    if let Some(keys) = recording::next(ui.ctx()) {
        if keys == KeyboardShortcut::new(egui::Modifiers::NONE, Key::Escape) {
            choose(ui.ctx(), None);
            return None;
        }
        let other = shortcuts.action(keys).filter(|other| *other != action);
        let so_far = match (shortcuts::check(action, keys), other) {
            (Err(refusal), _) => SoFar::Refused(refusal),
            (Ok(()), Some(other)) => SoFar::Taken(keys, other),
            (Ok(()), None) => return give(ui, Some(keys)),
        };
        choose(ui.ctx(), Some(Choosing { action, so_far }));
        // What that says is said at the next paint.
        ui.ctx().request_repaint();
    }
    let colors = theme::colors(ui);
    let say = |ui: &mut Ui, text: &str, color| {
        let text = RichText::new(text).font(font(size::SECONDARY, Weight::Regular)).color(color);
        ui.add(Label::new(text).wrap());
    };
    let taken = match choosing.so_far {
        SoFar::Nothing => None,
        SoFar::Refused(refusal) => {
            say(ui, texts.refusal(refusal), colors.warn);
            None
        }
        SoFar::Taken(keys, other) => {
            say(ui, &texts.taken(&shortcuts::words(keys, texts), texts.action(other)), colors.warn);
            Some(keys)
        }
    };
    ui.add_space(space::XS);
    let mut asked = None;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::S, space::XS);
        if taken.is_some() && Button::text(texts.take()).height(picker::HEIGHT).show(ui).clicked() {
            asked = give(ui, taken);
        }
        if shortcuts.keys(action).is_some() && Button::text(texts.none()).height(picker::HEIGHT).show(ui).clicked() {
            asked = give(ui, None);
        }
        say(ui, texts.give_up(), colors.dim);
    });
    asked
}

fn choosing(context: &Context) -> Option<Choosing> {
    context.data(|data| data.get_temp::<Option<Choosing>>(id())).flatten()
}

fn choose(context: &Context, choosing: Option<Choosing>) {
    context.data_mut(|data| data.insert_temp(id(), choosing));
    if choosing.is_some() {
        recording::next(context);
    }
}

fn id() -> Id {
    Id::unique("shortcut that is chosen")
}
