//! What the last seconds were like from one participant, and how good that is; comparing with nobody.

use crate::quality::Grade;
use crate::statistics::{History, RemoteSecond};

/// Seconds that are looked at: long enough for a share of lost packets to mean something, short enough to be of now.
const WINDOW: usize = 5;
/// Seconds with a path that there must be among them.
const LEAST_SECONDS: usize = 3;
/// Fewer packets than this say nothing of losses: one lost of fifty is 2 %.
const LEAST_PACKETS: u32 = 50;

/// Share of packets lost on the way. Repairs hide a few, at the cost of delay; from one in ten on they come too late.
const LOST_FAIR: f32 = 0.03;
const LOST_POOR: f32 = 0.10;
/// Share of packets of pictures that never came, each of which stops the picture until a key frame.
const MISSING_FAIR: f32 = 0.01;
const MISSING_POOR: f32 = 0.05;
/// Share of the sound that had to be guessed: of more than a tenth words are lost.
const GUESSED_FAIR: f32 = 0.03;
const GUESSED_POOR: f32 = 0.10;
/// Freezes among these seconds.
const FREEZES_FAIR: u32 = 1;
const FREEZES_POOR: u32 = 2;
/// Pictures a second as a share of the most that came from there. A camera in the dark is slow from the start and not judged.
const RATE_FAIR: f32 = 0.6;
const RATE_POOR: f32 = 0.34;
/// Height as a share of what is shown and once came; from one layer to the next it is half of it.
const HEIGHT_FAIR: f32 = 0.6;
/// Round trips from which on people talk into each other (ITU-T G.114 says 150 ms one way for good, 400 ms for the limit).
const FAR_FAIR_MS: f32 = 300.0;
const FAR_POOR_MS: f32 = 600.0;
/// Share of the time that decoding one participant may take.
const DECODING_LATE: f32 = 0.8;

/// What came from somebody in the last seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Facts {
    pub kbps: f32,
    /// Share of packets lost on the way, whether or not they were repaired; none where too few were sent.
    pub lost: Option<f32>,
    /// Share of the packets of pictures that never came.
    pub missing: f32,
    /// Share of the time for which sound had to be guessed.
    pub guessed: f32,
    pub freezes: u32,
    pub fps: f32,
    /// Pictures a second as a share of the most that came, while pictures are awaited.
    pub rate_share: Option<f32>,
    pub width: u32,
    pub height: u32,
    /// Height as a share of what could be expected, while pictures are awaited.
    pub height_share: Option<f32>,
    pub jitter_ms: f32,
    pub rtt_ms: Option<f32>,
    /// Whether our own machine was too slow for it.
    pub is_decoded_late: bool,
}

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symptom {
    /// Our machine is too slow.
    DecodedLate,
    /// Packets get lost.
    Losing,
    /// Less comes than could, or later, without losses that would explain it.
    Slow,
    /// It comes from far away.
    Far,
}

impl Facts {
    /// None while nothing can be said: there is no path, or has not been for long, or nothing is sent.
    pub fn of(history: &History, id: u32) -> Option<Self> {
        history.last()?.remote(id).filter(|remote| remote.is_connected)?;
        let seconds = window(history, id);
        if seconds.len() < LEAST_SECONDS {
            return None;
        }
        let last = *seconds.last()?;
        let count = seconds.len() as f32;
        let mean = |of: fn(&RemoteSecond) -> f32| seconds.iter().map(|second| of(second)).sum::<f32>() / count;
        let sum = |of: fn(&RemoteSecond) -> u32| seconds.iter().map(|second| of(second)).fold(0, u32::saturating_add);
        let awaits_picture = seconds.iter().all(|second| second.awaited_height.is_some());
        let sound_packets = sum(|second| second.sound_packets);
        if !awaits_picture && sound_packets == 0 {
            return None;
        }
        let (lost, sent) = (sum(|second| second.lost_on_the_way().0), sum(|second| second.lost_on_the_way().1));
        let packets = sum(|second| second.packets).saturating_add(sum(|second| second.lost));
        let (sound_lost, sound_sent) =
            (sum(|second| second.sound_lost), sum(|second| second.sound_lost) + sound_packets);
        let share = |part: u32, whole: u32| (whole >= LEAST_PACKETS).then(|| part as f32 / whole as f32);
        let fps = mean(|second| second.fps);
        let best_fps = best_fps(history, id);
        let best_height = history.seconds().filter_map(|second| second.remote(id)).map(|remote| remote.height).max();
        let expected_height = last.awaited_height.unwrap_or_default().min(best_height.unwrap_or_default());
        Some(Self {
            kbps: mean(|second| second.link.received_kbps),
            // Sound is not repaired, so it tells less of the way; it stands in where there are no pictures.
            lost: share(lost, sent).or_else(|| share(sound_lost, sound_sent)),
            missing: share(sum(|second| second.lost), packets).unwrap_or_default(),
            guessed: mean(|second| second.concealed_ms) / 1000.0,
            freezes: sum(|second| second.freezes),
            fps,
            rate_share: (awaits_picture && best_fps > 0.0).then(|| fps / best_fps),
            width: if awaits_picture { last.width } else { 0 },
            height: if awaits_picture { last.height } else { 0 },
            height_share: (awaits_picture && expected_height > 0).then(|| last.height as f32 / expected_height as f32),
            jitter_ms: mean(|second| second.video_jitter_ms.max(second.audio_jitter_ms)),
            rtt_ms: last.link.rtt_ms,
            is_decoded_late: decodes_late(history, id),
        })
    }

