//! How long somebody who joins waits for the first picture: on loopback, and over a network with a round trip of 100 ms.
#![allow(clippy::print_stdout, reason = "measurements are told")]

use std::time::Duration;

use nonet::command::Command;
use nonet::engine::{Engine, EngineConfig, Event};
use nonet_media::choice::CameraChoice;
use nonet_tests::people::{SMALL, meeting, person, start, wait_until};

const PATIENCE: Duration = Duration::from_secs(30);
const JOINS: usize = 7;

fn somebody(number: u8) -> EngineConfig {
    person(number, CameraChoice::TestPattern(number), SMALL)
}

/// Milliseconds from the start of joining to the first picture of the host, in the middle of some joins.
fn first_picture_ms(network: Option<&str>) -> f64 {
    let host = start(somebody(0), Command::Host { name: "Ana".to_owned() });
    wait_until("the meeting is open", PATIENCE, || meeting(&host).is_some());
    let link = meeting(&host).map(|meeting| meeting.link).unwrap_or_default();
    let mut waited: Vec<f64> = (0..JOINS)
        .map(|_| {
            let mut guest = somebody(1);
            guest.session.mesh.network = network.map(|words| words.parse().expect("a network"));
            let join = Command::Join { name: "Ben".to_owned(), code_or_link: link.clone() };
            first_frame(start(guest, join))
        })
        .collect();
    waited.sort_by(f64::total_cmp);
    println!("{}: {waited:.0?} ms", network.unwrap_or("loopback"));
    waited[JOINS / 2]
}

fn first_frame(mut guest: Engine) -> f64 {
    let mut events = guest.take_events().expect("a fresh engine has its events");
    loop {
        match events.blocking_recv().expect("a picture comes") {
            Event::FirstFrame { after_ms, .. } => return after_ms,
            Event::Ended { ending, .. } => panic!("the meeting ended: {ending:?}"),
            _ => {}
        }
    }
}

#[test]
fn the_first_picture_comes_soon_after_joining_and_after_few_round_trips() {
    let near = first_picture_ms(None);
    assert!(near < 400.0, "{near} ms on loopback");
    let far = first_picture_ms(Some("delay=50ms"));
    assert!(far <= 4.0 * 100.0 + 250.0, "{far} ms over a round trip of 100 ms");
}
