//! The figures of the last minutes over the meeting, for whoever wants to know why it looks as it does: as plots, as a map of who
//! receives whom how well, and all of them in tables.
//!
//! A function of the view's history: what a figure means and how it is gathered is [`crate::statistics`]'s business.

use std::time::{Duration, Instant};

use egui::{
    Align2, CornerRadius, Layout, Rect, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, UiBuilder, Vec2, WidgetInfo,
    vec2,
};

use crate::frame_times;
use crate::gpu;
use crate::report::bug_text;
use crate::statistics::INTERVAL;
use crate::text;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, radius, size, space};
use crate::view::Meeting;
use crate::widgets::chip;
use crate::widgets::icon::Icon;
use plots::Chosen;

mod map;
mod plots;
mod segments;
mod table;

const PADDING: f32 = space::L;
/// Between border and figures where there is little room.
const NARROW_PADDING: f32 = space::M;
/// Panels narrower than this have no title.
const WITH_TITLE: f32 = 560.0;
/// How wide the plots are at most: two beside each other that can still be read at a glance.
const PLOTS_WIDTH: f32 = 720.0;
/// How high the panel is while there is nothing to plot.
const EMPTY_HEIGHT: f32 = 96.0;
/// How long it is said that the figures were copied.
const COPIED_FOR: Duration = Duration::from_secs(2);

/// What is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Tab {
    #[default]
    OverTime,
    Map,
    AllFigures,
}

const TABS: [Tab; 3] = [Tab::OverTime, Tab::Map, Tab::AllFigures];

/// What is remembered from one paint to the next.
#[derive(Debug, Default)]
pub struct Panel {
    tab: Tab,
    chosen: Chosen,
    copied_at: Option<Instant>,
}

impl Panel {
    /// Shows the figures in `area`, or as much of it as they need, at its top right. Whether they are to be closed.
    pub fn show(&mut self, ui: &mut Ui, area: Rect, meeting: &Meeting, now: Instant) -> bool {
        ui.ctx().request_repaint_after(INTERVAL);
        let texts = text::of(ui).statistics();
        let is_narrow = area.width() < WITH_TITLE;
        let padding = Vec2::splat(if is_narrow { NARROW_PADDING } else { PADDING });
        let header = vec2(0.0, chip::HEIGHT + space::S);
        let is_empty =
            meeting.statistics.last().is_none_or(|last| last.remotes.is_empty()) && self.tab == Tab::OverTime;
        let content = match self.tab {
            Tab::OverTime if is_empty => vec2(PLOTS_WIDTH, EMPTY_HEIGHT),
            Tab::OverTime => vec2(PLOTS_WIDTH, f32::INFINITY),
            Tab::Map => map::size(meeting).max(vec2(PLOTS_WIDTH, 0.0)),
            Tab::AllFigures => table::size(&meeting.statistics, frame_times::of(ui)),
        };
        let panel_size = (content + header + 2.0 * padding).min(area.size());
        let panel = Align2::RIGHT_TOP.anchor_size(area.right_top(), panel_size);
        ui.interact(panel, ui.scope_id().with("statistics"), Sense::hover())
            .widget_info(|| WidgetInfo::labeled(Role::Group, true, texts.title()));
        let colors = theme::colors(ui);
        let rounding = CornerRadius::same(radius::TOAST);
        ui.painter().rect(panel, rounding, colors.surface, Stroke::new(1.0, colors.line), StrokeKind::Inside);

        let inside = panel.shrink2(padding);
        let (line, below) = inside.split_top_bottom_at_y(inside.top() + chip::HEIGHT);
        let is_closed = self.show_header(ui, line, is_narrow, meeting, now);
        let below = below.with_min_y(below.top() + space::S);
        ui.scope_builder(UiBuilder::new().max_rect(below).layout(Layout::top_down(egui::Align::Min)), |ui| {
            if is_empty {
                let text_font = font(size::SECONDARY, Weight::Regular);
                ui.painter().text(below.center(), Align2::CENTER_CENTER, texts.nobody(), text_font, colors.dim);
                return;
            }
            match self.tab {
                Tab::OverTime => plots::show(ui, &mut self.chosen, meeting),
                Tab::Map => drop(ScrollArea::both().auto_shrink(false).show(ui, |ui| map::show(ui, meeting))),
                Tab::AllFigures => {
                    ScrollArea::both()
                        .auto_shrink(false)
                        .show(ui, |ui| table::show(ui, &meeting.statistics, frame_times::of(ui)));
                }
            }
        });
        is_closed
    }

    /// Title, what is shown, and what copies and closes. Whether it is to be closed.
    fn show_header(&mut self, ui: &mut Ui, line: Rect, is_narrow: bool, meeting: &Meeting, now: Instant) -> bool {
        let texts = text::of(ui).statistics();
        let colors = theme::colors(ui);
        let mut left = line.left_center();
        if !is_narrow {
            let title_font = font(size::TITLE, Weight::SemiBold);
            let title = ui.painter().text(left, Align2::LEFT_CENTER, texts.title(), title_font, colors.text);
            left.x = title.right() + space::L;
        }
        let names = TABS.map(|tab| match tab {
            Tab::OverTime => texts.over_time(),
            Tab::Map => texts.map(),
            Tab::AllFigures => texts.all_figures(),
        });
        let chosen = TABS.iter().position(|tab| *tab == self.tab).unwrap_or_default();
        if let Some(chosen) = segments::show(ui, left, &names, chosen) {
            self.tab = TABS[chosen];
        }

        let close = chip::icon(ui, line.right_center(), Icon::Close, colors.text, || {
            WidgetInfo::labeled(Role::Button, true, texts.close())
        });
        let is_copied = self.copied_at.is_some_and(|at| now.saturating_duration_since(at) < COPIED_FOR);
        let (icon, color) = if is_copied { (Icon::Done, colors.speaking) } else { (Icon::Copy, colors.text) };
        let beside = close.rect.left_center() - vec2(space::S, 0.0);
        let copy = chip::icon(ui, beside, icon, color, || WidgetInfo::labeled(Role::Button, true, texts.copy()));
        if copy.clicked() {
            ui.ctx().copy_text(bug_text::text(meeting, gpu::adapter(ui.ctx()).as_deref(), now));
            self.copied_at = Some(now);
            ui.ctx().request_repaint_after(COPIED_FOR);
        }
        copy.on_hover_text(if is_copied { text::of(ui).common().copied() } else { texts.copy_hint() });
        close.on_hover_text(texts.close()).clicked()
    }
}
