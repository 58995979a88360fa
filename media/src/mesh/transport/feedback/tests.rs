use std::time::Instant;

use super::*;
use proptest::prelude::*;

const MS: Duration = Duration::from_millis(1);

fn statuses(report: &Report) -> impl Iterator<Item = Status> + '_ {
    report.differences.iter().map(|difference| difference.map_or(Status::Missing, Status::Arrived))
}

fn read(reader: &mut FeedbackReader, report: &Report) -> Feedback {
    reader.read(report.base, report.reference, statuses(report))
}

/// The reports of packets that came so many milliseconds after the start.
fn reports(arrivals: &[(u16, u32)], recorder: &mut Recorder, start: Instant) -> Vec<Report> {
    for (number, at) in arrivals {
        recorder.arrived(start + *at * MS, *number, 1200);
    }
    recorder.reports(recorder.next_at().unwrap())
}

#[test]
fn what_came_is_told_with_what_is_missing_in_between() {
    let mut recorder = Recorder::default();
    let start = Instant::now();
    let reports = reports(&[(0xffff, 0), (1, 10), (2, 10)], &mut recorder, start);
    let feedback = read(&mut FeedbackReader::default(), &reports[0]);
    assert_eq!((reports.len(), feedback.base, feedback.fates.len()), (1, 0xffff, 4));
    let arrival = |fate: Fate| if let Fate::Arrived(at) = fate { Some(at) } else { None };
    let times: Vec<_> = feedback.fates.iter().map(|fate| arrival(*fate)).collect();
    assert_eq!(times[1], None);
    assert_eq!(times[2].unwrap() - times[0].unwrap(), 10 * MS);
    assert_eq!(times[3], times[2]);
}

#[test]
fn times_of_one_report_go_on_in_the_next() {
    let (mut recorder, mut reader) = (Recorder::default(), FeedbackReader::default());
    let start = Instant::now();
    let mut last = None;
    // Beyond the 64 ms of the reference time, many times.
    for place in 0..100u32 {
        for report in reports(&[(place as u16, 333 * place)], &mut recorder, start) {
            for fate in read(&mut reader, &report).fates {
                let Fate::Arrived(at) = fate else { panic!("nothing was lost") };
                assert!(last.is_none_or(|last| at - last == 333 * MS));
                last = Some(at);
            }
        }
    }
}

#[test]
fn the_reference_time_goes_on_beyond_its_bits() {
    let mut reader = FeedbackReader::default();
    let mut at = |reference: u32| match reader.read(0, reference, [Status::Arrived(0)].into_iter()).fates[..] {
        [Fate::Arrived(at)] => at,
        _ => panic!("it arrived"),
    };
    let (before, after, back) = (at(0xff_ffff), at(1), at(0xff_fffe));
    assert_eq!(after - before, 2 * REFERENCE_UNIT);
    assert_eq!(before - back, REFERENCE_UNIT);
}

#[test]
fn losses_between_two_reports_are_told() {
    let mut recorder = Recorder::default();
    let start = Instant::now();
    reports(&[(0, 0)], &mut recorder, start);
    let second = reports(&[(3, 300)], &mut recorder, start);
    assert_eq!((second[0].base, second[0].differences.len()), (1, 3));
    assert_eq!(second[0].count, 1);
}

#[test]
fn what_comes_late_is_told_by_itself() {
    let mut recorder = Recorder::default();
    let start = Instant::now();
    reports(&[(0, 0), (2, 0)], &mut recorder, start);
    let second = reports(&[(1, 300), (3, 300)], &mut recorder, start);
    assert_eq!(
        second.iter().map(|report| (report.base, report.differences.len())).collect::<Vec<_>>(),
        [(1, 1), (3, 1)]
    );
}

#[test]
fn much_is_told_soon_and_little_later() {
    let start = Instant::now();
    let mut recorder = Recorder::default();
    assert_eq!(recorder.next_at(), None);
    recorder.arrived(start, 0, 100);
    assert_eq!(recorder.next_at(), Some(start + 250 * MS));
    recorder.arrived(start, 1, 1400);
    assert_eq!(recorder.next_at(), Some(start + 50 * MS));
    assert!(recorder.reports(start + 49 * MS).is_empty());
    assert_eq!(recorder.reports(start + 50 * MS).len(), 1);
    assert_eq!(recorder.next_at(), None, "a silent link wants no timer");
}

#[test]
fn a_sender_that_counts_anew_is_followed() {
    let mut recorder = Recorder::default();
    let start = Instant::now();
    reports(&[(0, 0)], &mut recorder, start);
    let second = reports(&[(30_000, 300), (30_001, 300)], &mut recorder, start);
    assert_eq!((second.len(), second[0].base, second[0].differences.len()), (1, 30_000, 2));
}

#[test]
fn very_much_is_told_in_several_reports() {
    let mut recorder = Recorder::default();
    let start = Instant::now();
    let arrivals: Vec<_> = (0..1000).map(|number| (number, 0)).collect();
    let reports = reports(&arrivals, &mut recorder, start);
    assert_eq!(reports.iter().map(|report| report.differences.len()).collect::<Vec<_>>(), [400, 400, 200]);
    assert_eq!(reports.iter().map(|report| report.base).collect::<Vec<_>>(), [0, 400, 800]);
}

proptest! {
    #[test]
    fn any_numbers_make_reports_of_bounded_length(arrivals in proptest::collection::vec((any::<u16>(), 0u32..5000), 0..500)) {
        let mut recorder = Recorder::default();
        let start = Instant::now();
        let mut reader = FeedbackReader::default();
        for (number, at) in arrivals {
            let now = start + at * MS;
            recorder.arrived(now, number, 1200);
            for report in recorder.reports(now + 60 * MS) {
                prop_assert!(report.differences.iter().flatten().count() <= 400 && report.differences.len() <= 2400);
                prop_assert_eq!(read(&mut reader, &report).fates.len(), report.differences.len());
            }
        }
    }

    #[test]
    fn any_message_is_read(messages in proptest::collection::vec((any::<u16>(), any::<u32>(), any::<i16>()), 0..50)) {
        let mut reader = FeedbackReader::default();
        for (base, reference, difference) in messages {
            let statuses = [Status::Arrived(difference), Status::Missing, Status::ArrivedAtUnknownTime];
            prop_assert_eq!(reader.read(base, reference, statuses.into_iter()).fates.len(), 3);
        }
    }
}
