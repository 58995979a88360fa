//! The capture loop with a source that the test controls, and with the real ones that need no device.

use std::sync::mpsc;
use std::time::Instant;

use super::*;
use crate::frame::{ColorSpace, FramePool};
use crate::latest::Waited;

const LIMITS: VideoLimits = VideoLimits { width: 64, height: 36, fps: 30 };

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a source does when it is asked for a frame.
enum Step {
    Frame,
    Stall,
    Fail,
}

/// Takes its steps, and then waits for `stop`.
struct Scripted(std::vec::IntoIter<Step>);

impl VideoSource for Scripted {
    fn name(&self) -> &str {
        "scripted"
    }

    fn next_frame(&mut self, stop: &StopSignal) -> Result<Option<VideoFrame>, CaptureError> {
        match self.0.next() {
            Some(Step::Frame) => Ok(Some(FramePool::new().frame(128, 128, ColorSpace::DEFAULT, Instant::now()))),
            Some(Step::Stall) => Err(stalled()),
            Some(Step::Fail) => Err(failed()),
            None => {
                while !stop.sleep(PATIENCE) {}
                Ok(None)
            }
        }
    }
}

fn stalled() -> CaptureError {
    CaptureError::Stalled("scripted".to_owned())
}

fn failed() -> CaptureError {
    CaptureError::Device { name: "scripted".to_owned(), reason: "no such device".to_owned() }
}

fn unplugged() -> CaptureError {
    CaptureError::Unplugged("scripted".to_owned())
}

type Opening = Result<Vec<Step>, CaptureError>;

/// Runs the loop with what opening gives one time after the other (and then nothing but failure), until the last event.
fn events_of(mut openings: Vec<Opening>, count: usize) -> Vec<DeviceEvent> {
    openings.reverse();
    let (sender, events) = mpsc::channel();
    let worker = Worker::spawn("test", move |stop| {
        let mut open = || -> Result<Box<dyn VideoSource>, CaptureError> {
            let opening = openings.pop().unwrap_or_else(|| Err(CaptureError::NotNamed("nobody".to_owned())));
            Ok(Box::new(Scripted(opening?.into_iter())))
        };
        let tell = move |event| sender.send(event).expect("the test listens");
        run(&mut open, LIMITS, &[], &tell, stop);
    });
    let events = (0..count).map(|_| events.recv_timeout(PATIENCE).expect("an event")).collect();
    drop(worker);
    events
}

fn opened() -> DeviceEvent {
    DeviceEvent::Opened { device: "scripted".to_owned() }
}

fn unavailable(device: &str, error: &CaptureError) -> DeviceEvent {
    DeviceEvent::Unavailable { device: device.to_owned(), reason: error.clone().into() }
}

#[test]
fn each_change_is_told_once_with_the_reason_that_holds() {
    let openings = vec![
        Err(CaptureError::NoCamera),
        Err(CaptureError::NoCamera),                    // Not news.
        Ok(vec![Step::Frame, Step::Frame, Step::Fail]), // Lost; the reason is what opening it again says.
        Err(CaptureError::Busy("scripted".to_owned())),
        Ok(vec![Step::Frame]),
    ];
    let expected = [
        unavailable("Camera", &CaptureError::NoCamera),
        opened(),
        unavailable("scripted", &CaptureError::Busy("scripted".to_owned())),
        opened(),
    ];
    assert_eq!(events_of(openings, expected.len()), expected);
}

#[test]
fn a_hiccup_that_heals_at_once_is_not_told() {
    let openings =
        vec![Ok(vec![Step::Frame, Step::Fail]), Ok(vec![Step::Frame, Step::Fail]), Err(CaptureError::NoCamera)];
    let expected = [opened(), unavailable("scripted", &unplugged())];
    assert_eq!(events_of(openings, expected.len()), expected);
}

#[test]
fn what_was_there_and_is_no_more_was_unplugged_by_whatever_words_it_was_chosen() {
    let openings = vec![
        Ok(vec![Step::Frame, Step::Fail]),
        Err(CaptureError::NoCamera),
        Err(CaptureError::NotNamed("scr".to_owned())), // Not news.
        Err(CaptureError::NotNumbered(0)),             // Not news.
        Ok(vec![Step::Frame]),
    ];
    let expected = [opened(), unavailable("scripted", &unplugged()), opened()];
    assert_eq!(events_of(openings, expected.len()), expected);
}

