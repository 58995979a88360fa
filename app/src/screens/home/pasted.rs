//! What was typed or pasted to find a meeting: a code, a link, the page that a server has for a link, or any of these among other words.

use nonet_signaling::protocol::{MeetingLink, Security};

use crate::engine::{EntranceError, parse_entrance};

/// Port of pages that name none.
const HTTPS_PORT: u16 = 443;

/// What opens a link.
const SCHEMES: [&str; 3] = ["nonet://", "nonet+plain://", "https://"];

/// The way into a meeting that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// A code or link, as the engine understands it.
    pub code_or_link: String,
    /// `abc-defg-hij`.
    pub code: String,
    /// The host that a link names.
    pub host: Option<String>,
}

/// Finds a way into a meeting.
pub fn find(text: &str) -> Option<Found> {
    let text = text.trim();
    let mut words = text.split_whitespace();
    whole(text).or_else(|| words.clone().find_map(link)).or_else(|| words.find_map(code))
}

/// Where there is nothing but a code or link, it is taken as loosely as the engine does.
fn whole(text: &str) -> Option<Found> {
    if let Some(found) = link(text).filter(|_| !text.contains(char::is_whitespace)) {
        return Some(found);
    }
    match parse_entrance(text, None) {
        Ok(link) => Some(Found {
            code_or_link: text.to_owned(),
            code: link.code.to_string(),
            host: Some(link.server.host().to_owned()),
        }),
        Err(EntranceError::NoServer) => {
            let code = text.parse::<nonet_signaling::protocol::MeetingCode>().ok()?;
            Some(Found { code_or_link: text.to_owned(), code: code.to_string(), host: None })
        }
        Err(_) => None,
    }
}

/// A link somewhere in a word, less what stands around it.
fn link(word: &str) -> Option<Found> {
    let start = SCHEMES.iter().filter_map(|scheme| position(word, scheme)).min()?;
    let word = word[start..].split(['<', '>', '"', '“', '”', '„', '\'', '|']).next()?;
    let word = word.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '}', '*', '_', '…']);
    let read = if position(word, "https://") == Some(0) { page(word)? } else { word.to_owned() };
    let MeetingLink { server, code, .. } = read.parse().ok()?;
    Some(Found { code_or_link: read, code: code.to_string(), host: Some(server.host().to_owned()) })
}

/// The link that a server's page for it stands for.
fn page(address: &str) -> Option<String> {
    let rest = &address["https://".len()..];
    let (authority, path) = rest.split_once('/')?;
    let (path, fragment) = path.split_once('#').unwrap_or((path, ""));
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let code = path.trim_end_matches('/').rsplit('/').next()?;
    // Besides what mail programs put there.
    let key = query.split('&').find(|part| part.starts_with("key="));
    let has_port = authority.rsplit(']').next().is_some_and(|rest| rest.contains(':'));
    let authority = if has_port { authority.to_owned() } else { format!("{authority}:{HTTPS_PORT}") };
    let link = format!("nonet://{authority}/{code}");
    let link = key.map_or(link.clone(), |key| format!("{link}?{key}"));
    let link = if fragment.is_empty() { link } else { format!("{link}#{fragment}") };
    let parsed: MeetingLink = link.parse().ok()?;
    debug_assert_ne!(parsed.server.security(), Security::Plain);
    Some(link)
}

/// A code in its three groups; ten letters without dashes are a word like others.
fn code(word: &str) -> Option<Found> {
    let word = word.trim_matches(|letter: char| !letter.is_ascii_alphabetic());
    let groups: Vec<_> = word.split('-').map(str::len).collect();
    let code = word.parse::<nonet_signaling::protocol::MeetingCode>().ok().filter(|_| groups == [3, 4, 3])?;
    Some(Found { code_or_link: code.to_string(), code: code.to_string(), host: None })
}

/// Where the text has this, which is in small ASCII letters, whatever its case there.
fn position(text: &str, small: &str) -> Option<usize> {
    text.as_bytes().windows(small.len()).position(|window| window.eq_ignore_ascii_case(small.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PRINT: &str = "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f";

    fn found(text: &str) -> Option<(String, Option<String>)> {
        find(text).map(|found| (found.code_or_link, found.host))
    }

    #[test]
    fn codes_are_recognised_however_they_are_written() {
        for text in ["abc-defg-hij", "ABCDEFGHIJ", " abc defg hij "] {
            let found = find(text).unwrap();
            assert_eq!((found.code.as_str(), found.code_or_link.as_str()), ("abc-defg-hij", text.trim()));
        }
    }

    #[test]
    fn links_are_recognised() {
        for text in [
            format!("nonet://192.168.1.20:7443/abc-defg-hij#{PRINT}"),
            " nonet://meet.example.org/abc-defg-hij ".into(),
        ] {
            assert_eq!(find(&text).unwrap().code_or_link, text.trim());
        }
    }

    #[test]
    fn half_a_code_and_other_links_are_not() {
        for text in [
            "",
            "abc",
            "abc-defg-hijk",
            "abc_defg_hij",
            "nonet://host",
            "nonet:///x",
            "nonet://192.168.1.20:7443/abc-defg-hij#00ff",
            "https://example.org",
            "https://example.org/about",
            "http://example.org/abc-defg-hij",
            "The attendance was high.",
            "xabc-defg-hij1",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
    }

    #[test]
    fn a_link_is_found_among_other_words() {
        let link = format!("nonet://192.168.1.20:7443/abc-defg-hij#{PRINT}");
        for text in [
            format!("Join us tomorrow: {link}."),
            format!("Link:{link}, see you!"),
            format!("<{link}> (or by phone)"),
            format!("“{link}”"),
            format!("kfw-tqxm-ehd is old, this is new: {link}"),
        ] {
            assert_eq!(found(&text), Some((link.clone(), Some("192.168.1.20".into()))), "{text}");
        }
        for text in ["Code: kfw-tqxm-ehd", "the code is KFW-TQXM-EHD.", "(kfw-tqxm-ehd)"] {
            assert_eq!(found(text), Some(("kfw-tqxm-ehd".into(), None)), "{text}");
        }
    }

    #[test]
    fn the_page_of_a_link_stands_for_the_link() {
        for (page, link) in [
            (
                "https://meet.example.org/abc-defg-hij".to_owned(),
                "nonet://meet.example.org:443/abc-defg-hij".to_owned(),
            ),
            (
                format!("HTTPS://meet.example.org:7443/abc-defg-hij/?from=mail#{PRINT}"),
                format!("nonet://meet.example.org:7443/abc-defg-hij#{PRINT}"),
            ),
            (
                format!("https://meet.example.org/abc-defg-hij?from=mail&key=abcdefghijkmnpqr#{PRINT}"),
                format!("nonet://meet.example.org:443/abc-defg-hij?key=abcdefghijkmnpqr#{PRINT}"),
            ),
            ("https://[fe80::1]/abc-defg-hij".into(), "nonet://[fe80::1]:443/abc-defg-hij".into()),
        ] {
            assert_eq!(find(&page).unwrap().code_or_link, link, "{page}");
            assert_eq!(find(&format!("Come: {page}.")).unwrap().code_or_link, link, "{page}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_searched_without_panic_and_what_is_found_can_be_used(text in "\\PC{0,30}(nonet|https)?(://)?\\PC{0,40}") {
            if let Some(found) = find(&text) {
                prop_assert!(matches!(parse_entrance(&found.code_or_link, None), Ok(_) | Err(EntranceError::NoServer)));
            }
        }
    }
}
