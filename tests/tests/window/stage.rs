//! People in a meeting: how they are arranged, what their tiles say, and what can be done about them.

use super::*;
use egui::accesskit::Role;
use egui::{Modifiers, Pos2, Rect};
use nonet::settings::ThemeChoice;
use nonet::shortcuts::Action;
use nonet::text::Language;
use nonet::view::{Quality, QualityGrade, Reaction, ReactionKind};

fn in_meeting(participants: Vec<Participant>, now: Instant, width: f32, height: f32) -> Harness<'static, State> {
    open(view(Screen::Meeting(meeting(now, participants))), now, width, height, Theme::Dark)
}

/// As [`in_meeting`], as a host, in bright colours and German.
fn german_host(participants: Vec<Participant>, now: Instant, width: f32, height: f32) -> Harness<'static, State> {
    let meeting = Meeting { is_host: true, ..meeting(now, participants) };
    let appearance = AppearanceSettings {
        language: LanguageChoice::German,
        theme: ThemeChoice::Light,
        ..AppearanceSettings::default()
    };
    open(View { appearance, ..view(Screen::Meeting(meeting)) }, now, width, height, Theme::Light)
}

fn shown_meeting<'a>(harness: &'a mut Harness<'_, State>) -> &'a mut Meeting {
    match &mut harness.state_mut().view.screen {
        Screen::Meeting(meeting) => meeting,
        _ => unreachable!("a meeting is shown"),
    }
}

/// Lets what glides or fades come to rest.
fn rest(harness: &mut Harness<'_, State>) {
    harness.run_steps(2);
    harness.state_mut().now += Duration::from_millis(300);
    harness.run_steps(3);
}

fn place(harness: &Harness<'_, State>, label: &str) -> Rect {
    harness.get_by_role_and_label(Role::Image, label).rect()
}

fn shown(harness: &Harness<'_, State>) -> Vec<(u32, u32, u32)> {
    harness.state().window.shown().iter().map(|tile| (tile.participant, tile.width, tile.height)).collect()
}

fn press(harness: &mut Harness<'_, State>, key: Key) {
    harness.key_press(key);
    harness.run_steps(3);
}

fn switch_layout(harness: &mut Harness<'_, State>) {
    harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::L);
    rest(harness);
}

fn hide_self(harness: &mut Harness<'_, State>) {
    let keys = Action::HideSelf.usual_keys();
    harness.key_press_modifiers(keys.modifiers, keys.logical_key);
    rest(harness);
}

fn pointer_button(harness: &mut Harness<'_, State>, at: Pos2, button: egui::PointerButton, pressed: bool) {
    harness.event(egui::Event::PointerButton { pos: at, button, pressed, modifiers: Modifiers::NONE });
}

fn click_at(harness: &mut Harness<'_, State>, at: Pos2, button: egui::PointerButton) {
    harness.hover_at(at);
    for pressed in [true, false] {
        pointer_button(harness, at, button, pressed);
        harness.step();
    }
}

fn double_click_at(harness: &mut Harness<'_, State>, at: Pos2) {
    // Each event is a quarter of a second in a harness.
    harness.ctx.options_mut(|options| options.input_options.max_double_click_delay = 2.0);
    click_at(harness, at, egui::PointerButton::Primary);
    click_at(harness, at, egui::PointerButton::Primary);
    rest(harness);
}

/// Nine people of whom some have something to be told.
pub fn lively(now: Instant) -> Vec<Participant> {
    let mut people = nine(now);
    people[1].name = "Jonas Wetterstrand-Brandt von der Heide zu Lichtenberg".into();
    people[3].hand = Some(2);
    people[5].hand = Some(1);
    let why = Some("Oskar's uplink is losing packets.".to_owned());
    people[6].quality = Some(Quality { grade: QualityGrade::Poor, why });
    people[4].quality = Some(Quality { grade: QualityGrade::Fair, why: None });
    people[2].quality = Some(Quality { grade: QualityGrade::Good, why: None });
    people
}

