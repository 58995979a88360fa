//! How long somebody who joins waits for everybody's picture: on loopback in a meeting of two and of nine, and over a
//! network with a round trip of 100 ms.
#![allow(clippy::print_stdout, reason = "measurements are told")]

use std::time::Duration;

use nonet::command::Command;
use nonet::engine::{Engine, EngineConfig, Event};
use nonet_media::choice::CameraChoice;
use nonet_tests::people::{SMALL, meeting, person, start, wait_until};

const PATIENCE: Duration = Duration::from_secs(60);
const JOINS: usize = 7;

fn somebody(number: usize) -> EngineConfig {
    let number = u8::try_from(number).expect("nine at most");
    person(number, CameraChoice::TestPattern(number), SMALL)
}

/// Milliseconds from the start of joining until pictures of all who are there have come. The best of some joins: what a
/// machine with other work to do adds is not what is looked for.
fn all_pictures_ms(others: usize, network: Option<&str>) -> f64 {
    let host = start(somebody(0), Command::Host { name: "P0".to_owned() });
    wait_until("the meeting is open", PATIENCE, || meeting(&host).is_some());
    let link = meeting(&host).map(|meeting| meeting.link).unwrap_or_default();
    let join = |seat: usize| Command::Join { name: format!("P{seat}"), code_or_link: link.clone() };
    let _present: Vec<_> = (1..others)
        .map(|seat| {
            let mut guest = somebody(seat);
            guest.session.decode_video = false;
            start(guest, join(seat))
        })
        .collect();
    let are_there = |count| meeting(&host).is_some_and(|meeting| meeting.participants.len() == count);
    let mut waited: Vec<f64> = (0..JOINS)
        .map(|_| {
            wait_until("all the others are there", PATIENCE, || are_there(others));
            let mut guest = somebody(others);
            guest.session.mesh.network = network.map(|words| words.parse().expect("a network"));
            last_picture(start(guest, join(others)), others)
        })
        .collect();
    waited.sort_by(f64::total_cmp);
    println!("with {others} others, {}: {waited:.0?} ms", network.unwrap_or("loopback"));
    waited[0]
}

/// When the last of so many first pictures came.
fn last_picture(mut guest: Engine, others: usize) -> f64 {
    let mut events = guest.take_events().expect("a fresh engine has its events");
    let mut came = Vec::new();
    while came.len() < others {
        match events.blocking_recv().expect("pictures come") {
            Event::FirstFrame { after_ms, .. } => came.push(after_ms),
            Event::Ended { ending, .. } => panic!("the meeting ended: {ending:?}"),
            _ => {}
        }
    }
    // Before the next one joins.
    drop(guest);
    came.into_iter().fold(0.0, f64::max)
}

#[test]
fn first_pictures_come_soon_after_joining_and_after_few_round_trips() {
    let two = all_pictures_ms(1, None);
    assert!(two <= 150.0, "{two} ms in a meeting of two");
    let far = all_pictures_ms(1, Some("delay=50ms"));
    assert!(far <= 4.0 * 100.0 + 250.0, "{far} ms over a round trip of 100 ms");
    // Nine engines share this process and its machine, where nine people would have one each.
    let nine = all_pictures_ms(8, None);
    assert!(nine <= 900.0, "{nine} ms in a meeting of nine");
}
