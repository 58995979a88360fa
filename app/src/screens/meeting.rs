//! The meeting: people, as large as the window allows, and the few controls they need.

use std::time::{Duration, Instant};

use egui::{Align2, Key, KeyboardShortcut, Modifiers, Rect, Response, Role, Ui, WidgetInfo, pos2, vec2};

use crate::command::{Command, ShownTile};
use crate::gpu::tile::paint_callback;
use crate::pictures::Pictures;
use crate::screens::settings;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, size, space};
use crate::view::Meeting;
use crate::widgets::glide::Glide;
use crate::widgets::icon::Icon;
use crate::widgets::{chip, grid, tile, toolbar};
use bar_visibility::BarVisibility;
use push_to_talk::PushToTalk;

mod bar_visibility;
mod person_menu;
mod push_to_talk;
mod statistics;

/// Height of the line with time and code.
pub const TOP_LINE: f32 = 52.0;
/// Windows smaller than this have no top line, and the bar lies over the tiles.
const ROOMY: egui::Vec2 = vec2(560.0, 480.0);
/// From the bar to the edge of the window.
const BELOW_BAR: f32 = 14.0;
const BETWEEN_TILES_AND_BAR: f32 = 10.0;
/// How long it is said that the link was copied.
const COPIED_FOR: Duration = Duration::from_secs(2);
/// Shows and hides the figures of the last minutes.
const STATISTICS_KEYS: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::S);

/// What the screen remembers from one paint to the next.
#[derive(Debug, Default)]
pub struct State {
    pictures: Pictures,
    glide: Glide,
    /// How large the others are shown, once tiles have come to rest.
    pub(crate) shown: Vec<ShownTile>,
    copied_at: Option<Instant>,
    shows_statistics: bool,
    push_to_talk: PushToTalk,
    bar: BarVisibility,
}

/// What of the screen is the window's business.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    /// Where notices may begin.
    pub notices_from: f32,
    /// Whether the settings were asked for.
    pub settings: bool,
}

/// Shows the screen.
pub fn show(ui: &mut Ui, state: &mut State, meeting: &Meeting, now: Instant, commands: &mut Vec<Command>) -> Shown {
    let window = ui.max_rect();
    let roomy = window.width() >= ROOMY.x && window.height() >= ROOMY.y;
    let bar_bottom = window.bottom() - if roomy { BELOW_BAR } else { space::S };
    let bar = Rect::from_min_max(pos2(window.left(), bar_bottom - toolbar::HEIGHT), pos2(window.right(), bar_bottom));
    let people = if roomy {
        let top_left = window.left_top() + vec2(space::L, TOP_LINE);
        Rect::from_min_max(top_left, pos2(window.right() - space::L, bar.top() - BETWEEN_TILES_AND_BAR))
    } else {
        window.shrink(space::S)
    };

    let (mut copy_link, mut settings) = (false, false);
    let mut switch_statistics = ui.input_mut(|input| input.consume_shortcut(&STATISTICS_KEYS));
    if roomy {
        let line = window.with_max_y(window.top() + TOP_LINE).shrink2(vec2(space::L, 0.0));
        let pressed = show_top_line(ui, line, state, meeting, now);
        copy_link |= pressed.copy_link;
        settings |= pressed.settings;
        switch_statistics |= pressed.statistics;
    }
    state.shows_statistics ^= switch_statistics;
    show_people(ui, people, state, meeting, !roomy, now, commands);
    if state.shows_statistics {
        statistics::show(ui, people, &meeting.statistics);
    }
    commands.extend(state.push_to_talk.show(ui, &meeting.microphone));
    let is_seen = state.bar.show(ui, bar, now);
    let seen = ui.ctx().animate_bool(ui.scope_id().with("bar"), is_seen);
    let pressed = ui.scope(|ui| {
        ui.multiply_opacity(seen);
        toolbar::show(ui, bar, &meeting.microphone, &meeting.camera, !roomy, commands)
    });
    let pressed = pressed.inner;
    copy_link |= pressed.copy_link;
    settings |= pressed.settings;
    if copy_link {
        ui.ctx().copy_text(meeting.link.clone());
        state.copied_at = Some(now);
        ui.ctx().request_repaint_after(COPIED_FOR);
    }
    let notices_from = if roomy { people.top() + space::XS } else { people.top() };
    Shown { notices_from, settings }
}

