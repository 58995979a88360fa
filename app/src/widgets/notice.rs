//! Sentences that come and go at the top of the window, and one that stands there for as long as something is so.
//!
//! Each goes by itself, or when somebody has seen enough of it; none goes while somebody points at them. Who listens rather than looks is
//! told when they are done listening, and of warnings at once.

use std::time::Instant;

use egui::accesskit::Live;
use egui::text::LayoutJob;
use egui::{
    Align2, Color32, CornerRadius, Id, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use self::happenings::{Happening, Happenings, What};
use super::button::focus_ring;
use super::icon::Icon;
use super::pressed;
use crate::text;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, radius, size, space};
use crate::view::{Meeting, Notice, NoticeKind};

mod happenings;

/// How many are seen at once; the newest ones. More would stand before faces.
const MOST: usize = 3;
const WIDTH: f32 = 420.0;
const ROWS: usize = 2;
/// Width and height of what dismisses one.
const DISMISS: f32 = 24.0;

/// What stands for as long as it is so.
#[derive(Clone, Debug)]
pub struct Standing {
    pub icon: Icon,
    pub text: String,
    /// What is said of it once, where `text` counts seconds.
    pub said: String,
}

/// What was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    pub open_chat: bool,
}

/// What is remembered from one paint to the next.
#[derive(Debug, Default)]
pub struct Notices {
    happenings: Happenings,
}

impl Notices {
    /// Looks at what is new; see [`Happenings::look`].
    pub fn look(&mut self, meeting: Option<&Meeting>, is_chat_seen: bool, notices: &[Notice], now: Instant) {
        self.happenings.look(meeting, is_chat_seen, notices, now);
    }

    /// Shows them one below the other, centred, from `top` on.
    pub fn show(&mut self, ui: &mut Ui, top: f32, standing: Option<Standing>, now: Instant) -> Asked {
        let mut asked = Asked::default();
        let (mut y, mut dismissed, mut is_held) = (top, None, false);
        if let Some(standing) = standing {
            let warn = theme::colors(ui).warn;
            let toast = Toast {
                icon: standing.icon,
                color: warn,
                text: &standing.text,
                said: &standing.said,
                live: Live::Polite,
            };
            y = toast.show(ui, ui.scope_id().with("standing"), y, Does::Nothing).bottom + space::S;
        }
        let list = self.happenings.list();
        for happening in &list[list.len().saturating_sub(MOST)..] {
            let shown = show(ui, happening, y);
            y = shown.bottom + space::S;
            is_held |= shown.is_pointed_at;
            asked.open_chat |= shown.is_opened;
            if shown.is_dismissed || shown.is_opened {
                dismissed = Some(happening.number);
            }
        }
        if is_held {
            self.happenings.hold(now);
        }
        if let Some(number) = dismissed {
            self.happenings.dismiss(number);
            ui.ctx().request_repaint();
        }
        if let Some(end) = self.happenings.next_end() {
            ui.ctx().request_repaint_after(end.saturating_duration_since(now));
        }
        asked
    }
}

fn show(ui: &mut Ui, happening: &Happening, top: f32) -> Shown {
    let (colors, texts) = (theme::colors(ui), text::of(ui).notices());
    let plain = (colors.accent, Live::Polite, Does::Dismiss);
    let (icon, text, (color, live, does)) = match &happening.what {
        What::Said { kind: NoticeKind::Information, text } => (Icon::Information, text.clone(), plain),
        What::Said { kind: NoticeKind::Warning, text } => {
            (Icon::Warning, text.clone(), (colors.warn, Live::Assertive, Does::Dismiss))
        }
        What::Joined(names) => (Icon::People, texts.joined(&texts.people(names), names.len()), plain),
        What::Left(names) => (Icon::People, texts.left(&texts.people(names), names.len()), plain),
        What::RaisedHands(names) => {
            let text = texts.hand(&texts.people(names), names.len());
            (Icon::Hand, text, (colors.warn, Live::Polite, Does::Dismiss))
        }
        What::Wrote { count, who, text } => {
            // Of what is said in lines, toasts have no room for more than one.
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let text = if *count > 1 { texts.wrote_more(*count, who, &text) } else { texts.wrote(who, &text) };
            (Icon::Chat, text, (colors.accent, Live::Polite, Does::OpenChat))
        }
    };
    let id = ui.scope_id().with(("notice", happening.number));
    Toast { icon, color, text: &text, said: &text, live }.show(ui, id, top, does)
}