pub fn reactions(now: Instant) -> Vec<Reaction> {
    let who = [2, 2, 4, 5, 6, 8];
    let reaction = |(number, kind): (u64, ReactionKind)| Reaction {
        number,
        participant: who[number as usize],
        kind,
        at: now - Duration::from_millis(900),
    };
    (0..).zip(ReactionKind::ALL).map(reaction).collect()
}

// What it looks like.

#[test]
fn two_people_are_one_large_and_oneself_in_the_corner() {
    let now = some_time();
    let mut harness = in_meeting(two(), now, 1280.0, 720.0);
    let (ana, own) = (place(&harness, "Ana Ruiz, host, speaking"), place(&harness, "You"));
    assert!(ana.contains_rect(own) && own.width() < 0.25 * ana.width());
    assert_eq!(shown(&harness), [(1, 1248, 582)]);
    harness.snapshot("stage-two");
}

#[test]
fn tiles_tell_of_hands_reactions_and_connections() {
    let now = some_time();
    let meeting = Meeting { reactions: reactions(now), ..meeting(now, lively(now)) };
    let mut harness = open(view(Screen::Meeting(meeting)), now, 1280.0, 720.0, Theme::Dark);
    for words in [
        "Fatima, hand raised, number 1, laughing",
        "Priya S., microphone off, camera off, hand raised, number 2",
        "Oskar, microphone off, surprised, connection bad: Oskar's uplink is losing packets.",
        "Tom, heart, connection not good",
        "Mei Lin, microphone off",
    ] {
        let found =
            harness.query_all_by_role(Role::Image).filter_map(|node| node.accesskit_node().label()).collect::<Vec<_>>();
        assert!(found.iter().any(|label| label == words), "{words:?} is not among {found:?}");
    }
    harness.snapshot("stage-lively");
}

#[test]
fn all_reactions_can_be_told_apart() {
    let now = some_time();
    let names = ["Thumbs up", "Clapping", "Heart", "Laughing", "Surprised", "Celebrating"];
    let people: Vec<_> = (0..6).map(|number| pictured(number, names[number as usize])).collect();
    let reaction = |(number, kind): (u64, ReactionKind)| {
        let at = now - Duration::from_millis(1000);
        Reaction { number: 5 * number, participant: number as u32 + 1, kind, at }
    };
    let reactions = (0..).zip(ReactionKind::ALL).map(reaction).collect();
    let meeting = Meeting { reactions, ..meeting(now, people) };
    open(view(Screen::Meeting(meeting)), now, 1280.0, 720.0, Theme::Dark).snapshot("stage-reactions");
}

#[test]
fn who_speaks_is_large_with_the_others_at_the_side() {
    let now = some_time();
    let mut harness = in_meeting(lively(now), now, 1280.0, 720.0);
    switch_layout(&mut harness);
    harness.snapshot("stage-speaker");
    let sizes = shown(&harness);
    assert_eq!(sizes.len(), 8, "everybody else is shown");
    assert!(sizes[0].0 == 1 && sizes[1..].iter().all(|(_, width, _)| *width < sizes[0].1 / 4), "{sizes:?}");
}

#[test]
fn in_a_small_window_who_finds_no_room_is_counted_and_the_count_shows_all() {
    let now = some_time();
    let mut harness = in_meeting(lively(now), now, 480.0, 360.0);
    switch_layout(&mut harness);
    harness.snapshot("stage-speaker-480x360");
    assert_eq!(shown(&harness).len(), 4, "of who is not shown nothing is sent");
    click(&mut harness, "5 more people, show everyone");
    rest(&mut harness);
    assert_eq!(shown(&harness).len(), 8);
    harness.snapshot("stage-grid-480x360");
}

#[test]
fn the_speaker_view_in_german_and_bright_colours() {
    let now = some_time();
    let mut people = lively(now);
    people[0].camera_on = false;
    let mut harness = german_host(people, now, 800.0, 600.0);
    switch_layout(&mut harness);
    harness.get_by_label("Ana Ruiz, Gastgeber, spricht, Kamera aus");
    harness.snapshot("stage-speaker-800x600-german");
}

