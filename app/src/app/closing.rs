//! Closes the window when its time is over, after saving what it shows if that is wanted.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use egui::{ColorImage, Context, ViewportCommand};

use super::WindowError;

/// An end that is due some time after the window's first paint.
#[derive(Debug)]
pub(super) struct Closing {
    after: Duration,
    screenshot: Option<PathBuf>,
    first_paint: Option<Instant>,
    is_due: bool,
    outcome: Outcome,
}

/// What came of the screenshot; shared with whoever waits for the window to close.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome(Arc<Mutex<Option<Result<(), WindowError>>>>);

impl Outcome {
    fn set(&self, result: Result<(), WindowError>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
    }

    pub(super) fn take(&self) -> Result<(), WindowError> {
        let result = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        result.unwrap_or(Err(WindowError::ClosedBeforeScreenshot))
    }
}

impl Closing {
    pub(super) fn new(after: Duration, screenshot: Option<PathBuf>) -> Self {
        Self { after, screenshot, first_paint: None, is_due: false, outcome: Outcome::default() }
    }

    /// Where the screenshot's result will be, if one is wanted.
    pub(super) fn outcome(&self) -> Option<Outcome> {
        self.screenshot.is_some().then(|| self.outcome.clone())
    }

    /// Called at each paint.
    pub(super) fn tick(&mut self, context: &Context) {
        if self.is_due {
            return;
        }
        let left = self.after.saturating_sub(self.first_paint.get_or_insert_with(Instant::now).elapsed());
        if !left.is_zero() {
            context.request_repaint_after(left);
            return;
        }
        self.is_due = true;
        let Some(path) = self.screenshot.take() else {
            context.send_viewport_cmd(ViewportCommand::Close);
            return;
        };
        let (outcome, window) = (self.outcome.clone(), context.clone());
        context.request_screenshot(move |image| {
            outcome.set(save(&image, &path).map_err(|reason| WindowError::Screenshot { path, reason }));
            window.send_viewport_cmd(ViewportCommand::Close);
            window.request_repaint();
        });
    }
}

fn save(image: &ColorImage, path: &Path) -> Result<(), String> {
    let file = File::create(path).map_err(|error| error.to_string())?;
    let [width, height] = image.size;
    let side = |pixels: usize| u32::try_from(pixels).map_err(|error| error.to_string());
    let mut encoder = png::Encoder::new(BufWriter::new(file), side(width)?, side(height)?);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    // The window is opaque.
    let rgb: Vec<u8> = image.pixels.iter().flat_map(|pixel| [pixel.r(), pixel.g(), pixel.b()]).collect();
    let mut writer = encoder.write_header().map_err(|error| error.to_string())?;
    writer.write_image_data(&rgb).map_err(|error| error.to_string())?;
    writer.finish().map_err(|error| error.to_string())
}
