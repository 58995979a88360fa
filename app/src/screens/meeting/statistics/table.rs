//! All figures in tables: a row for each layer and each participant and direction.

use std::sync::Arc;

use egui::{Align2, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};
use nonet_media::layer::{Layer, PerLayer};

use crate::frame_times::WindowFigures;
use crate::statistics::{History, LayerSecond, RemoteSecond};
use crate::text;
use crate::text::statistics::Statistics as Texts;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, space};
use crate::widgets::name_tag::one_line;
use crate::widgets::sparkline;

const ROW_HEIGHT: f32 = 22.0;
/// Wide enough for most names; longer ones are cut.
const NAME_WIDTH: f32 = 120.0;
const COURSE_WIDTH: f32 = 96.0;
const FIGURE_WIDTH: f32 = 74.0;
/// Columns of figures of the widest table.
const MOST_COLUMNS: usize = 13;
/// Seconds that a course has room for at least; those that are kept all get room.
const LEAST_COURSE_SECONDS: usize = 60;
const BETWEEN_TABLES: f32 = space::M;
/// Stands where a figure has no value.
const NOTHING: &str = "–";

/// What one column says of the seconds of one row, oldest first and never none. Rates are of the last second, counts of all.
struct Column<T> {
    title: fn(Texts) -> &'static str,
    text: fn(Texts, &[&T]) -> String,
}

const LAYER_COLUMNS: [Column<LayerSecond>; 6] = [
    Column { title: |_| "kb/s", text: |_, seconds| whole(newest(seconds).kbps) },
    Column { title: Texts::target, text: |_, seconds| newest(seconds).target_kbps.map_or_else(nothing, whole) },
    Column { title: Texts::fps_short, text: |_, seconds| whole(newest(seconds).fps) },
    Column {
        title: Texts::encode_ms,
        text: |texts, seconds| newest(seconds).encode_ms.map_or_else(nothing, |value| tenths(texts, value)),
    },
    Column { title: Texts::key_frames, text: |_, seconds| sum(seconds, |layer| layer.key_frames) },
    Column { title: Texts::left_out, text: |_, seconds| sum(seconds, |layer| layer.left_out) },
];

const RECEIVED_COLUMNS: [Column<RemoteSecond>; MOST_COLUMNS] = [
    Column { title: |_| "kb/s", text: |_, seconds| whole(newest(seconds).link.received_kbps) },
    Column { title: Texts::size, text: |_, seconds| pixels(newest(seconds).width, newest(seconds).height) },
    Column { title: Texts::fps_short, text: |_, seconds| whole(newest(seconds).fps) },
    Column {
        title: Texts::loss_percent,
        text: |texts, seconds| newest(seconds).loss.map_or_else(nothing, |loss| tenths(texts, loss * 100.0)),
    },
    Column { title: Texts::jitter_ms, text: |_, seconds| whole(newest(seconds).video_jitter_ms) },
    Column { title: Texts::delay_ms, text: |_, seconds| whole(newest(seconds).video_delay_ms) },
    Column { title: Texts::sound_ms, text: |_, seconds| whole(newest(seconds).audio_delay_ms) },
    Column {
        title: Texts::guessed_ms,
        text: |_, seconds| whole(seconds.iter().map(|remote| remote.concealed_ms).sum()),
    },
    Column { title: Texts::freezes, text: |_, seconds| sum(seconds, |remote| remote.freezes) },
    Column { title: Texts::key_asked, text: |_, seconds| sum(seconds, |remote| remote.key_frame_requests) },
    Column { title: Texts::errors, text: |_, seconds| sum(seconds, |remote| remote.decode_errors) },
    Column { title: Texts::repaired, text: |_, seconds| sum(seconds, |remote| remote.link.repaired) },
    Column { title: Texts::by_parity, text: |_, seconds| sum(seconds, |remote| remote.link.recovered) },
];

