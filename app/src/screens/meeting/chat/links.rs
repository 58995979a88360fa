//! Which parts of a text are links. Only what says itself that it is one is taken for one, and it leads where it reads.

use std::ops::Range;

const SCHEMES: [&str; 2] = ["https://", "http://"];

/// The byte ranges of the links in a text, in order.
pub fn find(text: &str) -> Vec<Range<usize>> {
    let mut links: Vec<Range<usize>> = Vec::new();
    let mut from = 0;
    while let Some(start) = next_scheme(text, from) {
        let end = start + end_of(&text[start..]);
        // A scheme alone leads nowhere, and one within a word is none.
        let is_in_word = text[..start].chars().next_back().is_some_and(char::is_alphanumeric);
        if !is_in_word && SCHEMES.iter().all(|scheme| end - start > scheme.len()) {
            links.push(start..end);
        }
        from = end.max(start + 1);
    }
    links
}

fn next_scheme(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    (from..bytes.len()).find(|at| {
        SCHEMES.iter().any(|scheme| {
            bytes.get(*at..at + scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme.as_bytes()))
        })
    })
}

/// Where a link ends that a text begins with: at what cannot be in one, less what belongs to the sentence around it.
fn end_of(text: &str) -> usize {
    let ends =
        |character: char| character.is_whitespace() || character.is_control() || "<>\"`|\\^{}".contains(character);
    let mut link = &text[..text.find(ends).unwrap_or(text.len())];
    while let Some(last) = link.chars().next_back() {
        let opening = match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '…' | '’' | '”' | '“' | '»' => None,
            ')' => Some('('),
            ']' => Some('['),
            _ => break,
        };
        // A bracket that was opened within the link is of the link.
        if opening.is_some_and(|opening| link.matches(opening).count() >= link.matches(last).count()) {
            break;
        }
        link = &link[..link.len() - last.len_utf8()];
    }
    link.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn links(text: &str) -> Vec<&str> {
        find(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn links_are_found_without_the_sentence_around_them() {
        assert_eq!(links("Numbers are here: https://docs.example.org/q3."), ["https://docs.example.org/q3"]);
        assert_eq!(
            links("(see http://a.example/b_(c)), HTTPS://B.example/?x=1&y=2!"),
            ["http://a.example/b_(c)", "HTTPS://B.example/?x=1&y=2"]
        );
        assert_eq!(links("https://ä.example/ü\nhttps://b.example"), ["https://ä.example/ü", "https://b.example"]);
    }

    #[test]
    fn what_does_not_say_that_it_is_a_link_is_none() {
        for text in [
            "docs.example.org/q3",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "http://",
            "https://.",
            "xhttps://a.example",
        ] {
            assert_eq!(links(text), [""; 0], "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_can_be_looked_through(text in "(https?://|[a-z(). ä🙂\n]|\\PC){0,60}") {
            let mut end = 0;
            for link in find(&text) {
                prop_assert!(link.start >= end && link.end > link.start);
                prop_assert!(text[link.clone()].to_ascii_lowercase().starts_with("http"));
                end = link.end;
            }
        }
    }
}