/// What a click does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Does {
    Nothing,
    Dismiss,
    OpenChat,
}

/// A sentence with an icon.
#[derive(Clone, Copy, Debug)]
struct Toast<'a> {
    icon: Icon,
    color: Color32,
    text: &'a str,
    said: &'a str,
    live: Live,
}

/// What became of one.
#[derive(Clone, Copy, Debug)]
struct Shown {
    bottom: f32,
    is_pointed_at: bool,
    is_dismissed: bool,
    is_opened: bool,
}

impl Toast<'_> {
    fn show(&self, ui: &mut Ui, id: Id, top: f32, does: Does) -> Shown {
        let (colors, texts) = (theme::colors(ui), text::of(ui).notices());
        let window = ui.max_rect();
        let padding = vec2(14.0, 12.0);
        let before_text = size::ICON + 10.0;
        let after_text = if does == Does::Nothing { 0.0 } else { space::S + DISMISS };
        let around = 2.0 * (space::M + padding.x) + before_text + after_text;
        let mut job = LayoutJob::simple(
            self.text.to_owned(),
            font(size::TEXT, Weight::Medium),
            colors.text,
            (window.width() - around).clamp(0.0, WIDTH),
        );
        job.wrap.max_rows = ROWS;
        let text = ui.painter().layout_job(job);
        let content = vec2(before_text + text.size().x + after_text, text.size().y.max(size::ICON));
        let rect = Align2::CENTER_TOP.anchor_size(pos2(window.center().x, top), content + 2.0 * padding);

        let whole = ui.interact(rect, id, if does == Does::OpenChat { Sense::click() } else { Sense::hover() });
        let role = match (does, self.live) {
            (Does::OpenChat, _) => Role::Button,
            (_, Live::Assertive) => Role::Alert,
            _ => Role::Status,
        };
        let said = if does == Does::OpenChat { texts.open_chat(self.said) } else { self.said.to_owned() };
        whole.widget_info(|| WidgetInfo::labeled(role, true, &said));
        ui.ctx().accesskit_node_builder(whole.id, |node| node.set_live(self.live));

        let painter = ui.painter();
        let rounding = CornerRadius::same(radius::TOAST);
        let shadow = egui::Shadow { offset: [0, 6], blur: 24, spread: 0, color: Color32::from_black_alpha(70) };
        painter.add(shadow.as_shape(rect, rounding));
        let hover = if does == Does::OpenChat && whole.hovered() { 0.06 } else { 0.0 };
        let fill = colors.surface.lerp_to_gamma(colors.text, hover);
        painter.rect(rect, rounding, fill, Stroke::new(1.0, colors.line), StrokeKind::Inside);
        let inner = Rect::from_min_size(rect.min + padding, content);
        self.icon.paint(painter, pos2(inner.left() + size::ICON / 2.0, inner.center().y), size::ICON, self.color);
        let at = pos2(inner.left() + before_text, inner.center().y - text.size().y / 2.0);
        painter.galley(at, text, colors.text);
        if whole.has_focus() {
            focus_ring(ui, rect, radius::TOAST);
        }
        let dismiss = (does != Does::Nothing).then(|| {
            let place = Align2::RIGHT_CENTER.anchor_size(inner.right_center(), vec2(DISMISS, DISMISS));
            show_dismiss(ui, place, id, &texts.dismiss(self.said))
        });
        let is_dismissed = dismiss.as_ref().is_some_and(Response::clicked);
        Shown {
            bottom: rect.bottom(),
            is_pointed_at: whole.contains_pointer() || whole.has_focus() || dismiss.is_some_and(|it| it.has_focus()),
            is_dismissed,
            is_opened: does == Does::OpenChat && whole.clicked() && !is_dismissed,
        }
    }
}

fn show_dismiss(ui: &Ui, place: Rect, toast: Id, label: &str) -> Response {
    let colors = theme::colors(ui);
    let response = ui.interact(place, toast.with("dismiss"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, label));
    let color = if pressed::is_lit(ui, &response) { colors.text } else { colors.dim };
    Icon::Close.paint(ui.painter(), place.center(), size::SMALL_ICON, color);
    if response.has_focus() {
        focus_ring(ui, place, radius::TAG);
    }
    response
}
