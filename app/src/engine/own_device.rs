//! One's own camera, microphone or speaker: what one wants of it, what became of it, and what is to be said about that.

use nonet_media::choice::DeviceEvent;
use nonet_media::device_problem::DeviceProblem;

use crate::text::Texts;
use crate::text::device_news::DeviceKind;
use crate::view::{Device, NoticeKind};

/// What a person should hear of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// Another device is used, or one where there was none.
    IsNow {
        kind: DeviceKind,
        device: String,
    },
    IsBack {
        kind: DeviceKind,
        device: String,
    },
    Unavailable(DeviceProblem),
}

impl News {
    pub fn notice_kind(&self) -> NoticeKind {
        match self {
            Self::IsNow { .. } | Self::IsBack { .. } => NoticeKind::Information,
            Self::Unavailable(_) => NoticeKind::Warning,
        }
    }

    /// In a sentence.
    pub fn told(&self, texts: Texts) -> String {
        match self {
            Self::IsNow { kind, device } => texts.device_news().is_now(*kind, device),
            Self::IsBack { kind, device } => texts.device_news().is_back(*kind, device),
            Self::Unavailable(problem) => texts.device_news().problem(problem),
        }
    }
}

/// A state machine that is told what happens to the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OwnDevice {
    kind: DeviceKind,
    wanted: bool,
    /// Whether it is let go while it is off, and has to be opened again after that.
    is_released_when_off: bool,
    /// Whether it was opened and has not been lost since.
    is_running: bool,
    /// Why it cannot be had. Stays while the device is off: until it runs again there is no telling.
    problem: Option<DeviceProblem>,
    /// What ran last.
    device: Option<String>,
}

impl OwnDevice {
    /// A device that stays open while it is off, so that it is there at once.
    pub fn kept(kind: DeviceKind, wanted: bool) -> Self {
        Self { kind, wanted, is_released_when_off: false, is_running: false, problem: None, device: None }
    }

    /// A device that is let go while it is off, so that nobody has to wonder.
    pub fn released_when_off(kind: DeviceKind, wanted: bool) -> Self {
        Self { is_released_when_off: true, ..Self::kept(kind, wanted) }
    }

    /// Whether it is let go while it is off, from now on.
    pub fn set_released_when_off(&mut self, released: bool) {
        self.is_released_when_off = released;
        self.is_running &= self.wanted || !released;
    }

    /// Whether one wants it.
    pub fn is_wanted(&self) -> bool {
        self.wanted
    }

    /// Takes note of whether one wants it. Wanting what one wants already changes nothing.
    pub fn want(&mut self, wanted: bool) {
        if self.wanted != wanted && self.is_released_when_off {
            self.is_running = false;
        }
        self.wanted = wanted;
    }

    /// Whether others can count on it: it is wanted, and it runs.
    pub fn is_on(&self) -> bool {
        self.wanted && self.is_running
    }

    /// What its button shows.
    pub fn shown(&self, texts: Texts) -> Device {
        match (self.problem(texts), self.wanted) {
            (_, false) => Device::Off,
            (Some(problem), true) => Device::Unavailable(problem),
            (None, true) => Device::On,
        }
    }

    /// Why it cannot be had, if that is so: a sentence.
    pub fn problem(&self, texts: Texts) -> Option<String> {
        self.problem.as_ref().map(|problem| texts.device_news().problem(problem))
    }

