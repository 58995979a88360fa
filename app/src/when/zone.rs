//! How far the clock on the wall is from Greenwich's: the system's zone file (RFC 9636), as far as that needs.

use std::sync::{Arc, OnceLock};

use super::{DAY_SECONDS, Date, weekday};

/// A larger file is no zone.
const MAX_BYTES: usize = 64 * 1024;

/// A time zone; Greenwich's by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Zone(Arc<Parts>);

#[derive(Debug, Default, PartialEq, Eq)]
struct Parts {
    /// From when on which offset holds, in seconds, ascending.
    changes: Vec<(i64, i32)>,
    /// Before the first of them.
    first: i32,
    /// After the last of them.
    rule: Option<Rule>,
}

/// Offsets of each year, in seconds: usually one, and in summer another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rule {
    usual: i32,
    summer: Option<Summer>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Summer {
    offset: i32,
    from: Change,
    to: Change,
}

/// A weekday of some week of a month, and seconds after its midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Change {
    month: u8,
    /// From 1; 5 is the last.
    week: u8,
    /// 0 for a Sunday.
    weekday: u8,
    seconds: i32,
}

impl Zone {
    /// The system's; Greenwich's where there is no file of it.
    pub fn of_system() -> Self {
        static ZONE: OnceLock<Zone> = OnceLock::new();
        ZONE.get_or_init(|| {
            std::fs::read("/etc/localtime").ok().and_then(|file| Self::parse(&file)).unwrap_or_default()
        })
        .clone()
    }

    /// The same offset all the time.
    pub fn fixed(offset_seconds: i32) -> Self {
        Self(Arc::new(Parts { first: offset_seconds, ..Parts::default() }))
    }

    /// By how many seconds the clock on the wall is ahead at a time, in seconds since 1970.
    pub fn offset_seconds(&self, at: i64) -> i32 {
        let Parts { changes, first, rule } = &*self.0;
        let passed = changes.partition_point(|(from, _)| *from <= at);
        match (rule, passed.checked_sub(1)) {
            (Some(rule), _) if passed == changes.len() => rule.offset_seconds(at),
            (_, Some(last)) => changes[last].1,
            (_, None) => *first,
        }
    }

    /// From the bytes of a zone file.
    fn parse(file: &[u8]) -> Option<Self> {
        if file.len() > MAX_BYTES {
            return None;
        }
        let old = Header::parse(file)?;
        if old.version == 0 {
            return None;
        }
        // The first part is for programs of the last century.
        let file = file.get(old.body_bytes(4)?..)?;
        let header = Header::parse(file)?;
        let mut body = file.get(Header::BYTES..)?;
        let times = take(&mut body, header.times.checked_mul(8)?)?;
        let kinds = take(&mut body, header.times)?;
        let types = take(&mut body, header.types.checked_mul(6)?)?;
        let offset = |kind: usize| Some(i32::from_be_bytes(types.get(6 * kind..6 * kind + 4)?.try_into().ok()?));
        let mut changes = Vec::with_capacity(header.times);
        for (time, kind) in times.chunks_exact(8).zip(kinds) {
            changes.push((i64::from_be_bytes(time.try_into().ok()?), offset((*kind).into())?));
        }
        let footer = file.get(header.body_bytes(8)?..)?;
        let footer = footer.strip_prefix(b"\n").and_then(|text| text.split(|byte| *byte == b'\n').next());
        let rule = footer.and_then(|text| Rule::parse(std::str::from_utf8(text).ok()?));
        Some(Self(Arc::new(Parts { changes, first: offset(0)?, rule })))
    }
}

struct Header {
    version: u8,
    times: usize,
    types: usize,
    letters: usize,
    leaps: usize,
    marks: usize,
}

impl Header {
    const BYTES: usize = 44;

