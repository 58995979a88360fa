//! A code alone on one network: real processes on machines that have nothing but that network between them.
//!
//! The network is made of the kernel's namespaces, which takes root; without, these tests say so and test nothing.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "what fails here is to fail the test")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nonet::engine::{Engine, EngineConfig};
use nonet::view::{NearbyMeeting, Screen};
use nonet_media::choice::CameraChoice;
use nonet_signaling::server::{Certificate, Server, ServerConfig};
use nonet_tests::network::{Machine, Network};
use nonet_tests::people::{SMALL, person, wait_until};
use nonet_tests::program::Program;
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);
/// What is found nowhere ends by then: the network is searched for two seconds, and programs start and end.
const BOUND: Duration = Duration::from_secs(15);
const QUIET: [&str; 7] = ["--headless", "--camera", "off", "--microphone", "off", "--speaker", "off"];

/// A network of so many machines, where that can be had.
fn network(machines: usize) -> Option<Network> {
    match Network::of(machines) {
        Ok(network) => Some(network),
        Err(why) => {
            eprintln!("SKIPPED: {why}. As root, this test finds meetings on a network of namespaces.");
            None
        }
    }
}

fn start(machine: &Machine, home: &Path, arguments: &[&str]) -> Program {
    let arguments = [arguments, &QUIET].concat();
    machine.at(|| Program::start(home, &arguments))
}

/// Somebody who hosts on a machine, and the meeting's code.
fn host(machine: &Machine, home: &Path, name: &str, more: &[&str]) -> (Program, String) {
    let program = start(machine, home, &[&["host", "--name", name], more].concat());
    let code = program.event("hosting", PATIENCE)["code"].as_str().unwrap().to_owned();
    (program, code)
}

fn join(machine: &Machine, home: &Path, code: &str, more: &[&str]) -> Program {
    start(machine, home, &[&["join", code, "--name", "Ben"], more].concat())
}

fn end(program: Program) {
    let (status, errors) = program.end(PATIENCE);
    assert!(status.success(), "{errors}");
}

/// Joins in vain; gives the exit code, what was said, and how long that took.
fn fail(machine: &Machine, home: &Path, code: &str, more: &[&str]) -> (Option<i32>, String, Duration) {
    let since = Instant::now();
    let (status, errors) = join(machine, home, code, more).finish(PATIENCE);
    (status.code(), errors, since.elapsed())
}

#[test]
fn of_two_hosts_on_a_network_each_code_finds_its_own() {
    let Some(network) = network(3) else { return };
    let home = TempDir::new().unwrap();
    let machine = |number| network.machine(number);
    // Each has a certificate of its own, as on machines of their own.
    let homes = [home.path().join("ana"), home.path().join("cleo"), home.path().join("ben")];
    let (ana, anas) = host(machine(0), &homes[0], "Ana", &[]);
    let (cleo, cleos) = host(machine(1), &homes[1], "Cleo", &[]);
    for (code, name, address) in [(cleos, "Cleo", &machine(1).address), (anas, "Ana", &machine(0).address)] {
        let ben = join(machine(2), &homes[2], &code, &[]);
        let joined = ben.event("joined", PATIENCE);
        assert_eq!(joined["code"], code.as_str());
        let link = joined["link"].as_str().unwrap();
        let (place, fingerprint) = link.split_once('#').expect("its server's certificate is its own");
        assert!(place.starts_with(&format!("nonet://{address}:7443/{code}?key=")), "{link}");
        assert_eq!(fingerprint.len(), 64, "{link}");
        assert_eq!(ben.event("participant-joined", PATIENCE)["name"], name);
        end(ben);
    }
    end(cleo);
    end(ana);
}

#[test]
fn two_on_one_machine_find_each_other_too() {
    let Some(network) = network(1) else { return };
    let home = TempDir::new().unwrap();
    let (ana, code) = host(network.machine(0), home.path(), "Ana", &["--listen", "0.0.0.0:0"]);
    let ben = join(network.machine(0), home.path(), &code, &[]);
    ben.event("joined", PATIENCE);
    end(ben);
    end(ana);
}

#[test]
fn a_wrong_code_is_found_nowhere_and_that_is_said_soon() {
    let Some(network) = network(2) else { return };
    let home = TempDir::new().unwrap();
    let (ana, _) = host(network.machine(0), home.path(), "Ana", &[]);
    let (code, errors, took) = fail(network.machine(1), home.path(), "abc-defg-hij", &[]);
    assert_eq!(code, Some(3), "{errors}");
    assert!(errors.contains("No meeting with this code was found on this network."), "{errors}");
    assert!(took < BOUND, "it took {took:?}");
    end(ana);
}

