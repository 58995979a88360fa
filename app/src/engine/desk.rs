//! What a person has chosen and keeps between runs, and what the settings show of it.
//!
//! Owns the settings and their file. Devices belong to a meeting, or before it to the preview and the sound check, which are told what was
//! chosen.

use std::future::pending;
use std::path::PathBuf;

use nonet_media::audio::mixer::Volume;
use nonet_media::choice::{CameraChoice, MicrophoneChoice, SpeakerChoice};
use nonet_media::sound::{Sound, SoundConfig};

use super::device_list::DeviceList;
use super::memory::Memory;
use super::own_device::OwnDevice;
use crate::command::Command;
use crate::settings::{AppearanceSettings, PrivacySettings, ServerSettings, Settings, SoundSettings};
use crate::shortcuts::Shortcuts;
use crate::text::{Language, Said, Texts};
use crate::view;

/// See the module's description.
#[derive(Debug)]
pub(super) struct Desk {
    settings: Settings,
    /// Where they are kept; nowhere if absent.
    file: Option<PathBuf>,
    is_saved: bool,
    pub memory: Memory,
    /// A server that was chosen and that nobody has heard of yet.
    chosen_server: Option<ServerSettings>,
    /// What the command line asked for, until something else is chosen.
    camera: CameraChoice,
    microphone: MicrophoneChoice,
    speaker: SpeakerChoice,
    /// Whether the settings are looked at, and whether one sees oneself before a meeting.
    is_looked_at: bool,
    is_previewed: bool,
    /// While devices can be chosen.
    devices: Option<DeviceList>,
    /// What the person reads.
    language: Language,
}

impl Desk {
    /// With what was kept, and what was asked for on the command line.
    pub fn new(settings: Settings, file: Option<PathBuf>, camera: CameraChoice, asked: &SoundConfig) -> Self {
        let (microphone, speaker) = (asked.microphone.clone(), asked.speaker.clone());
        let language = settings.appearance.language.language();
        Self {
            language,
            settings,
            file,
            is_saved: true,
            memory: Memory::default(),
            chosen_server: None,
            camera,
            microphone,
            speaker,
            is_looked_at: false,
            is_previewed: false,
            devices: None,
        }
    }

    /// What is kept.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What is said to the person.
    pub fn texts(&self) -> Texts {
        Texts::new(self.language)
    }

    /// What is said to the person, and to listeners.
    pub fn said(&self, say: impl Fn(Texts) -> String) -> Said {
        Said::new(self.language, say)
    }

    /// Carries out what concerns nothing but what is kept; gives back what is more than that. How much video there may be, and how
    /// loud people are, is for a meeting to follow.
    pub fn keep(&mut self, command: Command) -> Option<Command> {
        match command {
            Command::SetVideo(video) => self.settings.video = video,
            Command::SetServer(server) => match server.parse() {
                Ok(_) => self.choose_server(server),
                Err(error) => tracing::warn!(%error, "a server was chosen that cannot be understood"),
            },
            Command::SetPrivacy(privacy) => self.choose_privacy(privacy),
            Command::SetDiscovery(discovery) => self.settings.discovery = discovery,
            Command::ForgetVolumes => self.settings.volumes.clear(),
            Command::ForgetRecent(link) => self.memory.forget(&link),
            Command::ForgetAllRecent => self.memory.forget_all(),
            command => return Some(command),
        }
        self.is_saved = false;
        None
    }

    fn choose_server(&mut self, server: ServerSettings) {
        self.settings.server.clone_from(&server.address);
        self.settings.meetings_on_server = server.holds_meetings;
        self.chosen_server = Some(server);
    }

    fn choose_privacy(&mut self, privacy: PrivacySettings) {
        self.settings.privacy = privacy;
        if !privacy.remember_meetings {
            self.memory.forget_all();
        }
    }

    /// The server that was chosen since this was last asked.
    pub fn take_chosen_server(&mut self) -> Option<ServerSettings> {
        self.chosen_server.take()
    }

    /// Remembers a meeting, if that is wanted.
    pub fn remember_meeting(&mut self, meeting: Option<view::RecentMeeting>) {
        if let Some(meeting) = meeting.filter(|_| self.settings.privacy.remember_meetings) {
            self.memory.add(meeting);
        }
    }

    /// What the settings show of what else is kept, beside the name that one last came with.
    pub fn view_kept(&self, name: &str) -> view::Kept {
        view::Kept {
            name: name.to_owned(),
            video: self.settings.video,
            server: self.settings.server(),
            privacy: self.settings.privacy,
            discovery: self.settings.discovery,
            volumes: self.settings.volumes.len(),
            meetings: self.memory.shown().len(),
        }
    }

    /// Keeps the name for the next start.
    pub fn remember_name(&mut self, name: &str) {
        if self.settings.name.as_deref() != Some(name) {
            self.settings.name = Some(name.to_owned());
            self.is_saved = false;
        }
    }

