//! What is plotted of one person and direction: the history, turned into named lines.

use crate::statistics::{History, LayerSecond, RemoteSecond, Second};
use crate::text::statistics::Statistics as Texts;

/// Which way media goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    #[default]
    From,
    To,
}

/// One plot.
#[derive(Debug)]
pub struct Figure {
    pub title: &'static str,
    pub unit: &'static str,
    /// One or two.
    pub courses: Vec<Course>,
    /// Values up to this have room at least, so that little things do not look large.
    least_top: f32,
}

/// One line.
#[derive(Debug)]
pub struct Course {
    pub name: &'static str,
    /// Seconds before now, never positive, and what was then; oldest first.
    values: Vec<(f64, Option<f32>)>,
    digits: usize,
    texts: Texts,
}

/// What a line is made of.
type Value = fn(&RemoteSecond, &Second) -> Option<f32>;

/// The plots of what comes from somebody or goes there.
pub fn of(history: &History, id: u32, direction: Direction, texts: Texts) -> Vec<Figure> {
    let now = history.last().map(|last| last.ended).unwrap_or_default();
    let course = |name, digits, value: Value| {
        let values = history.seconds().map(|second| {
            let age = now.saturating_sub(second.ended).as_secs_f64();
            (-age, second.remote(id).and_then(|remote| value(remote, second)))
        });
        Course { name, values: values.collect(), digits, texts }
    };
    let figure = |title, unit, least_top, courses| Figure { title, unit, courses, least_top };
    let round_trip = || {
        let courses = vec![course(texts.measured(), 0, |remote, _| remote.link.rtt_ms)];
        figure(texts.round_trip(), texts.milliseconds(), 50.0, courses)
    };
    match direction {
        Direction::From => vec![
            figure(
                texts.bitrate(),
                texts.kilobits(),
                100.0,
                vec![course(texts.received(), 0, |remote, _| Some(remote.link.received_kbps))],
            ),
            figure(
                texts.loss(),
                texts.percent(),
                5.0,
                vec![
                    course(texts.on_the_way(), 1, |remote, _| lost_on_the_way(remote)),
                    course(texts.for_good(), 1, |remote, _| remote.loss.map(|loss| loss * 100.0)),
                ],
            ),
            round_trip(),
            figure(
                texts.frame_rate(),
                texts.pictures(),
                30.0,
                vec![course(texts.received(), 0, |remote, _| Some(remote.fps))],
            ),
            figure(
                texts.resolution(),
                texts.lines(),
                360.0,
                vec![course(texts.received(), 0, |remote, _| (remote.height > 0).then_some(remote.height as f32))],
            ),
            figure(
                texts.jitter(),
                texts.milliseconds(),
                20.0,
                vec![
                    course(texts.of_pictures(), 0, |remote, _| Some(remote.video_jitter_ms)),
                    course(texts.of_sound(), 0, |remote, _| Some(remote.audio_jitter_ms)),
                ],
            ),
        ],
        Direction::To => vec![
            figure(
                texts.bitrate(),
                texts.kilobits(),
                100.0,
                vec![
                    course(texts.sent(), 0, |remote, _| Some(remote.link.sent_kbps)),
                    course(texts.carried(), 0, |remote, _| remote.link.estimate_kbps),
                ],
            ),
            figure(
                texts.loss(),
                texts.percent(),
                5.0,
                vec![course(texts.on_the_way(), 1, |remote, _| Some(remote.link.loss * 100.0))],
            ),
            round_trip(),
            figure(
                texts.frame_rate(),
                texts.pictures(),
                30.0,
                vec![
                    course(texts.sent(), 0, |remote, second| layer(remote, second).map(|layer| layer.fps)),
                    course(texts.as_they_tell(), 0, |remote, second| Some(told(remote, second)?.fps as f32)),
                ],
            ),
            figure(
                texts.resolution(),
                texts.lines(),
                360.0,
                vec![course(texts.sent(), 0, |remote, second| {
                    layer(remote, second).map(|layer| layer.height as f32).filter(|height| *height > 0.0)
                })],
            ),
            figure(
                texts.jitter(),
                texts.milliseconds(),
                20.0,
                vec![course(texts.as_they_tell(), 0, |remote, second| Some(told(remote, second)?.jitter_ms as f32))],
            ),
        ],
    }
}

