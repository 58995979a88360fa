//! The receiver's part: which packets came when, until it is told.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::{Report, TICK};
use crate::rtp::extend;

/// From the first packet that is not told of to the report, where there is enough to tell.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(50);
/// And where there is not.
const LONGEST_INTERVAL: Duration = Duration::from_millis(250);

/// Bytes received that are worth a report of some 68 bytes on the wire: 5 % go back, as libwebrtc has it.
const WORTH_A_REPORT: u64 = 1360;

/// Packets that one report tells of at most, so that it is one packet on the wire.
const MAX_PACKETS_A_REPORT: usize = 400;

/// A number that is further than this from the one expected is no loss or late packet: the sender counts anew.
const MAX_JUMP: u64 = 2000;

/// What the numbers count from, so that there may be some before the first.
const FIRST_NUMBER: u64 = 1 << 16;

/// Notes arrivals and makes reports of them.
#[derive(Debug, Default)]
pub struct Recorder {
    /// What all times in reports count from: the first arrival.
    epoch: Option<Instant>,
    /// The number after those that were told of; what is missing from here on will be told.
    expected: Option<u64>,
    /// Not told of yet. Bounded, since so many are told of at once.
    arrivals: BTreeMap<u64, Instant>,
    /// When the first of them came.
    first_at: Option<Instant>,
    bytes: u64,
    reports: u8,
}

impl Recorder {
    /// Notes a packet.
    pub fn arrived(&mut self, now: Instant, number: u16, bytes: u32) {
        self.epoch.get_or_insert(now);
        let expected = *self.expected.get_or_insert(FIRST_NUMBER + u64::from(number));
        let highest = self.arrivals.last_key_value().map_or(expected, |(number, _)| *number);
        let number = extend(number, highest);
        if number.abs_diff(highest) > MAX_JUMP {
            self.arrivals.clear();
            self.expected = Some(number);
        }
        self.arrivals.entry(number).or_insert(now);
        self.first_at.get_or_insert(now);
        self.bytes += u64::from(bytes);
    }

    /// When there is something to tell.
    pub fn next_at(&self) -> Option<Instant> {
        let first_at = self.first_at?;
        if self.arrivals.len() >= MAX_PACKETS_A_REPORT {
            return Some(first_at);
        }
        let is_worth_it = self.bytes >= WORTH_A_REPORT;
        Some(first_at + if is_worth_it { SHORTEST_INTERVAL } else { LONGEST_INTERVAL })
    }

    /// What is to be told now, if it is time.
    pub fn reports(&mut self, now: Instant) -> Vec<Report> {
        let mut reports = Vec::new();
        if self.next_at().is_none_or(|at| now < at) {
            return reports;
        }
        let (Some(epoch), Some(expected)) = (self.epoch, self.expected) else { return reports };
        let later = self.arrivals.split_off(&expected);
        let late = std::mem::take(&mut self.arrivals);
        (self.first_at, self.bytes) = (None, 0);
        // What came after its loss was told gets a report of its own, so that what is told of those around it stays.
        if let Some(first) = late.first_key_value().map(|(number, _)| *number) {
            self.report(epoch, first, &late, &mut reports);
        }
        if let Some(last) = later.last_key_value().map(|(number, _)| *number) {
            self.report(epoch, expected, &later, &mut reports);
            self.expected = Some(last + 1);
        }
        reports
    }

    /// Tells of packets from `base` on, in as many reports as it takes.
    fn report(&mut self, epoch: Instant, base: u64, arrivals: &BTreeMap<u64, Instant>, reports: &mut Vec<Report>) {
        let mut next = base;
        let mut open: Option<(Report, i64)> = None;
        for (&number, &at) in arrivals {
            let ticks = (at.saturating_duration_since(epoch).as_micros() / TICK.as_micros()) as i64;
            let missing = usize::try_from(number - next).unwrap_or(usize::MAX);
            let difference = open.as_ref().and_then(|(report, last)| {
                let has_room = report.differences.len() + missing < MAX_PACKETS_A_REPORT;
                i16::try_from(ticks - last).ok().filter(|_| has_room)
            });
            let (report, last) = match (difference, &mut open) {
                (Some(_), Some(open)) => open,
                _ => {
                    reports.extend(open.take().map(|(report, _)| report));
                    let reference = ticks >> 8;
                    let report = Report {
                        base: next as u16,
                        count: self.reports,
                        reference: (reference & 0xff_ffff) as u32,
                        differences: Vec::new(),
                    };
                    self.reports = self.reports.wrapping_add(1);
                    open.insert((report, reference << 8))
                }
            };
            report.differences.extend(std::iter::repeat_n(None, missing));
            report.differences.push(i16::try_from(ticks - *last).ok());
            *last = ticks;
            next = number + 1;
        }
        reports.extend(open.map(|(report, _)| report));
    }
}
