//! What stands for somebody without a picture: initials on a colour of their own.

use egui::{Align2, Color32, Painter, Rect};

use crate::theme::fonts::{Weight, font};

/// As light as white initials are still read on it, whatever the hue.
const DISC_LIGHTNESS: f32 = 0.33;

/// The ground of a tile without a picture.
pub fn ground(name: &str) -> Color32 {
    hsl(hue(name), 0.26, 0.24)
}

/// Draws a disc with initials in the middle of a tile.
pub fn paint(painter: &Painter, tile: Rect, name: &str) {
    let diameter = (0.45 * tile.height()).clamp(28.0, 200.0);
    let fill = hsl(hue(name), 0.42, DISC_LIGHTNESS);
    painter.circle_filled(tile.center(), diameter / 2.0, fill);
    let text = Color32::WHITE;
    painter.text(tile.center(), Align2::CENTER_CENTER, initials(name), font(0.37 * diameter, Weight::SemiBold), text);
}

/// The first letters of the first and the last word, in capitals; "?" for a name without letters or digits.
fn initials(name: &str) -> String {
    let mut letters = name.split_whitespace().filter_map(|word| word.chars().find(|letter| letter.is_alphanumeric()));
    match (letters.next(), letters.next_back()) {
        (Some(first), Some(last)) => first.to_uppercase().chain(last.to_uppercase()).collect(),
        (Some(first), None) => first.to_uppercase().collect(),
        _ => "?".to_owned(),
    }
}

/// In turns, 0…1; the same for a name on every machine.
fn hue(name: &str) -> f32 {
    // FNV-1a, and the finish of MurmurHash3 so that names that differ in one letter differ in colour.
    let mut hash = name.bytes().fold(0x811C_9DC5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash = (hash ^ (hash >> 16)).wrapping_mul(0x85EB_CA6B);
    hash = (hash ^ (hash >> 13)).wrapping_mul(0xC2B2_AE35);
    (hash >> 16) as f32 / 65536.0
}

/// Hue, saturation and lightness, 0…1 each, as CSS has them.
fn hsl(hue: f32, saturation: f32, lightness: f32) -> Color32 {
    let amplitude = saturation * lightness.min(1.0 - lightness);
    let channel = |offset: f32| {
        let position = (offset + hue * 12.0) % 12.0;
        let value = lightness - amplitude * (position - 3.0).min(9.0 - position).clamp(-1.0, 1.0);
        (value * 255.0).round() as u8
    };
    Color32::from_rgb(channel(0.0), channel(8.0), channel(4.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme;

    #[test]
    fn initials_are_of_the_first_and_the_last_word() {
        assert_eq!(initials("Ana Ruiz"), "AR");
        assert_eq!(initials("  Priya S. "), "PS");
        assert_eq!(initials("Jonas"), "J");
        assert_eq!(initials("Maria del Carmen Ruiz"), "MR");
        assert_eq!(initials("élodie (she/her)"), "ÉS");
    }

    #[test]
    fn a_name_without_letters_still_has_a_sign() {
        assert_eq!(initials(""), "?");
        assert_eq!(initials("--- !"), "?");
    }

    #[test]
    fn names_that_differ_in_one_letter_differ_in_colour() {
        let mut hues: Vec<f32> = (1..=9).map(|number| hue(&format!("Guest {number}"))).collect();
        hues.sort_by(f32::total_cmp);
        let largest_gap = hues.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f32::max);
        assert!(largest_gap < 0.4, "{hues:?}");
        assert!(hues[8] - hues[0] > 0.5, "{hues:?}");
    }

    #[test]
    fn initials_are_legible_on_any_hue() {
        for step in 0..360 {
            let disc = hsl(step as f32 / 360.0, 0.42, DISC_LIGHTNESS);
            let ratio = theme::contrast(Color32::WHITE, disc);
            assert!(ratio >= 4.5, "{step}°: {ratio}");
        }
    }

    #[test]
    fn colours_are_those_of_css() {
        assert_eq!(hsl(0.0, 1.0, 0.5), Color32::from_rgb(255, 0, 0));
        assert_eq!(hsl(1.0 / 3.0, 1.0, 0.5), Color32::from_rgb(0, 255, 0));
        assert_eq!(hsl(220.0 / 360.0, 0.42, 0.44), Color32::from_rgb(65, 96, 159));
    }
}
