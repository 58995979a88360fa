//! What the rest of the program sees of one link's transport, and tells it: plain values that either side reads and writes
//! without waiting for the other.
//!
//! The transport itself runs inside the WebRTC stack, whose task must never wait for ours.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use super::super::congestion::{EstimatorStatistics, LinkEstimate};
use super::protection::beside_parity;
use super::receiver::ReceiverCounters;
use super::sender::{Sender, SenderCounters};

/// Pictures are handed to the transport as long as what it has would leave within this; then they wait where they can still
/// be left out whole.
const ENOUGH_QUEUED: Duration = Duration::from_millis(100);

/// An estimate that has fallen by more than one part in so many is told at once.
const TELL_FALLS_OF_ONE_IN: u32 = 20;

/// What is known of a link's transport.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TransportStatistics {
    /// What the link is estimated to carry, headers included; `None` before the peer's first feedback.
    pub estimate_bps: Option<u32>,
    /// How long what waits will take to leave.
    pub queue: Duration,
    /// Share of packets lost on the way to the peer, 0 to 1, as its feedback tells.
    pub loss: f32,
    /// Smoothed; `None` before the first measurement.
    pub round_trip: Option<Duration>,
    /// Packets sent again because the peer asked, and their bytes on the wire.
    pub retransmitted_packets: u64,
    pub retransmitted_bytes: u64,
    /// Packets that the peer asked for again and that we asked for, each time counted.
    pub requests_received: u64,
    pub requests_sent: u64,
    /// Packets that were missing and came because we asked.
    pub repaired_packets: u64,
    pub key_frame_requests_received: u64,
    /// Bursts sent to find out whether the link carries more.
    pub probes: u64,
    /// Packets of parity sent so that losses need not be asked for, and their bytes on the wire.
    pub parity_packets: u64,
    pub parity_bytes: u64,
    /// Packets that were missing and came out of the peer's parity.
    pub recovered_packets: u64,
}

/// Shared by a link's transport and whoever sends on the link.
#[derive(Debug, Default)]
pub struct TransportLink {
    /// 0 for none.
    estimate_bps: AtomicU32,
    steady_bps: AtomicU32,
    arriving_bps: AtomicU32,
    path_queue_micros: AtomicU32,
    pace_bps: AtomicU32,
    queue_micros: AtomicU32,
    /// As the bits of an `f32`.
    loss: AtomicU32,
    /// 0 for none.
    round_trip_micros: AtomicU32,
    retransmitted_packets: AtomicU64,
    retransmitted_bytes: AtomicU64,
    requests_received: AtomicU64,
    requests_sent: AtomicU64,
    repaired_packets: AtomicU64,
    key_frame_requests_received: AtomicU64,
    probes: AtomicU64,
    parity_packets: AtomicU64,
    parity_bytes: AtomicU64,
    recovered_packets: AtomicU64,
    /// Bytes of parity for each byte of pictures, as the bits of an `f32`.
    parity_share: AtomicU32,
    /// Bytes on the wire of pictures that have left or were dropped.
    video_bytes_gone: AtomicU64,
    /// 0 for none.
    wanted_bps: AtomicU32,
    /// 0 for none.
    checked_micros: AtomicU32,
    video_left: Notify,
    estimate_fell: Notify,
}

impl TransportLink {
    /// What the link is estimated to carry; `None` before the first feedback.
    pub fn estimate(&self) -> Option<LinkEstimate> {
        let momentary_bps = Some(self.estimate_bps.load(Ordering::Relaxed)).filter(|bps| *bps > 0)?;
        // The two are written one after the other, and may be read between.
        let steady_bps = self.steady_bps.load(Ordering::Relaxed).max(momentary_bps);
        Some(LinkEstimate { momentary_bps, steady_bps })
    }

    /// Bits per second that arrive at the peer, headers included, and how much longer than at best packets wait on their way.
    pub fn arriving(&self) -> (u32, Duration) {
        let queue = Duration::from_micros(u64::from(self.path_queue_micros.load(Ordering::Relaxed)));
        (self.arriving_bps.load(Ordering::Relaxed), queue)
    }

