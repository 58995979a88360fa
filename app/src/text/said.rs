//! A sentence for two who may not read the same language.

use super::{Language, Texts};

/// What was said, in English for logs, events and terminals, and in the language of who looks at the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub english: String,
    pub shown: String,
}

impl Said {
    /// What `say` makes of the texts in English and in `language`.
    pub fn new(language: Language, say: impl Fn(Texts) -> String) -> Self {
        Self { english: say(Texts::new(Language::English)), shown: say(Texts::new(language)) }
    }
}