    /// How good it is.
    pub fn grade(&self) -> Grade {
        self.found().0
    }

    /// What is wrong, if anything is.
    pub fn symptom(&self) -> Option<Symptom> {
        self.found().1
    }

    /// Both. Losses explain what is slow, and a machine that is too slow explains everything.
    pub(super) fn found(&self) -> (Grade, Option<Symptom>) {
        let losing = at_least(self.lost.unwrap_or_default(), LOST_FAIR, LOST_POOR).max(at_least(
            self.missing,
            MISSING_FAIR,
            MISSING_POOR,
        ));
        let slow = at_least(self.guessed, GUESSED_FAIR, GUESSED_POOR)
            .max(at_least(self.freezes as f32, FREEZES_FAIR as f32, FREEZES_POOR as f32))
            .max(self.rate_share.map_or(Grade::Good, |share| at_least(-share, -RATE_FAIR, -RATE_POOR)))
            .max(
                self.height_share
                    .map_or(Grade::Good, |share| if share < HEIGHT_FAIR { Grade::Fair } else { Grade::Good }),
            );
        let far = self.rtt_ms.map_or(Grade::Good, |rtt| at_least(rtt, FAR_FAIR_MS, FAR_POOR_MS));
        let late = if self.is_decoded_late { Grade::Fair } else { Grade::Good };
        let grade = losing.max(slow).max(far).max(late);
        let symptoms =
            [(late, Symptom::DecodedLate), (losing, Symptom::Losing), (slow, Symptom::Slow), (far, Symptom::Far)];
        (grade, symptoms.into_iter().find(|(of, _)| *of > Grade::Good).map(|(_, symptom)| symptom))
    }
}

/// Whether a share of lost packets, as others tell it, is one too many.
pub(super) fn is_losing(lost_permille: u32) -> bool {
    lost_permille as f32 >= LOST_FAIR * 1000.0
}

/// How bad a share of packets lost on the way to somebody is.
pub(super) fn grade_of_loss(lost: f32) -> Grade {
    at_least(lost, LOST_FAIR, LOST_POOR)
}

/// Whether our machine is too slow to decode what comes from somebody.
pub fn decodes_late(history: &History, id: u32) -> bool {
    let seconds = window(history, id);
    let busy = |second: &&RemoteSecond| second.decode_ms.unwrap_or_default() * second.fps / 1000.0;
    let has_overflowed = seconds.iter().any(|second| second.overflowed > 0);
    has_overflowed || seconds.iter().map(busy).sum::<f32>() > DECODING_LATE * seconds.len() as f32
}

/// The last seconds in which there was a path to somebody.
fn window(history: &History, id: u32) -> Vec<&RemoteSecond> {
    let seconds = history.newest(WINDOW).filter_map(|second| second.remote(id));
    seconds.filter(|remote| remote.is_connected).collect()
}

/// The most pictures a second that came from somebody over as many seconds as are looked at, while they were awaited.
fn best_fps(history: &History, id: u32) -> f32 {
    let (mut sum, mut row, mut best) = (0.0, std::collections::VecDeque::with_capacity(WINDOW), 0.0_f32);
    for second in history.seconds() {
        let Some(remote) = second.remote(id).filter(|remote| remote.awaited_height.is_some()) else {
            (sum, _) = (0.0, row.clear());
            continue;
        };
        if row.len() == WINDOW {
            sum -= row.pop_front().unwrap_or_default();
        }
        row.push_back(remote.fps);
        sum += remote.fps;
        if row.len() == WINDOW {
            best = best.max(sum / WINDOW as f32);
        }
    }
    best
}

fn at_least(value: f32, fair: f32, poor: f32) -> Grade {
    if value >= poor {
        Grade::Poor
    } else if value >= fair {
        Grade::Fair
    } else {
        Grade::Good
    }
}
