//! The numbers of RTP packets without their wrapping around, and which packets were seen before.

/// Packets that may be missing between two and still be the same numbering: a minute of them.
const LONGEST_LEAP: i64 = 3_000;

/// Extended timestamps stay below this (186 years) so that no sender can make arithmetic overflow.
const LARGEST_TIMESTAMP: i64 = 1 << 48;

/// What the numbers of a packet say about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Accepted {
    /// A new packet of the stream, with numbers that never wrap around.
    Packet { sequence_number: i64, timestamp: i64 },
    /// Seen before, too old to tell, or contradicting what came before it.
    Unusable,
    /// Too far from everything before: the sender started anew.
    Elsewhere,
}

/// Extends numbers and remembers the last 64.
#[derive(Debug)]
pub(super) struct Order {
    /// The highest sequence number so far and its timestamp, extended.
    sequence_number: i64,
    timestamp: i64,
    /// Bit n: the packet n before the highest was seen.
    seen: u64,
}

impl Order {
    /// After the first packet.
    pub(super) fn starting_at(sequence_number: u16, timestamp: u32) -> Self {
        Self { sequence_number: sequence_number.into(), timestamp: timestamp.into(), seen: 1 }
    }

    /// Takes in the numbers of a packet.
    pub(super) fn accept(&mut self, sequence_number: u16, timestamp: u32) -> Accepted {
        // The low bits of an extended number are the number itself; differences wrap to the nearer side (RFC 3550 A.1).
        let ahead = i64::from(sequence_number.wrapping_sub(self.sequence_number as u16).cast_signed());
        let ticks_ahead = i64::from(timestamp.wrapping_sub(self.timestamp as u32).cast_signed());
        let backwards = ahead > 0 && ticks_ahead <= 0;
        if ahead.abs() > LONGEST_LEAP || backwards || self.timestamp > LARGEST_TIMESTAMP {
            return Accepted::Elsewhere;
        }
        let accepted =
            Accepted::Packet { sequence_number: self.sequence_number + ahead, timestamp: self.timestamp + ticks_ahead };
        if ahead > 0 {
            self.seen = u32::try_from(ahead).ok().and_then(|ahead| self.seen.checked_shl(ahead)).unwrap_or(0) | 1;
            self.sequence_number += ahead;
            self.timestamp += ticks_ahead;
            return accepted;
        }
        let bit = u32::try_from(-ahead).ok().and_then(|behind| 1u64.checked_shl(behind)).unwrap_or(0);
        if bit == 0 || self.seen & bit != 0 || ticks_ahead >= 0 {
            return Accepted::Unusable;
        }
        self.seen |= bit;
        accepted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(sequence_number: i64, timestamp: i64) -> Accepted {
        Accepted::Packet { sequence_number, timestamp }
    }

    #[test]
    fn numbers_go_on_where_they_wrap_around() {
        let mut order = Order::starting_at(65_535, u32::MAX - 959);
        assert_eq!(order.accept(0, 0), packet(65_536, 1 << 32));
        assert_eq!(order.accept(1, 960), packet(65_537, (1 << 32) + 960));
        assert_eq!(order.accept(65_534, u32::MAX - 1_919), packet(65_534, (1 << 32) - 1_920));
    }

    #[test]
    fn a_packet_is_accepted_once() {
        let mut order = Order::starting_at(10, 9_600);
        assert_eq!(order.accept(10, 9_600), Accepted::Unusable);
        assert_eq!(order.accept(12, 11_520), packet(12, 11_520));
        assert_eq!(order.accept(11, 10_560), packet(11, 10_560));
        assert_eq!(order.accept(11, 10_560), Accepted::Unusable);
    }

    #[test]
    fn a_packet_older_than_is_remembered_is_unusable() {
        let mut order = Order::starting_at(1_000, 960_000);
        assert_eq!(order.accept(1_000 - 64, 960_000 - 64 * 960), Accepted::Unusable);
        assert_eq!(order.accept(1_000 - 63, 960_000 - 63 * 960), packet(937, 960_000 - 63 * 960));
    }

    #[test]
    fn a_leap_or_a_timestamp_that_runs_backwards_is_another_stream() {
        let mut order = Order::starting_at(10, 960_000);
        assert_eq!(order.accept(30_000, 961_000), Accepted::Elsewhere);
        assert_eq!(order.accept(11, 1_000), Accepted::Elsewhere);
    }

    #[test]
    fn hours_of_silence_are_the_same_stream() {
        let mut order = Order::starting_at(10, 0);
        assert_eq!(order.accept(11, 48_000 * 3_600 * 12), packet(11, 48_000 * 3_600 * 12));
    }
}
