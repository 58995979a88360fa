//! `nonet`: opens the window, or runs without one, as the command line says.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use nonet::app::{WindowOptions, run_window};
use nonet::cli::{Cli, Command as CliCommand, DemoArgs, HomeArgs, HostArgs, JoinArgs, MeetingArgs};
use nonet::command::Command;
use nonet::engine::{Engine, EngineConfig, Hosting, check_entrance};
use nonet::exit::Exit;
use nonet::repaint::WindowWaker;
use nonet::settings::{Folders, Settings};
use nonet::{demo, devices, headless};
use nonet_media::audio::playout;
use nonet_media::audio::processing::ProcessingSettings;
use nonet_media::capture::{self, microphone};
use nonet_media::choice::{CameraChoice, MicrophoneChoice, SpeakerChoice, VideoLimits};
use nonet_media::mesh::MeshConfig;
use nonet_media::session::SessionConfig;
use nonet_media::sound::SoundConfig;
use nonet_signaling::protocol::ServerAddress;
use tracing_subscriber::EnvFilter;

/// What is logged unless RUST_LOG says otherwise. The WebRTC stack and multicast DNS warn about things that are in order.
const LOG: &str = "warn,rtc=error,rtc_ice=error,rtc_dtls=error,webrtc=error,wgpu_hal=error,egui_wgpu=error,winit=error,egui_winit=error,egui_system_font_provider=error,mdns_sd=off";

fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(LOG));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let Cli { command, no_discovery, home: at_home } = Cli::parse();
    let kept = || Kept::load(!no_discovery);
    let exit = match command {
        None => home(at_home, kept()),
        Some(CliCommand::Host(arguments)) => host(arguments, kept()),
        Some(CliCommand::Join(arguments)) => join(arguments, kept()),
        Some(CliCommand::Demo(arguments)) => run_demo(&arguments),
        Some(CliCommand::Devices(arguments)) => {
            print(&devices::list(arguments.json));
            Ok(Exit::Done)
        }
    };
    exit.unwrap_or_else(|problem| {
        eprintln!("nonet: {}", problem.sentence);
        problem.exit
    })
    .into()
}

/// What ended the program, and how.
struct Problem {
    exit: Exit,
    sentence: String,
}

#[expect(clippy::needless_pass_by_value, reason = "so that both fit map_err")]
impl Problem {
    fn bad_arguments(error: impl ToString) -> Self {
        Self { exit: Exit::BadArguments, sentence: error.to_string() }
    }

    fn failed(error: impl ToString) -> Self {
        Self { exit: Exit::Failed, sentence: error.to_string() }
    }
}

#[expect(clippy::print_stdout, reason = "the list is what the command is for")]
fn print(text: &str) {
    print!("{text}");
}

/// Settings and where they are.
struct Kept {
    folders: Folders,
    settings: Settings,
    /// Where they are written; a file that cannot be read is left as it is, for whoever wrote it to mend.
    file: Option<PathBuf>,
    /// Whether the command line allows to announce and look for meetings on this network.
    discovery: bool,
}

impl Kept {
    fn load(discovery: bool) -> Self {
        Self { discovery, ..Self::of(Folders::of_platform()) }
    }

    fn of(folders: Folders) -> Self {
        let file = folders.settings();
        match Settings::load(&file) {
            Ok(settings) => Self { folders, settings, file: Some(file), discovery: true },
            Err(error) => {
                eprintln!("nonet: {error}");
                Self { folders, settings: Settings::default(), file: None, discovery: true }
            }
        }
    }

    fn server(&self) -> Result<Option<ServerAddress>, Problem> {
        let parse = |server: &String| {
            server.parse().map_err(|error| Problem::bad_arguments(format!("The server in the settings: {error}")))
        };
        self.settings.server.as_ref().map(parse).transpose()
    }

    fn engine_config(
        self,
        session: SessionConfig,
        camera: CameraChoice,
        hosting: Hosting,
        server: Option<ServerAddress>,
        waker: &WindowWaker,
    ) -> EngineConfig {
        let waker = waker.clone();
        EngineConfig {
            session,
            camera,
            microphone_on: true,
            camera_on: true,
            hosting,
            server,
            discovery: self.discovery,
            certificate_folder: Some(self.folders.data.clone()),
            recents_file: Some(self.folders.recents()),
            settings_file: self.file,
            settings: self.settings,
            keeps_name: true,
            view_changed: Arc::new(move || waker.view_changed()),
        }
    }
}

fn picture_arrived(waker: &WindowWaker) -> nonet_media::session::PictureArrived {
    let waker = waker.clone();
    Arc::new(move || waker.frame_arrived())
}

fn home(arguments: HomeArgs, mut kept: Kept) -> Result<Exit, Problem> {
    let HomeArgs { camera, microphone, speaker } = arguments;
    check(&camera, &microphone, &speaker)?;
    let waker = WindowWaker::new();
    let session = SessionConfig {
        sound: SoundConfig { microphone, speaker, processing: ProcessingSettings::default() },
        limits: VideoLimits::MAX,
        decode_video: true,
        save_video: None,
        measure_latency: false,
        mesh: MeshConfig::default(),
        picture_arrived: picture_arrived(&waker),
    };
    kept.settings.name.get_or_insert_with(system_name);
    let server = kept.server()?;
    let hosting = match kept.settings.server().for_meetings() {
        Some(address) => Hosting::On(address),
        None => Hosting::Embedded { listen: None },
    };
    let config = kept.engine_config(session, camera, hosting, server, &waker);
    let engine = Engine::start(config).map_err(Problem::failed)?;
    show(&engine, &waker, WindowOptions::default())
}