    /// Keeps how loud people of this name are played.
    pub fn remember_volume(&mut self, name: &str, volume: Volume) {
        if self.settings.volume(name) != volume {
            self.settings.set_volume(name, volume);
            self.is_saved = false;
        }
    }

    /// Takes note of what was chosen.
    pub fn choose_sound(&mut self, sound: SoundSettings) {
        let before = std::mem::replace(&mut self.settings.sound, sound);
        if before.microphone != self.settings.sound.microphone {
            self.microphone = MicrophoneChoice::Default;
        }
        if before.speaker != self.settings.sound.speaker {
            self.speaker = SpeakerChoice::Default;
        }
        self.is_saved &= before == self.settings.sound;
    }

    /// Takes note of how the window is to look.
    pub fn choose_appearance(&mut self, appearance: AppearanceSettings) {
        let before = std::mem::replace(&mut self.settings.appearance, appearance);
        self.is_saved &= before == appearance;
        self.language = appearance.language.language();
    }

    /// Takes note of which keys ask for what.
    pub fn choose_shortcuts(&mut self, shortcuts: Shortcuts) {
        self.is_saved &= self.settings.shortcuts == shortcuts;
        self.settings.shortcuts = shortcuts;
    }

    /// Takes note of what was chosen.
    pub fn choose_camera(&mut self, camera: Option<String>) {
        if self.settings.camera != camera {
            self.settings.camera = camera;
            self.camera = CameraChoice::Default;
            self.is_saved = false;
        }
    }

    /// The camera that is meant. What was asked for on the command line comes before what is kept.
    pub fn camera(&self) -> CameraChoice {
        if self.camera == CameraChoice::Default { self.settings.camera() } else { self.camera.clone() }
    }

    /// How sound begins, with a microphone that is wanted or not.
    pub fn sound_config(&self, is_microphone_wanted: bool) -> SoundConfig {
        let config = self.settings.sound.config(self.microphone.clone(), self.speaker.clone());
        let is_released = !is_microphone_wanted && self.settings.sound.release_muted_microphone;
        SoundConfig { microphone: if is_released { MicrophoneChoice::Off } else { config.microphone }, ..config }
    }

    /// Makes it sound as was chosen.
    pub fn apply(&self, sound: &mut Sound, is_microphone_wanted: bool) {
        let SoundConfig { microphone, speaker, processing } = self.sound_config(is_microphone_wanted);
        sound.choose_microphone(microphone);
        sound.choose_speaker(speaker);
        sound.set_processing(processing);
    }

    /// Writes what has changed.
    pub fn save(&mut self) {
        if !std::mem::replace(&mut self.is_saved, true)
            && let Some(path) = &self.file
            && let Err(error) = self.settings.save(path)
        {
            tracing::warn!(%error, "the settings are not kept");
        }
    }

    /// Whether somebody looks at the settings: then devices are looked for.
    pub fn set_looked_at(&mut self, is_looked_at: bool) {
        self.is_looked_at = is_looked_at;
        self.look_for_devices();
    }

    /// Whether somebody sees themselves before a meeting: then, too, devices are looked for.
    pub fn set_previewed(&mut self, is_previewed: bool) {
        self.is_previewed = is_previewed;
        self.look_for_devices();
    }

    fn look_for_devices(&mut self) {
        if self.is_tried() == self.devices.is_some() {
            return;
        }
        self.devices = self
            .is_tried()
            .then(DeviceList::start)
            .transpose()
            .inspect_err(|error| tracing::warn!(%error, "there is no thread to look for devices on"))
            .ok()
            .flatten();
    }

    /// Whether devices can be chosen and tried at the moment.
    pub fn is_tried(&self) -> bool {
        self.is_looked_at || self.is_previewed
    }

    /// Returns when there are other devices.
    pub async fn changed(&mut self) {
        match &mut self.devices {
            Some(devices) => devices.changed().await,
            None => pending().await,
        }
    }

    /// What the settings show: one's camera, and what became of it where there is one.
    pub fn view_camera(&self, camera: Option<&OwnDevice>) -> view::Camera {
        view::Camera {
            chosen: self.settings.camera.clone(),
            cameras: self.devices.as_ref().map(DeviceList::devices).unwrap_or_default().cameras,
            problem: camera.and_then(|camera| camera.problem(self.texts())),
        }
    }