#[test]
fn what_hosts_can_do_is_in_the_menu() {
    let now = some_time();
    let mut harness = german_host(lively(now), now, 1280.0, 720.0);
    click(&mut harness, "Mehr zu Fatima");
    harness.run_steps(3);
    harness.snapshot("stage-person-menu-german");
    click(&mut harness, "Entfernen …");
    harness.run_steps(2);
    harness.snapshot("stage-person-remove-german");
}

#[test]
fn in_a_small_window_the_menu_can_be_scrolled() {
    let now = some_time();
    let meeting = Meeting { is_host: true, ..meeting(now, two()) };
    let mut harness = open(view(Screen::Meeting(meeting)), now, 480.0, 360.0, Theme::Dark);
    click(&mut harness, "More about Ana Ruiz");
    harness.run_steps(3);
    harness.snapshot("stage-person-menu-480x360");
    harness.get_by_label("Remove from the meeting…").scroll_to_me();
    harness.run_steps(6);
    click(&mut harness, "Remove from the meeting…");
    harness.run_steps(2);
    click(&mut harness, "Remove");
    assert_eq!(commands(&mut harness), [Command::Remove { participant: 1 }]);
}

// How people are arranged.

#[test]
fn who_is_double_clicked_is_kept_large_until_that_is_undone() {
    let now = some_time();
    let mut harness = in_meeting(nine(now), now, 1280.0, 720.0);
    let grid = place(&harness, "Tom");
    double_click_at(&mut harness, grid.center());
    let large = place(&harness, "Tom, pinned");
    assert!(large.width() > 2.0 * grid.width());
    harness.snapshot("stage-pinned");
    double_click_at(&mut harness, large.center());
    assert_eq!(place(&harness, "Tom"), grid);
}

#[test]
fn the_pin_goes_when_the_pinned_one_leaves() {
    let now = some_time();
    let mut harness = in_meeting(nine(now), now, 1280.0, 720.0);
    click(&mut harness, "More about Tom");
    click(&mut harness, "Pin for me");
    rest(&mut harness);
    let gone = shown_meeting(&mut harness).participants.remove(4);
    rest(&mut harness);
    let sizes = shown(&harness);
    assert!(sizes.iter().all(|(_, width, _)| *width == sizes[0].1), "a grid again: {sizes:?}");
    shown_meeting(&mut harness).participants.push(gone);
    rest(&mut harness);
    place(&harness, "Tom");
}

#[test]
fn who_goes_on_speaking_becomes_large() {
    let now = some_time();
    let mut harness = in_meeting(nine(now), now, 1280.0, 720.0);
    switch_layout(&mut harness);
    let people = &mut shown_meeting(&mut harness).participants;
    (people[0].speaking, people[5].speaking) = (false, true);
    harness.state_mut().now += Duration::from_secs(5);
    harness.run_steps(2);
    let small = place(&harness, "Fatima, speaking");
    harness.run_steps(4);
    let delay = harness.output().viewport_output[&egui::ViewportId::ROOT].repaint_delay;
    assert!(delay <= Duration::from_millis(800), "it is looked at again after {delay:?}");
    harness.state_mut().now += Duration::from_millis(800);
    rest(&mut harness);
    assert!(place(&harness, "Fatima, speaking").width() > 3.0 * small.width());
}

#[test]
fn a_layout_is_chosen_from_a_menu() {
    let now = some_time();
    let mut harness = in_meeting(nine(now), now, 1280.0, 720.0);
    // Beside the tiles.
    click_at(&mut harness, egui::pos2(40.0, 300.0), egui::PointerButton::Secondary);
    harness.run_steps(3);
    harness.snapshot("stage-layout-menu");
    let is_chosen = |harness: &Harness<'_, State>, label: &str| {
        harness.get_by_role_and_label(Role::RadioButton, label).accesskit_node().toggled() == Some(Toggled::True)
    };
    assert!(is_chosen(&harness, "Automatic") && !is_chosen(&harness, "Speaker"));
    click(&mut harness, "Speaker");
    rest(&mut harness);
    assert!(place(&harness, "Ana Ruiz, host, speaking").width() > 900.0);
    click_at(&mut harness, egui::pos2(20.0, 60.0), egui::PointerButton::Secondary);
    harness.run_steps(3);
    assert!(harness.query_by_role_and_label(Role::RadioButton, "Speaker").is_none(), "on a tile it is the tile's menu");
}

