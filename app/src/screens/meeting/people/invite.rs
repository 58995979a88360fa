//! How others are invited: the link, the code, and the link as a picture for a camera.

use std::time::{Duration, Instant};

use egui::{
    Align, Color32, ColorImage, CornerRadius, Layout, Rect, Role, Sense, TextureHandle, TextureOptions, Ui, WidgetInfo,
    vec2,
};
use qrcode::{EcLevel, QrCode};

use crate::text;
use crate::theme::{radius, space};
use crate::view::Meeting;
use crate::widgets::button::Button;
use crate::widgets::icon::Icon;

const BUTTON: f32 = 40.0;
/// How long it is said that something was copied.
const COPIED_FOR: Duration = Duration::from_secs(2);
/// Of the picture with the white around it.
const WIDEST: f32 = 220.0;
/// White modules around a code, as its standard asks for.
const QUIET: usize = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Copied {
    Link,
    Code,
}

/// What is remembered from one paint to the next.
#[derive(Default)]
pub struct Invite {
    copied: Option<(Copied, Instant)>,
    shows_code: bool,
    /// The picture of a link, made once.
    picture: Option<(String, Option<TextureHandle>)>,
}

impl std::fmt::Debug for Invite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invite")
            .field("copied", &self.copied)
            .field("shows_code", &self.shows_code)
            .finish_non_exhaustive()
    }
}

impl Invite {
    /// Shows it.
    pub fn show(&mut self, ui: &mut Ui, meeting: &Meeting, now: Instant) {
        let texts = text::of(ui).people();
        let copied =
            self.copied.filter(|(_, at)| now.saturating_duration_since(*at) < COPIED_FOR).map(|(what, _)| what);
        let link = match copied {
            Some(Copied::Link) => Button::text(texts.link_copied()).with_icon(Icon::Done),
            _ => Button::text(texts.copy_link()).with_icon(Icon::Link),
        };
        if link.height(BUTTON).min_width(ui.available_width()).show(ui).clicked() {
            self.copy(ui, &meeting.link, Copied::Link, now);
        }
        ui.add_space(space::S);
        let row = vec2(ui.available_width(), BUTTON);
        ui.allocate_ui_with_layout(row, Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = space::S;
            let label = if self.shows_code { texts.hide_qr() } else { texts.show_qr() };
            let qr = Button::icon(Icon::QrCode, label).on(self.shows_code).height(BUTTON).hint(label);
            self.shows_code ^= qr.show(ui).clicked();
            let words = texts.copy_code(&meeting.code);
            let (label, icon) = match copied {
                Some(Copied::Code) => (texts.code_copied(), Icon::Done),
                _ => (words.as_str(), Icon::Copy),
            };
            let code = Button::text(label).with_icon(icon).height(BUTTON).min_width(ui.available_width());
            if code.show(ui).clicked() {
                self.copy(ui, &meeting.code, Copied::Code, now);
            }
        });
        if self.shows_code {
            ui.add_space(space::S);
            self.show_code(ui, &meeting.link);
        }
    }

    fn copy(&mut self, ui: &Ui, text: &str, what: Copied, now: Instant) {
        ui.ctx().copy_text(text.to_owned());
        self.copied = Some((what, now));
        ui.ctx().request_repaint_after(COPIED_FOR);
    }

    /// Dark on white in both themes: many cameras know it in no other way.
    fn show_code(&mut self, ui: &mut Ui, link: &str) {
        let is_known = self.picture.as_ref().is_some_and(|(of, _)| of == link);
        if !is_known {
            let texture =
                picture(link).map(|image| ui.ctx().load_texture("invitation", image, TextureOptions::NEAREST));
            self.picture = Some((link.to_owned(), texture));
        }
        let Some((_, Some(texture))) = &self.picture else { return };
        let side = ui.available_width().min(WIDEST);
        let (row, response) = ui.allocate_exact_size(vec2(ui.available_width(), side), Sense::hover());
        let words = text::of(ui).people().qr();
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, words));
        let rect = Rect::from_center_size(row.center(), vec2(side, side));
        ui.painter().rect_filled(rect, CornerRadius::same(radius::CONTROL), Color32::WHITE);
        // Each module is as many whole pixels wide as the others.
        let modules = texture.size()[0] as f32;
        let pixels = (side * ui.ctx().pixels_per_point() / modules).floor().max(1.0);
        let side = pixels * modules / ui.ctx().pixels_per_point();
        let at = Rect::from_center_size(rect.center(), vec2(side, side));
        let whole = Rect::from_min_max(egui::pos2(0.0, 0.0), egui::pos2(1.0, 1.0));
        ui.painter().image(texture.id(), at, whole, Color32::WHITE);
    }
}

/// A link as a code, one pixel for each module; none where it is too long for one.
fn picture(link: &str) -> Option<ColorImage> {
    let code = QrCode::with_error_correction_level(link, EcLevel::M).ok()?;
    let (width, modules) = (code.width(), code.to_colors());
    let side = width + 2 * QUIET;
    let mut image = ColorImage::filled([side, side], Color32::WHITE);
    for (at, module) in modules.into_iter().enumerate() {
        if module == qrcode::Color::Dark {
            image[(QUIET + at % width, QUIET + at / width)] = Color32::BLACK;
        }
    }
    Some(image)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_white_around_it_and_its_corners_are_marked() {
        let image = picture("nonet://192.168.1.20:7443/kfw-tqxm-ehd#5f").unwrap();
        let [width, height] = image.size;
        assert_eq!(width, height);
        for at in 0..width {
            for edge in 0..QUIET {
                assert_eq!([image[(at, edge)], image[(edge, at)]], [Color32::WHITE; 2]);
            }
        }
        let dark = |x, y| image[(x, y)] == Color32::BLACK;
        let last = width - QUIET - 1;
        assert!(dark(QUIET, QUIET) && dark(last, QUIET) && dark(QUIET, last));
        assert!(!dark(QUIET + 1, QUIET + 1) && dark(QUIET + 3, QUIET + 3));
    }

    #[test]
    fn what_is_too_long_for_a_code_has_none() {
        assert!(picture(&"x".repeat(5000)).is_none());
    }
}
