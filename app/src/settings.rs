//! What is kept between runs: a small TOML file in the platform's configuration folder.
//!
//! A file that cannot be read is left alone and reported; the program goes on with the defaults.

mod appearance;
mod discovery;
mod privacy;
mod server;
mod sound;
mod video;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use nonet_media::audio::mixer::Volume;
use nonet_media::choice::CameraChoice;
use serde::{Deserialize, Serialize};

use crate::shortcuts::Shortcuts;

pub use appearance::{AppearanceSettings, MiniWindow, ThemeChoice};
pub use discovery::DiscoverySettings;
pub use privacy::PrivacySettings;
pub use server::ServerSettings;
pub use sound::SoundSettings;
pub use video::{FrameRate, PictureSize, VideoSettings};

/// Larger files are not ours.
const MAX_BYTES: u64 = 64 * 1024;

/// Names whose volume is kept; more are not.
const MAX_VOLUMES: usize = 256;

/// Everything that is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The name that others see.
    pub name: Option<String>,
    /// The signaling server that codes are looked up on, such as `wss://meet.example.org:7443`.
    pub server: Option<String>,
    /// Whether meetings are announced and looked for on the network that one is in.
    #[serde(flatten)]
    pub discovery: DiscoverySettings,
    /// Whether one's own meetings are held on that server, and not on this machine.
    pub meetings_on_server: bool,
    /// The camera's name; the system's default if absent.
    pub camera: Option<String>,
    /// Microphone and speaker, and what is done to one's sound.
    pub sound: SoundSettings,
    /// How the window looks.
    pub appearance: AppearanceSettings,
    /// How much video there is at most.
    pub video: VideoSettings,
    /// What is remembered.
    pub privacy: PrivacySettings,
    /// Keys that are not as usual.
    pub shortcuts: Shortcuts,
    /// How loud people of these names are played, in percent, where that is not 100.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub volumes: BTreeMap<String, u8>,
}

/// Why settings could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("The settings in {path} cannot be used: {reason}")]
    Read { path: PathBuf, reason: String },
    #[error("The settings could not be saved to {path}: {source}")]
    Write { path: PathBuf, source: std::io::Error },
}

/// Where the program keeps what it needs between runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folders {
    /// Settings.
    pub configuration: PathBuf,
    /// The embedded server's certificate, and meetings of the past.
    pub data: PathBuf,
}

impl Folders {
    /// The platform's folders, or ones below the temporary folder where there is no home.
    pub fn of_platform() -> Self {
        match directories::ProjectDirs::from("", "", "nonet") {
            Some(folders) => {
                Self { configuration: folders.config_dir().to_owned(), data: folders.data_local_dir().to_owned() }
            }
            None => {
                let folder = std::env::temp_dir().join("nonet");
                Self { configuration: folder.clone(), data: folder }
            }
        }
    }

    /// Where the settings are.
    pub fn settings(&self) -> PathBuf {
        self.configuration.join("settings.toml")
    }

    /// Where meetings of the past are remembered.
    pub fn recents(&self) -> PathBuf {
        self.data.join("recent.toml")
    }
}

