//! The sections of the settings, and the list that one of them is chosen from.

use egui::{Align2, CornerRadius, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::text;
use crate::text::settings::Settings;
use crate::theme::fonts::{Weight, font};
use crate::theme::{self, radius, size, space};
use crate::widgets::button::focus_ring;
use crate::widgets::icon::Icon;

/// A section.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Section {
    #[default]
    Devices,
    Sound,
    Video,
    Server,
    Shortcuts,
    Appearance,
    Privacy,
}

impl Section {
    /// All of them, in the order of being listed.
    const ALL: [Self; 7] =
        [Self::Devices, Self::Sound, Self::Video, Self::Server, Self::Shortcuts, Self::Appearance, Self::Privacy];

    /// What it is called.
    pub fn name(self, texts: Settings) -> &'static str {
        match self {
            Self::Devices => texts.devices(),
            Self::Sound => texts.sound(),
            Self::Video => texts.video(),
            Self::Server => texts.server(),
            Self::Shortcuts => texts.shortcuts(),
            Self::Appearance => texts.appearance(),
            Self::Privacy => texts.privacy(),
        }
    }

    fn icon(self) -> Icon {
        match self {
            Self::Devices => Icon::Microphone,
            Self::Sound => Icon::Record,
            Self::Video => Icon::Camera,
            Self::Server => Icon::Server,
            Self::Shortcuts => Icon::Keyboard,
            Self::Appearance => Icon::Appearance,
            Self::Privacy => Icon::Privacy,
        }
    }
}

/// How the list looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Icons with names.
    Words,
    /// Icons alone, where there is no room for names.
    Icons,
}

const ROW: f32 = 38.0;
const WORDS_FROM: f32 = 500.0;

impl Look {
    /// In a sheet of this width.
    pub fn for_width(width: f32) -> Self {
        if width >= WORDS_FROM { Self::Words } else { Self::Icons }
    }

    /// Of the list, and between it and the section.
    pub fn widths(self) -> (f32, f32) {
        match self {
            Self::Words => (150.0, space::XL),
            Self::Icons => (ROW, space::M),
        }
    }
}

/// Shows the list, to choose another.
pub(super) fn show(ui: &mut Ui, chosen: &mut Section, look: Look) {
    let colors = theme::colors(ui);
    let texts = text::of(ui).settings();
    ui.spacing_mut().item_spacing.y = space::XS;
    for section in Section::ALL {
        let name = section.name(texts);
        let is_chosen = *chosen == section;
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::Tab, true, is_chosen, name));
        let hover = ui.ctx().animate_bool(response.id, response.hovered() && !is_chosen);
        let fill = if is_chosen { colors.raised } else { colors.raised.gamma_multiply(0.6 * hover) };
        let rounding = CornerRadius::same(radius::TAG);
        ui.painter().rect_filled(rect, rounding, fill);
        if response.has_focus() {
            focus_ring(ui, rect.shrink(3.0), radius::TAG);
        }
        let ink = if is_chosen { colors.text } else { colors.dim };
        let tint = if is_chosen { colors.accent } else { colors.dim };
        section.icon().paint(ui.painter(), pos2(rect.left() + ROW / 2.0, rect.center().y), size::ICON, tint);
        if look == Look::Words {
            let at = pos2(rect.left() + ROW, rect.center().y);
            ui.painter().text(at, Align2::LEFT_CENTER, name, font(size::TEXT, Weight::Medium), ink);
        }
        if response.clicked() {
            *chosen = section;
        }
        if look == Look::Icons {
            response.on_hover_text(name);
        }
    }
}
