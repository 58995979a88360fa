//! Gathers packets that were sent or arrived together, and says how much longer the way has become from group to group.
//!
//! Packets of one burst queue behind each other on the way; only between bursts does the delay say something of the path
//! (draft-ietf-rmcat-gcc-02 §5.2, with the treatment of bursts and of clocks that jump as in libwebrtc).

use std::time::{Duration, Instant};

use super::difference::{between_arrivals, between_instants};

/// Packets sent within this time are one group.
const GROUP_MS: f64 = 5.0;

/// Packets that arrive within this time of the one before, and faster than they were sent, were held up and let go together.
const BURST_MS: f64 = 5.0;

/// Longest time over which packets that were let go together count as one group.
const LONGEST_BURST_MS: f64 = 100.0;

/// Where the receiver's clock has gained so much on ours between two groups, it was set.
const CLOCK_JUMP_MS: f64 = 3000.0;

/// After so many groups that seem to arrive before their predecessors, the receiver's clock was set back.
const REORDERED_GROUPS: u32 = 3;

#[derive(Clone, Copy, Debug)]
struct Group {
    first_sent: Instant,
    last_sent: Instant,
    first_arrival: Duration,
    last_arrival: Duration,
    reported: Instant,
}

/// How far one group is behind the one before it, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct GroupDelta {
    pub(super) sent_ms: f64,
    pub(super) arrived_ms: f64,
}

#[derive(Clone, Debug, Default)]
pub(super) struct InterArrival {
    current: Option<Group>,
    previous: Option<Group>,
    reordered_groups: u32,
}

impl InterArrival {
    /// Takes a packet, of those in one report in the order of arrival; `reported` is when the report came. Says how far the
    /// group that it ends is behind the one before.
    pub(super) fn packet(&mut self, sent: Instant, arrival: Duration, reported: Instant) -> Option<GroupDelta> {
        let begun =
            Group { first_sent: sent, last_sent: sent, first_arrival: arrival, last_arrival: arrival, reported };
        let Some(current) = &mut self.current else {
            self.current = Some(begun);
            return None;
        };
        if sent < current.first_sent {
            return None; // overtaken by the group
        }
        if !begins_group(current, sent, arrival) {
            current.last_sent = current.last_sent.max(sent);
            current.last_arrival = arrival;
            current.reported = reported;
            return None;
        }
        let ended = *current;
        let delta = match self.previous {
            Some(previous) => self.delta(&previous, &ended)?,
            None => None,
        };
        self.previous = Some(ended);
        self.current = Some(begun);
        delta
    }

    /// The outer `None` says that the group is not to be kept.
    fn delta(&mut self, previous: &Group, ended: &Group) -> Option<Option<GroupDelta>> {
        let sent_ms = between_instants(ended.last_sent, previous.last_sent);
        let arrived_ms = between_arrivals(ended.last_arrival, previous.last_arrival);
        let reported_ms = between_instants(ended.reported, previous.reported);
        if arrived_ms - reported_ms >= CLOCK_JUMP_MS {
            *self = Self::default();
            return None;
        }
        if arrived_ms < 0.0 {
            self.reordered_groups += 1;
            if self.reordered_groups >= REORDERED_GROUPS {
                *self = Self::default();
            }
            return None;
        }
        self.reordered_groups = 0;
        Some(Some(GroupDelta { sent_ms, arrived_ms }))
    }
}

fn begins_group(current: &Group, sent: Instant, arrival: Duration) -> bool {
    let sent_ms = between_instants(sent, current.last_sent);
    let arrived_ms = between_arrivals(arrival, current.last_arrival);
    let burst_ms = between_arrivals(arrival, current.first_arrival);
    let is_burst = arrived_ms < sent_ms && arrived_ms <= BURST_MS && burst_ms < LONGEST_BURST_MS;
    sent_ms != 0.0 && !is_burst && between_instants(sent, current.first_sent) > GROUP_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milliseconds(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// Sends packets at the first and lets them arrive at the second of each pair, in milliseconds.
    fn deltas(packets: &[(u64, u64)]) -> Vec<GroupDelta> {
        let start = Instant::now();
        let mut inter_arrival = InterArrival::default();
        let packet = |(sent, arrival): &(u64, u64)| {
            let sent = start + milliseconds(*sent);
            inter_arrival.packet(sent, milliseconds(*arrival), sent + milliseconds(100))
        };
        packets.iter().filter_map(packet).collect()
    }

    #[test]
    fn packets_sent_together_are_one_group() {
        let packets = [(0, 1000), (2, 1009), (5, 1018), (20, 1027), (22, 1036), (40, 1050)];
        assert_eq!(deltas(&packets), [GroupDelta { sent_ms: 17.0, arrived_ms: 18.0 }]);
    }

    #[test]
    fn packets_that_were_held_up_and_let_go_together_are_one_group() {
        let packets = [(0, 1000), (20, 1100), (40, 1101), (60, 1102), (80, 1120), (100, 1140)];
        let expected =
            [GroupDelta { sent_ms: 60.0, arrived_ms: 102.0 }, GroupDelta { sent_ms: 20.0, arrived_ms: 18.0 }];
        assert_eq!(deltas(&packets), expected);
    }

    #[test]
    fn a_packet_older_than_its_group_is_let_pass() {
        assert_eq!(deltas(&[(0, 1000), (20, 1020), (10, 1021), (40, 1040)]).len(), 1);
    }

    #[test]
    fn a_clock_that_jumps_begins_anew_instead_of_showing_a_delay() {
        let packets = [(0, 1000), (20, 1020), (40, 9000), (60, 9020), (80, 9040), (100, 9060)];
        for delta in deltas(&packets) {
            assert_eq!(delta, GroupDelta { sent_ms: 20.0, arrived_ms: 20.0 });
        }
        let back = [(0, 9000), (20, 9020), (40, 1000), (60, 1020), (80, 1040), (100, 1060), (120, 1080), (140, 1100)];
        let found = deltas(&back);
        assert!(found.iter().all(|delta| *delta == GroupDelta { sent_ms: 20.0, arrived_ms: 20.0 }), "{found:?}");
    }
}