/// Seconds that plots show: full minutes, as few as hold the history.
pub fn span(history: &History) -> f64 {
    let first = history.seconds().next().map(|first| first.ended).unwrap_or_default();
    let lasted = history.last().map(|last| last.ended.saturating_sub(first)).unwrap_or_default();
    60.0 * (lasted.as_secs_f64() / 60.0).ceil().max(1.0)
}

fn lost_on_the_way(remote: &RemoteSecond) -> Option<f32> {
    let (lost, sent) = remote.lost_on_the_way();
    (sent > 0).then(|| 100.0 * lost as f32 / sent as f32)
}

/// The layer that goes to somebody.
fn layer<'a>(remote: &RemoteSecond, second: &'a Second) -> Option<&'a LayerSecond> {
    second.layers[remote.link.layer?.index()].as_ref()
}

/// How somebody receives us, if it has told.
fn told<'a>(remote: &RemoteSecond, second: &'a Second) -> Option<&'a nonet_media::mesh::Reception> {
    second.told_by(remote.id)?.of(nonet_media::rtp::PeerId(second.me?))
}

impl Course {
    /// Whether there is nothing to draw.
    pub fn is_empty(&self) -> bool {
        self.values.iter().all(|(_, value)| value.is_none())
    }

    /// The value of the last second.
    pub fn newest(&self) -> Option<String> {
        self.values.last().and_then(|(_, value)| Some(self.number((*value)?)))
    }

    /// The points of each part without a gap.
    pub fn pieces(&self) -> impl Iterator<Item = Vec<[f64; 2]>> {
        let parts = self.values.split(|(_, value)| value.is_none()).filter(|part| !part.is_empty());
        parts.map(|part| part.iter().filter_map(|(at, value)| Some([*at, f64::from((*value)?)])).collect())
    }

    fn number(&self, value: f32) -> String {
        self.texts.number(f64::from(value), self.digits)
    }
}

impl Figure {
    /// Up to where there must be room.
    pub fn most(&self) -> f32 {
        let values = self.courses.iter().flat_map(|course| &course.values).filter_map(|(_, value)| *value);
        values.fold(self.least_top, f32::max)
    }

    /// What was nearest to a moment, in lines of text; none where nothing was near it.
    pub fn at(&self, moment: f64, texts: Texts) -> Option<String> {
        let distance = |at: f64| (at - moment).abs();
        let nearest = |course: &Course| {
            let known = course.values.iter().filter_map(|(at, value)| Some((*at, (*value)?)));
            known.min_by(|(one, _), (other, _)| distance(*one).total_cmp(&distance(*other)))
        };
        let (at, _) = self.courses.iter().find_map(nearest).filter(|(at, _)| distance(*at) < 5.0)?;
        let mut lines = vec![texts.seconds_ago(-at.round() as u32)];
        for course in &self.courses {
            if let Some((_, value)) = nearest(course).filter(|(of, _)| (of - at).abs() < 0.5) {
                lines.push(format!("{}: {} {}", course.name, course.number(value), self.unit));
            }
        }
        Some(lines.join("\n"))
    }

    /// Its first line for those who listen: what it is now, and between which it was.
    pub fn in_words(&self, texts: Texts) -> String {
        let Some(course) = self.courses.first() else { return texts.no_course(self.title) };
        let known = course.values.iter().filter_map(|(_, value)| *value);
        let (least, most) =
            known.fold((f32::INFINITY, f32::NEG_INFINITY), |(least, most), value| (least.min(value), most.max(value)));
        match course.newest() {
            Some(now) => texts.course(self.title, self.unit, &now, &course.number(least), &course.number(most)),
            None => texts.no_course(self.title),
        }
    }
}
