//! Which languages there are, and which one a person reads.

use serde::{Deserialize, Serialize};

/// A language that all texts are in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    #[default]
    English,
    German,
}

/// What was chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LanguageChoice {
    /// The system's, or English where that is not among them.
    #[default]
    System,
    English,
    German,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// What it is called by those who speak it.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
        }
    }

    /// The one of a tag of BCP 47, such as `de-AT`; English for all that is not there.
    fn of_tag(tag: &str) -> Self {
        let primary = tag.split(['-', '_', '.']).next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("de") { Self::German } else { Self::English }
    }
}

impl LanguageChoice {
    /// The language that is meant.
    pub fn language(self) -> Language {
        match self {
            Self::System => sys_locale::get_locale().map_or(Language::English, |tag| Language::of_tag(&tag)),
            Self::English => Language::English,
            Self::German => Language::German,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_language_is_spoken_where_there_is_one_and_english_else() {
        for tag in ["de", "de-DE", "de_AT.UTF-8", "DE-ch"] {
            assert_eq!(Language::of_tag(tag), Language::German, "{tag}");
        }
        for tag in ["", "C", "en-US", "fr", "deu-x", "-de"] {
            assert_eq!(Language::of_tag(tag), Language::English, "{tag}");
        }
    }
}
