//! Speaks into one sound device and listens for it at another.

use std::time::{Duration, Instant};

use crate::delay::{Arrival, arrivals};
use crate::pulse::{Pulse, Recording};
use crate::voice::speech::speech;

/// Other speech is no more like it than 0.2. What comes through processing, Opus and a network is 0.6 to 0.9 like it, and half of
/// that in a second in which a busy machine has the sound stretched.
pub const LEAST_LIKENESS: f64 = 0.25;

/// How long it may take until what is said arrives: a path is searched for, and a device starts.
const PATIENCE: Duration = Duration::from_secs(30);

/// Seconds of recording after what is said: no delay is longer.
const AFTERWARDS: f64 = 1.2;

/// Whether this second of what was said came through.
pub fn is_heard(arrival: &Arrival) -> bool {
    arrival.likeness > LEAST_LIKENESS
}

/// Says something into one device and looks for it in another.
pub fn say(pulse: &Pulse, seconds: f64, mouth: &str, ear: &str) -> Vec<Arrival> {
    let recording = pulse.record();
    say_into(pulse, seconds, mouth, &recording);
    arrivals(&recording.of(mouth), &recording.of(ear))
}

/// Says something into a device until the end of it is in the recording too.
pub fn say_into(pulse: &Pulse, seconds: f64, mouth: &str, recording: &Recording) {
    pulse.play(&speech(7, seconds), mouth).finish();
    let end = recording.seconds() + AFTERWARDS;
    while recording.seconds() < end {
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Says a little, again and again, until it arrives.
///
/// # Panics
///
/// When it never does.
pub fn say_until_heard(pulse: &Pulse, mouth: &str, ear: &str) {
    let end = Instant::now() + PATIENCE;
    loop {
        let arrivals = say(pulse, 3.0, mouth, ear);
        // The first second may be the one in which it begins to work.
        if arrivals.len() > 1 && arrivals[1..].iter().all(is_heard) {
            return;
        }
        assert!(Instant::now() < end, "what is said into {mouth} does not come out of {ear}: {arrivals:?}");
    }
}
