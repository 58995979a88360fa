//! Every text that a person reads, in every language, in one place.
//!
//! One file for each part of the program. A text stands there once, in all languages side by side, so that none can be missing;
//! what has a part that changes is a function of it. Which language is spoken is chosen here and kept with the context; screens ask
//! [`of`], what has no window makes [`Texts`] of a [`Language`].

use egui::{Context, Id, Ui};

pub mod bar;
pub mod chat;
pub mod common;
pub mod language;
pub mod people;
pub mod top_line;

pub use language::{Language, LanguageChoice};

/// Defines a part of the texts: `name: "English", "Deutsch";` or, with something to fill in, `name(count: usize): …, …;`.
macro_rules! texts {
    ($(#[$documentation:meta])* $part:ident { $($name:ident $(($($argument:ident: $type:ty),+))?: $english:expr, $german:expr;)+ }) => {
        $(#[$documentation])*
        #[derive(Clone, Copy, Debug)]
        pub struct $part(pub(super) $crate::text::Language);

        #[allow(missing_docs, reason = "what each is for is what it says")]
        impl $part {
            $($crate::text::texts!(@one $name $(($($argument: $type),+))?, $english, $german);)+
        }
    };
    (@one $name:ident, $english:expr, $german:expr) => {
        pub fn $name(self) -> &'static str {
            match self.0 {
                $crate::text::Language::English => $english,
                $crate::text::Language::German => $german,
            }
        }
    };
    (@one $name:ident($($argument:ident: $type:ty),+), $english:expr, $german:expr) => {
        pub fn $name(self, $($argument: $type),+) -> String {
            match self.0 {
                $crate::text::Language::English => $english,
                $crate::text::Language::German => $german,
            }
        }
    };
}
pub(crate) use texts;

/// All texts in one language.
#[derive(Clone, Copy, Debug)]
pub struct Texts(Language);

impl Texts {
    /// In this language.
    pub fn new(language: Language) -> Self {
        Self(language)
    }

    /// In which they are.
    pub fn language(self) -> Language {
        self.0
    }

    /// What several parts say.
    pub fn common(self) -> common::Common {
        common::Common(self.0)
    }

    /// What the bar of a meeting says.
    pub fn bar(self) -> bar::Bar {
        bar::Bar(self.0)
    }

    /// What is said above the people of a meeting.
    pub fn top_line(self) -> top_line::TopLine {
        top_line::TopLine(self.0)
    }

    /// What is said around the chat.
    pub fn chat(self) -> chat::Chat {
        chat::Chat(self.0)
    }

    /// What the list of people says.
    pub fn people(self) -> people::People {
        people::People(self.0)
    }
}

/// The texts in the language that the context speaks.
pub fn of(ui: &Ui) -> Texts {
    of_context(ui.ctx())
}

/// As [`of`], where there is no `Ui`.
pub fn of_context(context: &Context) -> Texts {
    Texts(context.data(|data| data.get_temp(spoken()).unwrap_or_default()))
}

/// Has the context speak a language from now on.
pub fn speak(context: &Context, language: Language) {
    context.data_mut(|data| data.insert_temp(spoken(), language));
}

fn spoken() -> Id {
    Id::unique("language")
}