    fn parse(file: &[u8]) -> Option<Self> {
        let head = file.get(..Self::BYTES)?.strip_prefix(b"TZif")?;
        let count = |place: usize| {
            let at = 16 + 4 * place;
            usize::try_from(u32::from_be_bytes(head[at..at + 4].try_into().ok()?))
                .ok()
                .filter(|count| *count <= MAX_BYTES)
        };
        let marks = count(0)? + count(1)?;
        Some(Self { version: head[0], marks, leaps: count(2)?, times: count(3)?, types: count(4)?, letters: count(5)? })
    }

    /// Of the header and what follows, with times of so many bytes.
    fn body_bytes(&self, time: usize) -> Option<usize> {
        let Self { times, types, letters, leaps, marks, .. } = *self;
        Some(Self::BYTES + times * (time + 1) + types * 6 + letters + leaps * (time + 4) + marks)
    }
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}

impl Rule {
    /// From what a zone file ends with, such as `CET-1CEST,M3.5.0,M10.5.0/3`.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(',');
        let rest = name(parts.next()?)?;
        let split =
            rest.find(|letter: char| letter != '+' && letter != '-' && letter != ':' && !letter.is_ascii_digit());
        let (usual, summer) = rest.split_at(split.unwrap_or(rest.len()));
        // It is written as what is to be added to get to Greenwich.
        let usual = -seconds(usual)?;
        if summer.is_empty() {
            return Some(Self { usual, summer: None });
        }
        let offset = match name(summer)? {
            "" => usual + 3600,
            offset => -seconds(offset)?,
        };
        let (from, to) = (Change::parse(parts.next()?)?, Change::parse(parts.next()?)?);
        Some(Self { usual, summer: Some(Summer { offset, from, to }) })
    }

    fn offset_seconds(&self, at: i64) -> i32 {
        let Some(Summer { offset, from, to }) = self.summer else { return self.usual };
        let year = Date::of_days((at + i64::from(self.usual)).div_euclid(DAY_SECONDS)).year;
        let begins = from.in_year(year) - i64::from(self.usual);
        let ends = to.in_year(year) - i64::from(offset);
        // South of the equator the year begins in summer.
        let is_summer = if begins < ends { (begins..ends).contains(&at) } else { !(ends..begins).contains(&at) };
        if is_summer { offset } else { self.usual }
    }
}

/// What follows the name of a zone.
fn name(text: &str) -> Option<&str> {
    match text.strip_prefix('<') {
        Some(quoted) => quoted.split_once('>').map(|(_, rest)| rest),
        None => {
            let end = text.find(|letter: char| !letter.is_ascii_alphabetic()).unwrap_or(text.len());
            (end >= 3).then(|| &text[end..])
        }
    }
}

/// `[+-]H[:M[:S]]`.
fn seconds(text: &str) -> Option<i32> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut sum = 0;
    for (part, unit) in digits.split(':').zip([3600, 60, 1]) {
        sum += part.parse::<u16>().ok().filter(|number| *number <= 167).map(i32::from)? * unit;
    }
    Some(sign * sum)
}

impl Change {
    /// `Mm.w.d[/time]`; days that are counted through the year are in no zone of today.
    fn parse(text: &str) -> Option<Self> {
        let (day, time) = text.split_once('/').unwrap_or((text, "2"));
        let mut numbers = day.strip_prefix('M')?.split('.').map(|number| number.parse::<u8>().ok());
        let (month, week, weekday) = (numbers.next()??, numbers.next()??, numbers.next()??);
        let is_day = (1..=12).contains(&month) && (1..=5).contains(&week) && weekday < 7;
        is_day.then_some(Self { month, week, weekday, seconds: seconds(time)? })
    }

