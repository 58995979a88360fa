use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::statistics::{LinkSecond, RemoteSecond, Second, Told};

const S: Duration = Duration::from_secs(1);

/// One second of somebody who is received as well as can be.
fn fine(id: u32) -> RemoteSecond {
    RemoteSecond {
        id,
        name: Arc::from("somebody"),
        is_connected: true,
        awaited_height: Some(360),
        fps: 30.0,
        width: 640,
        height: 360,
        packets: 200,
        sound_packets: 50,
        loss: Some(0.0),
        link: LinkSecond {
            received_kbps: 600.0,
            rtt_ms: Some(20.0),
            estimate_kbps: Some(2000.0),
            wanted_kbps: Some(1000.0),
            ..LinkSecond::default()
        },
        ..RemoteSecond::default()
    }
}

/// The same when packets get lost on the way, all of which are repaired.
fn losing(id: u32, share: f32) -> RemoteSecond {
    let mut second = fine(id);
    second.link.repaired = (200.0 * share).round() as u32;
    second
}

fn slow(id: u32) -> RemoteSecond {
    RemoteSecond { fps: 6.0, ..fine(id) }
}

/// What a judge says of this history, looked at second by second.
fn judged(seconds: impl IntoIterator<Item = Second>) -> (Judge, History) {
    let (mut judge, mut history) = (Judge::default(), History::default());
    for (number, second) in seconds.into_iter().enumerate() {
        history.push(Second { ended: S * number as u32, me: Some(1), ..second });
        judge.look(&history);
    }
    (judge, history)
}

/// What is said after a good start and then twenty seconds of this.
fn after(remotes: &[RemoteSecond], told: &[Told]) -> Judge {
    let good = Second { remotes: remotes.iter().map(|remote| fine(remote.id)).collect(), ..Second::default() };
    let then = Second { remotes: remotes.to_vec(), told: told.to_vec(), ..Second::default() };
    judged(std::iter::repeat_n(good, 20).chain(std::iter::repeat_n(then, 20))).0
}

fn told(by: u32, rows: &[(u32, u32, Grade)]) -> Told {
    let row = |(from, lost, grade): &(u32, u32, Grade)| Reception {
        from: PeerId(*from),
        kbps: 600,
        lost_permille: Some(*lost),
        fps: 30,
        width: 640,
        height: 360,
        jitter_ms: 2,
        grade: Some(*grade),
    };
    Told { by, account: Account { receptions: rows.iter().map(row).collect(), is_overloaded: false } }
}

fn bad(grade: Grade, cause: Cause) -> Option<Verdict> {
    Some(Verdict::bad(grade, cause))
}

#[test]
fn who_is_received_well_is_good_and_nobody_is_asked() {
    let judge = after(&[fine(2), fine(3)], &[]);
    assert_eq!(
        (judge.of(2), judge.of(3), judge.own()),
        (Some(Verdict::GOOD), Some(Verdict::GOOD), Some(Verdict::GOOD))
    );
    assert!(!judge.asks_for_accounts());
}

#[test]
fn whom_everybody_loses_has_a_bad_uplink() {
    let others = [told(3, &[(2, 80, Grade::Fair)]), told(4, &[(2, 90, Grade::Fair)])];
    let judge = after(&[losing(2, 0.08), fine(3), fine(4)], &others);
    assert_eq!(judge.of(2), bad(Grade::Fair, Cause::TheirUplinkLoses));
    assert_eq!((judge.of(3), judge.own()), (Some(Verdict::GOOD), Some(Verdict::GOOD)));
    assert!(judge.asks_for_accounts());
}

#[test]
fn who_loses_from_everybody_has_a_bad_downlink() {
    let others = [told(3, &[(2, 0, Grade::Good)]), told(2, &[(3, 0, Grade::Good)])];
    let judge = after(&[losing(2, 0.15), losing(3, 0.15)], &others);
    for verdict in [judge.of(2), judge.of(3), judge.own()] {
        assert_eq!(verdict, bad(Grade::Poor, Cause::YourDownlinkLoses));
    }
}

