//! What can be done about somebody: on a right click on their tile, or on the button that the tile shows to who points at it or comes
//! by with the keyboard.

use std::collections::HashMap;

use egui::{
    Align2, CornerRadius, Popup, PopupCloseBehavior, Pos2, Rect, Response, ScrollArea, Sense, Slider, Ui, vec2,
};
use egui::{Role, WidgetInfo};
use nonet_media::audio::mixer::Volume;

use crate::command::Command;
use crate::text::{self, stage::Stage};
use crate::theme::{on_picture, radius, size, space};
use crate::view::Participant;
use crate::widgets::button::{Button, Meaning, focus_ring};
use crate::widgets::icon::Icon;
use crate::widgets::menu::{self, Line};
use crate::widgets::pressed;

/// Width and height of the button, and in a small tile.
const BUTTON: f32 = 28.0;
const SMALL_BUTTON: f32 = 22.0;
const WIDTH: f32 = 264.0;

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    Command(Command),
    /// Whether they are to be kept large.
    Pin(bool),
    /// Not to see oneself.
    HideSelf,
    /// To write to them alone.
    Message,
}

/// Whom a menu is about.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    pub participant: &'a Participant,
    pub is_pinned: bool,
    /// Whether somebody else is there, so that one can be larger than another.
    pub can_pin: bool,
    /// Whether one may do what hosts may.
    pub by_host: bool,
}

/// What is remembered from one paint to the next.
#[derive(Debug, Default)]
pub struct PersonMenu {
    /// How loud those were whom one has chosen not to hear, in percent.
    volume_before: HashMap<u32, u8>,
    /// Whose removal is to be confirmed.
    removing: Option<u32>,
}

impl PersonMenu {
    /// Shows the button, whose upper right corner is at `corner`, and the menu of somebody whose tile this is.
    pub fn show(&mut self, ui: &mut Ui, tile: &Response, corner: Pos2, about: About<'_>) -> Option<Wish> {
        let id = about.participant.id;
        let button = show_button(ui, tile, corner, about.participant);
        let was_open = Popup::is_id_open(ui.ctx(), Popup::default_response_id(&button));
        let mut asked = None;
        let mut content = |ui: &mut Ui| asked = asked.take().or_else(|| self.content(ui, about));
        let stays_open = PopupCloseBehavior::CloseOnClickOutside;
        let below = Popup::menu(&button).close_behavior(stays_open).width(WIDTH).show(&mut content);
        let at_pointer = Popup::context_menu(tile).close_behavior(stays_open).width(WIDTH).show(&mut content);
        if below.is_none() && at_pointer.is_none() && self.removing == Some(id) {
            self.removing = None;
        }
        if was_open && ui.input(|input| input.key_pressed(egui::Key::Escape)) {
            // Who came by keyboard goes on from here.
            button.request_focus();
        }
        asked
    }

