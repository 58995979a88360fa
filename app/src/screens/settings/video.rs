//! How much video is sent and asked for.

use egui::Ui;

use super::parts::{choice, dim, heading, line, switched};
use crate::command::Command;
use crate::settings::{FrameRate, PictureSize, VideoSettings};
use crate::text;
use crate::theme::space;

/// Shows the section.
pub(super) fn show(ui: &mut Ui, kept: VideoSettings, commands: &mut Vec<Command>) {
    let texts = text::of(ui).settings();
    let sizes = [
        (PictureSize::Automatic, texts.automatic()),
        (PictureSize::Middle, texts.at_most_360p()),
        (PictureSize::Small, texts.at_most_180p()),
    ];
    let rates = [(FrameRate::Full, texts.fps_30()), (FrameRate::Half, texts.fps_15())];
    let mut settings = kept;
    switched(ui, texts.data_saver(), texts.data_saver_more(), &mut settings.data_saver);
    line(ui);
    heading(ui, texts.sent());
    settings.send = choice(ui, texts.send_at_most(), &sizes, kept.send).unwrap_or(settings.send);
    settings.frame_rate = choice(ui, texts.frame_rate(), &rates, kept.frame_rate).unwrap_or(settings.frame_rate);
    ui.add_space(space::S);
    heading(ui, texts.received());
    settings.receive = choice(ui, texts.receive_at_most(), &sizes, kept.receive).unwrap_or(settings.receive);
    dim(ui, texts.video_more());
    if settings != kept {
        commands.push(Command::SetVideo(settings));
    }
}
