//! The settings: a sheet over the right side of any screen, in sections of which one is shown.
//!
//! Owns the sheet and which section is chosen; what a section shows and asks for is in the module of its name.

mod appearance;
mod device;
mod navigation;
mod parts;
mod privacy;
mod server;
mod sound;
mod video;

use egui::{
    Align, Align2, Area, CornerRadius, Frame, Id, Key, Layout, Margin, Modifiers, Order, Rect, ScrollArea, Stroke, Ui,
    UiBuilder, pos2, vec2,
};

use crate::command::Command;
use crate::settings::AppearanceSettings;
use crate::shortcuts::{self, Action};
use crate::text;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, radius, size, space};
use crate::view::View;
use crate::widgets::button::Button;
use crate::widgets::icon::Icon;
use crate::widgets::name_tag::one_line;
use navigation::{Look, Section};

const WIDTH: f32 = 560.0;
/// Least room that a screen is shown in beside it.
const ROOM_BESIDE: f32 = 560.0;

/// The sheet.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    is_open: bool,
    section: Section,
    server: server::Draft,
}

impl Sheet {
    /// Opens or closes it.
    pub fn set_open(&mut self, open: bool, commands: &mut Vec<Command>) {
        if self.is_open != open {
            self.is_open = open;
            self.server = server::Draft::default();
            commands.push(Command::LookAtSettings(open));
        }
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// Listens to its keys, before anything below it does.
    pub fn listen(&mut self, ui: &Ui, look: AppearanceSettings, commands: &mut Vec<Command>) {
        commands.extend(appearance::listen(ui, look).map(Command::SetAppearance));
        if shortcuts::pressed(ui, Action::Settings) {
            self.set_open(!self.is_open, commands);
        }
        if self.is_open && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
            self.set_open(false, commands);
        }
    }

    /// What of the window is left for the screen: all of it where there is no room beside the sheet.
    pub fn beside(&self, window: Rect) -> Rect {
        let sheet = place(window);
        let is_roomy = sheet.left() - window.left() >= ROOM_BESIDE;
        if self.is_open && is_roomy { window.with_max_x(sheet.left()) } else { window }
    }

    /// Shows it while it is open.
    pub fn show(&mut self, ui: &mut Ui, view: &View, commands: &mut Vec<Command>) {
        if !self.is_open {
            return;
        }
        let rect = place(ui.max_rect());
        let mut close = false;
        let area = Area::new(Id::unique("settings")).order(Order::Middle).fixed_pos(rect.min);
        area.accessible_name(text::of(ui).common().settings())
            .show(ui.ctx(), |ui| close = self.show_sheet(ui, rect, view, commands));
        if close {
            self.set_open(false, commands);
        }
    }

    /// Returns whether it is to be closed.
    fn show_sheet(&mut self, ui: &mut Ui, rect: Rect, view: &View, commands: &mut Vec<Command>) -> bool {
        let colors = theme::colors(ui);
        let look = Look::for_width(rect.width());
        let padding = Margin::same(if look == Look::Words { space::L } else { space::M } as i8);
        let frame = Frame::new()
            .fill(colors.surface)
            .stroke(Stroke::new(1.0, colors.line))
            .corner_radius(CornerRadius::same(radius::BAR))
            .inner_margin(padding);
        let mut close = false;
        frame.show(ui, |ui| {
            let inside = rect.size() - padding.sum() - vec2(2.0, 2.0);
            ui.set_min_size(inside);
            ui.set_max_size(inside);
            ui.spacing_mut().item_spacing.y = 0.0;
            close = self.show_head(ui, look);
            ui.add_space(space::S);
            let room = ui.available_rect_before_wrap();
            let (rail, between) = look.widths();
            let before = UiBuilder::new().id_salt("sections").max_rect(room.with_max_x(room.left() + rail));
            ui.scope_builder(before.layout(Layout::top_down(Align::Min)), |ui| {
                ScrollArea::vertical().id_salt("sections").auto_shrink(false).show(ui, |ui| {
                    navigation::show(ui, &mut self.section, look);
                });
            });
            let body = Rect::from_min_max(pos2(room.left() + rail + between, room.top()), room.max);
            // A scroll bar and a place of its own for each section.
            let after = UiBuilder::new().id_salt(self.section).max_rect(body);
            ui.scope_builder(after.layout(Layout::top_down(Align::Min)), |ui| {
                // Where words are larger than the sheet, what cannot be wrapped is reached by scrolling.
                let width = ui.available_width() - space::M;
                let scroll = ScrollArea::new([look == Look::Icons, true]).id_salt(self.section);
                scroll.auto_shrink(false).show(ui, |ui| {
                    ui.set_max_width(width);
                    ui.spacing_mut().item_spacing.y = 0.0;
                    self.show_section(ui, view, commands);
                    ui.add_space(space::L);
                });
            });
        });
        close
    }

    /// Returns whether the sheet is to be closed.
    fn show_head(&self, ui: &mut Ui, look: Look) -> bool {
        let texts = text::of(ui);
        let colors = theme::colors(ui);
        let title = match look {
            Look::Words => texts.common().settings(),
            Look::Icons => self.section.name(texts.settings()),
        };
        let mut close = false;
        ui.allocate_ui_with_layout(
            vec2(ui.available_width(), space::CONTROL),
            Layout::right_to_left(Align::Center),
            |ui| {
                let button = Button::icon(Icon::Close, texts.settings().close()).hint(texts.settings().close_hint());
                close = button.show(ui).clicked();
                // The list says to those who listen which section it is.
                let room = ui.available_rect_before_wrap();
                let heading = font(size::HEADING, Weight::Bold);
                let title = ui.painter().layout_job(one_line(title, heading, colors.text, room.width() - space::S));
                let at = pos2(room.left(), room.center().y - title.size().y / 2.0);
                ui.painter().galley(at, title, colors.text);
            },
        );
        close
    }

    fn show_section(&mut self, ui: &mut Ui, view: &View, commands: &mut Vec<Command>) {
        let View { sound, camera, appearance, kept, .. } = view;
        match self.section {
            Section::Devices => device::show(ui, sound, camera, commands),
            Section::Sound => sound::show(ui, &sound.settings, commands),
            Section::Video => video::show(ui, kept.video, commands),
            Section::Server => server::show(ui, &mut self.server, &kept.server, commands),
            Section::Appearance => commands.extend(appearance::show(ui, *appearance).map(Command::SetAppearance)),
            Section::Privacy => privacy::show(ui, kept, commands),
        }
    }
}

fn place(window: Rect) -> Rect {
    let room = window.shrink(space::S);
    Align2::RIGHT_TOP.anchor_size(room.right_top(), vec2(WIDTH.min(room.width()), room.height()))
}
