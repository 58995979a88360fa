//! Remembers at which bitrate the path was found full, and how far those findings are apart.

/// Weight of a new finding.
const WEIGHT: f64 = 0.05;

/// Bounds and first value of the variance, normalised by the estimate, in kb/s: ±14 to ±35 kb/s at 500 kb/s.
const LEAST_VARIANCE_KBPS: f64 = 0.4;
const LARGEST_VARIANCE_KBPS: f64 = 2.5;

/// Standard deviations within which a throughput still belongs to the estimate.
const REACH: f64 = 3.0;

#[derive(Clone, Debug)]
pub(super) struct LinkCapacity {
    estimate_kbps: Option<f64>,
    variance_kbps: f64,
}

impl Default for LinkCapacity {
    fn default() -> Self {
        Self { estimate_kbps: None, variance_kbps: LEAST_VARIANCE_KBPS }
    }
}

impl LinkCapacity {
    /// The path was full while it carried this, in bits per second.
    pub(super) fn overused_at(&mut self, throughput_bps: f64) {
        let sample_kbps = throughput_bps / 1000.0;
        let estimate_kbps = self.estimate_kbps.map_or(sample_kbps, |kbps| (1.0 - WEIGHT) * kbps + WEIGHT * sample_kbps);
        let error_kbps = estimate_kbps - sample_kbps;
        let variance_kbps = error_kbps * error_kbps / estimate_kbps.max(1.0);
        self.variance_kbps = ((1.0 - WEIGHT) * self.variance_kbps + WEIGHT * variance_kbps)
            .clamp(LEAST_VARIANCE_KBPS, LARGEST_VARIANCE_KBPS);
        self.estimate_kbps = Some(estimate_kbps);
    }

    /// In bits per second.
    pub(super) fn estimate_bps(&self) -> Option<f64> {
        self.estimate_kbps.map(|kbps| kbps * 1000.0)
    }

    /// Whether a throughput cannot be that of the link as it was known.
    pub(super) fn is_below(&self, throughput_bps: f64) -> bool {
        self.estimate_kbps.is_some_and(|kbps| throughput_bps / 1000.0 > kbps + REACH * self.deviation_kbps(kbps))
    }

    /// Whether the link must have lost capacity, if it is full at this throughput.
    pub(super) fn is_above(&self, throughput_bps: f64) -> bool {
        self.estimate_kbps.is_some_and(|kbps| throughput_bps / 1000.0 < kbps - REACH * self.deviation_kbps(kbps))
    }

    /// The link is another one by now.
    pub(super) fn forget(&mut self) {
        self.estimate_kbps = None;
    }

    fn deviation_kbps(&self, estimate_kbps: f64) -> f64 {
        (self.variance_kbps * estimate_kbps).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_near_the_estimate_belong_to_it_and_others_do_not() {
        let mut capacity = LinkCapacity::default();
        assert!(!capacity.is_below(1e9) && !capacity.is_above(0.0));
        for sample in [990_000.0, 1_010_000.0, 1_000_000.0] {
            capacity.overused_at(sample);
        }
        let estimate = capacity.estimate_bps().unwrap();
        assert!((estimate - 991_000.0).abs() < 2_000.0, "{estimate}");
        assert!(!capacity.is_below(1_030_000.0) && !capacity.is_above(960_000.0));
        assert!(capacity.is_below(1_200_000.0) && capacity.is_above(800_000.0));
        capacity.forget();
        assert_eq!(capacity.estimate_bps(), None);
    }
}