#[test]
fn one_hides_oneself_and_comes_back() {
    let now = some_time();
    let mut harness = in_meeting(two(), now, 1280.0, 720.0);
    hide_self(&mut harness);
    assert!(harness.query_by_label("You").is_none());
    assert_eq!(shown(&harness), [(1, 1248, 582)]);
    hide_self(&mut harness);
    place(&harness, "You");
    click(&mut harness, "More about you");
    click(&mut harness, "Hide your own picture");
    rest(&mut harness);
    assert!(harness.query_by_label("You").is_none());
}

#[test]
fn who_is_alone_and_hidden_is_told_how_to_come_back() {
    let now = some_time();
    let alone = vec![Participant { is_self: true, ..pictured(7, "Sam") }];
    let mut harness = in_meeting(alone, now, 800.0, 600.0);
    hide_self(&mut harness);
    harness.snapshot("stage-nobody-800x600");
}

#[test]
fn the_own_tile_goes_from_corner_to_corner_by_keyboard() {
    let now = some_time();
    let mut harness = in_meeting(two(), now, 1280.0, 720.0);
    let first = place(&harness, "You");
    harness.get_by_label("Small tile: arrow keys move it to another corner").focus();
    harness.run_steps(2);
    press(&mut harness, Key::ArrowUp);
    rest(&mut harness);
    let up = place(&harness, "You");
    assert!(up.top() < 100.0 && up.left() == first.left());
    press(&mut harness, Key::ArrowLeft);
    press(&mut harness, Key::ArrowDown);
    rest(&mut harness);
    let left = place(&harness, "You");
    assert!(left.left() < 100.0 && left.top() == first.top());
    harness.snapshot("stage-two-bottom-left");
    // Also in the next meeting.
    let meeting = std::mem::replace(&mut harness.state_mut().view.screen, Screen::Home(Home::default()));
    harness.run_steps(2);
    harness.state_mut().view.screen = meeting;
    rest(&mut harness);
    assert_eq!(place(&harness, "You"), left);
}

#[test]
fn the_own_tile_is_dragged_to_the_nearest_corner() {
    let now = some_time();
    let mut harness = in_meeting(two(), now, 1280.0, 720.0);
    let first = place(&harness, "You");
    harness.drag_at(first.center());
    harness.step();
    harness.hover_at(egui::pos2(640.0, 300.0));
    harness.run_steps(2);
    let held = place(&harness, "You");
    assert!(held.center().distance(egui::pos2(640.0, 300.0)) < 20.0, "it is in the hand: {held:?}");
    harness.hover_at(egui::pos2(300.0, 160.0));
    harness.run_steps(2);
    harness.drop_at(egui::pos2(300.0, 160.0));
    rest(&mut harness);
    let dropped = place(&harness, "You");
    assert!(dropped.left() < 100.0 && dropped.top() < 100.0, "{dropped:?}");
    assert!((dropped.size() - first.size()).length() < 0.01);
    assert_eq!(commands(&mut harness), []);
}

// What can be done about people.

