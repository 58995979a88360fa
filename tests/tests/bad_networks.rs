//! Three people meet, one of them on a link that loses packets in one direction: everybody is told whose link it is, and nobody else
//! is blamed.
#![allow(clippy::unwrap_used, reason = "what fails here is to fail the test")]

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use nonet::command::Command;
use nonet::engine::Engine;
use nonet::text::LanguageChoice;
use nonet::view::{Participant, QualityGrade};
use nonet_media::choice::CameraChoice;
use nonet_tests::people::{SMALL, meeting, person, start, wait_until};

/// Joining, some seconds of figures, and what others tell; many times more than that takes.
const PATIENCE: Duration = Duration::from_secs(90);

/// Real-time media of three: one at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Ana, Ben and Cleo; Cleo comes over this network.
fn three(network_of_cleo: &str) -> [Engine; 3] {
    let config = |number| {
        let mut config = person(number, CameraChoice::TestPattern(number), SMALL);
        config.settings.appearance.language = LanguageChoice::English;
        config
    };
    let ana = start(config(1), Command::Host { name: "Ana".to_owned() });
    wait_until("Ana hosts", PATIENCE, || meeting(&ana).is_some());
    let link = meeting(&ana).unwrap().link;
    let ben = start(config(2), Command::Join { name: "Ben".to_owned(), code_or_link: link.clone() });
    let mut cleo = config(3);
    cleo.session.mesh.network = Some(network_of_cleo.parse().unwrap());
    let cleo = start(cleo, Command::Join { name: "Cleo".to_owned(), code_or_link: link });
    [ana, ben, cleo]
}

fn participant(engine: &Engine, name: &str) -> Option<Participant> {
    meeting(engine)?.participants.into_iter().find(|participant| participant.name == name)
}

/// What somebody is told of why another is not received well.
fn why(engine: &Engine, name: &str) -> Option<String> {
    participant(engine, name)?.quality.filter(|quality| quality.grade > QualityGrade::Good)?.why
}

fn is_told(engine: &Engine, name: &str, words: &str) -> bool {
    why(engine, name).as_deref() == Some(words)
}

/// Whether somebody is told that another's or their own link loses packets.
fn blames(engine: &Engine, name: &str) -> bool {
    why(engine, name).is_some_and(|why| why.contains("losing packets"))
}

#[test]
fn an_uplink_that_loses_packets_is_named_by_all() {
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let [ana, ben, cleo] = three("uplink-loss=15%");
    for (who, engine) in [("Ana", &ana), ("Ben", &ben)] {
        let what = format!("{who} is told of Cleo's uplink");
        wait_until(&what, PATIENCE, || is_told(engine, "Cleo", "Cleo’s uplink is losing packets"));
    }
    wait_until("Cleo is told of it", PATIENCE, || is_told(&cleo, "Cleo", "Your uplink is losing packets"));
    wait_until("it is bad enough for Cleo to be told what helps", PATIENCE, || {
        meeting(&cleo).unwrap().alert.is_some_and(|alert| alert.what == "Your uplink is losing packets.")
    });
    for (engine, name) in [(&ana, "Ben"), (&ben, "Ana"), (&ana, "Ana"), (&ben, "Ben"), (&cleo, "Ana"), (&cleo, "Ben")] {
        assert!(!blames(engine, name), "{name} is blamed: {:?}", why(engine, name));
    }
}

#[test]
fn a_downlink_that_loses_packets_is_named_by_who_has_it_alone() {
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let [ana, ben, cleo] = three("downlink-loss=15%");
    for name in ["Ana", "Ben", "Cleo"] {
        let what = format!("Cleo is told of her downlink beside {name}");
        wait_until(&what, PATIENCE, || is_told(&cleo, name, "Your downlink is losing packets"));
    }
    for engine in [&ana, &ben] {
        for name in ["Ana", "Ben", "Cleo"] {
            assert!(!blames(engine, name), "{name} is blamed: {:?}", why(engine, name));
        }
    }
}

#[test]
fn who_looks_is_told_who_receives_whom() {
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let [ana, ben, cleo] = three("delay=1ms");
    let told = |engine: &Engine| {
        meeting(engine).map_or(0, |meeting| meeting.statistics.last().map_or(0, |last| last.told.len()))
    };
    ana.commands().try_send(Command::LookAtStatistics(true)).unwrap();
    wait_until("both tell Ana", PATIENCE, || told(&ana) == 2);
    let ids: Vec<u32> = ["Ben", "Cleo"].map(|name| participant(&ana, name).unwrap().id).into();
    wait_until("Ben tells of Cleo and Cleo of Ben", PATIENCE, || {
        let history = meeting(&ana).unwrap().statistics;
        let map = nonet::statistics::map::Map::new(&history);
        let is_known = |receiver, sender| matches!(map.cell(receiver, sender), nonet::statistics::map::Cell::Known(reception) if reception.height == SMALL.height);
        is_known(ids[0], ids[1]) && is_known(ids[1], ids[0])
    });
    ana.commands().try_send(Command::LookAtStatistics(false)).unwrap();
    wait_until("nobody tells who is not asked", PATIENCE, || told(&ana) == 0);
    drop((ben, cleo));
}