fn host(arguments: HostArgs, kept: Kept) -> Result<Exit, Problem> {
    let kept_server = || kept.settings.server().for_meetings().filter(|_| arguments.listen.is_none());
    let hosting = match arguments.server.or_else(kept_server) {
        Some(server) => Hosting::On(server),
        None => Hosting::Embedded { listen: arguments.listen },
    };
    let name = name_for(&arguments.meeting, &kept);
    meet(arguments.meeting, kept, hosting, None, Command::Host { name })
}

fn join(arguments: JoinArgs, kept: Kept) -> Result<Exit, Problem> {
    let server = match arguments.server {
        Some(server) => Some(server),
        None => kept.server()?,
    };
    let looks_for_codes = kept.discovery && kept.settings.discovery.is_on;
    check_entrance(&arguments.code_or_link, server.as_ref(), looks_for_codes).map_err(Problem::bad_arguments)?;
    let join = Command::Join { name: name_for(&arguments.meeting, &kept), code_or_link: arguments.code_or_link };
    meet(arguments.meeting, kept, Hosting::Embedded { listen: None }, server, join)
}

fn name_for(arguments: &MeetingArgs, kept: &Kept) -> String {
    arguments.name.clone().or_else(|| kept.settings.name.clone()).unwrap_or_else(system_name)
}

/// The system's user name with a capital, or a plain "Guest".
fn system_name() -> String {
    let name = std::env::var("USER").or_else(|_| std::env::var("USERNAME")).unwrap_or_default();
    let mut letters = name.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => "Guest".to_owned(),
    }
}

/// Whether the devices that were asked for can be.
fn check(camera: &CameraChoice, microphone: &MicrophoneChoice, speaker: &SpeakerChoice) -> Result<(), Problem> {
    capture::check(camera).map_err(Problem::bad_arguments)?;
    microphone::check(microphone).map_err(Problem::bad_arguments)?;
    playout::check(speaker).map_err(Problem::bad_arguments)
}

/// A meeting from the command line, in a window or without one.
fn meet(
    arguments: MeetingArgs,
    kept: Kept,
    hosting: Hosting,
    server: Option<ServerAddress>,
    start: Command,
) -> Result<Exit, Problem> {
    check(&arguments.camera, &arguments.microphone, &arguments.speaker)?;
    if let Some(folder) = &arguments.save_video {
        std::fs::create_dir_all(folder)
            .map_err(|error| Problem::bad_arguments(format!("{} cannot be written to: {error}.", folder.display())))?;
    }
    if let Some(path) = &arguments.report {
        headless::check_report(path).map_err(Problem::bad_arguments)?;
    }
    let waker = WindowWaker::new();
    let limits = arguments.limits();
    let session = SessionConfig {
        sound: SoundConfig {
            microphone: arguments.microphone,
            speaker: arguments.speaker,
            processing: ProcessingSettings::default(),
        },
        limits,
        decode_video: true,
        save_video: arguments.save_video,
        measure_latency: arguments.headless,
        mesh: MeshConfig { network: arguments.simulate_network, ..MeshConfig::default() },
        picture_arrived: if arguments.headless { Arc::new(|| {}) } else { picture_arrived(&waker) },
    };
    let mut config = kept.engine_config(session, arguments.camera, hosting, server, &waker);
    // A name given for one meeting is not kept.
    config.keeps_name = false;
    if arguments.headless {
        // A bot has no past.
        config.recents_file = None;
    }
    let mut engine = Engine::start(config).map_err(Problem::failed)?;
    if arguments.headless {
        let exit = headless::run(engine, start, arguments.duration, arguments.report.as_deref());
        return exit.map_err(Problem::failed);
    }
    let events = engine.take_events();
    engine.commands().try_send(start).map_err(Problem::failed)?;
    let options =
        WindowOptions { screenshot: arguments.screenshot, close_after: arguments.duration, ..WindowOptions::default() };
    let exit = show(&engine, &waker, options)?;
    if let (Some(path), Some(mut events)) = (arguments.report, events) {
        // The window is closed, so the meeting ends; the report comes with its end.
        while let Some(event) = events.blocking_recv() {
            if let nonet::engine::Event::Ended { mut report, .. } = event {
                report.window = Some(waker.figures());
                headless::write_report(&report, &path).map_err(Problem::failed)?;
                break;
            }
        }
    }
    Ok(exit)
}

fn show(engine: &Engine, waker: &WindowWaker, options: WindowOptions) -> Result<Exit, Problem> {
    run_window(options, engine.view(), engine.commands(), waker).map_err(Problem::failed)?;
    Ok(Exit::Done)
}

fn run_demo(arguments: &DemoArgs) -> Result<Exit, Problem> {
    let waker = WindowWaker::new();
    let for_views = waker.clone();
    let host =
        demo::host(picture_arrived(&waker), Arc::new(move || for_views.view_changed())).map_err(Problem::failed)?;
    host.commands().try_send(Command::Host { name: "You".to_owned() }).map_err(Problem::failed)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Problem::failed)?;
    let simulated =
        runtime.block_on(demo::simulate(host.view(), arguments.participants - 1)).map_err(Problem::failed)?;
    let options = WindowOptions {
        screenshot: arguments.screenshot.clone(),
        close_after: arguments.duration,
        ..WindowOptions::default()
    };
    let exit = show(&host, &waker, options);
    drop(simulated);
    exit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_cannot_be_read_are_not_written_over() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let folders = || Folders { configuration: folder.path().to_owned(), data: folder.path().to_owned() };
        let file = folder.path().join("settings.toml");
        assert_eq!(Kept::of(folders()).file, Some(file.clone()));
        std::fs::write(&file, "[sound]\nmicrophone = 5\n").expect("the folder can be written to");
        assert_eq!(Kept::of(folders()).file, None);
    }
}
