//! The first screen: say who you are, open a meeting or join one.

mod cards;
pub mod pasted;

use egui::{
    Align, Align2, CornerRadius, Key, Layout, Painter, Rect, Response, RichText, Role, ScrollArea, Sense, Shape, Ui,
    UiBuilder, WidgetInfo, pos2, vec2,
};

use nonet_signaling::protocol::limits;

use crate::command::Command;
use crate::shortcuts::{self, Action};
use crate::text;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, Colors, size, space};
use crate::view::Home;
use crate::widgets::button::{Button, Meaning};
use crate::widgets::icon::Icon;
use crate::widgets::name_tag::one_line;
use crate::widgets::{chip, field, grid, logo};
use cards::Asked;
use pasted::Found;

/// Characters that a name may have.
const NAME_LIMIT: usize = limits::MAX_NAME_CHARS;
/// Characters that are looked through for a code or link: a whole invitation.
const PASTED_LIMIT: usize = 4000;
/// From here on it is said that there is nothing in what was typed: nobody is still on the way to a code.
const WORDS_FROM: usize = 24;

/// Width of what is typed and pressed.
const FORM_WIDTH: f32 = 466.0;
const NAME_WIDTH: f32 = 300.0;
/// Between the form and what stands beside it: as much as there is room for.
const COLUMN_GAP: std::ops::RangeInclusive<f32> = 40.0..=74.0;
const BESIDE_WIDTH: f32 = 340.0;
const PICTURE_SIZE: egui::Vec2 = vec2(BESIDE_WIDTH, 208.0);
/// From here on there is room for large letters, and for something beside the form.
const ROOMY: egui::Vec2 = vec2(560.0, 480.0);
const ROOM_BESIDE: f32 = FORM_WIDTH + *COLUMN_GAP.start() + BESIDE_WIDTH + 2.0 * space::XL;
/// Narrower than this, what opens a meeting and what joins one stand below each other.
const ONE_ROW_FROM: f32 = 400.0;
/// Of the line that says what was found in what was typed.
const FOUND_HEIGHT: f32 = 26.0;

/// What was typed.
#[derive(Clone, Debug, Default)]
pub struct Form {
    /// None until it was shown once: then what the view proposes.
    name: Option<String>,
    code_or_link: String,
    /// What is to have the keyboard's focus next.
    focus: Option<Field>,
    copied: cards::Copied,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Name,
    Code,
}

/// Shows the screen. Returns whether the settings were asked for.
pub fn show(ui: &mut Ui, form: &mut Form, home: &Home, commands: &mut Vec<Command>) -> bool {
    let colors = theme::colors(ui);
    let window = ui.max_rect();
    let roomy = window.width() >= ROOMY.x && window.height() >= ROOMY.y;
    let header = if roomy { 68.0 } else { 48.0 };
    let settings = show_header(ui, header);

    let is_beside = roomy && window.width() >= ROOM_BESIDE;
    let has_cards = cards::is_any(home);
    let form_width = FORM_WIDTH.min(window.width() - 2.0 * space::L);
    let free = window.width() - form_width - BESIDE_WIDTH - 2.0 * space::XL;
    let gap = free.clamp(*COLUMN_GAP.start(), *COLUMN_GAP.end());
    let beside = if is_beside { gap + BESIDE_WIDTH } else { 0.0 };
    let left = window.center().x - (form_width + beside) / 2.0;
    // Without a problem to tell, which hangs below.
    let form_height: f32 = if roomy { 264.0 } else { 210.0 };
    let height = if is_beside && has_cards { form_height.max(cards::height(home)) } else { form_height };
    let body = window.with_min_y(window.top() + header);
    let middle = if is_beside || !has_cards { window.center().y - height / 2.0 } else { body.top() };
    let top = middle.max(body.top());
    let mut asked = None;
    let room = Rect::from_min_max(pos2(left, top), pos2(left + form_width, window.bottom()));
    column(ui, "form", room, |ui| {
        show_heading(ui, colors, roomy);
        show_form(ui, form_width, form, home, commands);
        if !is_beside && has_cards {
            ui.add_space(space::L);
            asked = cards::show(ui, home, &mut form.copied);
        }
        ui.add_space(space::L);
    });
    if is_beside {
        let left = left + form_width + gap;
        let room = Rect::from_min_max(pos2(left, top), pos2(left + BESIDE_WIDTH, window.bottom()));
        if has_cards {
            column(ui, "beside", room, |ui| {
                asked = cards::show(ui, home, &mut form.copied);
                ui.add_space(space::XL);
            });
        } else {
            let middle = pos2(room.center().x, top + form_height / 2.0);
            paint_picture(ui.painter(), Rect::from_center_size(middle, PICTURE_SIZE), colors);
        }
    }
    match asked {
        Some(Asked::Join(code_or_link)) => join(form, code_or_link, commands),
        Some(Asked::TypeCode) => form.focus = Some(Field::Code),
        Some(Asked::Forget(command)) => commands.push(command),
        None => {}
    }
    settings
}