#[test]
fn of_two_alone_nobody_is_blamed() {
    assert_eq!(after(&[losing(2, 0.05)], &[]).of(2), bad(Grade::Fair, Cause::LossBetween));
}

#[test]
fn one_way_that_is_bad_is_nobodys_end() {
    let others = [told(3, &[(2, 0, Grade::Good)]), told(4, &[(2, 0, Grade::Good)])];
    let judge = after(&[losing(2, 0.05), fine(3), fine(4)], &others);
    assert_eq!(judge.of(2), bad(Grade::Fair, Cause::LossBetween));
}

#[test]
fn nobody_is_believed_about_themselves_but_that_they_are_overloaded() {
    let praise = told(2, &[(2, 0, Grade::Good), (3, 0, Grade::Good)]);
    let judge = after(&[losing(2, 0.05), fine(3)], &[praise]);
    assert_eq!(judge.of(2), bad(Grade::Fair, Cause::TheirUplinkLoses));
    let mut confession = told(2, &[]);
    confession.account.is_overloaded = true;
    let judge = after(&[slow(2), fine(3)], &[confession]);
    assert_eq!(judge.of(2), bad(Grade::Poor, Cause::TheirComputer));
}

#[test]
fn pictures_that_come_slower_than_they_once_did_are_told_by_whom_it_concerns() {
    let others = [told(3, &[(2, 0, Grade::Poor)])];
    assert_eq!(after(&[slow(2), fine(3)], &others).of(2), bad(Grade::Poor, Cause::TheirLinkIsSlow));
    assert_eq!(after(&[slow(2), slow(3)], &[]).of(2), bad(Grade::Poor, Cause::YourDownlinkIsSlow));
    let low = RemoteSecond { awaited_height: Some(720), height: 180, ..fine(2) };
    assert_eq!(after(&[low, fine(3)], &[]).of(2), bad(Grade::Fair, Cause::TheirLinkIsSlow));
}

#[test]
fn a_camera_that_is_slow_from_the_start_is_not_blamed() {
    let dark = Second { remotes: vec![RemoteSecond { fps: 7.0, ..fine(2) }], ..Second::default() };
    assert_eq!(judged(std::iter::repeat_n(dark, 60)).0.of(2), Some(Verdict::GOOD));
}

#[test]
fn a_camera_that_is_off_is_not_missed() {
    let off = RemoteSecond { awaited_height: None, fps: 0.0, packets: 0, width: 0, height: 0, ..fine(2) };
    assert_eq!(after(&[off], &[]).of(2), Some(Verdict::GOOD));
}

#[test]
fn our_own_machine_is_blamed_before_any_link() {
    let late = RemoteSecond { overflowed: 4, lost: 4, fps: 5.0, ..fine(2) };
    let judge = after(&[late, fine(3)], &[]);
    assert_eq!(judge.of(2), bad(Grade::Poor, Cause::YourComputer));
    assert_eq!(judge.own(), bad(Grade::Poor, Cause::YourComputer));
    let busy = RemoteSecond { decode_ms: Some(30.0), ..fine(2) };
    assert_eq!(after(&[busy], &[]).of(2), bad(Grade::Fair, Cause::YourComputer));
}

#[test]
fn a_machine_that_encodes_late_is_told_of() {
    let second = Second { remotes: vec![fine(2)], is_overloaded: true, ..Second::default() };
    let (judge, history) = judged(std::iter::repeat_n(second, 10));
    assert_eq!(judge.own(), bad(Grade::Fair, Cause::YourComputer));
    assert!(account(&history).is_overloaded);
}

#[test]
fn a_long_way_is_a_long_way() {
    let mut far = fine(2);
    far.link.rtt_ms = Some(420.0);
    assert_eq!(after(&[far, fine(3)], &[]).of(2), bad(Grade::Fair, Cause::LongWay));
}