impl Settings {
    /// Reads the settings; defaults where there are none yet.
    ///
    /// # Errors
    ///
    /// When the file is there but cannot be read or understood.
    pub fn load(path: &Path) -> Result<Self, SettingsError> {
        let unusable = |reason: String| SettingsError::Read { path: path.to_owned(), reason };
        match std::fs::metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(unusable(error.to_string())),
            Ok(metadata) if metadata.len() > MAX_BYTES => return Err(unusable("it is too large".to_owned())),
            Ok(_) => {}
        }
        let text = std::fs::read_to_string(path).map_err(|error| unusable(error.to_string()))?;
        toml::from_str(&text).map_err(|error| unusable(error.message().to_owned()))
    }

    /// The camera that was chosen.
    pub fn camera(&self) -> CameraChoice {
        self.camera.clone().map_or(CameraChoice::Default, CameraChoice::Named)
    }

    /// The server that was chosen, and what for.
    pub fn server(&self) -> ServerSettings {
        ServerSettings { address: self.server.clone(), holds_meetings: self.meetings_on_server }
    }

    /// How loud somebody of this name is played.
    pub fn volume(&self, name: &str) -> Volume {
        self.volumes.get(name).map_or_else(Volume::default, |percent| Volume::percent(*percent))
    }

    /// Plays people of this name so loud from now on.
    pub fn set_volume(&mut self, name: &str, volume: Volume) {
        if volume == Volume::default() {
            self.volumes.remove(name);
        } else if self.volumes.len() < MAX_VOLUMES || self.volumes.contains_key(name) {
            self.volumes.insert(name.to_owned(), volume.as_percent());
        }
    }

    /// Writes the settings, whole or not at all.
    ///
    /// # Errors
    ///
    /// When the folder or file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), SettingsError> {
        let failed = |source| SettingsError::Write { path: path.to_owned(), source };
        let text = toml::to_string_pretty(self).expect("plain strings are always TOML");
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let new = path.with_extension("toml.new");
        std::fs::write(&new, text).map_err(failed)?;
        std::fs::rename(&new, path).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::LanguageChoice;

    #[test]
    fn what_is_saved_is_loaded_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/settings.toml");
        assert_eq!(Settings::load(&path).unwrap(), Settings::default());
        let mut settings = Settings {
            name: Some("Ana \"Ü\"".into()),
            server: Some("wss://example.org".into()),
            meetings_on_server: true,
            video: VideoSettings { send: PictureSize::Middle, frame_rate: FrameRate::Half, ..VideoSettings::default() },
            privacy: PrivacySettings { remember_meetings: false },
            appearance: AppearanceSettings {
                theme: ThemeChoice::Light,
                text_percent: 150,
                reduced_motion: true,
                language: LanguageChoice::German,
                mini_window: egui::vec2(400.0, 250.0).into(),
            },
            camera: Some("Desk = [cam]".into()),
            sound: SoundSettings { microphone: Some("Desk".into()), noise_suppression: false, ..Default::default() },
            ..Settings::default()
        };
        settings.set_volume("Ben = \"loud\"", Volume::percent(150));
        settings.save(&path).unwrap();
        assert_eq!(Settings::load(&path).unwrap(), settings);
    }

    #[test]
    fn settings_of_a_later_version_are_still_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        std::fs::write(&path, "name = \"Ana\"\nfuture = 1\n[video]\nsend = \"180p\"\nshape = \"round\"\n").unwrap();
        let settings = Settings::load(&path).unwrap();
        assert_eq!(settings.name.as_deref(), Some("Ana"));
        assert_eq!(settings.video, VideoSettings { send: PictureSize::Small, ..VideoSettings::default() });
    }

    #[test]
    fn meetings_are_found_on_the_network_unless_that_is_switched_off_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        let found = |text: &str| {
            std::fs::write(&path, text).unwrap();
            let discovery = Settings::load(&path).unwrap().discovery;
            (discovery.is_on, discovery.announces_name)
        };
        assert_eq!(found("name = \"Ana\"\n"), (true, true));
        assert_eq!(found("discovery = false\n"), (false, true));
        assert_eq!(found("announce_name = false\n[sound]\nmusic = true\n"), (true, false));
        let off = DiscoverySettings { is_on: false, announces_name: false };
        let settings = Settings { discovery: off, name: Some("Ana".into()), ..Settings::default() };
        settings.save(&path).unwrap();
        assert_eq!(Settings::load(&path).unwrap(), settings);
    }

    #[test]
    fn a_file_that_is_no_settings_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        for text in ["name = [", "camera = 5", "discovery = \"perhaps\"", "[camera]\nname = \"Desk\""] {
            std::fs::write(&path, text).unwrap();
            assert!(matches!(Settings::load(&path), Err(SettingsError::Read { .. })), "{text}");
        }
    }

    #[test]
    fn volumes_are_kept_by_name_where_they_are_not_usual() {
        let mut settings = Settings::default();
        assert_eq!(settings.volume("Ana").as_percent(), 100);
        settings.set_volume("Ana", Volume::percent(30));
        assert_eq!((settings.volume("Ana").as_percent(), settings.volume("Ben").as_percent()), (30, 100));
        settings.set_volume("Ana", Volume::percent(100));
        assert_eq!(settings, Settings::default());
        (0..1000).for_each(|number| settings.set_volume(&number.to_string(), Volume::percent(0)));
        assert_eq!(settings.volumes.len(), MAX_VOLUMES);
    }
}