#[test]
fn a_stalled_source_that_then_goes_was_unplugged() {
    let openings = vec![Ok(vec![Step::Frame, Step::Stall, Step::Fail]), Err(CaptureError::NoCamera)];
    let expected = [opened(), unavailable("scripted", &stalled()), unavailable("scripted", &unplugged())];
    assert_eq!(events_of(openings, expected.len()), expected);
}

#[test]
fn a_stalled_source_is_told_and_waited_for() {
    let openings = vec![Ok(vec![Step::Frame, Step::Stall, Step::Stall, Step::Frame])];
    assert_eq!(events_of(openings, 3), [opened(), unavailable("scripted", &stalled()), opened()]);
}

#[test]
fn a_source_that_opens_but_gives_nothing_is_unavailable() {
    assert_eq!(events_of(vec![Ok(vec![Step::Fail])], 1), [unavailable("scripted", &failed())]);
}

#[test]
fn frames_reach_every_sink_at_a_size_within_the_limits() {
    let sinks = [Latest::new(), Latest::new()];
    let frame = FramePool::new().frame(128, 128, ColorSpace::DEFAULT, Instant::now());
    publish(frame, LIMITS, &mut FrameScaler::default(), &sinks);
    let [first, second] = sinks.map(|sink| sink.take().expect("a frame"));
    assert!(Arc::ptr_eq(&first, &second));
    assert_eq!((first.width(), first.height()), (36, 36));
}

#[test]
fn a_test_pattern_runs_until_it_is_dropped() {
    let sink = Latest::new();
    let (sender, events) = mpsc::channel();
    let on_event = move |event| sender.send(event).expect("the test listens");
    let capture = VideoCapture::start(CameraChoice::TestPattern(2), LIMITS, vec![sink.clone()], on_event);
    let Waited::Value(frame) = sink.wait(PATIENCE) else { panic!("no frame") };
    assert_eq!((frame.width(), frame.height()), (64, 36));
    drop(capture);
    sink.take();
    assert!(sink.take().is_none(), "the thread has ended");
    let device = "test pattern 2".to_owned();
    assert_eq!(events.iter().collect::<Vec<_>>(), [DeviceEvent::Opened { device }]);
}

#[test]
fn a_clip_is_checked_and_looped() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("clip.y4m");
    let choice = CameraChoice::File(path.clone());
    assert!(matches!(check(&choice), Err(CaptureError::File { .. })));
    std::fs::write(&path, "RIFF").expect("written");
    let sentence = check(&choice).expect_err("no clip").to_string();
    assert!(sentence.contains("clip.y4m") && sentence.contains("is not a y4m clip"), "{sentence}");
    std::fs::write(&path, "YUV4MPEG2 W2 H2 F60:1\nFRAME\n").expect("written");
    assert!(matches!(check(&choice), Err(CaptureError::File { source, .. }) if matches!(*source, Y4mError::Empty)));

    std::fs::write(&path, b"YUV4MPEG2 W2 H2 F60:1\nFRAME\nAAAAaaFRAME\nBBBBbb").expect("written");
    check(&choice).expect("a clip");
    let mut source = open(&mut choice.clone(), LIMITS).expect("a clip");
    let stop = StopSignal::default();
    let frames = [(); 2].map(|()| source.next_frame(&stop).expect("readable").expect("not stopped"));
    assert_eq!(frames[0].y()[0], b'A');
    assert!(frames[1].captured_at() - frames[0].captured_at() >= Duration::from_millis(33));

    let mut source = FileSource::open(&path, LIMITS).expect("a clip");
    let start = Instant::now();
    let due = (0..8).map(|number| start + Duration::from_secs(1) * number / 60);
    let seen: Vec<_> = due.filter_map(|due| source.frame_due(due).expect("readable")).collect();
    // 60 frames a second are thinned to the 30 of the limits: every second frame of two is always the first.
    assert_eq!(seen.iter().map(|frame| frame.y()[0]).collect::<Vec<_>>(), b"AAAA");
    assert!(seen.windows(2).all(|pair| pair[1].captured_at() - pair[0].captured_at() >= Duration::from_millis(33)));
}
