//! Who waits to be let in, told to hosts under the line above the people; where everybody waiting is listed, it is not told twice.

use egui::{
    Align, Align2, CornerRadius, Layout, Rect, Role, Sense, Shadow, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo,
    pos2, vec2,
};

use crate::command::Command;
use crate::text;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, radius, size, space};
use crate::view::WaitingPerson;
use crate::widgets::button::{Button, Meaning};
use crate::widgets::icon::Icon;

const BUTTON: f32 = 32.0;
const PADDING: f32 = 8.0;
const BEFORE_WORDS: f32 = size::ICON + 16.0;
/// Words narrower than this stand above the buttons.
const LEAST_WORDS: f32 = 140.0;
const WIDEST: f32 = 520.0;

/// What was done about it.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    /// Where it ends.
    pub bottom: f32,
    /// Whether the list was asked for.
    pub see: bool,
}

/// Shows it in the middle of `people`, at the top.
pub fn show(ui: &mut Ui, people: Rect, waiting: &[WaitingPerson], commands: &mut Vec<Command>) -> Option<Shown> {
    let texts = text::of(ui).top_line();
    let colors = theme::colors(ui);
    let first = waiting.first()?;
    let (words, buttons) = match waiting {
        [one] => (texts.one_waits(&one.name), [texts.deny(), texts.admit()]),
        many => (texts.many_wait(many.len()), [texts.see_who(), texts.admit_all()]),
    };
    let width_of = |label: &str| {
        let galley = ui.painter().layout_no_wrap(label.to_owned(), font(size::TEXT, Weight::SemiBold), colors.text);
        galley.size().x + 2.0 * space::L
    };
    let buttons_width = buttons.iter().map(|label| width_of(label)).sum::<f32>() + space::S;
    let words_width =
        ui.painter().layout_no_wrap(words.clone(), font(size::TEXT, Weight::Medium), colors.text).size().x;
    let room = (people.width() - 2.0 * space::S).min(WIDEST) - 2.0 * PADDING;
    let beside = room - BEFORE_WORDS - space::M - buttons_width;
    let is_low = beside >= words_width.min(LEAST_WORDS);
    let words_room = if is_low { beside } else { room - BEFORE_WORDS };
    let words_width = words_width.min(words_room);
    let content = if is_low {
        vec2(BEFORE_WORDS + words_width + space::M + buttons_width, BUTTON)
    } else {
        vec2((BEFORE_WORDS + words_width).max(buttons_width).min(room), 2.0 * BUTTON)
    };
    let top = pos2(people.center().x, people.top() + space::XS);
    let rect = Align2::CENTER_TOP.anchor_size(top, content + vec2(2.0 * PADDING, 2.0 * PADDING));

    let ground = ui.interact(rect, ui.scope_id().with("door"), Sense::CLICK);
    ground.widget_info(|| WidgetInfo::labeled(Role::Alert, true, &words));
    let rounding = CornerRadius::same(radius::TOAST);
    let shadow = Shadow { offset: [0, 6], blur: 24, spread: 0, color: egui::Color32::from_black_alpha(70) };
    ui.painter().add(shadow.as_shape(rect, rounding));
    ui.painter().rect(rect, rounding, colors.surface, Stroke::new(1.0, colors.line), StrokeKind::Inside);
    let inner = rect.shrink(PADDING);
    let middle = inner.top() + BUTTON / 2.0;
    Icon::People.paint(ui.painter(), pos2(inner.left() + 6.0 + size::ICON / 2.0, middle), size::ICON, colors.accent);
    // What they want is more than the end of a long name.
    let face = font(size::TEXT, Weight::Medium);
    let lay_out = |words: String| ui.painter().layout_no_wrap(words, face.clone(), colors.text);
    let mut galley = lay_out(words.clone());
    let mut name = first.name.clone();
    while galley.size().x > words_room && waiting.len() == 1 && name.pop().is_some() {
        galley = lay_out(texts.one_waits(&format!("{}…", name.trim_end())));
    }
    let words_at = pos2(inner.left() + BEFORE_WORDS, middle - galley.size().y / 2.0);
    ui.painter().galley(words_at, galley, colors.text);

    let row = Align2::RIGHT_BOTTOM.anchor_size(inner.right_bottom(), vec2(buttons_width.min(inner.width()), BUTTON));
    let mut see = false;
    ui.scope_builder(UiBuilder::new().max_rect(row).layout(Layout::left_to_right(Align::Center)), |ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        let plain = Button::text(buttons[0]).height(BUTTON).show(ui).clicked();
        let admit = Button::text(buttons[1]).height(BUTTON).meaning(Meaning::Primary).show(ui).clicked();
        let is_one = waiting.len() == 1;
        if plain && is_one {
            commands.push(Command::Deny(vec![first.id]));
        }
        see = plain && !is_one;
        if admit {
            commands.push(Command::Admit(waiting.iter().map(|person| person.id).collect()));
        }
    });
    Some(Shown { bottom: rect.bottom(), see })
}
