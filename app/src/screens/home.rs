//! The first screen: say who you are, open a meeting or join one.

use egui::{
    Align, Align2, CornerRadius, Key, Layout, Painter, Rect, RichText, Role, ScrollArea, Shape, Ui, UiBuilder,
    WidgetInfo, pos2, vec2,
};

use nonet_signaling::protocol::limits;

use crate::command::Command;
use crate::engine::{EntranceError, parse_entrance};
use crate::shortcuts::{self, Action};
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, Colors, size, space};
use crate::view::Home;
use crate::widgets::button::{Button, Meaning};
use crate::widgets::icon::Icon;
use crate::widgets::{chip, field, grid, logo};

/// Characters that a name may have.
const NAME_LIMIT: usize = limits::MAX_NAME_CHARS;
/// Characters that a code or link may have.
const CODE_OR_LINK_LIMIT: usize = 300;

/// Width of what is typed and pressed.
const FORM_WIDTH: f32 = 466.0;
const NAME_WIDTH: f32 = 300.0;
/// Between the form and the picture beside it.
const COLUMN_GAP: f32 = 96.0;
const PICTURE_SIZE: egui::Vec2 = vec2(340.0, 208.0);
/// From here on there is room for large letters, and for the picture.
const ROOMY: egui::Vec2 = vec2(560.0, 480.0);
const ROOM_FOR_PICTURE: f32 = FORM_WIDTH + COLUMN_GAP + PICTURE_SIZE.x + 2.0 * space::XL;

/// What was typed.
#[derive(Clone, Debug, Default)]
pub struct Form {
    /// None until it was shown once: then what the view proposes.
    name: Option<String>,
    code_or_link: String,
}

/// Shows the screen. Returns whether the settings were asked for.
pub fn show(ui: &mut Ui, form: &mut Form, home: &Home, commands: &mut Vec<Command>) -> bool {
    let colors = theme::colors(ui);
    let window = ui.max_rect();
    let roomy = window.width() >= ROOMY.x && window.height() >= ROOMY.y;

    let header = if roomy { 68.0 } else { 48.0 };
    let mark = window.left_top() + vec2(header / 2.0 + 3.0, header / 2.0);
    logo::paint(ui.painter(), mark, colors.accent, colors.dim.gamma_multiply(0.55));
    let title = mark + vec2(logo::SIZE / 2.0 + 10.0, 0.0);
    ui.painter().text(title, Align2::LEFT_CENTER, "Nonet", font(18.0, Weight::SemiBold), colors.text);

    let at_right = pos2(window.right() - space::L, mark.y);
    let settings =
        chip::icon(ui, at_right, Icon::Settings, colors.text, || WidgetInfo::labeled(Role::Button, true, "Settings"));
    let settings = settings.on_hover_text(shortcuts::hint(ui, "Settings", Action::Settings));

    let with_picture = roomy && window.width() >= ROOM_FOR_PICTURE;
    let form_width = FORM_WIDTH.min(window.width() - 2.0 * space::L);
    let beside = if with_picture { COLUMN_GAP + PICTURE_SIZE.x } else { 0.0 };
    let left = window.center().x - (form_width + beside) / 2.0;
    // Without a problem to tell, which hangs below.
    let form_height = if roomy { 264.0 } else { 210.0 };
    let top = (window.center().y - form_height / 2.0).max(window.top() + header);

    if with_picture {
        let middle = pos2(left + form_width + COLUMN_GAP + PICTURE_SIZE.x / 2.0, top + form_height / 2.0);
        paint_picture(ui.painter(), Rect::from_center_size(middle, PICTURE_SIZE), colors);
    }
    let room = Rect::from_min_max(pos2(left, top), pos2(left + form_width, window.bottom()));
    ui.scope_builder(UiBuilder::new().max_rect(room).layout(Layout::top_down(Align::Min)), |ui| {
        ScrollArea::vertical().show(ui, |ui| {
            ui.spacing_mut().item_spacing = vec2(space::M, 0.0);
            show_heading(ui, colors, roomy);
            show_form(ui, form_width, form, home, commands);
        });
    });
    settings.clicked()
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
    let (text, points) = if roomy {
        ("Meet nine people,\nnobody in between.", size::DISPLAY)
    } else {
        ("Meet nine people, nobody in between.", size::HEADING)
    };
    let heading = RichText::new(text).font(font(points, Weight::Bold)).color(colors.text);
    ui.label(heading.extra_letter_spacing(-0.02 * points).line_height(Some(1.16 * points)));
    if roomy {
        ui.add_space(14.0);
        let line = RichText::new("Direct, encrypted, no account.").font(font(size::TITLE, Weight::Regular));
        ui.label(line.color(colors.dim));
        ui.add_space(28.0);
    } else {
        ui.add_space(space::L);
    }
}