const LINK_COLUMNS: [Column<RemoteSecond>; 10] = [
    Column { title: |_| "kb/s", text: |_, seconds| whole(newest(seconds).link.sent_kbps) },
    Column {
        title: Texts::estimate,
        text: |_, seconds| newest(seconds).link.estimate_kbps.map_or_else(nothing, whole),
    },
    Column {
        title: Texts::layer,
        text: |texts, seconds| newest(seconds).link.layer.map_or_else(nothing, |layer| layer_name(texts, layer)),
    },
    Column { title: Texts::loss_percent, text: |texts, seconds| tenths(texts, newest(seconds).link.loss * 100.0) },
    Column {
        title: Texts::rtt_ms,
        text: |texts, seconds| newest(seconds).link.rtt_ms.map_or_else(nothing, |value| tenths(texts, value)),
    },
    Column { title: Texts::queue_ms, text: |_, seconds| whole(newest(seconds).link.queue_ms) },
    Column { title: Texts::sent_again, text: |_, seconds| sum(seconds, |remote| remote.link.retransmitted) },
    Column {
        title: Texts::key_asked,
        text: |_, seconds| sum(seconds, |remote| remote.link.key_frame_requests_received),
    },
    Column { title: Texts::parity_kbps, text: |_, seconds| whole(newest(seconds).link.parity_kbps) },
    Column { title: Texts::dropped, text: |_, seconds| sum(seconds, |remote| remote.link.pictures_dropped) },
];

/// How large the tables are, with what is said of the window below them.
pub fn size(history: &History, window: Option<WindowFigures>) -> egui::Vec2 {
    let rows = Rows::of(history);
    let window_height = if window.is_some() { BETWEEN_TABLES + ROW_HEIGHT } else { 0.0 };
    vec2(
        NAME_WIDTH + COURSE_WIDTH + FIGURE_WIDTH * MOST_COLUMNS as f32,
        ROW_HEIGHT * (3 + rows.layers.iter().flatten().count() + 2 * rows.remotes.len()) as f32
            + 2.0 * BETWEEN_TABLES
            + window_height,
    )
}

/// Shows the tables at their whole size.
pub fn show(ui: &mut Ui, history: &History, window: Option<WindowFigures>) {
    let (table, _) = ui.allocate_exact_size(size(history, window), Sense::hover());
    Rows::of(history).show(ui, table);
    if let Some(window) = window {
        let row = table.with_min_y(table.bottom() - ROW_HEIGHT);
        show_sentence(ui, row, text::of(ui).frames().window(window));
    }
}

/// A sentence in a row, which is also told to those who listen.
fn show_sentence(ui: &Ui, row: Rect, sentence: String) {
    let text = font(theme::size::SECONDARY, Weight::Regular);
    ui.interact(row, ui.scope_id().with(("statistics sentence", row.top().to_bits())), Sense::hover())
        .widget_info(|| WidgetInfo::labeled(Role::Row, true, &sentence));
    ui.painter().text(row.left_center(), Align2::LEFT_CENTER, sentence, text, theme::colors(ui).text);
}

/// The history, turned into the rows of the table.
struct Rows<'a> {
    layers: PerLayer<Option<Vec<Option<&'a LayerSecond>>>>,
    /// Those who are there now.
    remotes: Vec<(&'a Arc<str>, Vec<Option<&'a RemoteSecond>>)>,
}

impl<'a> Rows<'a> {
    fn of(history: &'a History) -> Self {
        let layers = Layer::ALL.map(|layer| {
            let seconds: Vec<_> = history.seconds().map(|second| second.layers[layer.index()].as_ref()).collect();
            seconds.iter().any(Option::is_some).then_some(seconds)
        });
        let present = history.last().map(|second| second.remotes.as_slice()).unwrap_or_default();
        let of = |remote: &'a RemoteSecond| {
            let seconds = history.seconds().map(|second| second.remote(remote.id));
            (&remote.name, seconds.collect())
        };
        Self { layers, remotes: present.iter().map(of).collect() }
    }

    fn show(&self, ui: &mut Ui, table: Rect) {
        let mut y = table.top();
        let mut take = |height| {
            let row = Rect::from_min_size(pos2(table.left(), y), vec2(table.width(), height));
            y += height;
            row
        };
        let texts = text::of(ui).statistics();
        heading(ui, take(ROW_HEIGHT), texts.layers(), &LAYER_COLUMNS);
        for seconds in self.layers.iter().flatten() {
            let last = seconds.iter().flatten().next_back();
            let name = last.map_or_else(nothing, |layer| pixels(layer.width, layer.height));
            show_row(ui, take(ROW_HEIGHT), &name, seconds, |layer| layer.kbps, &LAYER_COLUMNS);
        }
        take(BETWEEN_TABLES);
        heading(ui, take(ROW_HEIGHT), texts.received(), &RECEIVED_COLUMNS);
        for (name, seconds) in &self.remotes {
            show_row(ui, take(ROW_HEIGHT), name, seconds, |remote| remote.link.received_kbps, &RECEIVED_COLUMNS);
        }
        take(BETWEEN_TABLES);
        heading(ui, take(ROW_HEIGHT), texts.sent(), &LINK_COLUMNS);
        for (name, seconds) in &self.remotes {
            show_row(ui, take(ROW_HEIGHT), name, seconds, |remote| remote.link.sent_kbps, &LINK_COLUMNS);
        }
    }
}