    /// What of the estimate is left beside parity; `None` before the first feedback.
    pub fn room(&self) -> Option<LinkEstimate> {
        let share = f32::from_bits(self.parity_share.load(Ordering::Relaxed)).into();
        let LinkEstimate { momentary_bps, steady_bps } = self.estimate()?;
        Some(LinkEstimate {
            momentary_bps: beside_parity(momentary_bps, share),
            steady_bps: beside_parity(steady_bps, share),
        })
    }

    /// Returns when the estimate has fallen by more than a little since it was last told of.
    pub async fn estimate_fell(&self) {
        self.estimate_fell.notified().await;
    }

    /// Says what would be sent if the link carried everything, in bits per second on the wire.
    pub fn set_wanted(&self, bps: u32) {
        self.wanted_bps.store(bps, Ordering::Relaxed);
    }

    /// Says what a connectivity check has measured.
    pub fn set_checked_round_trip(&self, round_trip: Duration) {
        self.checked_micros.store(micros(round_trip), Ordering::Relaxed);
    }

    /// Bytes on the wire of pictures that have left or were dropped, since the start.
    pub fn video_bytes_gone(&self) -> u64 {
        self.video_bytes_gone.load(Ordering::Relaxed)
    }

    /// Whether so many bytes of pictures that have not left are enough for now.
    pub fn is_enough(&self, video_bytes: u64) -> bool {
        let pace_bps = u64::from(self.pace_bps.load(Ordering::Relaxed));
        pace_bps > 0 && video_bytes * 8 > pace_bps * ENOUGH_QUEUED.as_millis() as u64 / 1000
    }

    /// Returns when some of the pictures have left.
    pub async fn video_left(&self) {
        self.video_left.notified().await;
    }

    pub fn statistics(&self) -> TransportStatistics {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let time = |micros: &AtomicU32| Duration::from_micros(u64::from(micros.load(Ordering::Relaxed)));
        TransportStatistics {
            estimate_bps: self.estimate().map(|estimate| estimate.momentary_bps),
            queue: time(&self.queue_micros),
            loss: f32::from_bits(self.loss.load(Ordering::Relaxed)),
            round_trip: Some(time(&self.round_trip_micros)).filter(|time| !time.is_zero()),
            retransmitted_packets: count(&self.retransmitted_packets),
            retransmitted_bytes: count(&self.retransmitted_bytes),
            requests_received: count(&self.requests_received),
            requests_sent: count(&self.requests_sent),
            repaired_packets: count(&self.repaired_packets),
            key_frame_requests_received: count(&self.key_frame_requests_received),
            probes: count(&self.probes),
            parity_packets: count(&self.parity_packets),
            parity_bytes: count(&self.parity_bytes),
            recovered_packets: count(&self.recovered_packets),
        }
    }

    /// What was said last by [`set_wanted`](Self::set_wanted).
    pub(super) fn wanted_bps(&self) -> Option<u32> {
        Some(self.wanted_bps.load(Ordering::Relaxed)).filter(|bps| *bps > 0)
    }

    /// What a connectivity check has measured since this was last asked.
    pub(super) fn take_checked_round_trip(&self) -> Option<Duration> {
        let micros = self.checked_micros.swap(0, Ordering::Relaxed);
        (micros > 0).then(|| Duration::from_micros(u64::from(micros)))
    }