#[test]
fn hosts_ask_for_what_they_can() {
    let now = some_time();
    let mut people = nine(now);
    people[5].hand = Some(1);
    let meeting = Meeting { is_host: true, ..meeting(now, people) };
    let mut harness = open(view(Screen::Meeting(meeting)), now, 1280.0, 720.0, Theme::Dark);
    for (name, what, expected) in [
        ("Fatima", "Mute", Command::Mute { participant: 5 }),
        ("Fatima", "Turn camera off", Command::TurnCameraOff { participant: 5 }),
        ("Fatima", "Lower hand", Command::LowerHand { participant: 5 }),
        ("Fatima", "Make host", Command::SetHost { participant: 5, is_host: true }),
        ("Mei Lin", "Ask to unmute", Command::AskToUnmute { participant: 3 }),
        ("Ana Ruiz", "No longer host", Command::SetHost { participant: 1, is_host: false }),
    ] {
        click(&mut harness, &format!("More about {name}"));
        harness.run_steps(2);
        click(&mut harness, what);
        assert_eq!(commands(&mut harness), [expected]);
        harness.run_steps(2);
        assert!(harness.query_by_label(what).is_none(), "the menu closes");
    }
    click(&mut harness, "More about Tom");
    click(&mut harness, "Remove from the meeting…");
    click(&mut harness, "Cancel");
    assert_eq!(commands(&mut harness), [], "it is asked once more");
    click(&mut harness, "More about Tom");
    click(&mut harness, "Remove from the meeting…");
    harness.run_steps(2);
    click(&mut harness, "Remove");
    assert_eq!(commands(&mut harness), [Command::Remove { participant: 4 }]);
}

#[test]
fn guests_have_no_power_over_others() {
    let now = some_time();
    let mut harness = in_meeting(nine(now), now, 1280.0, 720.0);
    click(&mut harness, "More about Fatima");
    harness.run_steps(2);
    for what in ["Mute", "Turn camera off", "Make host", "Remove from the meeting…"] {
        assert!(harness.query_by_label(what).is_none(), "{what}");
    }
    harness.get_by_label("Send private message");
    harness.get_by_label("Pin for me");
}

#[test]
fn who_is_muted_for_oneself_is_heard_again_as_before() {
    let now = some_time();
    let mut people = nine(now);
    people[5].volume_percent = 130;
    let mut harness = in_meeting(people, now, 1280.0, 720.0);
    let volume = |percent| [Command::SetVolume { participant: 5, percent }];
    click(&mut harness, "More about Fatima");
    click(&mut harness, "Mute for me");
    assert_eq!(commands(&mut harness), volume(0));
    shown_meeting(&mut harness).participants[5].volume_percent = 0;
    harness.run_steps(2);
    click(&mut harness, "Hear them again");
    assert_eq!(commands(&mut harness), volume(130));
}

#[test]
fn the_menu_is_used_by_keyboard_alone() {
    let now = some_time();
    let mut harness = in_meeting(nine(now), now, 1280.0, 720.0);
    let focused = |harness: &Harness<'_, State>| {
        harness
            .query_all_by(|node| node.is_focused() && node.label().is_some())
            .find_map(|node| node.accesskit_node().label())
    };
    for _ in 0..40 {
        if focused(&harness).as_deref() == Some("More about Tom") {
            break;
        }
        press(&mut harness, Key::Tab);
    }
    assert_eq!(focused(&harness).as_deref(), Some("More about Tom"), "it is come by with tab");
    press(&mut harness, Key::Enter);
    press(&mut harness, Key::Escape);
    assert!(harness.query_by_label("Pin for me").is_none());
    assert_eq!(focused(&harness).as_deref(), Some("More about Tom"), "one goes on from where one was");
    press(&mut harness, Key::Enter);
    for _ in 0..6 {
        if focused(&harness).as_deref() == Some("Pin for me") {
            break;
        }
        press(&mut harness, Key::ArrowDown);
    }
    harness.snapshot("stage-menu-by-keyboard");
    press(&mut harness, Key::Enter);
    rest(&mut harness);
    assert!(place(&harness, "Tom, pinned").width() > 900.0);
}

#[test]
fn a_right_click_on_a_tile_opens_the_same_menu() {
    let now = some_time();
    let mut harness = in_meeting(nine(now), now, 1280.0, 720.0);
    let tom = place(&harness, "Tom");
    click_at(&mut harness, tom.center(), egui::PointerButton::Secondary);
    harness.run_steps(3);
    click(&mut harness, "Pin for me");
    rest(&mut harness);
    place(&harness, "Tom, pinned");
}