    /// By the clock on the wall, in seconds.
    fn in_year(self, year: i64) -> i64 {
        let first = Date { year, month: self.month, day: 1 }.days();
        let (next_year, next_month) = if self.month == 12 { (year + 1, 1) } else { (year, self.month + 1) };
        let days = Date { year: next_year, month: next_month, day: 1 }.days() - first;
        let to_weekday = (i64::from(self.weekday) - weekday(first) as i64).rem_euclid(7);
        let mut day = to_weekday + 7 * (i64::from(self.week) - 1);
        while day >= days {
            day -= 7;
        }
        (first + day) * DAY_SECONDS + i64::from(self.seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(year: i64, month: u8, day: u8, hour: i64) -> i64 {
        Date { year, month, day }.days() * DAY_SECONDS + hour * 3600
    }

    fn ruled(rule: &str) -> Zone {
        Zone(Arc::new(Parts { rule: Rule::parse(rule), ..Parts::default() }))
    }

    #[test]
    fn summer_begins_and_ends_as_the_rule_says() {
        let berlin = ruled("CET-1CEST,M3.5.0,M10.5.0/3");
        let hours = |zone: &Zone, at| zone.offset_seconds(at) / 3600;
        assert_eq!((hours(&berlin, at(2026, 3, 29, 0)), hours(&berlin, at(2026, 3, 29, 1))), (1, 2));
        assert_eq!((hours(&berlin, at(2026, 10, 25, 0)), hours(&berlin, at(2026, 10, 25, 1))), (2, 1));
        let sydney = ruled("AEST-10AEDT,M10.1.0,M4.1.0/3");
        assert_eq!((hours(&sydney, at(2026, 1, 1, 0)), hours(&sydney, at(2026, 7, 1, 0))), (11, 10));
        let new_york = ruled("EST5EDT,M3.2.0,M11.1.0");
        assert_eq!((hours(&new_york, at(2026, 3, 8, 6)), hours(&new_york, at(2026, 3, 8, 7))), (-5, -4));
        assert_eq!(ruled("<+0545>-5:45").offset_seconds(0), 20_700);
        for rule in ["", "CE-1", "CET", "CET-1CEST", "CET-1CEST,J60,J300", "CET-1CEST,M13.1.0,M4.1.0", "<+03", "CETx"] {
            assert_eq!(Rule::parse(rule), None, "{rule}");
        }
    }

    /// A file with one change, at 1000 from one hour to two, and then a rule.
    fn file(rule: &str) -> Vec<u8> {
        let header = |times: u32, types: u32, letters: u32| {
            let mut header = b"TZif2".to_vec();
            header.extend([0; 15]);
            [0, 0, 0, times, types, letters].iter().for_each(|count| header.extend(count.to_be_bytes()));
            header
        };
        let mut file = header(0, 1, 1);
        file.extend([0; 7]);
        file.extend(header(1, 2, 4));
        file.extend(1000_i64.to_be_bytes());
        file.push(1);
        [3600_i32, 7200].iter().for_each(|offset| {
            file.extend(offset.to_be_bytes());
            file.extend([0, 0]);
        });
        file.extend(b"ABC\0\n");
        file.extend(rule.as_bytes());
        file.push(b'\n');
        file
    }

    #[test]
    fn a_zone_file_tells_what_was_and_its_rule_what_will_be() {
        let without = Zone::parse(&file("")).unwrap();
        assert_eq!((without.offset_seconds(999), without.offset_seconds(1000)), (3600, 7200));
        let with = Zone::parse(&file("ABC-3")).unwrap();
        assert_eq!((with.offset_seconds(999), with.offset_seconds(1000)), (3600, 3 * 3600));
        let whole = file("ABC-3");
        assert_eq!(Zone::parse(&whole[..80]), None);
        assert_eq!(Zone::default().offset_seconds(5), 0);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_zone_or_none(mut bytes in proptest::collection::vec(any::<u8>(), 0..300), place in 0..130_usize, byte: u8) {
            let _ = Zone::parse(&bytes).map(|zone| zone.offset_seconds(0));
            let mut damaged = file("CET-1CEST,M3.5.0,M10.5.0/3");
            damaged[place] = byte;
            damaged.append(&mut bytes);
            let _ = Zone::parse(&damaged).map(|zone| zone.offset_seconds(1_800_000_000));
        }

        #[test]
        fn any_text_is_a_rule_or_none(text in "[A-Z<>+0-9:,M./-]{0,40}") {
            if let Some(rule) = Rule::parse(&text) {
                rule.offset_seconds(1_800_000_000);
            }
        }
    }
}