    pub(super) fn count_key_frame_request_received(&self) {
        self.key_frame_requests_received.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn publish_round_trip(&self, round_trip: Duration) {
        self.round_trip_micros.store(micros(round_trip), Ordering::Relaxed);
    }

    pub(super) fn publish_receiver(&self, counters: &ReceiverCounters) {
        self.requests_sent.store(counters.requested_packets, Ordering::Relaxed);
        self.repaired_packets.store(counters.repaired_packets, Ordering::Relaxed);
        self.recovered_packets.store(counters.recovered_packets, Ordering::Relaxed);
    }

    pub(super) fn publish_sender(&self, sender: &Sender) {
        let SenderCounters {
            retransmitted_packets,
            retransmitted_bytes,
            requested_packets,
            probes,
            parity_packets,
            parity_bytes,
            video_bytes_gone,
        } = sender.counters();
        self.retransmitted_packets.store(retransmitted_packets, Ordering::Relaxed);
        self.retransmitted_bytes.store(retransmitted_bytes, Ordering::Relaxed);
        self.requests_received.store(requested_packets, Ordering::Relaxed);
        self.probes.store(probes, Ordering::Relaxed);
        self.parity_packets.store(parity_packets, Ordering::Relaxed);
        self.parity_bytes.store(parity_bytes, Ordering::Relaxed);
        self.parity_share.store((sender.parity_share() as f32).to_bits(), Ordering::Relaxed);
        self.pace_bps.store(sender.pace_bps(), Ordering::Relaxed);
        self.queue_micros.store(micros(sender.queue_time()), Ordering::Relaxed);
        if self.video_bytes_gone.swap(video_bytes_gone, Ordering::Relaxed) != video_bytes_gone {
            self.video_left.notify_one();
        }
    }

    /// `told_bps` is the estimate at the last fall or rise, kept by whoever publishes.
    pub(super) fn publish_estimate(&self, estimate_bps: u32, told_bps: &mut u32, statistics: &EstimatorStatistics) {
        self.steady_bps.store(statistics.steady_bps, Ordering::Relaxed);
        self.arriving_bps.store(statistics.acknowledged_bps.unwrap_or_default(), Ordering::Relaxed);
        self.path_queue_micros.store(micros(statistics.queue), Ordering::Relaxed);
        self.estimate_bps.store(estimate_bps, Ordering::Relaxed);
        self.loss.store((statistics.loss as f32).to_bits(), Ordering::Relaxed);
        if estimate_bps < *told_bps - *told_bps / TELL_FALLS_OF_ONE_IN {
            *told_bps = estimate_bps;
            self.estimate_fell.notify_one();
        }
        *told_bps = estimate_bps.max(*told_bps);
    }
}

fn micros(time: Duration) -> u32 {
    u32::try_from(time.as_micros()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::congestion::{Estimator, EstimatorConfig};
    use std::time::Instant;

    fn publish(link: &TransportLink, told_bps: &mut u32, estimate_bps: u32) -> bool {
        let statistics = Estimator::new(EstimatorConfig::default(), Instant::now()).statistics();
        let statistics = EstimatorStatistics { steady_bps: 2_000_000, ..statistics };
        link.publish_estimate(estimate_bps, told_bps, &statistics);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async { tokio::time::timeout(Duration::ZERO, link.estimate_fell()).await.is_ok() })
    }

    #[test]
    fn only_a_clear_fall_of_the_estimate_is_told() {
        let (link, mut told_bps) = (TransportLink::default(), 0);
        let falls = [1_000_000, 960_000, 940_000, 900_000, 890_000, 2_000_000, 1_800_000];
        let told = falls.map(|estimate_bps| publish(&link, &mut told_bps, estimate_bps));
        assert_eq!(told, [false, false, true, false, true, false, true]);
        assert_eq!(link.estimate(), Some(LinkEstimate { momentary_bps: 1_800_000, steady_bps: 2_000_000 }));
    }

    #[test]
    fn parity_leaves_less_room() {
        let link = TransportLink::default();
        let same = |bps| Some(LinkEstimate { momentary_bps: bps, steady_bps: bps });
        assert_eq!(link.room(), None);
        link.estimate_bps.store(1_000_000, Ordering::Relaxed);
        assert_eq!(link.room(), same(1_000_000));
        link.parity_share.store(0.25_f32.to_bits(), Ordering::Relaxed);
        assert_eq!((link.room(), link.estimate()), (same(800_000), same(1_000_000)));
    }

    #[test]
    fn a_tenth_of_a_second_of_pictures_is_enough() {
        let link = TransportLink::default();
        assert!(!link.is_enough(1_000_000), "nothing has been sent yet");
        link.pace_bps.store(1_000_000, Ordering::Relaxed);
        assert!(!link.is_enough(12_500) && link.is_enough(12_501));
    }
}
