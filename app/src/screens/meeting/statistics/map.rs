//! Who receives whom how well: a row for each who receives, a column for each who sends.

use egui::{Align2, Color32, CornerRadius, Rect, Role, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};
use nonet_media::mesh::{Grade, Reception};

use crate::statistics::map::{Cell, Map};
use crate::text;
use crate::text::Texts;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, Colors, radius, size, space};
use crate::view::{Meeting, Participant};
use crate::widgets::icon::Icon;
use crate::widgets::name_tag::one_line;

const NAME_WIDTH: f32 = 112.0;
const HEADING_HEIGHT: f32 = 26.0;
const CELL: Vec2 = vec2(72.0, 38.0);
const BETWEEN: f32 = 3.0;
/// Room for what explains the map.
const FOOT_HEIGHT: f32 = 40.0;

/// How large the map is.
pub fn size(meeting: &Meeting) -> Vec2 {
    let people = meeting.participants.len() as f32;
    vec2(NAME_WIDTH + people * (CELL.x + BETWEEN), HEADING_HEIGHT + people * (CELL.y + BETWEEN) + FOOT_HEIGHT)
}

/// Shows the map at its whole size.
pub fn show(ui: &mut Ui, meeting: &Meeting) {
    let texts = text::of(ui);
    let colors = theme::colors(ui);
    let people = &meeting.participants;
    let map = Map::new(&meeting.statistics);
    let width = size(meeting).x.max(ui.available_width());
    let (whole, _) = ui.allocate_exact_size(vec2(width, size(meeting).y), Sense::hover());
    let name_of = |participant: &Participant| {
        if participant.is_self { texts.common().you().to_owned() } else { participant.name.clone() }
    };
    let cell_at = |row: usize, column: usize| {
        let offset = vec2(column as f32 * (CELL.x + BETWEEN), row as f32 * (CELL.y + BETWEEN));
        Rect::from_min_size(whole.min + vec2(NAME_WIDTH, HEADING_HEIGHT) + offset, CELL)
    };
    for (place, participant) in people.iter().enumerate() {
        let name = |width: f32| {
            let name_font = font(size::SECONDARY, Weight::Medium);
            ui.painter().layout_job(one_line(&name_of(participant), name_font, colors.text, width))
        };
        let heading = name(CELL.x);
        let column = cell_at(0, place);
        let at = pos2(column.center().x - heading.size().x / 2.0, whole.top() + space::XS);
        ui.painter().galley(at, heading, colors.text);
        let row = name(NAME_WIDTH - space::S);
        let at = pos2(whole.left(), cell_at(place, 0).center().y - row.size().y / 2.0);
        ui.painter().galley(at, row, colors.text);
    }
    for (row, receiver) in people.iter().enumerate() {
        for (column, sender) in people.iter().enumerate() {
            let cell = map.cell(receiver.id, sender.id);
            let rect = cell_at(row, column);
            paint(ui, rect, cell, texts, colors);
            if cell != Cell::Oneself {
                let words = words(texts, receiver, sender, cell);
                let response = ui.interact(rect, ui.scope_id().with((receiver.id, sender.id)), Sense::hover());
                response.widget_info(|| WidgetInfo::labeled(Role::Cell, true, &words));
                response.on_hover_text(words);
            }
        }
    }
    let foot = Rect::from_min_max(pos2(whole.left(), whole.bottom() - FOOT_HEIGHT + space::S), whole.max);
    let foot_font = font(size::LABEL, Weight::Regular);
    let words = texts.statistics().rows_receive().to_owned();
    let galley = ui.painter().layout(words, foot_font, colors.dim, ui.clip_rect().width().min(foot.width()));
    ui.painter().galley(foot.min, galley, colors.dim);
}

fn paint(ui: &Ui, rect: Rect, cell: Cell, texts: Texts, colors: &Colors) {
    let rounding = CornerRadius::same(radius::TAG);
    let small = font(size::LABEL, Weight::Medium);
    let painter = ui.painter();
    let reception = match cell {
        Cell::Oneself => return,
        Cell::Unknown => {
            painter.rect_filled(rect, rounding, colors.raised);
            painter.text(rect.center(), Align2::CENTER_CENTER, "?", small, colors.dim);
            return;
        }
        Cell::Known(reception) => reception,
    };
    let (icon, color) = symbol(reception.grade, colors);
    painter.rect_filled(rect, rounding, colors.surface.lerp_to_gamma(color, 0.18));
    let middle = rect.center().y;
    icon.paint(painter, pos2(rect.left() + 14.0, middle), 15.0, color);
    let lost = reception.lost_permille.map(|lost| texts.statistics().number(f64::from(lost) / 10.0, 1));
    let lines = [
        if reception.height > 0 { format!("{}p", reception.height) } else { String::new() },
        lost.map(|lost| format!("{lost} %")).unwrap_or_default(),
    ];
    let offsets = if lines.iter().any(String::is_empty) { [0.0, 0.0] } else { [-8.0, 8.0] };
    for ((line, offset), color) in lines.into_iter().zip(offsets).zip([colors.text, colors.dim]) {
        let at = pos2(rect.right() - space::S, middle + offset);
        painter.text(at, Align2::RIGHT_CENTER, line, small.clone(), color);
    }
}

/// What a grade looks like: its shape tells as much as its colour.
fn symbol(grade: Option<Grade>, colors: &Colors) -> (Icon, Color32) {
    match grade {
        Some(Grade::Good) => (Icon::Done, colors.speaking),
        Some(Grade::Fair) => (Icon::Warning, colors.warn),
        Some(Grade::Poor) => (Icon::Close, colors.danger),
        None => (Icon::Information, colors.dim),
    }
}

/// `Ben receives Ana: 640×360, 30 fps, 1.2 % lost, fair`
fn words(texts: Texts, receiver: &Participant, sender: &Participant, cell: Cell) -> String {
    let all = texts.statistics();
    let figures = match cell {
        Cell::Known(reception) => figures(texts, &reception),
        Cell::Unknown | Cell::Oneself => all.not_known().to_lowercase(),
    };
    if receiver.is_self {
        all.you_receive(&sender.name, &figures)
    } else if sender.is_self {
        all.you_are_received(&receiver.name, &figures)
    } else {
        all.is_received(&receiver.name, &sender.name, &figures)
    }
}

fn figures(texts: Texts, reception: &Reception) -> String {
    let all = texts.statistics();
    let Reception { from: _, kbps: _, lost_permille, fps, width, height, jitter_ms: _, grade } = *reception;
    let picture = if height > 0 { format!("{width}×{height}, {}", all.fps(fps)) } else { all.no_picture().to_owned() };
    let lost = lost_permille.map(|lost| all.lost(&all.number(f64::from(lost) / 10.0, 1)));
    let lost = lost.unwrap_or_else(|| all.lost_unknown().to_owned());
    format!("{picture}, {lost}, {}", texts.quality().grade(grade).to_lowercase())
}
