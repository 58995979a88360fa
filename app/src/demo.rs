//! `nonet demo`: a whole meeting on loopback in one process. Every simulated participant is a real engine with a camera
//! pattern and a voice of its own, joined through a real server; only the looking and listening is left out.

use std::sync::Arc;

use nonet_media::audio::processing::ProcessingSettings;
use nonet_media::choice::{CameraChoice, MicrophoneChoice, SpeakerChoice, VideoLimits};
use nonet_media::mesh::MeshConfig;
use nonet_media::session::{PictureArrived, SessionConfig};
use nonet_media::sound::SoundConfig;
use tokio::sync::watch;

use crate::command::Command;
use crate::engine::{Engine, EngineConfig, Hosting};
use crate::settings::Settings;
use crate::view::{Screen, View};

/// Who is there beside oneself.
const NAMES: [&str; 8] = ["Ana", "Jonas", "Mei", "Priya", "Tom", "Fatima", "Oskar", "Chidi"];

/// What the simulated participants send: small enough that two cores carry nine of them.
const LIMITS: VideoLimits = VideoLimits { width: 320, height: 180, fps: 15 };

/// How one participant of the demonstration works; `number` gives each another picture and voice.
fn config(
    number: u8,
    decode_video: bool,
    picture_arrived: PictureArrived,
    view_changed: PictureArrived,
) -> EngineConfig {
    EngineConfig {
        session: SessionConfig {
            sound: SoundConfig {
                microphone: MicrophoneChoice::Tone(number),
                speaker: SpeakerChoice::Off,
                processing: ProcessingSettings::default(),
            },
            limits: LIMITS,
            decode_video,
            save_video: None,
            measure_latency: false,
            mesh: MeshConfig { loopback_only: true, ..MeshConfig::default() },
            picture_arrived,
        },
        camera: CameraChoice::TestPattern(number),
        // Not everybody talks at once.
        microphone_on: number.is_multiple_of(3),
        camera_on: true,
        hosting: Hosting::Embedded { listen: Some(([127, 0, 0, 1], 0).into()) },
        server: None,
        discovery: false,
        certificate_folder: None,
        settings: Settings { name: Some("You".to_owned()), ..Settings::default() },
        settings_file: None,
        recents_file: None,
        keeps_name: false,
        view_changed,
    }
}

/// The engine of the window's participant, which hosts.
///
/// # Errors
///
/// When the system gives no thread.
pub fn host(picture_arrived: PictureArrived, view_changed: PictureArrived) -> std::io::Result<Engine> {
    Engine::start(config(0, true, picture_arrived, view_changed))
}

/// Waits for the host's meeting and brings `count` simulated participants into it. They stay until they are dropped.
///
/// # Errors
///
/// When the system gives no threads, or the host's meeting did not start: the sentence that the host got.
pub async fn simulate(mut host: watch::Receiver<Arc<View>>, count: u8) -> Result<Vec<Engine>, DemoError> {
    let link = loop {
        match &host.borrow_and_update().screen {
            Screen::Meeting(meeting) => break meeting.link.clone(),
            Screen::Home(home) => {
                if let Some(problem) = &home.problem {
                    return Err(DemoError::NotStarted(problem.clone()));
                }
            }
            Screen::Preview(_) | Screen::Joining(_) | Screen::Waiting(_) | Screen::Ended(_) => {}
        }
        host.changed().await.map_err(|_| DemoError::NotStarted("The meeting ended.".to_owned()))?;
    };
    let nothing: PictureArrived = Arc::new(|| {});
    let mut engines = Vec::new();
    for (number, name) in (1..).zip(NAMES).take(usize::from(count)) {
        let engine = Engine::start(config(number, false, nothing.clone(), nothing.clone()))?;
        let join = Command::Join { name: name.to_owned(), code_or_link: link.clone() };
        engine.commands().send(join).await.map_err(|_| DemoError::NotStarted("An engine ended.".to_owned()))?;
        engines.push(engine);
    }
    Ok(engines)
}

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("{0}")]
    NotStarted(String),
    #[error("No thread could be started: {0}.")]
    Thread(#[from] std::io::Error),
}