    /// Takes note of what happened; gives what the person should hear of it. That a device runs as it should is no news.
    pub fn handle(&mut self, event: DeviceEvent) -> Option<News> {
        let kind = self.kind;
        match event {
            DeviceEvent::Opened { device } => {
                self.is_running = true;
                let was_unavailable = self.problem.take().is_some();
                let before = self.device.replace(device.clone());
                let is_another = before.as_ref().is_some_and(|before| *before != device);
                match (is_another, was_unavailable, before) {
                    (true, _, _) | (_, true, None) => Some(News::IsNow { kind, device }),
                    (false, true, Some(_)) => Some(News::IsBack { kind, device }),
                    (false, false, _) => None,
                }
            }
            DeviceEvent::Unavailable { reason, .. } => {
                self.is_running = false;
                self.problem = Some(reason.clone());
                Some(News::Unavailable(reason))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Language;

    const ENGLISH: Texts = Texts::new(Language::English);

    fn opened(device: &str) -> DeviceEvent {
        DeviceEvent::Opened { device: device.to_owned() }
    }

    fn unavailable(reason: &str) -> DeviceEvent {
        DeviceEvent::Unavailable { device: String::new(), reason: reason.to_owned().into() }
    }

    fn said(device: &mut OwnDevice, event: DeviceEvent) -> Option<String> {
        device.handle(event).map(|news| news.told(ENGLISH))
    }

    #[test]
    fn a_device_that_comes_and_goes_is_said_to() {
        let mut camera = OwnDevice::released_when_off(DeviceKind::Camera, true);
        assert_eq!(said(&mut camera, opened("Desk")), None);
        assert_eq!(camera.shown(ENGLISH), Device::On);
        let news = camera.handle(unavailable("Desk was unplugged.")).unwrap();
        assert_eq!((news.notice_kind(), news.told(ENGLISH).as_str()), (NoticeKind::Warning, "Desk was unplugged."));
        assert!(!camera.is_on());
        assert_eq!(camera.shown(ENGLISH), Device::Unavailable("Desk was unplugged.".to_owned()));
        let news = camera.handle(opened("Desk")).unwrap();
        assert_eq!(
            (news.notice_kind(), news.told(ENGLISH).as_str()),
            (NoticeKind::Information, "The camera is back: Desk.")
        );
        assert!(camera.is_on());
    }

    #[test]
    fn another_device_in_its_place_is_named() {
        let mut speaker = OwnDevice::kept(DeviceKind::Speaker, true);
        said(&mut speaker, unavailable("No speaker was found."));
        assert_eq!(said(&mut speaker, opened("Desk")).unwrap(), "The speaker is now Desk.");
        assert_eq!(said(&mut speaker, opened("Headset")).unwrap(), "The speaker is now Headset.");
        said(&mut speaker, unavailable("It is gone."));
        assert_eq!(said(&mut speaker, opened("Desk")).unwrap(), "The speaker is now Desk.");
    }

    #[test]
    fn switched_off_it_is_off_and_switched_on_it_is_still_not_there_until_it_runs() {
        let mut camera = OwnDevice::released_when_off(DeviceKind::Camera, true);
        said(&mut camera, opened("Desk"));
        said(&mut camera, unavailable("Gone."));
        camera.want(false);
        assert_eq!((camera.shown(ENGLISH), camera.is_on()), (Device::Off, false));
        camera.want(true);
        assert_eq!((camera.shown(ENGLISH), camera.is_on()), (Device::Unavailable("Gone.".to_owned()), false));
        assert_eq!(said(&mut camera, opened("Desk")).unwrap(), "The camera is back: Desk.");
        assert_eq!((camera.shown(ENGLISH), camera.is_on()), (Device::On, true));
    }

    #[test]
    fn switching_off_and_on_a_device_that_works_says_nothing() {
        let mut camera = OwnDevice::released_when_off(DeviceKind::Camera, true);
        said(&mut camera, opened("Desk"));
        camera.want(false);
        camera.want(true);
        assert_eq!(said(&mut camera, opened("Desk")), None);
        assert!(camera.is_on());
    }

    #[test]
    fn nobody_can_count_on_a_camera_that_is_still_opening() {
        let mut camera = OwnDevice::released_when_off(DeviceKind::Camera, true);
        assert_eq!((camera.shown(ENGLISH), camera.is_on()), (Device::On, false));
        said(&mut camera, opened("Desk"));
        assert!(camera.is_on());
        camera.want(false);
        camera.want(true);
        assert_eq!((camera.shown(ENGLISH), camera.is_on()), (Device::On, false), "it was let go in between");
        said(&mut camera, opened("Desk"));
        camera.want(true);
        assert!(camera.is_on(), "who wants what runs already need not wait");
    }

    #[test]
    fn a_microphone_that_is_let_go_while_it_is_off_is_waited_for() {
        let mut microphone = OwnDevice::kept(DeviceKind::Microphone, false);
        said(&mut microphone, opened("Headset"));
        microphone.set_released_when_off(true);
        microphone.want(true);
        assert!(!microphone.is_on(), "it was let go");
        said(&mut microphone, opened("Headset"));
        microphone.set_released_when_off(false);
        microphone.want(false);
        microphone.want(true);
        assert!(microphone.is_on());
    }

    #[test]
    fn a_microphone_that_is_kept_open_is_on_at_once() {
        let mut microphone = OwnDevice::kept(DeviceKind::Microphone, false);
        said(&mut microphone, opened("Headset"));
        assert!(!microphone.is_on());
        microphone.want(true);
        assert!(microphone.is_on());
    }
}