#[test]
fn a_machine_without_a_network_holds_its_meeting_and_is_found_once_it_has_one() {
    let Some(network) = network(2) else { return };
    let home = TempDir::new().unwrap();
    network.machine(0).plug(false).unwrap();
    let (ana, code) = host(network.machine(0), home.path(), "Ana", &[]);
    let (status, errors, took) = fail(network.machine(1), home.path(), &code, &[]);
    assert_eq!(status, Some(3), "{errors}");
    assert!(errors.contains("No meeting with this code was found") && took < BOUND, "{took:?}: {errors}");
    let (status, errors, took) = fail(network.machine(0), home.path(), "abc-defg-hij", &[]);
    assert_eq!(status, Some(3), "{errors}");
    assert!(errors.contains("No meeting with this code was found") && took < BOUND, "{took:?}: {errors}");

    network.machine(0).plug(true).unwrap();
    let dora = network.machine(1).at(|| Engine::start(looking()).unwrap());
    wait_until("the meeting is listed", PATIENCE, || !nearby(&dora).is_empty());
    let ben = join(network.machine(1), home.path(), &code, &[]);
    ben.event("joined", PATIENCE);
    end(ben);
    end(ana);
}

#[test]
fn who_switched_it_off_is_not_found_and_does_not_look() {
    let Some(network) = network(2) else { return };
    let home = TempDir::new().unwrap();
    let (hidden, seen) = (home.path().join("hidden"), home.path().join("seen"));
    std::fs::create_dir_all(hidden.join("config/nonet")).unwrap();
    std::fs::write(hidden.join("config/nonet/settings.toml"), "discovery = false\n").unwrap();

    let (by_settings, first) = host(network.machine(0), &hidden, "Ana", &[]);
    let (by_command, second) = host(network.machine(0), &seen, "Ana", &["--no-discovery", "--listen", "0.0.0.0:0"]);
    for code in [first, second] {
        let (status, errors, took) = fail(network.machine(1), &seen, &code, &[]);
        assert_eq!(status, Some(3), "{errors}");
        assert!(errors.contains("No meeting with this code was found") && took < BOUND, "{took:?}: {errors}");
    }
    end(by_command);
    end(by_settings);

    let (announced, code) = host(network.machine(0), &seen, "Ana", &[]);
    for (home, more) in [(&seen, &["--no-discovery"][..]), (&hidden, &[])] {
        let (status, errors, _) = fail(network.machine(1), home, &code, more);
        assert_eq!(status, Some(2), "{errors}");
        assert!(errors.contains("looking for it on this network is switched off"), "{errors}");
    }
    end(announced);
}

#[test]
fn the_configured_server_and_the_network_are_asked_both() {
    let Some(network) = network(2) else { return };
    let home = TempDir::new().unwrap();
    // A server on the joiner's machine; its runtime's thread has to be there as well.
    let (runtime, server) = network.machine(1).at(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let config = ServerConfig::new(([127, 0, 0, 1], 0).into(), Some(Certificate::ephemeral().unwrap()));
        let server = runtime.block_on(Server::start(config)).unwrap();
        (runtime, server)
    });
    let url = format!("wss://{}#{}", server.local_addr(), server.fingerprint().unwrap());

    let (ana, code) = host(network.machine(0), home.path(), "Ana", &[]);
    let ben = join(network.machine(1), home.path(), &code, &["--server", &url]);
    ben.event("joined", PATIENCE);
    end(ben);
    end(ana);

    let (cleo, code) = host(network.machine(1), home.path(), "Cleo", &["--server", &url]);
    let ben = join(network.machine(1), home.path(), &code, &["--server", &url]);
    ben.event("joined", PATIENCE);
    end(ben);
    end(cleo);

    let (status, errors, took) = fail(network.machine(1), home.path(), "abc-defg-hij", &["--server", &url]);
    assert_eq!(status, Some(3), "{errors}");
    assert!(errors.contains("Nor was the meeting found on this network.") && took < BOUND, "{took:?}: {errors}");
    drop((server, runtime));
}

/// Somebody at the home screen, who looks for meetings.
fn looking() -> EngineConfig {
    EngineConfig { discovery: true, ..person(1, CameraChoice::Off, SMALL) }
}

fn nearby(engine: &Engine) -> Arc<[NearbyMeeting]> {
    match &engine.view().borrow().screen {
        Screen::Home(home) => home.nearby.clone(),
        _ => Arc::default(),
    }
}

#[test]
fn the_home_screen_lists_meetings_of_the_network_from_their_beginning_to_their_end() {
    let Some(network) = network(3) else { return };
    let home = TempDir::new().unwrap();
    let dora = network.machine(1).at(|| Engine::start(looking()).unwrap());
    let blind = network.machine(1).at(|| Engine::start(EngineConfig { discovery: false, ..looking() }).unwrap());
    let (ana, code) = host(network.machine(0), home.path(), "Ana", &[]);
    let shows = |people: u8| {
        let meeting = NearbyMeeting { host: "Ana".to_owned(), people, is_locked: false, code_or_link: None };
        *nearby(&dora) == [meeting]
    };
    wait_until("the meeting is listed", PATIENCE, || shows(1));
    let ben = join(network.machine(2), home.path(), &code, &[]);
    ben.event("joined", PATIENCE);
    wait_until("two are in it", PATIENCE, || shows(2));
    end(ben);
    wait_until("one is in it", PATIENCE, || shows(1));
    end(ana);
    // Without a goodbye it would be kept for two minutes.
    wait_until("the meeting is gone", Duration::from_secs(20), || nearby(&dora).is_empty());
    assert!(nearby(&blind).is_empty());
}
