//! What stays of a meeting when it is over, and what was chosen for meetings: remembered, summed up, forgotten, and followed at once.

use std::path::Path;
use std::time::Duration;

use nonet::command::Command;
use nonet::engine::{Engine, EngineConfig};
use nonet::recent::Recents;
use nonet::settings::{PictureSize, PrivacySettings, ServerSettings, Settings, VideoSettings};
use nonet::text::LanguageChoice;
use nonet::view::{Ended, Home, Screen};
use nonet_media::choice::{CameraChoice, VideoLimits};
use nonet_media::latest::Waited;
use nonet_tests::people::{SMALL, meeting, person, start, wait_until};

const PATIENCE: Duration = Duration::from_secs(60);

fn somebody(number: u8, limits: VideoLimits) -> EngineConfig {
    let mut config = person(number, CameraChoice::TestPattern(number), limits);
    // Whatever the system speaks.
    config.settings.appearance.language = LanguageChoice::English;
    config
}

fn remembering(number: u8, folder: &Path) -> EngineConfig {
    EngineConfig { recents_file: Some(folder.join("recent.toml")), ..somebody(number, SMALL) }
}

fn say(engine: &Engine, command: Command) {
    engine.commands().try_send(command).expect("the engine keeps up");
}

fn ended(engine: &Engine) -> Option<Ended> {
    match &engine.view().borrow().screen {
        Screen::Ended(ended) => Some(ended.clone()),
        _ => None,
    }
}

fn home(engine: &Engine) -> Option<Home> {
    match &engine.view().borrow().screen {
        Screen::Home(home) => Some(home.clone()),
        _ => None,
    }
}

/// Ana, who holds a meeting, and its link.
fn host(limits: VideoLimits) -> (Engine, String) {
    let host = start(somebody(0, limits), Command::Host { name: "Ana".to_owned() });
    wait_until("the meeting is open", PATIENCE, || meeting(&host).is_some());
    let link = meeting(&host).expect("it is open").link;
    (host, link)
}

fn join(link: &str) -> Command {
    Command::Join { name: "Ben".to_owned(), code_or_link: link.to_owned() }
}

fn are_in(engine: &Engine, count: usize) -> bool {
    meeting(engine).is_some_and(|meeting| meeting.participants.len() == count)
}

#[test]
fn a_meeting_that_was_left_is_summed_up_remembered_joined_again_and_forgotten() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_host, link) = host(SMALL);
    let guest = start(remembering(1, folder.path()), join(&link));
    wait_until("both are there", PATIENCE, || are_in(&guest, 2));
    let measured = || meeting(&guest).map_or(0, |meeting| meeting.statistics.seconds().len());
    wait_until("it was measured for a while", PATIENCE, || measured() >= 12);
    say(&guest, Command::Leave);
    wait_until("it is over", PATIENCE, || ended(&guest).is_some());
    let after = ended(&guest).expect("it is over");
    assert_eq!((after.why.as_str(), after.rejoin.as_ref()), ("You left the meeting.", Some(&link)));
    let summary = after.summary.expect("it was long enough");
    assert_eq!(summary.most_people, 2);
    assert!((Duration::from_secs(10)..PATIENCE).contains(&summary.lasted), "{:?}", summary.lasted);
    assert!(summary.good_part > 0.0 && summary.good_part <= 1.0, "{}", summary.good_part);
    assert_eq!(guest.view().borrow().kept.name, "Ben");

    let file = folder.path().join("recent.toml");
    let recents = Recents::load(&file).expect("it can be read");
    let [recent] = recents.meetings() else { panic!("one meeting: {recents:?}") };
    assert_eq!(
        (recent.link.as_str(), recent.people.as_slice(), recent.most_people),
        (link.as_str(), &["Ana".to_owned()][..], 2)
    );
    assert!(recent.left_at.elapsed().is_ok_and(|age| age < PATIENCE));

    say(&guest, join(&link));
    wait_until("both are there again", PATIENCE, || are_in(&guest, 2));
    say(&guest, Command::Leave);
    wait_until("it is over again", PATIENCE, || ended(&guest).is_some());
    say(&guest, Command::GoHome);
    wait_until("home is shown", PATIENCE, || home(&guest).is_some());
    assert_eq!(home(&guest).expect("home").recent.len(), 1, "it is one meeting");
    say(&guest, Command::ForgetRecent(link));
    wait_until("it is forgotten", PATIENCE, || home(&guest).is_some_and(|home| home.recent.is_empty()));
    assert!(!file.exists());
}

