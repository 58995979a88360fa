//! The meeting's bar: one's devices, hand and reactions, the panels, and the way out. What there is no room for is in its menu.

mod devices;
mod fit;
mod menus;

use egui::{
    Align, Align2, CornerRadius, Layout as Direction, Popup, Rect, Response, Sense, Stroke, StrokeKind, Ui, UiBuilder,
    vec2,
};

use super::layout::Layout;
use super::panel::Panel;
use crate::command::Command;
use crate::shortcuts::{self, Action};
use crate::text;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, size, space};
use crate::view::{Camera, Meeting, Sound};
use crate::widgets::button::{Button, Meaning};
use crate::widgets::icon::Icon;
use crate::widgets::{popup, toolbar};
use fit::{Fit, Item};

/// From the bar to the sides of the window, at least.
const BESIDE: f32 = space::S;
const BADGE_HEIGHT: f32 = 16.0;

/// What the bar shows.
#[derive(Clone, Copy, Debug)]
pub struct Bar<'a> {
    pub meeting: &'a Meeting,
    pub sound: &'a Sound,
    pub camera: &'a Camera,
    pub open: Option<Panel>,
    /// Messages that were not read.
    pub unread: usize,
    pub shows_statistics: bool,
    /// Whether a line above the people has its buttons.
    pub has_top_line: bool,
}

/// What was pressed that is not a command.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pressed {
    pub panel: Option<Panel>,
    pub statistics: bool,
    pub copy_link: bool,
    pub settings: bool,
    /// Whether a menu with devices is open.
    pub lists_devices: bool,
}

impl Pressed {
    /// What was pressed here or there.
    pub fn and(self, other: Self) -> Self {
        Self {
            panel: self.panel.or(other.panel),
            statistics: self.statistics || other.statistics,
            copy_link: self.copy_link || other.copy_link,
            settings: self.settings || other.settings,
            lists_devices: self.lists_devices || other.lists_devices,
        }
    }
}

