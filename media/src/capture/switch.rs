//! Starts, changes and ends a source apart from whoever asks: a device that does not answer takes a second to be given up.
//!
//! Knows neither cameras nor microphones: what starts one is told it.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::choice::DeviceEvent;
use crate::latest::{Latest, Waited};
use crate::lock::lock;
use crate::worker::Worker;

/// How long the worker sleeps when nothing is asked of it; it is woken for wishes and at the end.
const IDLE_WAIT: Duration = Duration::from_secs(60);

/// Where a source tells what happens to it.
pub(crate) type Tell = Box<dyn Fn(DeviceEvent) + Send>;

/// A source that can be chosen, changed and released. Dropping it releases the source.
#[derive(Debug)]
pub(crate) struct SourceSwitch<Choice> {
    /// Of wishes in quick succession only the last counts.
    wishes: Latest<Option<Choice>>,
    wanted: Option<Choice>,
    _worker: Worker,
}

/// A source that runs.
struct Running<Choice, Source> {
    choice: Choice,
    told: Arc<Mutex<Told>>,
    _source: Source,
}

/// What became of a source.
#[derive(Default)]
struct Told {
    last: Option<DeviceEvent>,
    /// Another has taken its place, or none: what it says now is of no interest.
    is_over: bool,
}

impl<Choice: Clone + PartialEq + Send + 'static> SourceSwitch<Choice> {
    /// Nothing is chosen yet. `begin` starts a source that tells what happens to it; what became of it is also told again
    /// for each time that it was asked for while it still ran.
    ///
    /// # Errors
    ///
    /// When the system has no thread to give.
    pub fn start<Source: 'static>(
        noun: &'static str,
        mut begin: impl FnMut(&Choice, Tell) -> io::Result<Source> + Send + 'static,
        on_event: impl Fn(DeviceEvent) + Clone + Send + 'static,
    ) -> io::Result<Self> {
        let wishes = Latest::<Option<Choice>>::new();
        let (wished, closer) = (wishes.clone(), wishes.clone());
        let worker = Worker::spawn_with_wake(
            &format!("{noun} switch"),
            move || closer.close(),
            move |_| {
                let mut running: Option<Running<Choice, Source>> = None;
                loop {
                    let wish = match wished.wait(IDLE_WAIT) {
                        Waited::Value(wish) => wish,
                        Waited::TimedOut => continue,
                        Waited::Closed => return,
                    };
                    if let Some(running) = running.as_ref().filter(|running| wish.as_ref() == Some(&running.choice)) {
                        if let Some(event) = lock(&running.told).last.clone() {
                            on_event(event);
                        }
                        continue;
                    }
                    if let Some(running) = running.take() {
                        lock(&running.told).is_over = true;
                    }
                    let Some(choice) = wish else { continue };
                    let told = Arc::<Mutex<Told>>::default();
                    match begin(&choice, teller(told.clone(), on_event.clone())) {
                        Ok(source) => running = Some(Running { choice, told, _source: source }),
                        Err(error) => {
                            let reason = format!("The {noun} cannot be used: {error}. Switch it off and on.");
                            on_event(DeviceEvent::Unavailable { device: noun.to_owned(), reason: reason.into() });
                        }
                    }
                }
            },
        )?;
        Ok(Self { wishes, wanted: None, _worker: worker })
    }

    /// What was asked for last; none for none.
    pub fn wanted(&self) -> Option<&Choice> {
        self.wanted.as_ref()
    }

    /// Starts what is asked for in place of what runs, soon; none releases it. Never blocks.
    pub fn set(&mut self, wanted: Option<Choice>) {
        if self.wanted != wanted {
            self.wanted.clone_from(&wanted);
            self.wishes.publish(wanted);
        }
    }
}

