//! Time from capture to decoded picture, read off the test pattern's stamp in the received pixels.
//!
//! Both clocks are the system's, so the figure means something only between participants on one machine.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::capture::test_pattern;
use crate::frame::VideoFrame;
use crate::lock::lock;

/// Samples that are kept; a minute at 30 pictures a second. Later ones replace the oldest.
const MOST_SAMPLES: usize = 1800;

#[derive(Default)]
struct Samples {
    values: Vec<Duration>,
    next: usize,
}

/// Collects samples of one peer; clones share them.
#[derive(Clone, Default)]
pub(super) struct LatencyMeter(Arc<Mutex<Samples>>);

impl LatencyMeter {
    /// Takes a sample if the picture carries a stamp.
    pub fn see(&self, picture: &VideoFrame) {
        let Some(stamp) = test_pattern::read(picture) else { return };
        let Ok(now) = SystemTime::now().duration_since(UNIX_EPOCH) else { return };
        if let Some(latency) = now.checked_sub(Duration::from_micros(stamp.captured_at_micros)) {
            self.add(latency);
        }
    }

    fn add(&self, latency: Duration) {
        let mut samples = lock(&self.0);
        if samples.values.len() < MOST_SAMPLES {
            samples.values.push(latency);
        } else {
            let next = samples.next;
            samples.values[next] = latency;
            samples.next = (next + 1) % MOST_SAMPLES;
        }
    }

    /// The middle one of the samples.
    pub fn median(&self) -> Option<Duration> {
        let mut values = lock(&self.0).values.clone();
        let middle = values.len() / 2;
        (!values.is_empty()).then(|| *values.select_nth_unstable(middle).1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_of_the_newest_samples() {
        let meter = LatencyMeter::default();
        assert_eq!(meter.median(), None);
        for _ in 0..MOST_SAMPLES {
            meter.add(Duration::from_millis(100));
        }
        for _ in 0..MOST_SAMPLES {
            meter.add(Duration::from_millis(5));
        }
        assert_eq!(meter.median(), Some(Duration::from_millis(5)));
    }
}
