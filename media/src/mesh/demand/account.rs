//! How well a participant receives each of the others, as it tells one who has asked to know.
//!
//! What comes from the network is bounded here and believed no further: it is a peer's word. The format is in docs/protocol.md.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::MAX_SIDE;
use crate::rtp::PeerId;

/// Longer messages are not ours; nine people take less than half of it.
pub(super) const MAX_BYTES: usize = 4096;
/// Of more people nothing is told and nothing is believed.
const MOST_RECEPTIONS: usize = 32;
/// Larger figures are taken for these.
const MOST_KBPS: u32 = 1_000_000;
const MOST_FPS: u32 = 240;
const MOST_JITTER_MS: u32 = 60_000;

/// How well media flows, from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    Good,
    Fair,
    Poor,
}

impl Grade {
    fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Fair => "fair",
            Self::Poor => "poor",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Good, Self::Fair, Self::Poor].into_iter().find(|grade| grade.name() == name)
    }
}

/// How well somebody receives one other, over the last seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reception {
    /// From whom.
    pub from: PeerId,
    /// Kilobits a second of everything that comes from there.
    pub kbps: u32,
    /// Packets of a thousand that were lost on the way, whether or not they were repaired; none where too few were sent.
    pub lost_permille: Option<u32>,
    /// Whole pictures a second.
    pub fps: u32,
    /// Size of the last picture in pixels; 0 where there is none.
    pub width: u32,
    pub height: u32,
    pub jitter_ms: u32,
    /// What the teller makes of it; none where it cannot say.
    pub grade: Option<Grade>,
}

/// What somebody tells of how it receives the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    pub receptions: Arc<[Reception]>,
    /// Whether the teller's machine does not keep up with what it is to encode or decode.
    pub is_overloaded: bool,
}

/// One [`Reception`] on its way.
#[derive(Serialize, Deserialize)]
pub(super) struct WireReception<'a> {
    from: u32,
    #[serde(default)]
    kbps: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lost: Option<u32>,
    #[serde(default)]
    fps: u32,
    #[serde(default)]
    width: u32,
    #[serde(default)]
    height: u32,
    #[serde(default)]
    jitter: u32,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    grade: Option<Cow<'a, str>>,
}

#[derive(Serialize)]
struct WireAccount<'a> {
    receives: Vec<WireReception<'a>>,
    #[serde(skip_serializing_if = "is_false")]
    overloaded: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

impl Reception {
    fn to_wire(self) -> WireReception<'static> {
        let Self { from, kbps, lost_permille, fps, width, height, jitter_ms, grade } = self;
        let grade = grade.map(|grade| grade.name().into());
        WireReception { from: from.0, kbps, lost: lost_permille, fps, width, height, jitter: jitter_ms, grade }
    }
}

impl WireReception<'_> {
    fn bounded(self) -> Reception {
        Reception {
            from: PeerId(self.from),
            kbps: self.kbps.min(MOST_KBPS),
            lost_permille: self.lost.map(|lost| lost.min(1000)),
            fps: self.fps.min(MOST_FPS),
            width: self.width.min(MAX_SIDE),
            height: self.height.min(MAX_SIDE),
            jitter_ms: self.jitter.min(MOST_JITTER_MS),
            grade: self.grade.and_then(|name| Grade::named(&name)),
        }
    }
}

impl Account {
    pub(super) fn encode(&self) -> String {
        let receives = self.receptions.iter().take(MOST_RECEPTIONS).map(|reception| reception.to_wire()).collect();
        let wire = WireAccount { receives, overloaded: self.is_overloaded };
        serde_json::to_string(&wire).expect("numbers and names are always JSON")
    }

    pub(super) fn bounded(receives: Vec<WireReception<'_>>, is_overloaded: bool) -> Self {
        let receptions = receives.into_iter().take(MOST_RECEPTIONS).map(WireReception::bounded).collect();
        Self { receptions, is_overloaded }
    }