/// Remembers what a source says, and passes it on while the source is the one that is wanted.
fn teller(told: Arc<Mutex<Told>>, on_event: impl Fn(DeviceEvent) + Send + 'static) -> Tell {
    Box::new(move |event| {
        let mut told = lock(&told);
        if !told.is_over {
            told.last = Some(event.clone());
            on_event(event);
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::VideoCapture;
    use crate::choice::{CameraChoice, VideoLimits};
    use crate::frame::VideoFrame;
    use std::sync::mpsc;
    use std::time::Instant;

    const LIMITS: VideoLimits = VideoLimits { width: 64, height: 36, fps: 30 };
    const PATIENCE: Duration = Duration::from_secs(60);

    /// A camera, and the choice that switches it on.
    struct Camera {
        switch: SourceSwitch<CameraChoice>,
        choice: CameraChoice,
    }

    impl Camera {
        fn set(&mut self, on: bool) {
            self.switch.set(on.then(|| self.choice.clone()));
        }
    }

    fn released(choice: CameraChoice) -> (Camera, Latest<Arc<VideoFrame>>, mpsc::Receiver<DeviceEvent>) {
        let frames = Latest::new();
        let (sender, events) = mpsc::channel();
        let on_event = move |event| sender.send(event).expect("the test listens");
        let sinks = vec![frames.clone()];
        let begin = move |choice: &CameraChoice, tell| VideoCapture::start(choice.clone(), LIMITS, sinks.clone(), tell);
        (Camera { switch: SourceSwitch::start("camera", begin, on_event).unwrap(), choice }, frames, events)
    }

    const PATTERN: CameraChoice = CameraChoice::TestPattern(1);

    /// Switches it off and on until it says how it started: of wishes in quick succession only the last counts.
    fn restart(camera: &mut Camera, events: &mpsc::Receiver<DeviceEvent>) -> DeviceEvent {
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
        let (camera, frames, events) = released(PATTERN);
        assert_eq!(camera.switch.wanted(), None);
        drop(camera);
        assert!(frames.take().is_none() && events.recv().is_err());
    }

    #[test]
    fn each_start_is_told_also_when_it_fails_as_before() {
        let (mut camera, frames, events) = released(PATTERN);
        for _ in 0..3 {
            let opened = DeviceEvent::Opened { device: "test pattern 1".to_owned() };
            assert_eq!(restart(&mut camera, &events), opened);
            assert!(matches!(frames.wait(PATIENCE), Waited::Value(_)));
        }
        let (mut camera, _, events) = released(CameraChoice::Named("no such camera".to_owned()));
        for _ in 0..2 {
            let DeviceEvent::Unavailable { reason, .. } = restart(&mut camera, &events) else { panic!("it opened") };
            assert!(reason.to_string().contains("no such camera"), "{reason}");
        }
    }

    #[test]
    fn switched_off_and_on_faster_than_it_is_carried_out_it_still_tells_that_it_runs() {
        let (mut camera, _frames, events) = released(PATTERN);
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
        let (mut camera, frames, _events) = released(PATTERN);
        for count in 0..101 {
            camera.set(count % 2 == 0);
        }
        assert_eq!(camera.switch.wanted(), Some(&PATTERN));
        assert!(matches!(frames.wait(PATIENCE), Waited::Value(_)));
        for count in 0..101 {
            camera.set(count % 2 == 1);
        }
        assert_eq!(camera.switch.wanted(), None);
        // Frames may come until the wish is carried out, and then none.
        let deadline = Instant::now() + PATIENCE;
        while matches!(frames.wait(Duration::from_secs(1)), Waited::Value(_)) {
            assert!(Instant::now() < deadline, "it still runs");
        }
    }

    #[test]
    fn another_choice_takes_the_place_of_the_one_before_which_is_heard_of_no_more() {
        let (sender, events) = mpsc::channel();
        let tellers = Arc::<Mutex<Vec<Tell>>>::default();
        let begun = tellers.clone();
        let begin = move |_: &u8, tell| -> io::Result<()> {
            lock(&begun).push(tell);
            Ok(())
        };
        let on_event = move |event| sender.send(event).expect("the test listens");
        let mut switch = SourceSwitch::start("source", begin, on_event).unwrap();
        let opened = |number: u8| DeviceEvent::Opened { device: number.to_string() };
        let begun = |count| {
            let deadline = Instant::now() + PATIENCE;
            while lock(&tellers).len() < count {
                assert!(Instant::now() < deadline, "it was not begun");
                std::thread::yield_now();
            }
        };
        switch.set(Some(1));
        begun(1);
        lock(&tellers)[0](opened(1));
        assert_eq!(events.recv_timeout(PATIENCE), Ok(opened(1)));
        switch.set(Some(2));
        begun(2);
        lock(&tellers)[0](opened(1));
        lock(&tellers)[1](opened(2));
        assert_eq!(events.recv_timeout(PATIENCE), Ok(opened(2)));
    }
}