/// The program's name, and the way to the settings. Returns whether they were asked for.
fn show_header(ui: &mut Ui, height: f32) -> bool {
    let colors = theme::colors(ui);
    let window = ui.max_rect();
    let mark = window.left_top() + vec2(height / 2.0 + 3.0, height / 2.0);
    logo::paint(ui.painter(), mark, colors.accent, colors.dim.gamma_multiply(0.55));
    let title = mark + vec2(logo::SIZE / 2.0 + 10.0, 0.0);
    ui.painter().text(title, Align2::LEFT_CENTER, "Nonet", font(18.0, Weight::SemiBold), colors.text);
    let at_right = pos2(window.right() - space::L, mark.y);
    let label = text::of(ui).common().settings();
    let settings =
        chip::icon(ui, at_right, Icon::Settings, colors.text, || WidgetInfo::labeled(Role::Button, true, label));
    settings.on_hover_text(shortcuts::hint(ui, label, Action::Settings)).clicked()
}

/// Things below each other, which scroll where there is no room for all.
fn column(ui: &mut Ui, name: &str, room: Rect, content: impl FnOnce(&mut Ui)) {
    // Rings of what has the focus stand out of it.
    const AROUND: f32 = 4.0;
    let layout = Layout::top_down(Align::Min);
    ui.scope_builder(UiBuilder::new().max_rect(room.expand2(vec2(AROUND, 0.0))).layout(layout), |ui| {
        ScrollArea::vertical().id_salt(name).auto_shrink([false, true]).show(ui, |ui| {
            let inside = ui.available_rect_before_wrap().shrink2(vec2(AROUND, 0.0));
            ui.scope_builder(UiBuilder::new().max_rect(inside).layout(layout), |ui| {
                ui.spacing_mut().item_spacing = vec2(space::M, 0.0);
                content(ui);
            });
        });
    });
}

/// Nine people in their tiles, one of them speaking.
fn paint_picture(painter: &Painter, area: Rect, colors: &Colors) {
    for (index, tile) in grid::layout(9, area, space::TILES).into_iter().enumerate() {
        let speaks = index == 4;
        let (ground, figure) = if speaks {
            (colors.surface.lerp_to_gamma(colors.accent, 0.28), colors.accent)
        } else {
            (colors.surface, colors.surface.lerp_to_gamma(colors.line, 0.85))
        };
        painter.rect_filled(tile, CornerRadius::same(10), ground);
        let inside = painter.with_clip_rect(tile.intersect(painter.clip_rect()));
        let unit = tile.height() / 10.0;
        let center = tile.center();
        inside.circle_filled(center - vec2(0.0, 1.1 * unit), 1.7 * unit, figure);
        inside.add(Shape::ellipse_filled(center + vec2(0.0, 4.6 * unit), vec2(3.1, 3.4) * unit, figure));
    }
}

fn show_heading(ui: &mut Ui, colors: &Colors, roomy: bool) {
    let texts = text::of(ui).home();
    let (text, points) =
        if roomy { (texts.claim(), size::DISPLAY) } else { (texts.claim_in_one_line(), size::HEADING) };
    let heading = RichText::new(text).font(font(points, Weight::Bold)).color(colors.text);
    ui.label(heading.extra_letter_spacing(-0.02 * points).line_height(Some(1.16 * points)));
    if roomy {
        ui.add_space(14.0);
        let line = RichText::new(texts.promise()).font(font(size::TITLE, Weight::Regular));
        ui.label(line.color(colors.dim));
        ui.add_space(28.0);
    } else {
        ui.add_space(space::L);
    }
}

/// What was asked for in the form.
#[derive(Clone, Copy, Debug, Default)]
struct Pressed {
    host: bool,
    join: bool,
}