#[test]
fn a_meeting_that_is_over_is_said_to_be_when_it_is_joined_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let (host, link) = host(SMALL);
    let guest = start(remembering(1, folder.path()), join(&link));
    wait_until("both are there", PATIENCE, || are_in(&guest, 2));
    say(&host, Command::Leave);
    wait_until("it is over for both", PATIENCE, || ended(&guest).is_some() && ended(&host).is_some());
    for engine in [&guest, &host] {
        let after = ended(engine).expect("it is over");
        assert_eq!((after.rejoin, after.summary), (None, None), "it is over for everybody, and was short");
    }
    assert_eq!(ended(&host).expect("it is over").why, "You ended the meeting for everybody.");
    say(&guest, join(&link));
    let problem = || home(&guest).and_then(|home| home.problem);
    wait_until("that is said", PATIENCE, || problem().is_some());
    assert!(problem().is_some_and(|problem| problem.starts_with("This meeting is probably over. ")), "{:?}", problem());
}

#[test]
fn what_is_not_to_be_remembered_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_host, link) = host(SMALL);
    let guest = start(remembering(1, folder.path()), join(&link));
    wait_until("both are there", PATIENCE, || are_in(&guest, 2));
    say(&guest, Command::SetPrivacy(PrivacySettings { remember_meetings: false }));
    say(&guest, Command::Leave);
    wait_until("it is over", PATIENCE, || ended(&guest).is_some());
    assert!(!folder.path().join("recent.toml").exists());
    assert_eq!(guest.view().borrow().kept.meetings, 0);
}

#[test]
fn how_large_pictures_are_asked_for_and_sent_is_followed_in_a_meeting() {
    // So few pictures that a busy machine encodes the large ones too.
    let limits = VideoLimits { width: 640, height: 360, fps: 5 };
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("settings.toml");
    let (host, link) = host(limits);
    let guest = start(EngineConfig { settings_file: Some(file.clone()), ..somebody(1, limits) }, join(&link));
    wait_until("both are there", PATIENCE, || are_in(&guest, 2) && are_in(&host, 2));
    let other = |engine: &Engine| meeting(engine)?.participants.into_iter().find(|somebody| !somebody.is_self);
    for engine in [&host, &guest] {
        let participant = other(engine).expect("the other is there").id;
        say(engine, Command::Show(vec![nonet::command::ShownTile { participant, width: 640, height: 360 }]));
    }
    // Asked for anew each time: before the two are connected there is nowhere for pictures to come.
    let width = |engine: &Engine| match other(engine)?.pictures.wait(Duration::from_secs(1)) {
        Waited::Value(frame) => Some(frame.width()),
        _ => None,
    };
    wait_until("both see each other as large as they can", PATIENCE, || {
        (width(&host), width(&guest)) == (Some(640), Some(640))
    });
    let video = VideoSettings { receive: PictureSize::Small, ..VideoSettings::default() };
    say(&guest, Command::SetVideo(video));
    wait_until("one asks for less", PATIENCE, || width(&guest) == Some(320));
    assert_eq!(width(&host), Some(640), "what one sends is as it was");
    say(&guest, Command::SetVideo(VideoSettings { send: PictureSize::Small, ..VideoSettings::default() }));
    wait_until("one sends less and sees more", PATIENCE, || (width(&host), width(&guest)) == (Some(320), Some(640)));
    let is_kept = |settings: Settings| settings.video.send == PictureSize::Small;
    wait_until("that is kept", PATIENCE, || Settings::load(&file).is_ok_and(is_kept));
}

#[test]
fn a_code_is_looked_up_on_the_server_that_was_chosen_just_now() {
    let (host, link) = host(SMALL);
    let code = meeting(&host).expect("it is open").code;
    let address = link.parse::<nonet_signaling::protocol::MeetingLink>().expect("a link").server.to_string();
    let guest = start(somebody(1, SMALL), join(&code));
    wait_until("there is no server to ask", PATIENCE, || home(&guest).is_some_and(|home| home.problem.is_some()));
    say(&guest, Command::SetServer(ServerSettings { address: Some(address), holds_meetings: false }));
    say(&guest, join(&code));
    wait_until("both are there", PATIENCE, || are_in(&guest, 2));
}
