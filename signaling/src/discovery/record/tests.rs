//! Records as hosts write them come back as they were; what liars write is refused or made harmless.

use super::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

type Pairs = Vec<(String, Option<Vec<u8>>)>;

fn record() -> impl Strategy<Value = Record> {
    let seal = (any::<[u8; 16]>(), any::<[u8; 16]>()).prop_map(|(salt, tag)| Seal { salt, tag });
    let host = option::of(any::<String>().prop_map(|name| DisplayName::new(&name)));
    (any::<u32>(), seal, any::<[u8; 32]>(), host, 0..=limits::MAX_PARTICIPANTS as u8, any::<bool>()).prop_map(
        |(protocol, seal, print, host, people, is_open)| Record {
            protocol,
            seal,
            fingerprint: Fingerprint(print),
            host,
            people,
            is_open,
        },
    )
}

fn written(record: &Record) -> Pairs {
    record.encode().into_iter().map(|(key, value)| (key.to_owned(), Some(value.into_bytes()))).collect()
}

fn read(pairs: &Pairs) -> Result<Record, RecordError> {
    Record::decode(pairs.iter().map(|(key, value)| (key.as_str(), value.as_deref())))
}

fn example() -> Pairs {
    let seal = Seal { salt: [1; 16], tag: [2; 16] };
    written(&Record::new(seal, Fingerprint([3; 32]), Some(DisplayName::new("Ana")), 2, true))
}

/// The example with another value in one place.
fn with(key: &str, value: &[u8]) -> Pairs {
    let mut pairs = example();
    let pair = pairs.iter_mut().find(|(name, _)| name == key).unwrap();
    pair.1 = Some(value.to_vec());
    pairs
}

#[test]
fn what_is_missing_or_wrong_is_told() {
    for key in ["txtvers", "protocol", "salt", "seal", "fp", "people", "open"] {
        let mut pairs = example();
        pairs.retain(|(name, _)| name != key);
        assert!(matches!(read(&pairs), Err(RecordError::Missing { key: missing }) if missing == key), "{key}");
    }
    assert_eq!(read(&with("txtvers", b"2")), Err(RecordError::OtherFormat));
    for (key, value) in [
        ("protocol", &b"-1"[..]),
        ("protocol", b"+1"),
        ("protocol", b""),
        ("people", b"99999999999999999999"),
        ("open", b"yes"),
        ("salt", b"00"),
        ("salt", b"zz000000000000000000000000000000"),
        ("seal", b"\xff\xfe"),
        ("fp", b"00ff"),
        ("fp", b"\xff\xff"),
    ] {
        assert!(matches!(read(&with(key, value)), Err(RecordError::Malformed { key: wrong }) if wrong == key), "{key}");
    }
}

#[test]
fn the_document_tells_of_every_key() {
    let document = include_str!("../../../../docs/protocol.md");
    for (key, _) in example() {
        assert!(document.contains(&format!("\n| `{key}` | ")), "{key}");
    }
}

#[test]
fn who_does_not_want_to_be_named_is_not() {
    let mut pairs = example();
    pairs.retain(|(name, _)| name != "host");
    assert_eq!(read(&pairs).unwrap().host, None);
    assert_eq!(read(&with("host", "\u{202e} eve\u{7}".as_bytes())).unwrap().host.unwrap().as_str(), "eve");
}

#[test]
fn nobody_claims_more_people_than_a_meeting_has() {
    assert_eq!(read(&with("people", b"4000000000")).unwrap().people, limits::MAX_PARTICIPANTS as u8);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn what_a_host_writes_is_read_again_and_fits_into_a_packet(record in record()) {
        let pairs = written(&record);
        let lengths: Vec<usize> =
            pairs.iter().map(|(key, value)| 2 + key.len() + value.as_ref().map_or(0, Vec::len)).collect();
        prop_assert!(lengths.iter().all(|length| *length <= 256), "{:?}", lengths);
        prop_assert!(lengths.iter().sum::<usize>() <= 600, "{:?}", lengths);
        prop_assert_eq!(read(&pairs), Ok(record));
    }

    #[test]
    fn whatever_comes_is_read_without_panic(pairs in vec((any::<String>(), option::of(vec(any::<u8>(), 0..300))), 0..40)) {
        let _ = read(&pairs);
    }

    #[test]
    fn a_record_that_was_tampered_with_is_refused_or_harmless(
        record in record(),
        changes in vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 1..6),
        more in vec(("(txtvers|protocol|salt|SEAL|fp|People|open|host|[a-z=]{0,9})", option::of(vec(any::<u8>(), 0..260))), 0..40),
        is_first in any::<bool>(),
    ) {
        let mut pairs = written(&record);
        for (pair, place, byte) in changes {
            let at = pair.index(pairs.len());
            if let Some(value) = pairs[at].1.as_mut().filter(|value| !value.is_empty()) {
                let place = place.index(value.len());
                value[place] = byte;
            }
        }
        let pairs = if is_first { [more, pairs].concat() } else { [pairs, more].concat() };
        if let Ok(accepted) = read(&pairs) {
            prop_assert!(usize::from(accepted.people) <= limits::MAX_PARTICIPANTS);
            if let Some(host) = &accepted.host {
                prop_assert_eq!(&DisplayName::new(host.as_str()), host);
            }
            prop_assert_eq!(read(&written(&accepted)), Ok(accepted));
        }
    }
}