fn show_form(ui: &mut Ui, width: f32, form: &mut Form, home: &Home, commands: &mut Vec<Command>) {
    let colors = theme::colors(ui);
    let texts = text::of(ui).home();
    let focus = form.focus.take();
    let name = form.name.get_or_insert_with(|| home.name.clone());

    let label = ui.label(RichText::new(texts.your_name()).font(font(size::LABEL, Weight::Medium)).color(colors.dim));
    ui.add_space(5.0);
    let name_field = field::show(ui, texts.what_others_see(), name, NAME_WIDTH.min(width), NAME_LIMIT);
    let name_field = name_field.labelled_by(label.id);
    ui.add_space(20.0);
    let named = !name.trim().is_empty();
    let found = pasted::find(&form.code_or_link);
    let can_join = named && found.is_some();

    let mut pressed = Pressed::default();
    let button = Button::text(texts.new_meeting()).with_icon(Icon::Camera).meaning(Meaning::Primary).enabled(named);
    let mut code_field = None;
    if width >= ONE_ROW_FROM {
        let row = vec2(width, space::CONTROL);
        ui.allocate_ui_with_layout(row, Layout::left_to_right(Align::Center), |ui| {
            pressed.host = button.show(ui).clicked();
            code_field = Some(show_code(ui, &mut form.code_or_link, can_join, &mut pressed));
        });
    } else {
        pressed.host = button.min_width(width).show(ui).clicked();
        ui.add_space(space::M);
        let row = vec2(width, space::CONTROL);
        ui.allocate_ui_with_layout(row, Layout::left_to_right(Align::Center), |ui| {
            code_field = Some(show_code(ui, &mut form.code_or_link, can_join, &mut pressed));
        });
    }
    let enter = ui.input(|input| input.key_pressed(Key::Enter));
    if let Some(code_field) = &code_field {
        show_found(ui, code_field.rect, &form.code_or_link, found.as_ref());
        pressed.join |= code_field.lost_focus() && enter && can_join;
    }
    if name_field.lost_focus() && enter && named {
        pressed.host |= form.code_or_link.trim().is_empty();
        pressed.join |= can_join;
    }
    match (focus, &code_field) {
        (Some(Field::Name), _) => name_field.request_focus(),
        (Some(Field::Code), Some(code_field)) => {
            code_field.request_focus();
            code_field.scroll_to_me(None);
        }
        _ => {}
    }
    if let Some(problem) = &home.problem {
        cards::problem(ui, problem);
    }
    match found {
        _ if pressed.host => commands.push(Command::Preview { name: name.trim().to_owned(), code_or_link: None }),
        Some(found) if pressed.join => join(form, found.code_or_link, commands),
        _ => {}
    }
}

/// The field for a code or link, and the button that joins with it.
fn show_code(ui: &mut Ui, typed: &mut String, can_join: bool, pressed: &mut Pressed) -> Response {
    let (join, hint) = (text::of(ui).common().join(), text::of(ui).home().code_or_link());
    // The button comes last; its room is kept free.
    let button = Button::text(join).min_width(64.0).enabled(can_join);
    let join_width = button.width(ui);
    let width = ui.available_width() - join_width - space::M;
    let field = field::show(ui, hint, typed, width, PASTED_LIMIT).accessible_name(hint);
    pressed.join = button.show(ui).clicked();
    field
}

/// Says below the field what was found in what was typed; the room for it is always there.
fn show_found(ui: &mut Ui, field: Rect, typed: &str, found: Option<&Found>) {
    let colors = theme::colors(ui);
    let texts = text::of(ui).home();
    let (place, response) = ui.allocate_exact_size(vec2(ui.available_width(), FOUND_HEIGHT), Sense::hover());
    let (icon, color, words) = match found {
        Some(Found { code, host: Some(host), .. }) => (Icon::Done, colors.speaking, texts.found_link(code, host)),
        Some(Found { code, host: None, .. }) => (Icon::Done, colors.speaking, texts.found_code(code)),
        None if typed.trim().chars().count() >= WORDS_FROM => {
            (Icon::Information, colors.dim, texts.found_nothing().to_owned())
        }
        None => return,
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
    let at = pos2(field.left(), place.center().y);
    icon.paint(ui.painter(), at + vec2(7.0, 0.0), 14.0, color);
    let width = place.right() - at.x - 20.0;
    let galley = ui.painter().layout_job(one_line(&words, font(size::SECONDARY, Weight::Regular), colors.dim, width));
    let top = at.y - galley.size().y / 2.0;
    ui.painter().galley(pos2(at.x + 20.0, top), galley, colors.dim);
}

/// Goes to the meeting of a code or link; who has no name yet is asked for it first.
fn join(form: &mut Form, code_or_link: String, commands: &mut Vec<Command>) {
    let name = form.name.as_deref().unwrap_or_default().trim().to_owned();
    if name.is_empty() {
        form.focus = Some(Field::Name);
    } else {
        commands.push(Command::Preview { name, code_or_link: Some(code_or_link) });
    }
}
