//! Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01): the receiver notes when each numbered packet
//! came and tells the sender now and then, with losses in between.
//!
//! Owns when to tell and what; the bytes of the messages are the stack's business. Tells nothing while nothing comes, so that
//! a link that is idle costs nothing.

mod recorder;

use std::time::Duration;

pub use recorder::Recorder;

/// The unit of the reference time: 2^8 of [`TICK`].
const REFERENCE_UNIT: Duration = Duration::from_millis(64);
/// The unit of differences between arrivals.
pub const TICK: Duration = Duration::from_micros(250);
/// The reference time has so many bits.
const REFERENCE_BITS: u32 = 24;

/// What a receiver tells, as it goes into a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The number of the first packet that is told of.
    pub base: u16,
    /// Which message it is, counted so that the sender notes lost ones.
    pub count: u8,
    /// What the first difference counts from, in units of 64 ms, 24 bits.
    pub reference: u32,
    /// For each packet: `None` where it is missing, else the time since the arrival told before it, in units of [`TICK`].
    pub differences: Vec<Option<i16>>,
}

/// What a message says, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feedback {
    /// The number of the first packet that is told of.
    pub base: u16,
    /// What became of it and those after it.
    pub fates: Vec<Fate>,
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Missing,
    /// On the receiver's clock, which counts from anywhere.
    Arrived(Duration),
    ArrivedAtUnknownTime,
}

/// What a message says of one packet, before the times are added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Missing,
    /// In units of [`TICK`] since the arrival before.
    Arrived(i16),
    ArrivedAtUnknownTime,
}

/// Reads the messages of one receiver, whose clock they go on counting.
#[derive(Debug, Default)]
pub struct FeedbackReader {
    /// The newest reference time, of more bits than are sent; `None` before the first.
    reference: Option<i64>,
}

impl FeedbackReader {
    /// Adds up the times of a message.
    pub fn read(&mut self, base: u16, reference: u32, statuses: impl Iterator<Item = Status>) -> Feedback {
        let reference = self.extend_reference(reference);
        let ticks_a_unit = i64::from((REFERENCE_UNIT.as_micros() / TICK.as_micros()) as u32);
        let mut ticks = reference * ticks_a_unit;
        let fates = statuses
            .map(|status| match status {
                Status::Missing => Fate::Missing,
                Status::ArrivedAtUnknownTime => Fate::ArrivedAtUnknownTime,
                Status::Arrived(difference) => {
                    ticks += i64::from(difference);
                    let ticks = u64::try_from(ticks).unwrap_or_default();
                    Fate::Arrived(Duration::from_micros(ticks.saturating_mul(TICK.as_micros() as u64)))
                }
            })
            .collect();
        Feedback { base, fates }
    }

    /// The reference time that ends in these bits and is nearest to the last one. The first is put far enough from zero for
    /// others to lie before it.
    fn extend_reference(&mut self, reference: u32) -> i64 {
        let range = 1i64 << REFERENCE_BITS;
        let low = i64::from(reference) & (range - 1);
        let extended = match self.reference {
            None => range + low,
            Some(last) => {
                let distance = (low - last).rem_euclid(range);
                last + if distance < range / 2 { distance } else { distance - range }
            }
        };
        self.reference = Some(extended);
        extended
    }
}

#[cfg(test)]
mod tests;
