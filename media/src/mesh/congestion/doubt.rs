//! Probes that find less than the estimate, while nothing else says that the path has become smaller.
//!
//! A burst of 15 ms is over in less time than a busy machine lets a program wait. One whose packets were read late looks
//! just like one that filled a small path, and to believe it would cost a link its large pictures until the next probe,
//! although less is sent than either. So several probes in a row must agree, and the one that found most counts. A path
//! that really is too small for what is sent shows it in its delay, without any probe.

use super::ProbeCluster;
use super::probe_result::ProbeResult;

/// Probes in a row that must find less.
const NEEDED: usize = 3;

#[derive(Clone, Debug, Default)]
pub(super) struct Doubt {
    /// What was found by the last probes in a row that found less; at most [`NEEDED`].
    found: Vec<(ProbeCluster, f64)>,
    /// Another probe is wanted, to see whether it agrees.
    asks: bool,
}

impl Doubt {
    /// A probe has found less than the estimate. Says what is to be believed, in bits per second, once enough agree.
    pub(super) fn less(&mut self, result: &ProbeResult) -> Option<f64> {
        match self.found.iter_mut().find(|(cluster, _)| *cluster == result.cluster) {
            Some((_, bps)) => *bps = result.bitrate_bps, // more of its packets arrived
            None => {
                self.found.truncate(NEEDED - 1);
                self.found.insert(0, (result.cluster, result.bitrate_bps));
                self.asks = self.found.len() < NEEDED;
            }
        }
        if self.found.len() < NEEDED {
            return None;
        }
        self.found.iter().map(|(_, bps)| *bps).reduce(f64::max)
    }

    /// A probe has found no less.
    pub(super) fn dispel(&mut self) {
        self.found.clear();
        self.asks = false;
    }

    /// Whether another probe is wanted.
    pub(super) fn asks(&self) -> bool {
        self.asks
    }

    /// Another probe is being sent.
    pub(super) fn asked(&mut self) {
        self.asks = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn less(doubt: &mut Doubt, cluster: u32, bitrate_bps: f64) -> Option<f64> {
        doubt.less(&ProbeResult { cluster: ProbeCluster(cluster), bitrate_bps, is_saturated: true })
    }

    #[test]
    fn several_probes_must_agree_and_the_most_counts() {
        let mut doubt = Doubt::default();
        assert_eq!(less(&mut doubt, 1, 2e5), None);
        assert!(doubt.asks());
        doubt.asked();
        assert_eq!(less(&mut doubt, 1, 3e5), None, "the same probe again");
        assert!(!doubt.asks(), "one has been asked for");
        assert_eq!(less(&mut doubt, 2, 4e5), None);
        assert_eq!(less(&mut doubt, 3, 1e5), Some(4e5));
        assert!(!doubt.asks());
        assert_eq!(less(&mut doubt, 4, 2e5), Some(4e5), "they are still agreed");
        assert_eq!(less(&mut doubt, 5, 2e5), Some(2e5));
    }

    #[test]
    fn a_probe_that_finds_no_less_dispels_the_doubt() {
        let mut doubt = Doubt::default();
        less(&mut doubt, 1, 2e5);
        less(&mut doubt, 2, 2e5);
        doubt.dispel();
        assert!(!doubt.asks());
        assert_eq!(less(&mut doubt, 3, 2e5), None);
    }
}