fn show_people(
    ui: &mut Ui,
    area: Rect,
    state: &mut State,
    meeting: &Meeting,
    tags_at_top: bool,
    now: Instant,
    commands: &mut Vec<Command>,
) {
    let participants = &meeting.participants;
    let targets = grid::layout(participants.len(), area, space::TILES);
    let targets: Vec<_> = participants.iter().map(|participant| participant.id).zip(targets).collect();
    let rects = state.glide.place(area, &targets, theme::is_still(ui), now);
    if state.glide.is_moving() {
        ui.ctx().request_repaint_after(theme::ANIMATION_STEP);
    }
    // Without room for tiles nobody is shown.
    let participants = &participants[..rects.len()];
    let pixels = |points: f32| (points * ui.ctx().pixels_per_point()).round() as u32;
    let others = participants.iter().zip(&targets).filter(|(participant, _)| !participant.is_self);
    state.shown = others
        .map(|(_, (id, rect))| ShownTile {
            participant: *id,
            width: pixels(rect.width()),
            height: pixels(rect.height()),
        })
        .collect();
    state.pictures.update(participants);
    let shown: Vec<_> = participants
        .iter()
        .zip(rects)
        .map(|(participant, rect)| (participant, rect, state.pictures.of(participant)))
        .collect();
    let surfaces =
        shown.iter().map(|(participant, rect, picture)| tile::surface(ui, *rect, participant, picture.clone()));
    ui.painter().add(paint_callback(area.expand(space::RING + 1.0), surfaces.collect()));
    for (participant, rect, picture) in &shown {
        tile::overlay(ui, *rect, participant, picture.as_ref(), tags_at_top, now);
        commands.extend(person_menu::show(ui, *rect, participant));
    }
}

/// What was pressed in the top line.
struct Pressed {
    copy_link: bool,
    statistics: bool,
    settings: bool,
}

/// Who is here and for how long; the code, which copies the link; what shows the figures.
fn show_top_line(ui: &mut Ui, line: Rect, state: &State, meeting: &Meeting, now: Instant) -> Pressed {
    let colors = theme::colors(ui);
    let elapsed = now.saturating_duration_since(meeting.joined_at);
    ui.ctx().request_repaint_after(Duration::from_millis(1000 - u64::from(elapsed.subsec_millis())));

    let middle = line.top() + 28.0;
    let people = match meeting.participants.len() {
        0 | 1 => "Only you so far".to_owned(),
        count => format!("{count} people"),
    };
    let text = |at, text: String, font, color| ui.painter().text(at, Align2::LEFT_CENTER, text, font, color);
    let people = text(pos2(line.left(), middle), people, font(size::TEXT, Weight::SemiBold), colors.text);
    let dot =
        text(pos2(people.right() + 10.0, middle), "·".to_owned(), font(size::SECONDARY, Weight::Regular), colors.dim);
    text(pos2(dot.right() + 10.0, middle), clock(elapsed), font(size::SECONDARY, Weight::Regular), colors.dim);

    let copied = state.copied_at.is_some_and(|at| now.saturating_duration_since(at) < COPIED_FOR);
    let copy = show_copy_chip(ui, pos2(line.right(), middle), &meeting.code, copied);
    let statistics = show_statistics_chip(ui, copy.rect.left_center() - vec2(space::S, 0.0), state.shows_statistics);
    let beside = statistics.rect.left_center() - vec2(space::S, 0.0);
    let settings =
        chip::icon(ui, beside, Icon::Settings, colors.text, || WidgetInfo::labeled(Role::Button, true, "Settings"));
    let settings = settings.on_hover_text(format!("Settings ({})", ui.ctx().format_shortcut(&settings::KEYS)));
    Pressed { copy_link: copy.clicked(), statistics: statistics.clicked(), settings: settings.clicked() }
}

/// A button whose right end is at `right_center`.
fn show_statistics_chip(ui: &Ui, right_center: egui::Pos2, on: bool) -> Response {
    let colors = theme::colors(ui);
    let color = if on { colors.accent } else { colors.text };
    let info = || WidgetInfo::selected(Role::Button, true, on, "Statistics");
    let response = chip::icon(ui, right_center, Icon::Statistics, color, info);
    let hint = format!("Statistics ({})", ui.ctx().format_shortcut(&STATISTICS_KEYS));
    response.on_hover_text(hint)
}

/// The code with a button's behaviour, its right end at `right_center`.
fn show_copy_chip(ui: &mut Ui, right_center: egui::Pos2, code: &str, copied: bool) -> Response {
    let colors = theme::colors(ui);
    let layout =
        |text: &str| ui.painter().layout_no_wrap(text.to_owned(), font(size::SECONDARY, Weight::Medium), colors.text);
    let (code, done) = (layout(code), layout("Link copied"));
    // As wide as the wider of the two, so that nothing moves.
    let text_width = code.size().x.max(done.size().x);
    let chip_size = vec2(size::SMALL_ICON + space::S + text_width + 2.0 * chip::PADDING, chip::HEIGHT);
    let rect = Align2::RIGHT_CENTER.anchor_size(right_center, chip_size);
    let response = chip::ground(ui, rect, || WidgetInfo::labeled(Role::Button, true, "Copy link"));
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
    response.on_hover_text("Copy the link to this meeting")
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
