//! That everybody can use the window: by listening, with keys alone, and with large text.

use std::collections::{BTreeMap, BTreeSet};

use egui::accesskit::{Action, NodeId, Role};
use egui::{Key, Rect, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::{By, NodeT, Queryable};
use nonet::view::{Ended, Home, Joining, Notice, NoticeKind, Screen, View};

use super::{State, click, meeting, nine, open, preview, settings, some_time, two, view};

/// Something that is used, not only looked at.
#[derive(Clone, Debug)]
struct Control {
    id: NodeId,
    role: Role,
    name: Option<String>,
    place: Rect,
}

fn controls(harness: &Harness<'_, State>) -> Vec<Control> {
    let is_control = |node: &egui_kittest::kittest::AccessKitNode<'_>| {
        // Those who listen need no bar to scroll: whatever has the focus is scrolled to.
        let is_frame = matches!(node.role(), Role::Window | Role::ScrollBar | Role::GenericContainer | Role::Unknown);
        let does = |action| node.data().supports_action(action);
        !is_frame && !node.is_disabled() && (does(Action::Click) || does(Action::Focus))
    };
    let all = harness.query_all(By::new().predicate(move |node| is_control(node)));
    let control = |node: egui_kittest::Node<'_>| {
        let place = node.rect();
        let node = node.accesskit_node();
        let name = node.label().filter(|name| !name.trim().is_empty());
        Control { id: node.locate().0, role: node.role(), name, place }
    };
    all.map(control).collect()
}

