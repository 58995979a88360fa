//! When something was, and how long it took.

use std::time::Duration;

use super::texts;
use crate::when::Date;

texts! {
    /// See the module's description.
    When {
        just_now: "Just now", "Gerade eben";
        minutes_ago(minutes: i64): format!("{minutes} min ago"), format!("Vor {minutes} min");
        today(hour: i64, minute: i64): format!("Today, {hour}:{minute:02}"), format!("Heute, {hour}:{minute:02}");
        yesterday: "Yesterday", "Gestern";
        weekday(day: usize): ENGLISH_DAYS[day % 7].to_owned(), GERMAN_DAYS[day % 7].to_owned();
        date(date: Date): format!("{} {}", date.day, month(&ENGLISH_MONTHS, date)),
            format!("{}. {}", date.day, month(&GERMAN_MONTHS, date));
    }
}

const ENGLISH_DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const GERMAN_DAYS: [&str; 7] = ["Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"];
const ENGLISH_MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const GERMAN_MONTHS: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

fn month(names: &[&'static str; 12], date: Date) -> &'static str {
    names[usize::from(date.month.clamp(1, 12)) - 1]
}

/// How long something took; the same in every language.
pub fn lasting(duration: Duration) -> String {
    let minutes = (duration.as_secs() + 30) / 60;
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{} s", duration.as_secs()),
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{hours} h {minutes:02} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_it_took_is_as_exact_as_anybody_cares() {
        let said = |seconds| lasting(Duration::from_secs(seconds));
        assert_eq!(
            [said(0), said(29), said(30), said(2850), said(3570), said(7500)],
            ["0 s", "29 s", "1 min", "48 min", "1 h 00 min", "2 h 05 min"]
        );
    }
}
