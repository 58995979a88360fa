//! The window in its frame: reads the newest view, draws it, sends commands. Never waits for the engine.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::{Ui, ViewportBuilder, ViewportCommand};
use thiserror::Error;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, watch};

use crate::command::{Command, ShownTile};
use crate::gpu::tile::TileRenderer;
use crate::repaint::{self, WindowWaker};
use crate::theme;
use crate::view::{Screen, View};
use crate::window::Window;

mod closing;

use closing::Closing;

/// Name under which desktops know the program.
const APP_ID: &str = "nonet";

/// How the window opens.
#[derive(Clone, Debug)]
pub struct WindowOptions {
    pub title: String,
    /// Close the window so long after its first paint.
    pub close_after: Option<Duration>,
    /// Save what the window shows to this PNG before it closes by itself.
    pub screenshot: Option<PathBuf>,
}

impl Default for WindowOptions {
    fn default() -> Self {
        Self { title: "Nonet".to_owned(), close_after: None, screenshot: None }
    }
}

/// Why there is no window, or no picture of it.
#[derive(Debug, Error)]
pub enum WindowError {
    #[error("No window can be opened, because there is no display. Without one, use --headless.")]
    NoDisplay,
    #[error(
        "No graphics driver was found; on Linux, install a Vulkan driver (mesa-vulkan-drivers works everywhere). ({0})"
    )]
    NoGraphics(String),
    #[error("The window could not be set up: {0}")]
    Setup(String),
    #[error("The screenshot could not be saved to {path}: {reason}", path = path.display())]
    Screenshot { path: PathBuf, reason: String },
    #[error("The window was closed before the screenshot was taken")]
    ClosedBeforeScreenshot,
}

impl From<eframe::Error> for WindowError {
    fn from(error: eframe::Error) -> Self {
        match error {
            eframe::Error::Winit(_) | eframe::Error::WinitEventLoop(_) => {
                // Its text is about winit's source, not about the system.
                tracing::debug!("no display: {error}");
                Self::NoDisplay
            }
            eframe::Error::Wgpu(error) => Self::NoGraphics(error.to_string()),
            other => Self::Setup(other.to_string()),
        }
    }
}

/// Opens the window and returns when it is closed; on the main thread, as some systems require. `waker` is the one that the
/// engine wakes; it serves one window. Closing the window sends [`Command::Leave`].
///
/// # Errors
///
/// When there is no display or graphics driver, or the screenshot cannot be saved.
pub fn run_window(
    options: WindowOptions,
    view: watch::Receiver<Arc<View>>,
    commands: mpsc::Sender<Command>,
    waker: &WindowWaker,
) -> Result<(), WindowError> {
    let closing = options.close_after.map(|after| Closing::new(after, options.screenshot));
    let outcome = closing.as_ref().and_then(Closing::outcome);
    let viewport = ViewportBuilder::default()
        .with_title(&options.title)
        .with_app_id(APP_ID)
        .with_inner_size([1280.0, 720.0])
        .with_min_inner_size([480.0, 360.0]);
    let native = eframe::NativeOptions {
        viewport,
        renderer: eframe::Renderer::Wgpu,
        wgpu_options: low_power(),
        ..eframe::NativeOptions::default()
    };
    let leave = commands.clone();
    let created = waker.clone();
    eframe::run_native_ext(
        APP_ID,
        native,
        Some(waker.context().clone()),
        Box::new(move |creation| Ok(Box::new(NonetApp::new(creation, view, commands, created, closing)?))),
    )?;
    // When the queue is full or the engine gone, the end of the program ends the meeting too.
    if leave.try_send(Command::Leave).is_err() {
        tracing::debug!("the engine was not told that the window closed");
    }
    match outcome {
        Some(outcome) => outcome.take(),
        None => Ok(()),
    }
}

/// A meeting runs for long and draws little: the graphics processor that uses less power, unless the environment says so.
fn low_power() -> egui_wgpu::WgpuConfiguration {
    let mut configuration = egui_wgpu::WgpuConfiguration::default();
    if let egui_wgpu::WgpuSetup::CreateNew(setup) = &mut configuration.wgpu_setup {
        setup.power_preference = wgpu::PowerPreference::from_env().unwrap_or(wgpu::PowerPreference::LowPower);
    }
    configuration
}

