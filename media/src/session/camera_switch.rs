//! Switches the camera on and off apart from whoever asks: a camera that does not answer takes a second to be given up.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::capture::VideoCapture;
use crate::choice::{CameraChoice, DeviceEvent, VideoLimits};
use crate::frame::VideoFrame;
use crate::latest::{Latest, Waited};
use crate::lock::lock;
use crate::worker::Worker;

/// How long the worker sleeps when nothing is asked of it; it is woken for wishes and at the end.
const IDLE_WAIT: Duration = Duration::from_secs(60);

/// What became of a running capture, as it was told last.
type LastEvent = Arc<Mutex<Option<DeviceEvent>>>;

/// A camera that can be switched. Dropping it releases the camera.
#[derive(Debug)]
pub(super) struct CameraSwitch {
    /// Of wishes in quick succession only the last counts.
    wanted: Latest<bool>,
    is_on: bool,
    _worker: Worker,
}

impl CameraSwitch {
    /// A camera that is off. `sinks` and `on_event` are those of [`VideoCapture::start`]; what became of the camera is also
    /// told for each time that it was switched on while it still ran.
    ///
    /// # Errors
    ///
    /// When the system has no thread to give.
    pub fn start(
        choice: CameraChoice,
        limits: VideoLimits,
        sinks: Vec<Latest<Arc<VideoFrame>>>,
        on_event: impl Fn(DeviceEvent) + Clone + Send + 'static,
    ) -> std::io::Result<Self> {
        let wanted = Latest::new();
        let (wishes, closer) = (wanted.clone(), wanted.clone());
        let worker = Worker::spawn_with_wake(
            "camera switch",
            move || closer.close(),
            move |_| {
                let mut capture: Option<(VideoCapture, LastEvent)> = None;
                loop {
                    match (wishes.wait(IDLE_WAIT), &capture) {
                        (Waited::Value(false), _) => capture = None,
                        (Waited::Value(true), None) => {
                            let last = LastEvent::default();
                            let (to_remember, on_event) = (last.clone(), on_event.clone());
                            let tell = move |event: DeviceEvent| {
                                *lock(&to_remember) = Some(event.clone());
                                on_event(event);
                            };
                            match VideoCapture::start(choice.clone(), limits, sinks.clone(), tell.clone()) {
                                Ok(started) => capture = Some((started, last)),
                                Err(error) => {
                                    let reason = format!("The camera cannot be used: {error}. Switch it off and on.");
                                    tell(DeviceEvent::Unavailable { device: "Camera".to_owned(), reason });
                                }
                            }
                        }
                        (Waited::Value(true), Some((_, last))) => {
                            if let Some(event) = lock(last).clone() {
                                on_event(event);
                            }
                        }
                        (Waited::TimedOut, _) => {}
                        (Waited::Closed, _) => return,
                    }
                }
            },
        )?;
        Ok(Self { wanted, is_on: false, _worker: worker })
    }

    /// Whether it was switched on.
    pub fn is_on(&self) -> bool {
        self.is_on
    }

    /// Switches it, soon. Never blocks.
    pub fn set(&mut self, on: bool) {
        if self.is_on != on {
            self.is_on = on;
            self.wanted.publish(on);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::time::Instant;

    const LIMITS: VideoLimits = VideoLimits { width: 64, height: 36, fps: 30 };
    const PATIENCE: Duration = Duration::from_secs(60);

    fn switch(choice: CameraChoice) -> (CameraSwitch, Latest<Arc<VideoFrame>>, mpsc::Receiver<DeviceEvent>) {
        let frames = Latest::new();
        let (sender, events) = mpsc::channel();
        let on_event = move |event| sender.send(event).expect("the test listens");
        (CameraSwitch::start(choice, LIMITS, vec![frames.clone()], on_event).unwrap(), frames, events)
    }

    /// Switches it off and on until it says how it started: of wishes in quick succession only the last counts.
    fn restart(camera: &mut CameraSwitch, events: &mpsc::Receiver<DeviceEvent>) -> DeviceEvent {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            camera.set(false);
            camera.set(true);
            if let Ok(event) = events.recv_timeout(Duration::from_millis(100)) {
                return event;
            }
        }
        panic!("it never started again");
    }

    #[test]
    fn it_is_off_until_it_is_switched_on() {
        let (camera, frames, events) = switch(CameraChoice::TestPattern(1));
        assert!(!camera.is_on());
        drop(camera);
        assert!(frames.take().is_none() && events.recv().is_err());
    }

    #[test]
    fn each_start_is_told_also_when_it_fails_as_before() {
        let (mut camera, frames, events) = switch(CameraChoice::TestPattern(1));
        for _ in 0..3 {
            let opened = DeviceEvent::Opened { device: "test pattern 1".to_owned() };
            assert_eq!(restart(&mut camera, &events), opened);
            assert!(matches!(frames.wait(PATIENCE), Waited::Value(_)));
        }
        let (mut camera, _, events) = switch(CameraChoice::Named("no such camera".to_owned()));
        for _ in 0..2 {
            let DeviceEvent::Unavailable { reason, .. } = restart(&mut camera, &events) else { panic!("it opened") };
            assert!(reason.contains("no such camera"), "{reason}");
        }
    }

    #[test]
    fn switched_off_and_on_faster_than_it_is_carried_out_it_still_tells_that_it_runs() {
        let (mut camera, _frames, events) = switch(CameraChoice::TestPattern(1));
        camera.set(true);
        assert!(matches!(events.recv_timeout(PATIENCE), Ok(DeviceEvent::Opened { .. })));
        for _ in 0..50 {
            while events.try_recv().is_ok() {}
            camera.set(false);
            camera.set(true);
            // Either the camera never stopped, or it was started anew.
            assert!(matches!(events.recv_timeout(PATIENCE), Ok(DeviceEvent::Opened { .. })));
        }
    }

    #[test]
    fn switched_ever_so_quickly_it_ends_as_it_was_wanted_last() {
        let (mut camera, frames, _events) = switch(CameraChoice::TestPattern(1));
        for count in 0..101 {
            camera.set(count % 2 == 0);
        }
        assert!(camera.is_on());
        assert!(matches!(frames.wait(PATIENCE), Waited::Value(_)));
        for count in 0..101 {
            camera.set(count % 2 == 1);
        }
        assert!(!camera.is_on());
        // Frames may come until the wish is carried out, and then none.
        let deadline = Instant::now() + PATIENCE;
        while matches!(frames.wait(Duration::from_secs(1)), Waited::Value(_)) {
            assert!(Instant::now() < deadline, "it still runs");
        }
    }
}
