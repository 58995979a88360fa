//! One's own camera as the engine has it, and the preview, in which one sees oneself before others do.
//!
//! Owns the camera until a meeting takes it over as it runs. Sound is the sound check's, and sends nothing either.

use std::future::pending;
use std::io;
use std::time::{Duration, Instant};

use nonet_media::camera::Camera;
use nonet_media::choice::DeviceEvent;
use nonet_signaling::protocol::MeetingCode;
use tokio::sync::mpsc;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::EngineConfig;
use super::desk::Desk;
use super::own_device::OwnDevice;
use crate::load::{LoadWatch, ProcessorTimes};
use crate::text::Texts;
use crate::text::device_news::DeviceKind;
use crate::view::{self, Device};

/// Events of a camera: of more, the newest are dropped.
const EVENTS: usize = 64;

/// From one look at how busy the machine is to the next.
const LOAD_INTERVAL: Duration = Duration::from_secs(1);

/// A camera, what it tells, and what became of it. Dropping it releases the device.
#[derive(Debug)]
pub(super) struct OwnCamera {
    pub camera: Camera,
    pub events: mpsc::Receiver<DeviceEvent>,
    pub device: OwnDevice,
}

impl OwnCamera {
    /// The camera that was chosen, opened soon if it is wanted.
    ///
    /// # Errors
    ///
    /// When the system has no thread to give.
    pub fn start(config: &EngineConfig, desk: &Desk, is_wanted: bool) -> io::Result<Self> {
        let (sender, events) = mpsc::channel(EVENTS);
        let on_event = move |event| {
            if sender.try_send(event).is_err() {
                tracing::warn!("the engine does not keep up with its camera");
            }
        };
        let arrived = config.session.picture_arrived.clone();
        let mut camera = Camera::start(desk.camera(), config.session.limits, move || arrived(), on_event)?;
        camera.set_on(is_wanted);
        Ok(Self { camera, events, device: OwnDevice::released_when_off(DeviceKind::Camera, is_wanted) })
    }
}

/// See the module's description.
#[derive(Debug)]
pub(super) struct Preview {
    pub own: OwnCamera,
    name: String,
    code_or_link: Option<String>,
    code: Option<MeetingCode>,
    load: LoadWatch,
    load_interval: Interval,
}

impl Preview {
    /// Shows one's own camera, before the meeting of a code or a new one.
    pub fn new(own: OwnCamera, name: String, code_or_link: Option<String>, code: Option<MeetingCode>) -> Self {
        let mut load_interval = interval(LOAD_INTERVAL);
        load_interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { own, name, code_or_link, code, load: LoadWatch::default(), load_interval }
    }

    /// Whether the camera is wanted. Off ends the trying; on begins it afresh.
    pub fn set_camera(&mut self, is_wanted: bool) {
        self.own.device.want(is_wanted);
        self.own.camera.set_on(is_wanted);
    }

    /// Returns when something has happened to the camera, or the machine has become too busy, or is not any more.
    pub async fn changed(preview: &mut Option<Self>) {
        let Some(Self { own, load, load_interval, .. }) = preview else { return pending().await };
        loop {
            tokio::select! {
                event = own.events.recv() => match event {
                    // What there is to say stands beside the picture.
                    Some(event) => return drop(own.device.handle(event)),
                    None => return pending().await,
                },
                _ = load_interval.tick() => {
                    if ProcessorTimes::now().is_some_and(|times| load.observe(Instant::now(), times)) {
                        return;
                    }
                }
            }
        }
    }

    /// What the window shows of it, beside this microphone.
    pub fn view(&self, microphone: Device, texts: Texts) -> view::Preview {
        view::Preview {
            name: self.name.clone(),
            code_or_link: self.code_or_link.clone(),
            code: self.code.map(|code| code.to_string()),
            microphone,
            camera: self.own.device.shown(texts),
            busy_percent: self.load.busy_percent(),
            pictures: self.own.camera.pictures().clone(),
        }
    }
}
