//! One participant's own camera, whichever it is at the moment: alone, to see oneself, and then in a session, which takes it over as it
//! runs.
//!
//! Knows neither encoder nor network. What is captured lies in two slots, of which the session's is looked at by nobody before there is
//! one.

use std::io;
use std::sync::Arc;

use crate::capture::VideoCapture;
use crate::capture::switch::SourceSwitch;
use crate::choice::{CameraChoice, DeviceEvent, VideoLimits};
use crate::frame::VideoFrame;
use crate::latest::Latest;

/// See the module's description. Dropping it releases the device.
#[derive(Debug)]
pub struct Camera {
    switch: SourceSwitch<CameraChoice>,
    choice: CameraChoice,
    pictures: Latest<Arc<VideoFrame>>,
    to_session: Latest<Arc<VideoFrame>>,
}

impl Camera {
    /// A camera that is off. `picture_arrived` and `on_event` are called on threads of the camera and must not block.
    ///
    /// # Errors
    ///
    /// When the system has no thread to give.
    pub fn start(
        choice: CameraChoice,
        limits: VideoLimits,
        picture_arrived: impl Fn() + Send + Sync + 'static,
        on_event: impl Fn(DeviceEvent) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let (pictures, to_session) = (Latest::with_notify(picture_arrived), Latest::new());
        let sinks = vec![to_session.clone(), pictures.clone()];
        let begin = move |choice: &CameraChoice, tell| VideoCapture::start(choice.clone(), limits, sinks.clone(), tell);
        let on_event = Arc::new(on_event);
        let switch = SourceSwitch::start("camera", begin, move |event| on_event(event))?;
        Ok(Self { switch, choice, pictures, to_session })
    }

    /// Whether pictures are taken, soon. Off releases the device; on begins the trying afresh. What is so already stays.
    pub fn set_on(&mut self, on: bool) {
        self.switch.set(on.then(|| self.choice.clone()));
    }

    /// Whether pictures are wanted of it.
    pub fn is_on(&self) -> bool {
        self.switch.wanted().is_some()
    }

    /// Takes pictures with another camera, soon; one that is off stays off.
    pub fn choose(&mut self, choice: CameraChoice) {
        self.choice = choice;
        self.set_on(self.is_on());
    }

    /// What is captured, for oneself to look at; the same handle all the time.
    pub fn pictures(&self) -> &Latest<Arc<VideoFrame>> {
        &self.pictures
    }

    /// What is captured, for a session, from now on: what lay there was captured for nobody else.
    pub(crate) fn hand_over(&self) -> Latest<Arc<VideoFrame>> {
        self.to_session.take();
        self.to_session.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latest::Waited;
    use std::sync::mpsc;
    use std::time::{Duration, Instant};

    const LIMITS: VideoLimits = VideoLimits { width: 64, height: 36, fps: 30 };
    const PATIENCE: Duration = Duration::from_secs(60);

    fn camera(choice: CameraChoice) -> (Camera, mpsc::Receiver<DeviceEvent>) {
        let (sender, events) = mpsc::channel();
        let camera = Camera::start(choice, LIMITS, || {}, move |event| drop(sender.send(event))).unwrap();
        (camera, events)
    }

    fn opened(device: &str) -> DeviceEvent {
        DeviceEvent::Opened { device: device.to_owned() }
    }

    fn picture(camera: &Camera) -> Waited<Arc<VideoFrame>> {
        camera.pictures().wait(PATIENCE)
    }

    #[test]
    fn another_is_chosen_while_it_runs() {
        let (mut camera, events) = camera(CameraChoice::TestPattern(1));
        camera.set_on(true);
        assert_eq!(events.recv_timeout(PATIENCE), Ok(opened("test pattern 1")));
        assert!(matches!(picture(&camera), Waited::Value(_)));
        camera.choose(CameraChoice::TestPattern(2));
        assert_eq!(events.recv_timeout(PATIENCE), Ok(opened("test pattern 2")));
        assert!(matches!(picture(&camera), Waited::Value(_)));
    }

    #[test]
    fn one_that_is_chosen_while_it_is_off_stays_off_until_it_is_wanted() {
        let (mut camera, events) = camera(CameraChoice::TestPattern(1));
        camera.choose(CameraChoice::TestPattern(2));
        assert!(!camera.is_on());
        camera.set_on(true);
        assert_eq!(events.recv_timeout(PATIENCE), Ok(opened("test pattern 2")));
    }

    #[test]
    fn a_session_gets_nothing_that_was_captured_before_it() {
        let (mut camera, _events) = camera(CameraChoice::TestPattern(1));
        camera.set_on(true);
        assert!(matches!(picture(&camera), Waited::Value(_)));
        camera.set_on(false);
        // Pictures may come until that is carried out, and then none.
        let deadline = Instant::now() + PATIENCE;
        while matches!(camera.pictures().wait(Duration::from_secs(1)), Waited::Value(_)) {
            assert!(Instant::now() < deadline, "it still runs");
        }
        let to_session = camera.hand_over();
        assert!(to_session.take().is_none());
        camera.set_on(true);
        assert!(matches!(to_session.wait(PATIENCE), Waited::Value(_)), "what comes later it gets");
    }
}