/// eframe's side of the window.
#[derive(Debug)]
pub struct NonetApp {
    window: Window,
    view: watch::Receiver<Arc<View>>,
    commands: mpsc::Sender<Command>,
    waker: WindowWaker,
    device_type: wgpu::DeviceType,
    /// What the engine was last told about who is on the screen.
    told_shown: Vec<ShownTile>,
    closing: Option<Closing>,
}

/// There is no way to draw without wgpu.
#[derive(Debug, Error)]
#[error("the window was opened without wgpu")]
struct NoWgpu;

impl NonetApp {
    fn new(
        creation: &eframe::CreationContext<'_>,
        view: watch::Receiver<Arc<View>>,
        commands: mpsc::Sender<Command>,
        waker: WindowWaker,
        closing: Option<Closing>,
    ) -> Result<Self, NoWgpu> {
        let render_state = creation.wgpu_render_state.as_ref().ok_or(NoWgpu)?;
        theme::install(&creation.egui_ctx);
        // A context of our own, which would show the small window inside of the large one.
        creation.egui_ctx.set_embed_viewports(false);
        TileRenderer::install(render_state);
        let adapter = render_state.adapter.get_info();
        tracing::info!(adapter = adapter.name, driver = adapter.driver_info, "drawing");
        Ok(Self {
            window: Window::new(),
            view,
            commands,
            waker,
            device_type: adapter.device_type,
            told_shown: Vec::new(),
            closing,
        })
    }

    /// Tells the engine who is on the screen, when that has changed and there is a meeting to tell it of.
    fn tell_shown(&mut self, shown: &[ShownTile]) {
        let is_meeting = matches!(self.view.borrow().screen, Screen::Meeting(_));
        if !is_meeting {
            self.told_shown.clear();
        } else if self.told_shown != shown && self.commands.try_send(Command::Show(shown.to_vec())).is_ok() {
            self.told_shown = shown.to_vec();
        }
    }

    fn send(&self, command: Command, ui: &Ui) {
        match self.commands.try_send(command) {
            Ok(()) => {}
            // The person sees that nothing changed and asks again; waiting here would freeze the window.
            Err(TrySendError::Full(command)) => tracing::warn!(?command, "the engine is too busy for a command"),
            Err(TrySendError::Closed(_)) => {
                tracing::error!("the engine has ended, so the window closes");
                ui.ctx().send_viewport_cmd(ViewportCommand::Close);
            }
        }
    }
}

impl eframe::App for NonetApp {
    // Also runs while the window is hidden, when nothing is painted and nobody is to be sent.
    fn logic(&mut self, context: &egui::Context, _frame: &mut eframe::Frame) {
        if context.input(|input| input.viewport().minimized) != Some(true) || self.window.is_small() {
            return;
        }
        self.tell_shown(&[]);
        let is_meeting = matches!(self.view.borrow().screen, Screen::Meeting(_));
        if is_meeting && self.window.is_small_due() {
            // One paint opens the small window, with which the large one is painted from then on.
            context.send_viewport_cmd(ViewportCommand::RequestPaintWhileHidden);
        }
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        let size = ui.ctx().viewport_rect().size() * ui.ctx().pixels_per_point();
        self.waker.set_period(repaint::period(self.device_type, (size.x * size.y) as u64));

        let view = self.view.borrow_and_update().clone();
        let mut commands = Vec::new();
        self.window.ui(ui, &view, Instant::now(), &mut commands);
        for command in commands {
            self.send(command, ui);
        }
        let shown = self.window.shown().to_vec();
        self.tell_shown(&shown);
        self.waker.set_small(self.window.is_small());
        if let Some(closing) = &mut self.closing {
            closing.tick(ui.ctx());
        }
    }

    // egui's own fill of a panel costs more than all tiles where the processor draws; clearing costs nothing.
    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        visuals.panel_fill.to_normalized_gamma_f32()
    }
}
