//! How a person has the people in a meeting arranged: chosen in a menu or with keys, and for oneself alone.

use egui::Ui;

use crate::shortcuts::{self, Action};
use crate::text;
use crate::view::Participant;
use crate::widgets::icon::Icon;
use crate::widgets::menu::{self, Line};

/// How wide its menu is.
pub const MENU_WIDTH: f32 = 316.0;

/// Everybody alike, or one large.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Arrangement {
    /// As many as there are decides.
    #[default]
    Automatic,
    Grid,
    /// Who speaks is large, the others in a strip.
    Speaker,
}

/// See the module's description.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    pub arrangement: Arrangement,
    pub hides_self: bool,
    /// Who is kept large however people are arranged, by [`crate::view::Participant::id`].
    pub pinned: Option<u32>,
}

impl Layout {
    /// Listens to its keys.
    pub fn listen(&mut self, ui: &Ui) {
        if shortcuts::pressed(ui, Action::Layout) {
            self.choose(match self.arrangement {
                Arrangement::Grid => Arrangement::Speaker,
                Arrangement::Automatic if self.pinned.is_none() => Arrangement::Speaker,
                Arrangement::Automatic | Arrangement::Speaker => Arrangement::Grid,
            });
        }
        self.hides_self ^= shortcuts::pressed(ui, Action::HideSelf);
    }

    /// Arranges people otherwise; nobody is kept large that was.
    pub fn choose(&mut self, arrangement: Arrangement) {
        (self.arrangement, self.pinned) = (arrangement, None);
    }

    /// Lets go of who is not there any more, or not to be seen.
    pub fn follow(&mut self, participants: &[Participant]) {
        let is_there = |id: &u32| {
            participants.iter().any(|participant| participant.id == *id && !(participant.is_self && self.hides_self))
        };
        self.pinned = self.pinned.filter(is_there);
    }

    /// What a menu offers.
    pub fn menu(&mut self, ui: &mut Ui) {
        let texts = text::of(ui).stage();
        menu::title(ui, texts.layout());
        ui.spacing_mut().item_spacing.y = 2.0;
        for (arrangement, icon, label, meaning) in [
            (Arrangement::Automatic, Icon::Automatic, texts.automatic(), texts.automatic_meaning()),
            (Arrangement::Grid, Icon::Layout, texts.grid(), texts.grid_meaning()),
            (Arrangement::Speaker, Icon::SpeakerView, texts.speaker(), texts.speaker_meaning()),
        ] {
            let is_chosen = self.arrangement == arrangement;
            if Line::new(icon, label).meaning(meaning).radio(is_chosen).show(ui).clicked() {
                self.choose(arrangement);
                ui.close();
            }
        }
        menu::separator(ui);
        if self.pinned.is_some() && Line::new(Icon::Unpin, texts.unpin()).show(ui).clicked() {
            self.pinned = None;
            ui.close();
        }
        let meaning = if self.hides_self { texts.back_with() } else { texts.hide_self_meaning() };
        let meaning = shortcuts::hint(ui, meaning, Action::HideSelf);
        if Line::new(Icon::Hide, texts.hide_self()).meaning(&meaning).check(self.hides_self).show(ui).clicked() {
            self.hides_self = !self.hides_self;
            ui.close();
        }
    }
}
