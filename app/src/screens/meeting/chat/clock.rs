//! The time of day at which something was said, where the person is.

use std::time::SystemTime;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// `14:02`; nothing for a time that no calendar has.
pub fn time_of_day(at: SystemTime) -> String {
    in_zone(at, TimeZone::system())
}

fn in_zone(at: SystemTime, zone: TimeZone) -> String {
    let Ok(timestamp) = Timestamp::try_from(at) else { return String::new() };
    let time = timestamp.to_zoned(zone);
    format!("{:02}:{:02}", time.hour(), time.minute())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_time_is_that_of_the_place() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(9 * 3600 + 5 * 60 + 59);
        assert_eq!(in_zone(at, TimeZone::UTC), "09:05");
        assert_eq!(in_zone(at, TimeZone::fixed(jiff::tz::offset(-10))), "23:05");
        assert_eq!(time_of_day(at).len(), 5);
    }

    #[test]
    fn a_time_beyond_all_calendars_is_no_time() {
        let far = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::from(u32::MAX) * 1000);
        assert_eq!(in_zone(far, TimeZone::UTC), "");
    }
}