impl Bar<'_> {
    /// Listens to its keys.
    pub fn listen(&self, ui: &Ui) -> Pressed {
        let panel = [(Action::Chat, Panel::Chat), (Action::People, Panel::People)];
        Pressed {
            panel: panel.into_iter().find_map(|(action, panel)| shortcuts::pressed(ui, action).then_some(panel)),
            statistics: shortcuts::pressed(ui, Action::Statistics),
            ..Pressed::default()
        }
    }

    /// Shows it in the middle of `row`.
    pub fn show(&self, ui: &mut Ui, row: Rect, layout: &mut Layout, commands: &mut Vec<Command>) -> Pressed {
        let fit = Fit::new(row.width() - 2.0 * BESIDE, self.has_top_line);
        let bar = Rect::from_center_size(row.center(), vec2(fit.width(), toolbar::HEIGHT));
        toolbar::ground(ui, bar);
        // Whatever is between its buttons is not what lies under it.
        ui.interact(bar, ui.scope_id().with("bar"), Sense::CLICK);

        let mut pressed = Pressed::default();
        let direction = Direction::left_to_right(Align::Center);
        ui.scope_builder(UiBuilder::new().max_rect(bar.shrink(toolbar::PADDING)).layout(direction), |ui| {
            ui.spacing_mut().item_spacing.x = fit::GAP;
            let asked = devices::show(ui, self, fit.is_roomy, commands);
            (pressed.lists_devices, pressed.settings) = (asked.lists_devices, asked.settings);
            for item in fit.shown() {
                if fit.is_first_of_group(item) {
                    separator(ui);
                }
                self.item(ui, item, layout, &mut pressed, commands);
            }
            if fit.in_menu().next().is_some() {
                self.more(ui, fit, layout, &mut pressed, commands);
            }
            if fit.is_roomy {
                separator(ui);
            }
            self.leave(ui, if fit.is_roomy { fit::WIDE } else { fit::BUTTON }, commands);
        });
        pressed
    }

    fn is_hand_up(&self) -> bool {
        self.meeting.participants.iter().any(|participant| participant.is_self && participant.hand.is_some())
    }

    /// A button of the bar.
    fn item(&self, ui: &mut Ui, item: Item, layout: &mut Layout, pressed: &mut Pressed, commands: &mut Vec<Command>) {
        let texts = text::of(ui).bar();
        match item {
            Item::Hand => {
                let is_up = self.is_hand_up();
                let label = if is_up { texts.lower_hand() } else { texts.raise_hand() };
                if switch(ui, Icon::Hand, label, label, Action::Hand, is_up).clicked() {
                    commands.push(Command::RaiseHand(!is_up));
                }
            }
            Item::React => {
                let button = Button::icon(Icon::React, texts.reactions()).hint(texts.reactions()).show(ui);
                popup::show(&button, menus::REACTIONS_WIDTH, false, |ui| menus::reactions(ui, commands));
            }
            Item::Chat => {
                let is_open = self.open == Some(Panel::Chat);
                let unread = if self.unread > 0 { texts.unread(self.unread) } else { texts.chat().to_owned() };
                let button = switch(ui, Icon::Chat, texts.chat(), &unread, Action::Chat, is_open);
                if self.unread > 0 {
                    let colors = theme::colors(ui);
                    badge(ui, &button, self.unread, colors.accent, colors.on_accent);
                }
                pressed.panel = button.clicked().then_some(Panel::Chat).or(pressed.panel);
            }
            Item::People => {
                let (colors, waiting) = (theme::colors(ui), self.meeting.waiting.len());
                let is_open = self.open == Some(Panel::People);
                let count = text::of(ui).common().people(self.meeting.participants.len());
                let hint = if waiting > 0 { texts.people_waiting(waiting) } else { count };
                let button = switch(ui, Icon::People, texts.people(), &hint, Action::People, is_open);
                if waiting > 0 {
                    badge(ui, &button, waiting, colors.accent, colors.on_accent);
                } else {
                    badge(ui, &button, self.meeting.participants.len(), colors.surface, colors.text);
                }
                pressed.panel = button.clicked().then_some(Panel::People).or(pressed.panel);
            }
            Item::Layout => {
                let hint = shortcuts::hint(ui, texts.layout(), Action::Layout);
                let button = Button::icon(Icon::Layout, texts.layout()).hint(&hint).show(ui);
                popup::show(&button, popup::WIDTH, true, |ui| layout.menu(ui));
            }
            Item::Statistics => {
                let (label, on) = (texts.statistics(), self.shows_statistics);
                pressed.statistics |= switch(ui, Icon::Statistics, label, label, Action::Statistics, on).clicked();
            }
            Item::CopyLink => {
                pressed.copy_link |= Button::icon(Icon::Copy, texts.copy_link()).show(ui).clicked();
            }
            Item::Settings => {
                let settings = text::of(ui).common().settings();
                pressed.settings |= Button::icon(Icon::Settings, settings).show(ui).clicked();
            }
        }
    }

    /// The button to leave. Hosts can end the meeting as well, unless they are alone in it.
    fn leave(&self, ui: &mut Ui, width: f32, commands: &mut Vec<Command>) {
        let (texts, leave) = (text::of(ui).bar(), text::of(ui).common().leave());
        let hint = shortcuts::hint(ui, texts.leave_meeting(), Action::Leave);
        let button = Button::icon(Icon::Leave, leave).meaning(Meaning::Danger).min_width(width).hint(&hint).show(ui);
        if self.meeting.is_host && self.meeting.participants.len() > 1 {
            popup::show(&button, popup::WIDTH, false, |ui| menus::leave(ui, self.meeting.ends_with_me, commands));
        } else if button.clicked() {
            commands.push(Command::Leave);
        }
    }

    fn more(&self, ui: &mut Ui, fit: Fit, layout: &mut Layout, pressed: &mut Pressed, commands: &mut Vec<Command>) {
        let texts = text::of(ui).bar();
        let button = Button::icon(Icon::More, texts.more()).hint(texts.more()).show(ui);
        // What is read less in the bar is not to be missed in its menu.
        if self.unread > 0 && !fit.shown().any(|item| item == Item::Chat) {
            let colors = theme::colors(ui);
            badge(ui, &button, self.unread, colors.accent, colors.on_accent);
        }
        // Choosing a layout is tried out; all else is done with one press.
        let shows_layout = fit.in_menu().any(|item| item == Item::Layout);
        popup::show(&button, popup::WIDTH, shows_layout, |ui| {
            if self.more_rows(ui, fit, layout, pressed, commands) {
                ui.close();
            }
        });
        if pressed.panel.is_some() || pressed.settings {
            Popup::close_id(ui, Popup::default_response_id(&button));
        }
    }
}

fn separator(ui: &mut Ui) {
    let (line, _) = ui.allocate_exact_size(vec2(1.0, space::CONTROL), Sense::hover());
    ui.painter().rect_filled(line, CornerRadius::ZERO, theme::colors(ui).line);
}

/// A button for something that is on or off.
fn switch(ui: &mut Ui, icon: Icon, label: &str, hint: &str, action: Action, on: bool) -> Response {
    let hint = shortcuts::hint(ui, hint, action);
    let meaning = if on { Meaning::Primary } else { Meaning::Plain };
    Button::icon(icon, label).on(on).meaning(meaning).hint(&hint).show(ui)
}

/// A number at the upper right corner of a button.
fn badge(ui: &Ui, button: &Response, count: usize, fill: egui::Color32, ink: egui::Color32) {
    let colors = theme::colors(ui);
    let text = if count > 99 { "99+".to_owned() } else { count.to_string() };
    let galley = ui.painter().layout_no_wrap(text, font(size::BADGE, Weight::Bold), ink);
    let width = (galley.size().x + 9.0).max(BADGE_HEIGHT);
    let center = button.rect.right_top() + vec2(-5.0, 4.0);
    let rect = Rect::from_center_size(center, vec2(width, BADGE_HEIGHT));
    let rounding = CornerRadius::same((BADGE_HEIGHT / 2.0) as u8);
    ui.painter().rect(rect, rounding, fill, Stroke::new(2.0, colors.surface), StrokeKind::Outside);
    let at = Align2::CENTER_CENTER.align_size_within_rect(galley.size(), rect).min;
    ui.painter().galley(at, galley, ink);
}
