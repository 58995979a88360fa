//! One's microphone and speaker outside of a meeting, for as long as the settings are looked at or one sees oneself before joining.

use std::future::pending;

use nonet_media::sound::{Sound, SoundError, SoundEvent};
use tokio::sync::mpsc;

use super::desk::Desk;
use super::own_device::OwnDevice;
use crate::text::device_news::DeviceKind;
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
    /// Opens the devices that were chosen, with a microphone that is wanted or not.
    ///
    /// # Errors
    ///
    /// When the system gives no threads.
    pub fn start(desk: &Desk, is_microphone_wanted: bool) -> Result<Self, SoundError> {
        let (sender, events) = mpsc::channel(EVENTS);
        let on_event = move |event| {
            if sender.try_send(event).is_err() {
                tracing::debug!("nobody listens to the sound check's devices");
            }
        };
        let sound = Sound::start(desk.sound_config(is_microphone_wanted), |_| {}, on_event)?;
        sound.set_mode(desk.settings().sound.mode());
        let microphone = OwnDevice::kept(DeviceKind::Microphone, is_microphone_wanted);
        Ok(Self { sound, events, microphone, speaker: OwnDevice::kept(DeviceKind::Speaker, true) })
    }

    /// Its sound, to test.
    pub fn sound(&self) -> &Sound {
        &self.sound
    }

    /// Makes it sound as was chosen.
    pub fn apply(&mut self, desk: &Desk) {
        desk.apply(&mut self.sound, self.microphone.is_wanted());
        self.sound.set_mode(desk.settings().sound.mode());
    }

    /// Whether the microphone is wanted; one that is not is let go where that was chosen.
    pub fn want_microphone(&mut self, desk: &Desk, is_wanted: bool) {
        self.microphone.want(is_wanted);
        self.apply(desk);
    }

    /// One's microphone, and what became of it.
    pub fn microphone(&self) -> &OwnDevice {
        &self.microphone
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