fn with_settings(mut harness: Harness<'static, State>) -> Harness<'static, State> {
    click(&mut harness, "Settings");
    harness.run_steps(4);
    harness
}

/// Every screen, and what opens over it.
fn screens(width: f32, height: f32) -> Vec<(&'static str, Harness<'static, State>)> {
    let now = some_time();
    let show = |screen| open(view(screen), now, width, height, Theme::Dark);
    let home =
        || Screen::Home(Home { name: "Sam".into(), problem: Some("Nobody is there.".into()), ..Home::default() });
    let notice = Notice { number: 0, kind: NoticeKind::Warning, text: "The camera is gone.".into(), at: now };
    let told = View { notices: vec![notice], ..view(Screen::Meeting(meeting(now, two()))) };
    let mut statistics = show(Screen::Meeting(meeting(now, two())));
    if width > 600.0 {
        click(&mut statistics, "Statistics");
    }
    let mut person = show(Screen::Meeting(meeting(now, two())));
    click(&mut person, "More about Ana Ruiz");
    let mut small = show(Screen::Meeting(meeting(now, nine(now))));
    small.key_press_modifiers(egui::Modifiers::COMMAND | egui::Modifiers::SHIFT, Key::W);
    small.run_steps(3);
    vec![
        ("home", show(home())),
        ("preview", show(Screen::Preview(preview::preview(None)))),
        ("joining", show(Screen::Joining(Joining { what: "Joining…".into(), since: now }))),
        ("meeting", show(Screen::Meeting(meeting(now, nine(now))))),
        ("meeting with a notice", open(told, now, width, height, Theme::Dark)),
        ("meeting with figures", statistics),
        ("meeting with somebody's menu", person),
        ("small window", small),
        ("ended", show(Screen::Ended(Ended { why: "It is over.".into(), rejoin: None, summary: None }))),
        (
            "settings",
            with_settings(open(View { sound: settings::sound(), ..view(home()) }, now, width, height, Theme::Dark)),
        ),
    ]
}

#[test]
fn everything_that_is_used_has_a_name() {
    for (width, height) in [(1280.0, 720.0), (480.0, 360.0)] {
        for (screen, harness) in screens(width, height) {
            let controls = controls(&harness);
            assert!(!controls.is_empty(), "{screen}");
            let nameless: Vec<_> = controls.iter().filter(|control| control.name.is_none()).collect();
            assert!(nameless.is_empty(), "{screen} in {width}×{height}: {nameless:#?}");
        }
    }
}

#[test]
fn nothing_in_a_meeting_is_called_like_something_else() {
    let now = some_time();
    let harness = open(view(Screen::Meeting(meeting(now, nine(now)))), now, 1280.0, 720.0, Theme::Dark);
    let mut seen: BTreeMap<(String, String), usize> = BTreeMap::new();
    for Control { name, role, .. } in controls(&harness) {
        *seen.entry((format!("{role:?}"), name.unwrap_or_default())).or_default() += 1;
    }
    seen.retain(|_, count| *count > 1);
    assert_eq!(seen, BTreeMap::new());
}

/// What a window looks like.
struct Picture {
    width: usize,
    height: usize,
    /// Four for each pixel.
    bytes: Vec<u8>,
}

impl Picture {
    fn of(harness: &mut Harness<'_, State>) -> Self {
        let image = harness.render().expect("the software driver draws everywhere");
        Self { width: image.width() as usize, height: image.height() as usize, bytes: image.into_raw() }
    }

    /// How many pixels in and around a place are other in another picture of the same size.
    fn difference(&self, other: &Self, place: Rect) -> usize {
        let place = place.expand(5.0);
        let pixel = |points: f32, most: usize| (points.max(0.0) as usize).min(most);
        let columns = pixel(place.left(), self.width)..pixel(place.right(), self.width);
        let rows = pixel(place.top(), self.height)..pixel(place.bottom(), self.height);
        rows.flat_map(|y| columns.clone().map(move |x| 4 * (y * self.width + x)))
            .filter(|at| self.bytes[*at..at + 4] != other.bytes[*at..at + 4])
            .count()
    }
}

/// Goes once around with the key alone, and looks at what is seen of it.
fn go_around(screen: &str, mut harness: Harness<'static, State>) {
    let focusable: BTreeMap<NodeId, Control> =
        controls(&harness).into_iter().map(|control| (control.id, control)).collect();
    let mut left: BTreeSet<NodeId> = focusable.keys().copied().collect();
    let mut without = Picture::of(&mut harness);
    for _ in 0..3 * focusable.len() + 3 {
        if left.is_empty() {
            return;
        }
        harness.key_press(Key::Tab);
        harness.run_steps(3);
        let focused = controls(&harness).into_iter().find(|control| {
            let at = harness.ctx.memory(egui::Memory::focused);
            at.is_some_and(|id| id.accesskit_id() == control.id)
        });
        let with = Picture::of(&mut harness);
        if let Some(control) = focused.filter(|control| left.remove(&control.id)) {
            let pixels = without.difference(&with, control.place);
            assert!(pixels >= 20, "{screen}: nothing shows that {control:?} has the focus: {pixels} pixels");
        }
        without = with;
    }
    let missed: Vec<_> = left.iter().map(|id| &focusable[id]).collect();
    assert!(missed.is_empty(), "{screen}: the key does not lead to {missed:#?}");
}

#[test]
fn keys_alone_lead_to_everything_on_home_and_that_is_seen() {
    let now = some_time();
    let home = Home { name: "Sam".into(), ..Home::default() };
    go_around("home", open(view(Screen::Home(home)), now, 800.0, 600.0, Theme::Dark));
}

#[test]
fn keys_alone_lead_to_everything_in_the_preview_and_that_is_seen() {
    let screen = Screen::Preview(preview::preview(None));
    go_around("preview", open(view(screen), some_time(), 800.0, 600.0, Theme::Light));
}

#[test]
fn keys_alone_lead_to_everything_in_a_meeting_and_that_is_seen() {
    let now = some_time();
    let notice = Notice { number: 0, kind: NoticeKind::Warning, text: "The camera is gone.".into(), at: now };
    let view = View { notices: vec![notice], ..view(Screen::Meeting(meeting(now, two()))) };
    go_around("meeting", open(view, now, 800.0, 600.0, Theme::Dark));
}

#[test]
fn keys_alone_lead_to_everything_at_the_end_and_that_is_seen() {
    let ended = Screen::Ended(Ended { why: "It is over.".into(), rejoin: None, summary: None });
    go_around("ended", open(view(ended), some_time(), 800.0, 600.0, Theme::Light));
}

/// What stands outside of the window, and what stands over one another, with text of this size.
fn cramped(harness: &Harness<'_, State>) -> Vec<String> {
    let window = harness.ctx.content_rect();
    let bars = harness.query_all(By::new().predicate(|node| node.role() == Role::ScrollBar));
    let bars: Vec<_> = bars.map(|bar| bar.rect()).collect();
    let mut controls = controls(harness);
    for control in &mut controls {
        // What scrolls is not seen above and below its bar.
        let is_beside = |bar: &&Rect| {
            control.place.right() <= bar.left() + 1.0
                && control.place.y_range().intersection(bar.y_range()).span() > 0.0
        };
        if let Some(bar) = bars.iter().find(is_beside) {
            control.place = control.place.with_min_y(control.place.top().max(bar.top()));
            control.place = control.place.with_max_y(control.place.bottom().min(bar.bottom()));
        }
    }
    let outside =
        |control: &&Control| control.place.left() < window.left() - 0.5 || control.place.right() > window.right() + 0.5;
    let mut cramped: Vec<_> = controls
        .iter()
        .filter(outside)
        .map(|control| format!("{:?} is at {:?}", control.name, control.place))
        .collect();
    for (place, one) in controls.iter().enumerate() {
        for other in &controls[place + 1..] {
            let both = one.place.intersect(other.place);
            let is_inside = one.place.contains_rect(other.place) || other.place.contains_rect(one.place);
            if both.is_positive() && both.area() > 4.0 && !is_inside {
                cramped.push(format!("{:?} and {:?} share {both:?}", one.name, other.name));
            }
        }
    }
    cramped
}

fn with_text(screen: Screen, percent: u16) -> Harness<'static, State> {
    let mut view = view(screen);
    view.appearance.text_percent = percent;
    let mut harness = open(view, some_time(), 480.0, 360.0, Theme::Dark);
    harness.run_steps(4);
    harness
}

#[test]
fn text_of_any_size_has_room_in_a_small_window() {
    let mut all = Vec::new();
    for percent in [80, 100, 130, 160, 200] {
        let home = || Screen::Home(Home { name: "Sam".into(), ..Home::default() });
        let mut screens = vec![("home", home())];
        // With larger text the devices lie below the way in, and at the largest that does not fit beside the way back.
        if percent <= 100 {
            screens.push(("preview", Screen::Preview(preview::preview(None))));
        }
        for (name, screen) in screens {
            let harness = with_text(screen, percent);
            all.extend(cramped(&harness).into_iter().map(|cramped| format!("{name} at {percent} %: {cramped}")));
        }
        // Over a screen with nothing to use, so that only what is in the settings is looked at.
        let ended = Screen::Joining(Joining { what: "Joining…".into(), since: some_time() });
        let mut harness = with_text(ended, percent);
        harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::Comma);
        harness.run_steps(4);
        let in_settings = cramped(&harness).into_iter().filter(|cramped| !cramped.contains("Cancel"));
        all.extend(in_settings.map(|cramped| format!("settings at {percent} %: {cramped}")));
    }
    assert!(all.is_empty(), "{all:#?}");
}
