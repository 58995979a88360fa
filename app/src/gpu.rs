//! GPU pipelines, one file for each file in `shaders/`.
//!
//! Knows frames and rectangles, nothing of meetings. Everything runs on the thread that paints.

pub mod fit;
pub mod reference;
pub mod tile;
pub mod upload;

use egui::{Context, Id};

/// Remembers what a context is drawn with, for bug reports.
pub fn remember_adapter(context: &Context, words: String) {
    context.data_mut(|data| data.insert_temp(Id::unique("graphics adapter"), words));
}

/// What a context is drawn with, if that was remembered.
pub fn adapter(context: &Context) -> Option<String> {
    context.data(|data| data.get_temp(Id::unique("graphics adapter")))
}
