//! When something was, in words and by the clock on the wall: "Yesterday", "Tuesday".
//!
//! Told the time and the zone; the zone is the system's, read from its file where it has one. Elsewhere days begin when they do in
//! Greenwich. What screens take for now is kept with the context, so that tests can say it.

mod zone;

use std::time::{SystemTime, UNIX_EPOCH};

use egui::{Context, Id};

use crate::text::Texts;
pub use zone::Zone;

const DAY_SECONDS: i64 = 24 * 3600;

/// A day in the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    pub year: i64,
    /// From 1.
    pub month: u8,
    /// From 1.
    pub day: u8,
}

impl Date {
    /// The day that is so many days after the first of January 1970.
    fn of_days(days: i64) -> Self {
        // Years begin in March, so that the day that is there or not comes last.
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year + era * 400 + i64::from(month <= 2);
        Self { year, month: month as u8, day: day as u8 }
    }

    /// Days after the first of January 1970.
    fn days(self) -> i64 {
        let (month, year) = (i64::from(self.month), self.year - i64::from(self.month <= 2));
        let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let of_year = (153 * ((month + 9) % 12) + 2) / 5 + i64::from(self.day) - 1;
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
    }
}

/// 0 for a Sunday.
fn weekday(days: i64) -> usize {
    (days + 4).rem_euclid(7) as usize
}

/// When that was, seen from now: "Just now", "12 min ago", "Today, 9:05", "Yesterday", "Tuesday", "3 November".
pub fn words(texts: Texts, at: SystemTime, now: SystemTime, zone: &Zone) -> String {
    let texts = texts.when();
    let seconds = |time: SystemTime| time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64);
    let (at, now) = (seconds(at), seconds(now));
    let minutes = (now - at).max(0) / 60;
    if minutes < 60 {
        return if minutes == 0 { texts.just_now().to_owned() } else { texts.minutes_ago(minutes) };
    }
    let local = |time: i64| time + i64::from(zone.offset_seconds(time));
    let (here, day, today) = (local(at), local(at).div_euclid(DAY_SECONDS), local(now).div_euclid(DAY_SECONDS));
    match today - day {
        0 => texts.today(here.rem_euclid(DAY_SECONDS) / 3600, here.rem_euclid(3600) / 60),
        1 => texts.yesterday().to_owned(),
        2..=6 => texts.weekday(weekday(day)),
        _ => texts.date(Date::of_days(day)),
    }
}

/// The same on the screen, by the system's clock and zone.
pub fn on_screen(context: &Context, texts: Texts, at: SystemTime) -> String {
    let (now, zone) =
        context.data(|data| data.get_temp(said())).unwrap_or_else(|| (SystemTime::now(), Zone::of_system()));
    words(texts, at, now, &zone)
}

/// Has the context take this for now, and this for the zone.
pub fn say(context: &Context, now: SystemTime, zone: Zone) {
    context.data_mut(|data| data.insert_temp(said(), (now, zone)));
}

fn said() -> Id {
    Id::unique("when")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Language;
    use std::time::Duration;

    fn time(seconds: i64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds as u64)
    }

    #[test]
    fn days_and_dates_are_the_same_both_ways() {
        for days in (-200_000..200_000).step_by(37) {
            assert_eq!(Date::of_days(days).days(), days);
        }
        assert_eq!(Date::of_days(19_782), Date { year: 2024, month: 2, day: 29 });
        assert_eq!((weekday(0), weekday(19_782)), (4, 4), "both were Thursdays");
    }

    #[test]
    fn when_it_was_is_said_as_people_do() {
        // Saturday, the 21st of November 2026, 9:30 in Greenwich.
        let now = Date { year: 2026, month: 11, day: 21 }.days() * DAY_SECONDS + 9 * 3600 + 1800;
        let said = |ago: i64, language| words(Texts::new(language), time(now - ago), time(now), &Zone::default());
        let english = |ago| said(ago, Language::English);
        assert_eq!(english(-500), "Just now", "a clock may be ahead");
        assert_eq!(
            (english(59).as_str(), english(60).as_str(), english(3599).as_str()),
            ("Just now", "1 min ago", "59 min ago")
        );
        assert_eq!(english(3600 + 25 * 60), "Today, 8:05");
        assert_eq!((english(10 * 3600), english(33 * 3600)), ("Yesterday".into(), "Yesterday".into()));
        assert_eq!((english(34 * 3600), english(6 * 86_400)), ("Thursday".into(), "Sunday".into()));
        assert_eq!((english(7 * 86_400), english(40 * 86_400)), ("14 November".into(), "12 October".into()));
        assert_eq!(said(34 * 3600, Language::German), "Donnerstag");
        assert_eq!(said(7 * 86_400, Language::German), "14. November");
    }

    #[test]
    fn days_begin_at_midnight_where_one_is() {
        let now = Date { year: 2026, month: 11, day: 21 }.days() * DAY_SECONDS + 9 * 3600;
        let at = |ago, offset| words(Texts::new(Language::English), time(now - ago), time(now), &Zone::fixed(offset));
        assert_eq!(at(10 * 3600, 0), "Yesterday");
        assert_eq!(at(10 * 3600, 2 * 3600), "Today, 1:00");
        assert_eq!(at(10 * 3600, -10 * 3600), "Today, 13:00");
    }
}