fn heading<T>(ui: &Ui, row: Rect, title: &str, columns: &[Column<T>]) {
    let colors = theme::colors(ui);
    let middle = row.left_center();
    ui.painter().text(middle, Align2::LEFT_CENTER, title, font(theme::size::TITLE, Weight::SemiBold), colors.text);
    for (number, column) in columns.iter().enumerate() {
        let at = pos2(figure_right(row, number), middle.y);
        let title = (column.title)(text::of(ui).statistics());
        ui.painter().text(at, Align2::RIGHT_CENTER, title, font(theme::size::LABEL, Weight::Regular), colors.dim);
    }
}

/// One row; what it says is also told to those who listen.
fn show_row<T>(ui: &Ui, row: Rect, name: &str, seconds: &[Option<&T>], course: fn(&T) -> f32, columns: &[Column<T>]) {
    let colors = theme::colors(ui);
    let present: Vec<&T> = seconds.iter().flatten().copied().collect();
    if present.is_empty() {
        return;
    }
    let texts = text::of(ui).statistics();
    let text_font = font(theme::size::SECONDARY, Weight::Regular);
    let painter = ui.painter();
    let name_font = font(theme::size::SECONDARY, Weight::Medium);
    let galley = painter.layout_job(one_line(name, name_font, colors.text, NAME_WIDTH - space::S));
    painter.galley(pos2(row.left(), row.center().y - galley.size().y / 2.0), galley, colors.text);
    let course_at = Rect::from_min_size(row.min + vec2(NAME_WIDTH, 0.0), vec2(COURSE_WIDTH, row.height()));
    let values = seconds.iter().map(|second| second.map(course));
    let room = seconds.len().max(LEAST_COURSE_SECONDS);
    sparkline::paint(painter, course_at.shrink2(vec2(0.0, 4.0)), values, room, colors.accent);

    let mut words = name.to_owned();
    for (number, column) in columns.iter().enumerate() {
        let figure = (column.text)(texts, &present);
        words.push_str(&format!(", {} {figure}", (column.title)(texts)));
        let color = if figure == NOTHING || figure == "0" { colors.dim } else { colors.text };
        painter.text(
            pos2(figure_right(row, number), row.center().y),
            Align2::RIGHT_CENTER,
            figure,
            text_font.clone(),
            color,
        );
    }
    ui.interact(row, ui.scope_id().with(("statistics row", name, row.top().to_bits())), Sense::hover())
        .widget_info(|| WidgetInfo::labeled(Role::Row, true, &words));
}

fn figure_right(row: Rect, number: usize) -> f32 {
    row.left() + NAME_WIDTH + COURSE_WIDTH + FIGURE_WIDTH * (number + 1) as f32
}

fn newest<'a, T>(seconds: &[&'a T]) -> &'a T {
    seconds.last().expect("rows without seconds are not shown")
}

/// What happened in all seconds together.
fn sum<T>(seconds: &[&T], of: fn(&T) -> u32) -> String {
    seconds.iter().map(|second| u64::from(of(second))).sum::<u64>().to_string()
}

fn nothing() -> String {
    NOTHING.to_owned()
}

fn whole(value: f32) -> String {
    format!("{value:.0}")
}

fn tenths(texts: Texts, value: f32) -> String {
    texts.number(f64::from(value), 1)
}

fn pixels(width: u32, height: u32) -> String {
    if width == 0 { nothing() } else { format!("{width}×{height}") }
}

fn layer_name(texts: Texts, layer: Layer) -> String {
    match layer {
        Layer::Low => texts.low(),
        Layer::Middle => texts.middle(),
        Layer::Top => texts.top(),
    }
    .to_owned()
}
