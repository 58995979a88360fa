//! How a person has the people in a meeting arranged: chosen in a menu or with keys, and for oneself alone.

use egui::Ui;

use crate::shortcuts::{self, Action};

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
    /// Who is kept large, by [`crate::view::Participant::id`].
    pub pinned: Option<u32>,
}

impl Layout {
    /// Listens to its keys.
    pub fn listen(&mut self, ui: &Ui) {
        if shortcuts::pressed(ui, Action::Layout) {
            self.arrangement = match self.arrangement {
                Arrangement::Automatic | Arrangement::Grid => Arrangement::Speaker,
                Arrangement::Speaker => Arrangement::Grid,
            };
        }
        self.hides_self ^= shortcuts::pressed(ui, Action::HideSelf);
    }

    /// What a menu offers.
    pub fn menu(&mut self, ui: &mut Ui) {
        ui.radio_value(&mut self.arrangement, Arrangement::Automatic, "Automatic");
        ui.radio_value(&mut self.arrangement, Arrangement::Grid, "Grid");
        ui.radio_value(&mut self.arrangement, Arrangement::Speaker, "Speaker");
        ui.checkbox(&mut self.hides_self, "Hide yourself");
    }
}
