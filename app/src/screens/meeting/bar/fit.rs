//! What of the bar a window has room for. What does not fit is in a menu, so that nothing is cut and nothing is missing.

use crate::theme::space;
use crate::widgets::toolbar::PADDING;

/// A button of the bar, besides those for devices and for leaving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    Hand,
    React,
    Chat,
    People,
    Layout,
    Statistics,
    CopyLink,
    Settings,
}

/// What can stand in the bar, from left to right.
const IN_BAR: [Item; 6] = [Item::Hand, Item::React, Item::Chat, Item::People, Item::Layout, Item::Statistics];
/// What goes into the menu where there is less and less room.
const GIVEN_UP: [Item; 6] = [Item::Statistics, Item::Layout, Item::React, Item::People, Item::Hand, Item::Chat];
/// What a window without a line above the people has nowhere else.
const OF_TOP_LINE: [Item; 2] = [Item::CopyLink, Item::Settings];

/// A device's button with its menu; the button to leave.
pub const WIDE: f32 = 64.0;
/// Of that, what the menu takes.
pub const MENU: f32 = 26.0;
pub const BUTTON: f32 = space::CONTROL;
pub const GAP: f32 = space::S;
/// A line between groups with the space on one side of it.
const SEPARATOR: f32 = 1.0 + GAP;

/// See the module's description.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    given_up: usize,
    has_top_line: bool,
    /// Whether there is room for devices' menus, and for lines between groups.
    pub is_roomy: bool,
}

impl Fit {
    /// As much as fits into a window that has so much room from side to side.
    pub fn new(room: f32, has_top_line: bool) -> Self {
        let roomy = (0..=GIVEN_UP.len()).map(|given_up| Self { given_up, has_top_line, is_roomy: true });
        let tight = (0..=GIVEN_UP.len()).map(|given_up| Self { given_up, has_top_line, is_roomy: false });
        let least = Self { given_up: GIVEN_UP.len(), has_top_line, is_roomy: false };
        roomy.chain(tight).find(|fit| fit.width() <= room).unwrap_or(least)
    }

    /// What stands in the bar.
    pub fn shown(self) -> impl Iterator<Item = Item> {
        IN_BAR.into_iter().filter(move |item| !GIVEN_UP[..self.given_up].contains(item))
    }

    /// What is in the menu.
    pub fn in_menu(self) -> impl Iterator<Item = Item> {
        let items = IN_BAR.into_iter().filter(move |item| GIVEN_UP[..self.given_up].contains(item));
        items.chain(OF_TOP_LINE.into_iter().filter(move |_| !self.has_top_line))
    }

    /// The bar's width in points.
    pub fn width(self) -> f32 {
        let (device, separators) =
            if self.is_roomy { (WIDE, self.separators() as f32 * SEPARATOR) } else { (BUTTON, 0.0) };
        let menu = usize::from(self.in_menu().next().is_some());
        let small = (self.shown().count() + menu) as f32 * (BUTTON + GAP);
        2.0 * PADDING + 2.0 * (device + GAP) + small + separators + device
    }

    /// Whether a line stands before this button of the bar.
    pub fn is_first_of_group(self, item: Item) -> bool {
        let of_group = |item| matches!(item, Item::Hand | Item::React);
        self.is_roomy && self.shown().find(|other| of_group(*other) == of_group(item)) == Some(item)
    }

    fn separators(self) -> usize {
        // One of them before the button to leave.
        1 + self.shown().filter(|item| self.is_first_of_group(*item)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_in_the_bar_or_in_the_menu_and_nothing_is_cut() {
        for has_top_line in [false, true] {
            for room in 222..2000 {
                let fit = Fit::new(room as f32, has_top_line);
                assert!(fit.width() <= room as f32, "{} in {room}", fit.width());
                let mut all: Vec<_> = fit.shown().chain(fit.in_menu()).collect();
                assert_eq!(all.len(), if has_top_line { 6 } else { 8 });
                all.dedup();
                assert_eq!(all.len(), if has_top_line { 6 } else { 8 });
            }
        }
    }

    #[test]
    fn a_usual_window_needs_no_menu_and_a_small_one_keeps_what_matters_most() {
        assert_eq!(Fit::new(1248.0, true).in_menu().count(), 0);
        let small: Vec<_> = Fit::new(464.0, false).shown().collect();
        assert_eq!(small, [Item::Hand, Item::Chat, Item::People]);
        // A small window with text of twice the usual size.
        let least = Fit::new(224.0, false);
        assert_eq!((least.shown().count(), least.is_roomy), (0, false));
    }

    #[test]
    fn more_room_never_means_less_in_the_bar() {
        let counts = |has_top_line| (222..2000).map(move |room| Fit::new(room as f32, has_top_line).shown().count());
        for has_top_line in [false, true] {
            let roomy_from = (222..2000).position(|room| Fit::new(room as f32, has_top_line).is_roomy);
            let counts: Vec<_> = counts(has_top_line).skip(roomy_from.unwrap()).collect();
            assert!(counts.is_sorted(), "{counts:?}");
        }
    }
}
