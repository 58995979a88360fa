//! In the waiting room: one is told so, and can go.

use std::time::Instant;

use egui::Ui;

use crate::command::Command;
use crate::view::{Joining, Waiting};

use super::joining;

/// Shows the screen.
pub fn show(ui: &mut Ui, waiting: &Waiting, now: Instant, commands: &mut Vec<Command>) {
    let what = if waiting.is_host_there {
        "A host will let you in soon…".to_owned()
    } else {
        "Waiting for a host to come…".to_owned()
    };
    joining::show(ui, &Joining { what, since: waiting.since }, now, commands);
}
