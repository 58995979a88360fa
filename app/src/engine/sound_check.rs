//! One's microphone and speaker outside of a meeting, for as long as the settings are looked at.

use std::future::pending;

use nonet_media::sound::{Sound, SoundError, SoundEvent};
use tokio::sync::mpsc;

use super::desk::Desk;
use super::own_device::OwnDevice;
use crate::view;

/// Events of two devices: of more, the newest are dropped.
const EVENTS: usize = 64;

/// See the module's description. Dropping it releases the devices.
#[derive(Debug)]
pub(super) struct SoundCheck {
    sound: Sound,
    events: mpsc::Receiver<SoundEvent>,
    microphone: OwnDevice,
    speaker: OwnDevice,
}

impl SoundCheck {
    /// Opens the devices that were chosen.
    ///
    /// # Errors
    ///
    /// When the system gives no threads.
    pub fn start(desk: &Desk) -> Result<Self, SoundError> {
        let (sender, events) = mpsc::channel(EVENTS);
        let on_event = move |event| {
            if sender.try_send(event).is_err() {
                tracing::debug!("nobody listens to the sound check's devices");
            }
        };
        let sound = Sound::start(desk.sound_config(true), |_| {}, on_event)?;
        sound.set_mode(desk.settings().sound.mode());
        let (microphone, speaker) = (OwnDevice::kept("microphone", true), OwnDevice::kept("speaker", true));
        Ok(Self { sound, events, microphone, speaker })
    }

    /// Its sound, to test.
    pub fn sound(&self) -> &Sound {
        &self.sound
    }

    /// Makes it sound as was chosen.
    pub fn apply(&mut self, desk: &Desk) {
        desk.apply(&mut self.sound, true);
        self.sound.set_mode(desk.settings().sound.mode());
    }

    /// Returns when something has happened to a device.
    pub async fn changed(check: &mut Option<Self>) {
        let Some(check) = check else { return pending().await };
        match check.events.recv().await {
            Some(SoundEvent::Microphone(event)) => drop(check.microphone.handle(event)),
            Some(SoundEvent::Speaker(event)) => drop(check.speaker.handle(event)),
            None => pending().await,
        }
    }

    /// What the settings show of it.
    pub fn view(&self, desk: &Desk) -> view::Sound {
        desk.view(Some((&self.sound, &self.microphone, &self.speaker)))
    }
}
