//! Sentences that come and go at the top of the window.

use std::time::{Duration, Instant};

use egui::{Align2, Color32, CornerRadius, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::icon::Icon;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, radius, size, space};
use crate::view::{Notice, NoticeKind};

/// How long a notice is seen.
const SHOWN_FOR: Duration = Duration::from_secs(5);

/// How many are seen at once; the newest ones.
const MOST: usize = 3;

/// A sentence with an icon.
#[derive(Clone, Copy, Debug)]
pub struct Toast<'a> {
    pub icon: Icon,
    pub color: Color32,
    pub text: &'a str,
}

/// The notices that are seen now, oldest first, and when the first of them goes.
pub fn current(notices: &[Notice], now: Instant) -> (Vec<&Notice>, Option<Duration>) {
    let left = |notice: &Notice| {
        SHOWN_FOR.checked_sub(now.saturating_duration_since(notice.at)).filter(|left| !left.is_zero())
    };
    let mut shown: Vec<_> = notices.iter().rev().filter(|notice| left(notice).is_some()).take(MOST).collect();
    shown.reverse();
    let next = shown.iter().filter_map(|notice| left(notice)).min();
    (shown, next)
}

/// Shows toasts one below the other, centred, from `top` on.
pub fn show(ui: &mut Ui, top: f32, standing: Option<Toast<'_>>, notices: &[Notice], now: Instant) {
    let colors = theme::colors(ui);
    let (shown, next) = current(notices, now);
    if let Some(next) = next {
        ui.ctx().request_repaint_after(next);
    }
    let toasts = shown.into_iter().map(|notice| {
        let (icon, color) = match notice.kind {
            NoticeKind::Information => (Icon::Information, colors.accent),
            NoticeKind::Warning => (Icon::Warning, colors.warn),
        };
        (("notice", notice.number), Toast { icon, color, text: &notice.text })
    });
    let mut y = top;
    for (id, toast) in standing.map(|toast| (("standing", 0), toast)).into_iter().chain(toasts) {
        y = toast.show(ui, id, y) + space::S;
    }
}

impl Toast<'_> {
    /// Returns where it ends.
    fn show(&self, ui: &mut Ui, id: (&str, u64), top: f32) -> f32 {
        let colors = theme::colors(ui);
        let window = ui.max_rect();
        let padding = vec2(14.0, 12.0);
        let before_text = size::ICON + 10.0;
        let room = (window.width() - 2.0 * (space::M + padding.x) - before_text).clamp(0.0, 480.0);
        let text = ui.painter().layout(self.text.to_owned(), font(size::TEXT, Weight::Medium), colors.text, room);
        let content = vec2(before_text + text.size().x, text.size().y.max(size::ICON));
        let size = content + 2.0 * padding;
        let rect = Align2::CENTER_TOP.anchor_size(pos2(window.center().x, top), size);

        ui.interact(rect, ui.scope_id().with(id), Sense::hover())
            .widget_info(|| WidgetInfo::labeled(Role::Alert, true, self.text));
        let painter = ui.painter();
        let rounding = CornerRadius::same(radius::TOAST);
        let shadow = egui::Shadow { offset: [0, 6], blur: 24, spread: 0, color: Color32::from_black_alpha(70) };
        painter.add(shadow.as_shape(rect, rounding));
        painter.rect(rect, rounding, colors.surface, Stroke::new(1.0, colors.line), StrokeKind::Inside);
        let inner = Rect::from_min_size(rect.min + padding, content);
        self.icon.paint(painter, pos2(inner.left() + size::ICON / 2.0, inner.center().y), size::ICON, self.color);
        let at = pos2(inner.left() + before_text, inner.center().y - text.size().y / 2.0);
        painter.galley(at, text, colors.text);
        rect.bottom()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notices(ages_ms: &[u64], now: Instant) -> Vec<Notice> {
        let notice = |(number, age): (u64, &u64)| Notice {
            number,
            kind: NoticeKind::Information,
            text: format!("{age}"),
            at: now - Duration::from_millis(*age),
        };
        (0..).zip(ages_ms).map(notice).collect()
    }

    #[test]
    fn a_notice_is_seen_for_some_seconds() {
        let now = Instant::now() + Duration::from_secs(60);
        let notices = notices(&[5000, 4999, 0], now);
        let (shown, next) = current(&notices, now);
        assert_eq!(shown.iter().map(|notice| notice.number).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(next, Some(Duration::from_millis(1)));
    }

    #[test]
    fn of_many_notices_the_newest_are_seen() {
        let now = Instant::now() + Duration::from_secs(60);
        let notices = notices(&[400, 300, 200, 100], now);
        let (shown, _) = current(&notices, now);
        assert_eq!(shown.iter().map(|notice| notice.number).collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn without_notices_there_is_nothing_to_wait_for() {
        assert_eq!(current(&[], Instant::now()).1, None);
    }
}