    /// How the teller receives somebody, if it says so.
    pub fn of(&self, from: PeerId) -> Option<&Reception> {
        self.receptions.iter().find(|reception| reception.from == from)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Told;
    use super::*;
    use proptest::prelude::*;

    fn ana() -> Reception {
        Reception {
            from: PeerId(3),
            kbps: 560,
            lost_permille: Some(12),
            fps: 30,
            width: 640,
            height: 360,
            jitter_ms: 4,
            grade: Some(Grade::Fair),
        }
    }

    #[test]
    fn an_account_is_as_the_protocol_says_and_understood_at_the_other_end() {
        let unknown =
            Reception { from: PeerId(4), lost_permille: None, fps: 0, width: 0, height: 0, grade: None, ..ana() };
        let account = Account { receptions: [ana(), unknown].into(), is_overloaded: true };
        let text = account.encode();
        assert_eq!(
            text,
            concat!(
                r#"{"receives":[{"from":3,"kbps":560,"lost":12,"fps":30,"width":640,"height":360,"jitter":4,"grade":"fair"},"#,
                r#"{"from":4,"kbps":560,"fps":0,"width":0,"height":0,"jitter":4}],"overloaded":true}"#
            )
        );
        assert_eq!(Told::decode(text.as_bytes()), Some(Told::Account(account)));
        assert_eq!(Account::default().encode(), r#"{"receives":[]}"#);
    }

    #[test]
    fn what_a_later_version_adds_is_ignored_and_what_it_leaves_out_is_not_known() {
        let text = br#"{"receives":[{"from":3,"grade":"divine","smell":"fine"}],"mood":1}"#;
        let bare = Reception {
            from: PeerId(3),
            kbps: 0,
            lost_permille: None,
            fps: 0,
            width: 0,
            height: 0,
            jitter_ms: 0,
            grade: None,
        };
        let account = Account { receptions: [bare].into(), is_overloaded: false };
        assert_eq!(Told::decode(text), Some(Told::Account(account)));
    }

    #[test]
    fn nine_people_fit_into_a_message() {
        let widest = Reception { from: PeerId(u32::MAX), kbps: MOST_KBPS, jitter_ms: MOST_JITTER_MS, ..ana() };
        let account = Account { receptions: vec![widest; 8].into(), is_overloaded: true };
        assert!(account.encode().len() < MAX_BYTES / 2, "{}", account.encode().len());
    }

    fn any_reception() -> impl Strategy<Value = String> {
        (any::<[u32; 7]>(), proptest::option::of("[a-z\"\\\\]{0,8}")).prop_map(|(numbers, grade)| {
            let [from, kbps, lost, fps, width, height, jitter] = numbers;
            let grade = serde_json::to_string(&grade).unwrap();
            format!(
                r#"{{"from":{from},"kbps":{kbps},"lost":{lost},"fps":{fps},"width":{width},"height":{height},"jitter":{jitter},"grade":{grade}}}"#
            )
        })
    }

    proptest! {
        #[test]
        fn whatever_a_peer_claims_is_bounded(claims in proptest::collection::vec(any_reception(), 0..60)) {
            let text = format!(r#"{{"receives":[{}]}}"#, claims.join(","));
            match Told::decode(text.as_bytes()) {
                Some(Told::Account(account)) => {
                    prop_assert!(text.len() <= MAX_BYTES);
                    prop_assert_eq!(account.receptions.len(), claims.len().min(MOST_RECEPTIONS));
                    for reception in account.receptions.iter() {
                        prop_assert!(reception.kbps <= MOST_KBPS && reception.fps <= MOST_FPS);
                        prop_assert!(reception.lost_permille.is_none_or(|lost| lost <= 1000));
                        prop_assert!(reception.width <= MAX_SIDE && reception.height <= MAX_SIDE);
                        prop_assert!(reception.jitter_ms <= MOST_JITTER_MS);
                    }
                }
                other => prop_assert!(other.is_none() && text.len() > MAX_BYTES),
            }
        }

        #[test]
        fn a_damaged_account_is_something_or_nothing(at in 0_usize..200, with in any::<u8>()) {
            let mut text = Account { receptions: [ana(), ana()].into(), is_overloaded: true }.encode().into_bytes();
            let at = at % text.len();
            text[at] = with;
            let _ = Told::decode(&text);
        }
    }
}