#[test]
fn what_most_links_lose_is_lost_at_our_end() {
    let lossy = |id, loss| {
        let mut second = fine(id);
        second.link.loss = loss;
        second
    };
    let own = |losses: &[f32]| {
        let remotes: Vec<_> = losses.iter().zip(2..).map(|(loss, id)| lossy(id, *loss)).collect();
        after(&remotes, &[]).own()
    };
    assert_eq!(own(&[0.12, 0.12, 0.0]), bad(Grade::Poor, Cause::YourUplinkLoses));
    assert_eq!(own(&[0.12, 0.0, 0.0]), Some(Verdict::GOOD), "that is the other's end");
    assert_eq!(own(&[0.05]), bad(Grade::Fair, Cause::LossBetween));
}

#[test]
fn an_uplink_that_carries_too_little_is_told_of_once_it_is_known() {
    let narrow = |id| {
        let mut second = fine(id);
        second.link.estimate_kbps = Some(300.0);
        second
    };
    let second = Second { remotes: vec![narrow(2), narrow(3)], ..Second::default() };
    let own = |seconds| judged(std::iter::repeat_n(second.clone(), seconds)).0.own();
    assert_eq!(own(14), Some(Verdict::GOOD), "it may yet grow");
    assert_eq!(own(30), bad(Grade::Fair, Cause::YourUplinkIsSlow));
}

#[test]
fn without_a_path_or_so_soon_nothing_is_known() {
    let gone = RemoteSecond { is_connected: false, ..fine(2) };
    let judge = after(&[gone], &[]);
    assert_eq!((judge.of(2), judge.own()), (None, None));
    let second = Second { remotes: vec![fine(2)], ..Second::default() };
    assert_eq!(judged(std::iter::repeat_n(second.clone(), 2)).0.of(2), None);
    assert_eq!(judged(std::iter::repeat_n(second, 3)).0.of(2), Some(Verdict::GOOD));
}

#[test]
fn who_has_left_is_forgotten() {
    let second = |remotes| Second { remotes, ..Second::default() };
    let seconds = std::iter::repeat_n(second(vec![fine(2)]), 10).chain([second(Vec::new())]);
    assert_eq!(judged(seconds).0.of(2), None);
}

#[test]
fn others_are_asked_for_some_time_after_the_trouble() {
    let good = Second { remotes: vec![fine(2)], ..Second::default() };
    let worse = Second { remotes: vec![losing(2, 0.2)], ..Second::default() };
    let course = |quiet| {
        let seconds = std::iter::repeat_n(worse.clone(), 10).chain(std::iter::repeat_n(good.clone(), quiet));
        judged(seconds).0.asks_for_accounts()
    };
    assert!(course(0) && course(15));
    assert!(!course(25), "the window is over after five seconds, asking fifteen later");
}

#[test]
fn an_account_tells_what_was_seen() {
    let second =
        Second { remotes: vec![losing(2, 0.05), RemoteSecond { is_connected: false, ..fine(3) }], ..Second::default() };
    let (_, history) = judged(std::iter::repeat_n(second, 10));
    let reception = Reception {
        from: PeerId(2),
        kbps: 600,
        lost_permille: Some(50),
        fps: 30,
        width: 640,
        height: 360,
        jitter_ms: 0,
        grade: Some(Grade::Fair),
    };
    assert_eq!(account(&history), Account { receptions: [reception].into(), is_overloaded: false });
}

const FAIR: Verdict = Verdict { grade: Grade::Fair, cause: Some(Cause::LongWay) };

fn held(found: impl IntoIterator<Item = Verdict>) -> Vec<Verdict> {
    let mut held = Held::default();
    let mut shown = Vec::new();
    for (number, found) in found.into_iter().enumerate() {
        held.update(S * number as u32, Some(found));
        shown.push(held.shown.unwrap());
    }
    shown
}

