//! Whose fault it is that somebody is received badly: by comparing with everybody else.

use std::collections::BTreeMap;

use nonet_media::mesh::{Account, Grade};
use nonet_media::rtp::PeerId;

use super::facts::{self, Facts, Symptom};
use super::{Cause, Verdict};
use crate::statistics::Second;

/// At whose end it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Theirs,
    Ours,
    Unknown,
}

/// What is made of how somebody is received, of whom there are facts.
pub(super) fn verdict(id: u32, facts: &BTreeMap<u32, Facts>, second: &Second) -> Verdict {
    let (grade, symptom) = facts[&id].found();
    let Some(symptom) = symptom else { return Verdict::GOOD };
    let end = || end(symptom, id, facts, second);
    let cause = match symptom {
        Symptom::DecodedLate => Cause::YourComputer,
        Symptom::Far => Cause::LongWay,
        Symptom::Losing => match end() {
            End::Theirs => Cause::TheirUplinkLoses,
            End::Ours => Cause::YourDownlinkLoses,
            End::Unknown => Cause::LossBetween,
        },
        // Whoever says so itself is believed: it can only blame itself.
        Symptom::Slow if second.told_by(id).is_some_and(|account| account.is_overloaded) => Cause::TheirComputer,
        Symptom::Slow => match end() {
            End::Theirs => Cause::TheirLinkIsSlow,
            End::Ours => Cause::YourDownlinkIsSlow,
            End::Unknown => Cause::SlownessBetween,
        },
    };
    Verdict::bad(grade, cause)
}

/// Whether it is the end that most of the others see badly, or ours, at which most of the others are seen badly.
fn end(symptom: Symptom, id: u32, facts: &BTreeMap<u32, Facts>, second: &Second) -> End {
    let here = facts.iter().filter(|(other, _)| **other != id).map(|(_, facts)| facts.symptom() == Some(symptom));
    let there = second.told.iter().filter(|told| told.by != id && Some(told.by) != second.me);
    let there = there.filter_map(|told| receives_badly(symptom, id, &told.account));
    match (share(here), share(there)) {
        (Some(here), Some(there)) if here > 0.5 && there > 0.5 => {
            // Both ends are bad; the one that more suffer from is named.
            if there > here { End::Theirs } else { End::Ours }
        }
        (Some(here), _) if here > 0.5 => End::Ours,
        (_, Some(there)) if there > 0.5 => End::Theirs,
        // Only this one is bad here, and nobody has told otherwise.
        (Some(_), None) => End::Theirs,
        _ => End::Unknown,
    }
}

/// Whether somebody tells that it suffers the same from a participant; none where it does not say.
fn receives_badly(symptom: Symptom, id: u32, account: &Account) -> Option<bool> {
    let reception = account.of(PeerId(id))?;
    match (symptom, reception.lost_permille) {
        (Symptom::Losing, Some(lost)) => Some(facts::is_losing(lost)),
        _ => reception.grade.map(|grade| grade > Grade::Good),
    }
}

/// The share of those for whom it is so; none of nobody.
fn share(all: impl Iterator<Item = bool>) -> Option<f32> {
    let (yes, count) = all.fold((0_u16, 0_u16), |(yes, count), is_so| (yes + u16::from(is_so), count + 1));
    (count > 0).then(|| f32::from(yes) / f32::from(count))
}