    /// What the settings show: one's sound, where there is any, and what became of its devices.
    pub fn view(&self, of: Option<(&Sound, &OwnDevice, &OwnDevice)>) -> view::Sound {
        let devices = self.devices.as_ref().map(DeviceList::devices).unwrap_or_default();
        view::Sound {
            settings: self.settings.sound.clone(),
            microphones: devices.microphones,
            speakers: devices.speakers,
            microphone_problem: of.and_then(|(_, microphone, _)| microphone.problem(self.texts())),
            speaker_problem: of.and_then(|(_, _, speaker)| speaker.problem(self.texts())),
            look: of.map(|(sound, ..)| sound.look()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nonet_media::audio::processing::ProcessingSettings;

    fn desk(microphone: MicrophoneChoice) -> Desk {
        let processing = ProcessingSettings::default();
        Desk::new(
            Settings::default(),
            None,
            CameraChoice::Default,
            &SoundConfig { microphone, speaker: SpeakerChoice::Off, processing },
        )
    }

    #[test]
    fn what_is_chosen_takes_the_place_of_what_the_command_line_asked_for() {
        let mut desk = desk(MicrophoneChoice::Tone(1));
        let chosen = SoundSettings { noise_suppression: false, ..Default::default() };
        desk.choose_sound(chosen.clone());
        let config = desk.sound_config(true);
        assert_eq!((config.microphone, config.processing.noise_suppression), (MicrophoneChoice::Tone(1), false));
        desk.choose_sound(SoundSettings { microphone: Some("Desk".into()), ..chosen });
        let config = desk.sound_config(true);
        assert_eq!(config.microphone, MicrophoneChoice::Named("Desk".into()));
        assert_eq!(config.speaker, SpeakerChoice::Off);
    }

    #[test]
    fn a_camera_that_is_chosen_takes_the_place_of_what_the_command_line_asked_for() {
        let mut desk = desk(MicrophoneChoice::Off);
        desk.settings.camera = Some("Desk".into());
        assert_eq!(desk.camera(), CameraChoice::Named("Desk".into()));
        desk.camera = CameraChoice::TestPattern(1);
        desk.choose_camera(Some("Desk".into()));
        assert_eq!(desk.camera(), CameraChoice::TestPattern(1), "nothing else was chosen");
        desk.choose_camera(None);
        assert_eq!(desk.camera(), CameraChoice::Default);
    }

    #[test]
    fn a_muted_microphone_is_let_go_where_that_was_chosen() {
        let mut desk = desk(MicrophoneChoice::Tone(1));
        assert_eq!(desk.sound_config(false).microphone, MicrophoneChoice::Tone(1));
        desk.choose_sound(SoundSettings { release_muted_microphone: true, ..Default::default() });
        assert_eq!(desk.sound_config(false).microphone, MicrophoneChoice::Off);
        assert_eq!(desk.sound_config(true).microphone, MicrophoneChoice::Tone(1));
    }

    #[test]
    fn what_is_not_to_be_remembered_any_more_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("recent.toml");
        let mut desk = desk(MicrophoneChoice::Off);
        desk.memory = Memory::new(Some(file.clone()), true);
        let met = || {
            let (people, lasted) = (vec!["Ana".to_owned()], std::time::Duration::from_secs(60));
            let left_at = std::time::SystemTime::now();
            view::RecentMeeting { link: "a".to_owned(), people, most_people: 2, left_at, lasted }
        };
        desk.remember_meeting(Some(met()));
        assert_eq!((desk.view_kept("").meetings, file.exists()), (1, true));
        assert_eq!(Memory::new(Some(file.clone()), true).shown().len(), 1, "it is there at the next start");
        assert_eq!(Memory::new(Some(file.clone()), false).shown().len(), 0, "unless that is not wanted");
        assert_eq!(desk.keep(Command::SetPrivacy(PrivacySettings { remember_meetings: false })), None);
        assert_eq!((desk.view_kept("").meetings, file.exists()), (0, false));
        desk.remember_meeting(Some(met()));
        assert_eq!(desk.view_kept("").meetings, 0);
    }

    #[test]
    fn a_server_is_chosen_only_where_its_address_can_be_understood() {
        let mut desk = desk(MicrophoneChoice::Off);
        let server = |address: &str| ServerSettings { address: Some(address.to_owned()), holds_meetings: true };
        assert_eq!(desk.keep(Command::SetServer(server("meet"))), None);
        assert_eq!((desk.settings.server(), desk.take_chosen_server()), (ServerSettings::default(), None));
        let good = server("wss://meet.example.org:7443");
        desk.keep(Command::SetServer(good.clone()));
        assert_eq!((desk.settings.server(), desk.take_chosen_server()), (good.clone(), Some(good)));
        assert_eq!(desk.take_chosen_server(), None, "it is told once");
        assert_eq!(desk.keep(Command::Leave), Some(Command::Leave), "what is more is somebody else's");
    }

    #[test]
    fn only_what_has_changed_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        let mut desk = desk(MicrophoneChoice::Off);
        desk.file = Some(path.clone());
        desk.choose_sound(SoundSettings::default());
        desk.save();
        assert!(!path.exists());
        desk.remember_volume("Ana", Volume::percent(40));
        desk.save();
        assert_eq!(Settings::load(&path).unwrap().volume("Ana").as_percent(), 40);
        let large = AppearanceSettings { text_percent: 150, ..AppearanceSettings::default() };
        desk.choose_appearance(large);
        desk.save();
        assert_eq!(Settings::load(&path).unwrap().appearance, large);
    }
}