    fn content(&mut self, ui: &mut Ui, about: About<'_>) -> Option<Wish> {
        let most = ui.ctx().content_rect().height() - 2.0 * space::XL;
        let area = ScrollArea::vertical().max_height(most).auto_shrink([false, true]);
        area.show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            let wish = self.lines(ui, about);
            // What is set with a slider goes on being set.
            if wish.as_ref().is_some_and(|wish| !matches!(wish, Wish::Command(Command::SetVolume { .. }))) {
                ui.close();
            }
            wish
        })
        .inner
    }

    fn lines(&mut self, ui: &mut Ui, about: About<'_>) -> Option<Wish> {
        let participant = about.participant;
        let texts = text::of(ui).stage();
        if self.removing == Some(participant.id) {
            return self.question(ui, participant, texts);
        }
        let mut wish = None;
        let mut offer = |ui: &mut Ui, line: Line<'_>, what: Wish| {
            if line.show(ui).clicked() {
                wish = Some(what);
            }
        };
        let name = if participant.is_self { text::of(ui).common().you() } else { &participant.name };
        menu::title(ui, name);
        let mut volume = None;
        if !participant.is_self {
            volume = self.volume(ui, participant, texts);
        }
        if about.can_pin {
            let (icon, label) = if about.is_pinned { (Icon::Unpin, texts.unpin()) } else { (Icon::Pin, texts.pin()) };
            offer(ui, Line::new(icon, label), Wish::Pin(!about.is_pinned));
        }
        if participant.is_self {
            offer(ui, Line::new(Icon::Hide, texts.hide_self()), Wish::HideSelf);
            return wish;
        }
        offer(ui, Line::new(Icon::Chat, texts.message()), Wish::Message);
        if about.by_host {
            menu::separator(ui);
            for (line, command) in what_hosts_can(participant, texts) {
                offer(ui, line, Wish::Command(command));
            }
        }
        if about.by_host && Line::new(Icon::Remove, texts.remove()).danger().show(ui).clicked() {
            self.removing = Some(participant.id);
        }
        wish.or(volume)
    }

    /// How loud somebody is played.
    fn volume(&mut self, ui: &mut Ui, participant: &Participant, texts: Stage) -> Option<Wish> {
        let id = participant.id;
        let mut percent = participant.volume_percent;
        let words = if percent == 0 { texts.volume_none().to_owned() } else { texts.volume(percent) };
        menu::note(ui, &words);
        menu::indented(ui, |ui| {
            ui.spacing_mut().slider_width = ui.available_width();
            let slider = Slider::new(&mut percent, 0..=Volume::MOST_PERCENT).show_value(false).trailing_fill(true);
            ui.add(slider).accessible_name(texts.volume_of(&participant.name));
        });
        let usual = Volume::default().as_percent();
        if participant.volume_percent == 0 {
            if Line::new(Icon::Speaker, texts.hear_again()).show(ui).clicked() {
                percent = self.volume_before.remove(&id).unwrap_or(usual);
            }
        } else {
            if participant.volume_percent != usual && Line::new(Icon::Speaker, texts.usual_volume()).show(ui).clicked()
            {
                percent = usual;
            }
            if Line::new(Icon::SpeakerOff, texts.silence()).show(ui).clicked() {
                self.volume_before.insert(id, participant.volume_percent);
                percent = 0;
            }
        }
        let is_new = percent != participant.volume_percent;
        is_new.then_some(Wish::Command(Command::SetVolume { participant: id, percent }))
    }

    /// Asks once more, in place of the lines: there is nothing else to do meanwhile, and nobody is covered who was not.
    fn question(&mut self, ui: &mut Ui, participant: &Participant, texts: Stage) -> Option<Wish> {
        menu::title(ui, &texts.remove_question(&participant.name));
        ui.add_space(space::S);
        let (mut stays, mut goes) = (false, false);
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::S;
            let width = (ui.available_width() - space::S) / 2.0;
            let button = |label| Button::text(label).min_width(width).height(36.0);
            stays = button(text::of(ui).common().cancel()).show(ui).clicked();
            goes = button(texts.remove_now()).meaning(Meaning::Danger).show(ui).clicked();
        });
        if stays || goes {
            self.removing = None;
            ui.close();
        }
        goes.then_some(Wish::Command(Command::Remove { participant: participant.id }))
    }
}

/// All but removing, as somebody is now.
fn what_hosts_can(about: &Participant, texts: Stage) -> impl Iterator<Item = (Line<'static>, Command)> {
    let participant = about.id;
    let sound = if about.microphone_on {
        (Line::new(Icon::MicrophoneOff, texts.mute()), Command::Mute { participant })
    } else {
        (Line::new(Icon::Microphone, texts.ask_to_unmute()), Command::AskToUnmute { participant })
    };
    let camera = (Line::new(Icon::CameraOff, texts.turn_camera_off()), Command::TurnCameraOff { participant });
    let hand = (Line::new(Icon::Hand, texts.lower_hand()), Command::LowerHand { participant });
    let host = if about.is_host { texts.no_longer_host() } else { texts.make_host() };
    let host = (Line::new(Icon::Host, host), Command::SetHost { participant, is_host: !about.is_host });
    let camera = about.camera_on.then_some(camera);
    let hand = about.hand.is_some().then_some(hand);
    [Some(sound), camera, hand, Some(host)].into_iter().flatten()
}

fn show_button(ui: &Ui, tile: &Response, corner: Pos2, participant: &Participant) -> Response {
    let is_small = tile.rect.height() < 3.0 * BUTTON;
    let side = if is_small { SMALL_BUTTON } else { BUTTON };
    let rect = Align2::RIGHT_TOP.anchor_size(corner, vec2(side, side));
    let response = ui.interact(rect, ui.scope_id().with(("more", participant.id)), Sense::click());
    let texts = text::of(ui).stage();
    response.widget_info(|| {
        let label =
            if participant.is_self { texts.more_about_you().to_owned() } else { texts.more_about(&participant.name) };
        WidgetInfo::labeled(Role::Button, true, label)
    });
    let is_open = Popup::is_id_open(ui.ctx(), Popup::default_response_id(&response));
    let is_lit = pressed::is_lit(ui, &response);
    if tile.contains_pointer() || is_lit || response.has_focus() || is_open {
        paint_button(ui, rect, is_lit);
    }
    if response.has_focus() {
        focus_ring(ui, rect, radius::TAG);
    }
    response
}

fn paint_button(ui: &Ui, rect: Rect, is_hovered: bool) {
    let ground = if is_hovered { on_picture::TAG_HOVERED } else { on_picture::TAG };
    ui.painter().rect_filled(rect, CornerRadius::same(radius::TAG), ground);
    Icon::More.paint(ui.painter(), rect.center(), size::ICON.min(rect.width() - 6.0), on_picture::TEXT);
}
