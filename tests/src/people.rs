//! People in this very process: engines with a camera and a voice, who meet over loopback.

use std::sync::Arc;
use std::time::{Duration, Instant};

use nonet::command::Command;
use nonet::engine::{Engine, EngineConfig, Hosting};
use nonet::settings::Settings;
use nonet::view::{Meeting, Screen};
use nonet_media::audio::processing::ProcessingSettings;
use nonet_media::choice::{CameraChoice, MicrophoneChoice, SpeakerChoice, VideoLimits};
use nonet_media::mesh::MeshConfig;
use nonet_media::session::SessionConfig;
use nonet_media::sound::SoundConfig;

/// What people send: small enough that two cores carry nine of them.
pub const SMALL: VideoLimits = VideoLimits { width: 320, height: 180, fps: 15 };

/// Somebody whom nobody hears from the network; `number` gives each another voice. Who hosts has a server of their own.
pub fn person(number: u8, camera: CameraChoice, limits: VideoLimits) -> EngineConfig {
    EngineConfig {
        session: SessionConfig {
            sound: SoundConfig {
                microphone: MicrophoneChoice::Tone(number),
                speaker: SpeakerChoice::Off,
                processing: ProcessingSettings::default(),
            },
            limits,
            decode_video: true,
            save_video: None,
            measure_latency: false,
            mesh: MeshConfig { loopback_only: true, ..MeshConfig::default() },
            picture_arrived: Arc::new(|| {}),
        },
        camera,
        microphone_on: true,
        camera_on: true,
        hosting: Hosting::Embedded { listen: Some(([127, 0, 0, 1], 0).into()) },
        server: None,
        discovery: false,
        certificate_folder: None,
        settings: Settings::default(),
        settings_file: None,
        recents_file: None,
        keeps_name: false,
        view_changed: Arc::new(|| {}),
    }
}

/// An engine that begins with a command.
///
/// # Panics
///
/// When the system has no threads to give.
pub fn start(config: EngineConfig, command: Command) -> Engine {
    let engine = Engine::start(config).expect("the system has threads");
    engine.commands().try_send(command).expect("a fresh engine takes a command");
    engine
}

/// The meeting that somebody is in.
pub fn meeting(engine: &Engine) -> Option<Meeting> {
    match &engine.view().borrow().screen {
        Screen::Meeting(meeting) => Some(meeting.clone()),
        _ => None,
    }
}

/// Waits for something that can only be looked at.
///
/// # Panics
///
/// When it does not come true within `patience`.
pub fn wait_until(what: &str, patience: Duration, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + patience;
    while !done() {
        assert!(Instant::now() < deadline, "in {patience:?} it did not come to this: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
