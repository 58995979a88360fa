//! What makes the meeting bad right now, and what helps, in a line above the people. Who does not want to read it again need not.

use egui::{Align2, CornerRadius, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::text;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, radius, size, space};
use crate::view::Alert;
use crate::widgets::button::focus_ring;
use crate::widgets::icon::Icon;
use crate::widgets::pressed;

/// Causes that are remembered as dismissed, at most.
const MOST_DISMISSED: usize = 16;
const PADDING: f32 = 8.0;
const CLOSE: f32 = 28.0;
const BEFORE_WORDS: f32 = size::ICON + 14.0;

/// Which alerts are not to be seen again.
#[derive(Clone, Debug, Default)]
pub struct Alerts {
    dismissed: Vec<String>,
}

impl Alerts {
    /// The alert that is to be seen.
    pub fn seen<'a>(&self, alert: Option<&'a Alert>) -> Option<&'a Alert> {
        alert.filter(|alert| !self.dismissed.contains(&alert.what))
    }

    fn dismiss(&mut self, alert: &Alert) {
        if self.dismissed.len() == MOST_DISMISSED {
            self.dismissed.remove(0);
        }
        self.dismissed.push(alert.what.clone());
    }

    /// Shows it at the top of `area`, over its whole width. Returns where it ends.
    pub fn show(&mut self, ui: &Ui, area: Rect, alert: &Alert) -> f32 {
        let colors = theme::colors(ui);
        let mut job = egui::text::LayoutJob::default();
        let format = |weight, color| egui::TextFormat::simple(font(size::SECONDARY, weight), color);
        job.append(&alert.what, 0.0, format(Weight::Medium, colors.text));
        job.append(&alert.help, 6.0, format(Weight::Regular, colors.dim));
        job.wrap.max_width = area.width() - 2.0 * PADDING - BEFORE_WORDS - CLOSE - space::XS;
        let galley = ui.painter().layout_job(job);
        let height = (galley.size().y + 2.0 * PADDING).max(CLOSE + PADDING);
        let rect = area.with_max_y(area.top() + height);

        let words = format!("{} {}", alert.what, alert.help);
        ui.interact(rect, ui.scope_id().with("alert"), Sense::CLICK)
            .widget_info(|| WidgetInfo::labeled(Role::Alert, true, &words));
        let fill = colors.surface.lerp_to_gamma(colors.warn, 0.10);
        ui.painter().rect_filled(rect, CornerRadius::same(radius::TAG), fill);
        let icon = pos2(rect.left() + PADDING + 2.0 + size::ICON / 2.0, rect.center().y);
        Icon::Warning.paint(ui.painter(), icon, size::ICON, colors.warn);
        let at = pos2(rect.left() + PADDING + BEFORE_WORDS, rect.center().y - galley.size().y / 2.0);
        ui.painter().galley(at, galley, colors.text);

        let dismiss = text::of(ui).top_line().dismiss();
        let close = Align2::RIGHT_CENTER.anchor_size(rect.right_center() - vec2(space::XS, 0.0), vec2(CLOSE, CLOSE));
        let response = ui.interact(close, ui.scope_id().with("dismiss alert"), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, dismiss));
        let ink = if pressed::is_lit(ui, &response) { colors.text } else { colors.dim };
        Icon::Close.paint(ui.painter(), close.center(), size::SMALL_ICON + 1.0, ink);
        if response.has_focus() {
            focus_ring(ui, close.shrink(2.0), radius::TAG);
        }
        if response.on_hover_text(dismiss).clicked() {
            self.dismiss(alert);
        }
        rect.bottom()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_dismissed_is_not_seen_again_but_another_cause_is() {
        let alert = |what: &str| Alert { what: what.into(), help: "Close other programs.".into() };
        let (busy, slow) = (alert("This computer is busy."), alert("Your uplink is slow."));
        let mut alerts = Alerts::default();
        assert_eq!(alerts.seen(Some(&busy)), Some(&busy));
        alerts.dismiss(&busy);
        assert_eq!((alerts.seen(Some(&busy)), alerts.seen(Some(&slow)), alerts.seen(None)), (None, Some(&slow), None));
        for cause in 0..100 {
            alerts.dismiss(&alert(&cause.to_string()));
        }
        assert_eq!(alerts.dismissed.len(), MOST_DISMISSED);
    }
}