#[test]
fn why_a_connection_is_bad_is_said_to_who_points_at_it() {
    let now = some_time();
    let mut harness = in_meeting(lively(now), now, 1280.0, 720.0);
    let oskar = place(&harness, "Oskar, microphone off, connection bad: Oskar's uplink is losing packets.");
    harness.hover_at(oskar.right_top() + vec2(-26.0, 23.0));
    harness.run_steps(60);
    harness.get_by_label("Oskar's uplink is losing packets.");
}

// That it rests.

#[test]
fn a_reaction_is_painted_while_it_rises_and_not_longer() {
    let now = some_time();
    let reaction = Reaction { number: 0, participant: 1, kind: ReactionKind::Heart, at: now };
    let meeting = Meeting { reactions: vec![reaction], ..meeting(now, two()) };
    let mut harness = open(view(Screen::Meeting(meeting)), now, 1280.0, 720.0, Theme::Dark);
    assert_eq!(next_paint(&mut harness), Duration::from_millis(33));
    harness.state_mut().view.appearance.reduced_motion = true;
    assert_eq!(next_paint(&mut harness), Duration::from_secs(1), "it stands still, and the clock goes on");
    harness.state_mut().view.appearance.reduced_motion = false;
    harness.state_mut().now = now + Duration::from_secs(3);
    assert!(next_paint(&mut harness) >= Duration::from_secs(1), "only the clock goes on");
    place(&harness, "Ana Ruiz, host, speaking");
}

#[test]
fn tiles_glide_to_another_layout_and_come_to_rest() {
    let now = some_time();
    let mut harness = in_meeting(nine(now), now, 1280.0, 720.0);
    let before = place(&harness, "Tom");
    harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::L);
    assert_eq!(next_paint(&mut harness), Duration::from_millis(16));
    assert_eq!(place(&harness, "Tom"), before, "no time has passed");
    harness.state_mut().now = now + Duration::from_millis(120);
    harness.run_steps(2);
    let between = place(&harness, "Tom");
    harness.state_mut().now = now + Duration::from_secs(1);
    assert_eq!(next_paint(&mut harness), Duration::from_secs(1));
    let after = place(&harness, "Tom");
    assert!(after.width() < between.width() && between.width() < before.width());
}

#[test]
fn who_leaves_fades_and_is_no_longer_there_for_anybody_who_listens() {
    let now = some_time();
    let mut harness = in_meeting(nine(now), now, 1280.0, 720.0);
    shown_meeting(&mut harness).participants.remove(4);
    harness.state_mut().now = now + Duration::from_millis(1);
    harness.run_steps(2);
    harness.state_mut().now = now + Duration::from_millis(90);
    harness.run_steps(2);
    assert!(harness.query_by_label("Tom").is_none());
    assert_eq!(shown(&harness).len(), 7);
    harness.snapshot("stage-leaving");
    rest(&mut harness);
    assert_eq!(next_paint(&mut harness), Duration::from_millis(33), "Chidi is still waited for");
}

#[test]
fn where_motion_is_reduced_nothing_glides() {
    let now = some_time();
    let mut harness = in_meeting(two(), now, 1280.0, 720.0);
    harness.state_mut().view.appearance.reduced_motion = true;
    harness.run_steps(2);
    harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::L);
    harness.run_steps(2);
    let there = place(&harness, "You");
    harness.state_mut().now = now + Duration::from_secs(1);
    harness.run_steps(2);
    assert_eq!(place(&harness, "You"), there);
}

#[test]
fn all_sizes_in_all_languages_can_be_shown_in_every_layout() {
    let now = some_time();
    for language in Language::ALL {
        for (width, height) in [(480.0, 360.0), (360.0, 900.0), (1920.0, 400.0), (3840.0, 2160.0)] {
            let mut harness = in_meeting(lively(now), now, width, height);
            harness.state_mut().view.appearance.language = match language {
                Language::English => LanguageChoice::English,
                Language::German => LanguageChoice::German,
            };
            for _ in 0..2 {
                switch_layout(&mut harness);
                let window = harness.ctx.content_rect();
                for node in harness.query_all_by_role(Role::Image) {
                    assert!(window.contains_rect(node.rect()), "{:?} in {width}×{height}", node.rect());
                }
            }
        }
    }
}
