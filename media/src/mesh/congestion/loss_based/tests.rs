use std::time::Duration;

use super::*;
use crate::mesh::congestion::SentPacket;

const PACKET: u32 = 1250; // 10,000 bits

/// Sends at a bitrate over a link that loses a share of all, and everything above its capacity, for so many seconds.
struct Link {
    loss_based: LossBased,
    now: Instant,
    number: u64,
    /// Losses that are due, in packets.
    due: f64,
}

impl Link {
    fn new() -> Self {
        Self { loss_based: LossBased::new(30_000.0, 30e6), now: Instant::now(), number: 0, due: 0.0 }
    }

    fn run(&mut self, seconds: f64, delay_based_bps: f64, capacity_bps: f64, inherent_loss: f64) -> f64 {
        for _ in 0..(seconds * 10.0) as u32 {
            let sent_bps = self.loss_based.bitrate_bps().unwrap_or(delay_based_bps).min(delay_based_bps);
            let sent_bps = sent_bps * self.loss_based.left(self.now);
            let loss = 1.0 - (1.0 - inherent_loss) * (capacity_bps / sent_bps).min(1.0);
            let packets = (sent_bps / 10_000.0 / 10.0).max(1.0) as u32;
            let results: Vec<_> = (0..packets)
                .map(|packet| {
                    self.number += 1;
                    self.due += loss;
                    let is_lost = self.due >= 1.0;
                    self.due -= f64::from(u8::from(is_lost));
                    let at = self.now + Duration::from_millis(100) * packet / packets;
                    let sent = SentPacket { number: self.number, at, bytes: PACKET, probe: None };
                    PacketResult { sent, arrival: (!is_lost).then_some(Duration::from_millis(self.number)) }
                })
                .collect();
            self.now += Duration::from_millis(100);
            let acknowledged_bps = Some(sent_bps * (1.0 - loss));
            let measured = Measured { delay_based_bps, acknowledged_bps, is_application_limited: false };
            self.loss_based.feedback(self.now, &results, &measured);
        }
        self.loss_based.bitrate_bps().unwrap()
    }
}

#[test]
fn without_loss_the_delay_alone_decides() {
    let mut link = Link::new();
    assert!((link.run(10.0, 2e6, 10e6, 0.0) - 2e6).abs() < 1.0);
    assert_eq!(link.loss_based.state(), LossState::Unlimited);
}

#[test]
fn losses_that_do_not_depend_on_the_bitrate_cost_nothing() {
    let mut link = Link::new();
    let bps = link.run(20.0, 2e6, 10e6, 0.05);
    assert!(bps > 1.9e6, "{bps}");
    assert!((link.loss_based.inherent_loss() - 0.05).abs() < 0.02, "{}", link.loss_based.inherent_loss());
}

#[test]
fn losses_of_sending_too_much_keep_the_estimate_near_the_capacity() {
    let mut link = Link::new();
    link.run(10.0, 3e6, 1e6, 0.0);
    let mean_bps = (0..100).map(|_| link.run(0.1, 3e6, 1e6, 0.0)).sum::<f64>() / 100.0;
    assert!(mean_bps > 0.8e6 && mean_bps < 1.3e6, "{mean_bps}");
    assert_ne!(link.loss_based.state(), LossState::Unlimited);
}

#[test]
fn it_grows_again_when_the_losses_end() {
    let mut link = Link::new();
    link.run(20.0, 3e6, 1e6, 0.0);
    let bps = link.run(15.0, 3e6, 10e6, 0.0);
    assert!(bps > 2.9e6, "{bps}");
}

#[test]
fn feedback_that_never_moves_on_takes_no_memory() {
    let mut loss_based = LossBased::new(30_000.0, 30e6);
    let measured = Measured { delay_based_bps: 1e6, acknowledged_bps: None, is_application_limited: false };
    let at = Instant::now();
    for message in 0..2000 {
        let lost = |number| PacketResult { sent: SentPacket { number, at, bytes: 1, probe: None }, arrival: None };
        let results: Vec<_> = (0..100).map(|packet| lost(message * 100 + packet)).collect();
        loss_based.feedback(at, &results, &measured);
    }
    assert!(loss_based.observations.remembered_packets() < 10_000);
}