fn show_form(ui: &mut Ui, width: f32, form: &mut Form, home: &Home, commands: &mut Vec<Command>) {
    let colors = theme::colors(ui);
    let name = form.name.get_or_insert_with(|| home.name.clone());

    let label = ui.label(RichText::new("Your name").font(font(size::LABEL, Weight::Medium)).color(colors.dim));
    ui.add_space(5.0);
    let name_field = field::show(ui, "What others see", name, NAME_WIDTH.min(width), NAME_LIMIT).labelled_by(label.id);
    ui.add_space(20.0);

    let named = !name.trim().is_empty();
    let can_join = named && looks_like_code_or_link(&form.code_or_link);
    let mut host = false;
    let mut join = false;
    let row = vec2(width, space::CONTROL);
    ui.allocate_ui_with_layout(row, Layout::left_to_right(Align::Center), |ui| {
        let button = Button::text("New meeting").with_icon(Icon::Camera).meaning(Meaning::Primary).enabled(named);
        host = button.show(ui).clicked();
        // The button to join comes last; its room is kept free.
        let join_width = 64.0;
        let field_width = ui.available_width() - join_width - space::M;
        let hint = "Code or link";
        let code_field =
            field::show(ui, hint, &mut form.code_or_link, field_width, CODE_OR_LINK_LIMIT).accessible_name(hint);
        join = Button::text("Join").min_width(join_width).enabled(can_join).show(ui).clicked();
        let enter = ui.input(|input| input.key_pressed(Key::Enter));
        join |= code_field.lost_focus() && enter && can_join;
        if name_field.lost_focus() && enter && named {
            host |= form.code_or_link.trim().is_empty();
            join |= can_join;
        }
    });
    if let Some(problem) = &home.problem {
        ui.add_space(space::L);
        show_problem(ui, problem);
    }

    let name = name.trim().to_owned();
    if host {
        commands.push(Command::Preview { name, code_or_link: None });
    } else if join {
        commands.push(Command::Preview { name, code_or_link: Some(form.code_or_link.trim().to_owned()) });
    }
}

fn show_problem(ui: &mut Ui, problem: &str) {
    let colors = theme::colors(ui);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        let (place, _) = ui.allocate_exact_size(vec2(16.0, 18.0), egui::Sense::hover());
        Icon::Warning.paint(ui.painter(), place.center(), 16.0, colors.danger);
        let text = RichText::new(problem).font(font(size::TEXT, Weight::Medium)).color(colors.danger);
        ui.add(egui::Label::new(text).wrap());
    });
}

/// Whether it is worth asking a server. Which server a code alone belongs to is the engine's business.
fn looks_like_code_or_link(text: &str) -> bool {
    matches!(parse_entrance(text, None), Ok(_) | Err(EntranceError::NoServer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_recognised_however_they_are_written() {
        for code in ["abc-defg-hij", "ABCDEFGHIJ", " abc defg hij "] {
            assert!(looks_like_code_or_link(code), "{code}");
        }
    }

    #[test]
    fn links_are_recognised() {
        let fingerprint = "0f".repeat(32);
        assert!(looks_like_code_or_link(&format!("nonet://192.168.1.20:7443/abc-defg-hij#{fingerprint}")));
        assert!(looks_like_code_or_link(" nonet://meet.example.org/abc-defg-hij "));
    }

    #[test]
    fn half_a_code_and_other_links_are_not() {
        for text in [
            "",
            "abc",
            "abc-defg-hijk",
            "abc_defg_hij",
            "https://example.org/abc-defg-hij",
            "nonet://host",
            "nonet:///x",
            "nonet://192.168.1.20:7443/abc-defg-hij#00ff",
        ] {
            assert!(!looks_like_code_or_link(text), "{text}");
        }
    }
}