#[test]
fn a_short_trouble_is_not_told_and_the_end_of_one_is_waited_for() {
    let course = |bad, good| {
        let found = [(Verdict::GOOD, 5), (FAIR, bad), (Verdict::GOOD, good)];
        held(found.into_iter().flat_map(|(verdict, seconds)| std::iter::repeat_n(verdict, seconds)))
    };
    assert!(course(3, 9).iter().all(|verdict| *verdict == Verdict::GOOD));
    assert_eq!(course(4, 0).last(), Some(&FAIR));
    assert_eq!(course(9, 8).last(), Some(&FAIR));
    assert_eq!(course(9, 9).last(), Some(&Verdict::GOOD));
}

/// A meeting in which each has an uplink and a downlink that lose a share of packets, lived through by everybody.
fn live_through(up: &[f32], down: &[f32]) -> Vec<Judge> {
    let ids: Vec<u32> = (1..=up.len() as u32).collect();
    let share = |from: u32, to: u32, seconds: u32| {
        // A good start: nobody comes on a bad link from the beginning in this meeting.
        let (up, down) = (up[from as usize - 1], down[to as usize - 1]);
        if seconds < 10 { 0.0 } else { 1.0 - (1.0 - up) * (1.0 - down) }
    };
    let mut lives: Vec<(Judge, History)> = ids.iter().map(|_| Default::default()).collect();
    let mut accounts: Vec<Told> = Vec::new();
    for number in 0..40 {
        for ((judge, history), me) in lives.iter_mut().zip(&ids) {
            let remote = |other: u32| {
                let mut second = losing(other, share(other, *me, number));
                second.link.loss = share(*me, other, number);
                second
            };
            let remotes = ids.iter().filter(|other| *other != me).map(|other| remote(*other)).collect();
            let told = accounts.iter().filter(|told| told.by != *me).cloned().collect();
            history.push(Second { ended: S * number, me: Some(*me), remotes, told, ..Second::default() });
            judge.look(history);
        }
        // Only who asks is told; asking everybody alike leaves the same said.
        accounts =
            ids.iter().zip(&lives).map(|(by, (_, history))| Told { by: *by, account: account(history) }).collect();
    }
    lives.into_iter().map(|(judge, _)| judge).collect()
}

proptest! {
    #[test]
    fn everybody_names_the_one_whose_end_is_bad(
        people in 3_usize..=9, culprit in 0_usize..9, is_uplink in any::<bool>(), loss in 0.05_f32..0.3,
    ) {
        let culprit = culprit % people;
        let (mut up, mut down) = (vec![0.0; people], vec![0.0; people]);
        if is_uplink { up[culprit] = loss } else { down[culprit] = loss }
        for (me, judge) in live_through(&up, &down).iter().enumerate() {
            let own = judge.own().unwrap();
            let expected_own = (me == culprit)
                .then_some(if is_uplink { Cause::YourUplinkLoses } else { Cause::YourDownlinkLoses });
            prop_assert_eq!(own.cause, expected_own);
            for other in (0..people).filter(|other| *other != me) {
                let expected = match (me == culprit, other == culprit) {
                    (false, true) if is_uplink => Some(Cause::TheirUplinkLoses),
                    (true, _) if !is_uplink => Some(Cause::YourDownlinkLoses),
                    _ => None,
                };
                prop_assert_eq!(judge.of(other as u32 + 1).unwrap().cause, expected);
            }
        }
    }

    #[test]
    fn verdicts_never_flap(found in proptest::collection::vec(0_usize..4, 1..200)) {
        let verdicts = [
            Verdict::GOOD,
            FAIR,
            Verdict::bad(Grade::Fair, Cause::LossBetween),
            Verdict::bad(Grade::Poor, Cause::LossBetween),
        ];
        let shown = held(found.iter().map(|number| verdicts[*number]));
        let changes: Vec<_> = (1..shown.len()).filter(|at| shown[*at] != shown[at - 1]).collect();
        for (earlier, later) in changes.iter().zip(changes.iter().skip(1)) {
            prop_assert!(later - earlier > WORSE_AFTER.as_secs() as usize);
        }
        for at in changes {
            prop_assert!(shown[at].grade >= shown[at - 1].grade || found[at - 8..at].iter().all(|number| verdicts[*number].grade < shown[at - 1].grade));
        }
    }
}
