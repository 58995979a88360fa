//! The line above the people: how many are here and for how long; whether others can come; the code, which copies the link; the way
//! to the settings.

use std::time::{Duration, Instant};

use egui::{Align2, Pos2, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::shortcuts::{self, Action};
use crate::text;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, size, space};
use crate::view::Meeting;
use crate::widgets::chip;
use crate::widgets::icon::Icon;

/// How long it is said that the link was copied.
const COPIED_FOR: Duration = Duration::from_secs(2);

/// What is remembered of the line from one paint to the next.
#[derive(Clone, Copy, Debug, Default)]
pub struct TopLine {
    copied_at: Option<Instant>,
}

/// What was pressed in it.
#[derive(Clone, Copy, Debug)]
pub struct Pressed {
    pub copy_link: bool,
    pub settings: bool,
}

impl TopLine {
    /// Copies the link to the meeting, and says so for a moment.
    pub fn copy_link(&mut self, ui: &Ui, meeting: &Meeting, now: Instant) {
        ui.ctx().copy_text(meeting.link.clone());
        self.copied_at = Some(now);
        ui.ctx().request_repaint_after(COPIED_FOR);
    }

    /// Shows the line.
    pub fn show(&self, ui: &mut Ui, line: Rect, meeting: &Meeting, now: Instant) -> Pressed {
        show(ui, line, self, meeting, now)
    }
}

fn show(ui: &mut Ui, line: Rect, state: &TopLine, meeting: &Meeting, now: Instant) -> Pressed {
    let colors = theme::colors(ui);
    let (texts, common) = (text::of(ui).top_line(), text::of(ui).common());
    let elapsed = now.saturating_duration_since(meeting.joined_at);
    ui.ctx().request_repaint_after(Duration::from_millis(1000 - u64::from(elapsed.subsec_millis())));

    let middle = line.top() + 28.0;
    let people = match meeting.participants.len() {
        0 | 1 => texts.only_you().to_owned(),
        count => common.people(count),
    };
    let text = |at, text: String, font, color| ui.painter().text(at, Align2::LEFT_CENTER, text, font, color);
    let people = text(pos2(line.left(), middle), people, font(size::TEXT, Weight::SemiBold), colors.text);
    let dot =
        text(pos2(people.right() + 10.0, middle), "·".to_owned(), font(size::SECONDARY, Weight::Regular), colors.dim);
    text(pos2(dot.right() + 10.0, middle), clock(elapsed), font(size::SECONDARY, Weight::Regular), colors.dim);

    let copied = state.copied_at.is_some_and(|at| now.saturating_duration_since(at) < COPIED_FOR);
    let copy = show_copy_chip(ui, pos2(line.right(), middle), &meeting.code, copied);
    let beside = copy.rect.left_center() - vec2(space::S, 0.0);
    let info = || WidgetInfo::labeled(Role::Button, true, common.settings());
    let settings = chip::icon(ui, beside, Icon::Settings, colors.text, info);
    let settings = settings.on_hover_text(shortcuts::hint(ui, common.settings(), Action::Settings));
    if meeting.is_locked {
        show_lock(ui, settings.rect.left_center() - vec2(space::M, 0.0));
    }
    Pressed { copy_link: copy.clicked(), settings: settings.clicked() }
}

/// Says that nobody else can join, with its right end here.
fn show_lock(ui: &Ui, right_center: Pos2) {
    let (colors, texts) = (theme::colors(ui), text::of(ui).top_line());
    let painter = ui.painter();
    let face = font(size::SECONDARY, Weight::Medium);
    let words = painter.text(right_center, Align2::RIGHT_CENTER, texts.locked(), face, colors.dim);
    let icon = words.left_center() - vec2(space::XS + size::SMALL_ICON / 2.0 + 2.0, 0.0);
    Icon::Lock.paint(painter, icon, size::SMALL_ICON, colors.dim);
    let rect = words.with_min_x(icon.x - size::SMALL_ICON / 2.0);
    let response = ui.interact(rect, ui.scope_id().with("locked"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, texts.locked()));
    response.on_hover_text(texts.locked_hint());
}

/// The code with a button's behaviour, its right end at `right_center`.
fn show_copy_chip(ui: &mut Ui, right_center: Pos2, code: &str, copied: bool) -> Response {
    let colors = theme::colors(ui);
    let (hint, label) = (text::of(ui).bar().copy_link_hint(), text::of(ui).bar().copy_link());
    let layout =
        |text: &str| ui.painter().layout_no_wrap(text.to_owned(), font(size::SECONDARY, Weight::Medium), colors.text);
    let (code, done) = (layout(code), layout(text::of(ui).top_line().link_copied()));
    // As wide as the wider of the two, so that nothing moves.
    let text_width = code.size().x.max(done.size().x);
    let chip_size = vec2(size::SMALL_ICON + space::S + text_width + 2.0 * chip::PADDING, chip::HEIGHT);
    let rect = Align2::RIGHT_CENTER.anchor_size(right_center, chip_size);
    let response = chip::ground(ui, rect, || WidgetInfo::labeled(Role::Button, true, label));
    let (icon, text, color) =
        if copied { (Icon::Done, done, colors.speaking) } else { (Icon::Copy, code, colors.text) };
    icon.paint(
        ui.painter(),
        pos2(rect.left() + chip::PADDING + size::SMALL_ICON / 2.0, rect.center().y),
        size::SMALL_ICON,
        color,
    );
    let at = pos2(rect.left() + chip::PADDING + size::SMALL_ICON + space::S, rect.center().y - text.size().y / 2.0);
    ui.painter().galley_with_override_text_color(at, text, color);
    response.on_hover_text(shortcuts::hint(ui, hint, Action::CopyLink))
}

/// `24:07`, or `1:24:07` from an hour on.
fn clock(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_shows_hours_only_when_there_are_any() {
        assert_eq!(clock(Duration::from_secs(7)), "0:07");
        assert_eq!(clock(Duration::from_secs(24 * 60 + 7)), "24:07");
        assert_eq!(clock(Duration::from_secs(3600 + 5 * 60 + 9)), "1:05:09");
    }
}
