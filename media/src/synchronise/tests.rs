use super::*;
use crate::audio::receive::Receiver;
use crate::frame::AUDIO_PIECE_SAMPLES;
use crate::rtp::RtpPacket;
use crate::video::schedule::Schedule;

const MS: Duration = Duration::from_millis(1);

/// A sender whose streams begin at other timestamps, whose clock has nothing to do with ours, and which wraps around.
struct Sender {
    start: Instant,
}

impl Sender {
    const AUDIO: u32 = u32::MAX - 10_000;
    const VIDEO: u32 = 123_456;
    const NTP_MS: u64 = 3_000_000_000_123;

    fn audio(captured_ms: u64) -> u32 {
        Self::AUDIO.wrapping_add(48 * captured_ms as u32)
    }

    fn video(captured_ms: u64) -> u32 {
        Self::VIDEO.wrapping_add(90 * captured_ms as u32)
    }

    fn ntp(ms: u64) -> u64 {
        ((u128::from(Self::NTP_MS + ms) << 32) / 1000) as u64
    }

    fn at(&self, ms: u64) -> Instant {
        self.start + MS * ms as u32
    }

    /// One who has said how its streams belong together; the reports are of different moments.
    fn known() -> (Self, Synchroniser) {
        let mut synchroniser = Synchroniser::new();
        synchroniser.audio_report(SenderReport { ntp_time: Self::ntp(700), timestamp: Self::audio(700) });
        synchroniser.video_report(SenderReport { ntp_time: Self::ntp(1200), timestamp: Self::video(1200) });
        (Self { start: Instant::now() }, synchroniser)
    }

    fn heard(&self, captured_ms: u64, heard_ms: u64) -> Presentation {
        Presentation { timestamp: Self::audio(captured_ms), at: self.at(heard_ms) }
    }

    fn shown(&self, captured_ms: u64, shown_ms: u64) -> Presentation {
        Presentation { timestamp: Self::video(captured_ms), at: self.at(shown_ms) }
    }
}

#[test]
fn sound_has_its_place_among_the_pictures() {
    let (sender, mut synchroniser) = Sender::known();
    assert_eq!(synchroniser.sound_among_pictures(sender.at(2000)), None, "nothing is heard");
    synchroniser.sound_is_heard(sender.heard(1900, 2000), 40 * MS);
    let sound = synchroniser.sound_among_pictures(sender.at(2010)).unwrap();
    let off_ticks = sound.timestamp.wrapping_sub(Sender::video(1900)).cast_signed();
    assert!(off_ticks.abs() <= 1, "{off_ticks}");
    assert_eq!(sound.at, sender.at(2000));
}

#[test]
fn without_reports_of_both_streams_nothing_is_known() {
    let (sender, known) = Sender::known();
    for (audio, video) in [(known.audio, None), (None, known.video)] {
        let mut synchroniser = Synchroniser { audio, video, ..Synchroniser::new() };
        synchroniser.sound_is_heard(sender.heard(1900, 2000), 40 * MS);
        assert_eq!(synchroniser.sound_among_pictures(sender.at(2000)), None);
    }
}

#[test]
fn who_is_silent_keeps_no_picture_waiting() {
    let (sender, mut synchroniser) = Sender::known();
    synchroniser.sound_is_heard(sender.heard(1900, 2000), 40 * MS);
    assert!(synchroniser.sound_among_pictures(sender.at(2900)).is_some());
    assert_eq!(synchroniser.sound_among_pictures(sender.at(3100)), None);
}

#[test]
fn reports_that_contradict_one_another_are_not_believed() {
    let (sender, mut synchroniser) = Sender::known();
    synchroniser.audio_report(SenderReport { ntp_time: Sender::ntp(90_000), timestamp: Sender::audio(700) });
    synchroniser.sound_is_heard(sender.heard(1900, 2000), 40 * MS);
    assert_eq!(synchroniser.sound_among_pictures(sender.at(2000)), None);
}

/// Sound whose way takes as long as it takes and waits as long as it is made to, with pictures that take so long, for a
/// minute. What sound is made to wait in the end.
fn settled(sound_way_ms: u64, sound_wait_ms: u64, pictures_ms: u64) -> Duration {
    let (sender, mut synchroniser) = Sender::known();
    let mut least = Duration::ZERO;
    for captured_ms in (2000..62_000).step_by(20) {
        let waited = least.max(MS * sound_wait_ms as u32);
        let heard = sender.heard(captured_ms, captured_ms + sound_way_ms + waited.as_millis() as u64);
        synchroniser.sound_is_heard(heard, waited);
        synchroniser.pictures_go(heard.at, sender.shown(captured_ms + 7, captured_ms + 7 + pictures_ms));
        let next = synchroniser.least_sound_wait(heard.at);
        assert!(next <= waited + MOST_CHANGE && least <= next + MOST_CHANGE, "{least:?}, then {next:?}");
        least = next;
    }
    least
}

#[test]
fn sound_waits_for_pictures_that_come_later() {
    let least = settled(30, 20, 180);
    let late = 180 - 30 - least.as_millis() as i64;
    assert!((-25..=25).contains(&late), "pictures are {late} ms late");
}

#[test]
fn sound_waits_for_nothing_when_pictures_are_in_time() {
    assert_eq!(settled(30, 20, 70), Duration::ZERO);
    assert_eq!(settled(30, 20, 10), Duration::ZERO);
}

#[test]
fn sound_never_waits_longer_than_the_limit() {
    assert_eq!(settled(30, 20, 2000), LONGEST_SOUND_WAIT);
}

#[test]
fn sound_stops_waiting_when_pictures_come_earlier_again_or_not_at_all() {
    let (sender, mut synchroniser) = Sender::known();
    synchroniser.least_sound_wait = 200 * MS;
    for captured_ms in (2000..12_000).step_by(20) {
        let waited = synchroniser.least_sound_wait(sender.at(captured_ms)).max(20 * MS);
        let heard = sender.heard(captured_ms, captured_ms + 30 + waited.as_millis() as u64);
        synchroniser.sound_is_heard(heard, waited);
        synchroniser.pictures_go(heard.at, sender.shown(captured_ms, captured_ms + 40));
    }
    assert!(synchroniser.least_sound_wait(sender.at(12_000)) <= 40 * MS, "{:?}", synchroniser.least_sound_wait);

    synchroniser.least_sound_wait = 200 * MS;
    assert_eq!(synchroniser.least_sound_wait(sender.at(14_000)), Duration::ZERO);
}

/// A small generator (PCG's multiplier), so that each run sees the same network.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit.max(1)
    }
}

/// How long packets are on their way: at least, and what may come on top, in milliseconds.
#[derive(Clone, Copy, Debug)]
struct Way {
    least_ms: u64,
    jitter_ms: u64,
}

/// What is apart by how many milliseconds, pictures from their sound, in the last 20 of 60 seconds of speech over a network:
/// the worst but one in twenty. Through the real receiver and the real schedule, millisecond by millisecond.
fn apart_ms(sound: Way, pictures: Way) -> i64 {
    let (sender, mut chance) = (Sender { start: Instant::now() }, Chance(3));
    let (mut receiver, mut schedule, mut synchroniser) =
        (Receiver::new().unwrap(), Schedule::new(), Synchroniser::new());
    let mut on_their_way: Vec<(u64, u64, bool)> = Vec::new();
    let mut last_picture_ms = 0;
    let (mut heard_after_ms, mut apart) = (None, Vec::new());
    for now_ms in 0..60_000_u64 {
        let now = sender.at(now_ms);
        if now_ms.is_multiple_of(20) && now_ms > 0 {
            // 20 ms are gathered before they are sent.
            on_their_way.push((now_ms + sound.least_ms + chance.below(sound.jitter_ms), now_ms - 20, true));
        }
        if now_ms.is_multiple_of(33) {
            last_picture_ms = last_picture_ms.max(now_ms + pictures.least_ms + chance.below(pictures.jitter_ms));
            on_their_way.push((last_picture_ms, now_ms, false));
        }
        if now_ms % 1000 == 400 {
            synchroniser.audio_report(SenderReport { ntp_time: Sender::ntp(now_ms), timestamp: Sender::audio(now_ms) });
            synchroniser.video_report(SenderReport { ntp_time: Sender::ntp(now_ms), timestamp: Sender::video(now_ms) });
        }
        for (_, captured_ms, is_sound) in on_their_way.extract_if(.., |(arrives_ms, ..)| *arrives_ms <= now_ms) {
            if is_sound {
                let timestamp = Sender::audio(captured_ms);
                let payload = bytes::Bytes::from_static(&[0x08, 0, 0]);
                let sequence_number = (captured_ms / 20) as u16;
                receiver.insert(now, RtpPacket { sequence_number, timestamp, marker: false, payload });
                continue;
            }
            schedule.follow_sound(synchroniser.sound_among_pictures(now));
            let shown_at = schedule.arrived(now, Sender::video(captured_ms));
            synchroniser.pictures_go(now, schedule.by_itself().unwrap());
            let shown_after_ms = (shown_at - sender.at(captured_ms)).as_millis() as i64;
            if now_ms > 40_000
                && let Some(heard_after_ms) = heard_after_ms
            {
                apart.push((shown_after_ms - heard_after_ms as i64).abs());
            }
        }
        if now_ms % 10 == 7 {
            receiver.set_least_wait(synchroniser.least_sound_wait(now));
            receiver.render(now, &mut [0.0; AUDIO_PIECE_SAMPLES]);
            if let Some((timestamp, waited)) = receiver.playing() {
                let captured_ms = u64::from(timestamp.wrapping_sub(Sender::AUDIO) / 48);
                heard_after_ms = Some(now_ms - captured_ms);
                synchroniser.sound_is_heard(Presentation { timestamp, at: now }, waited);
            }
        }
    }
    apart.sort_unstable();
    apart[apart.len() * 95 / 100]
}

#[test]
fn lips_and_voice_are_together_within_40_ms_whatever_their_ways() {
    let quiet = Way { least_ms: 10, jitter_ms: 3 };
    let uneven = Way { least_ms: 40, jitter_ms: 60 };
    let slow = Way { least_ms: 200, jitter_ms: 10 };
    let slow_and_uneven = Way { least_ms: 150, jitter_ms: 80 };
    for (sound, pictures) in [
        (quiet, quiet),
        (uneven, uneven),
        (quiet, uneven),
        (uneven, quiet),
        (quiet, slow),
        (slow, quiet),
        (quiet, slow_and_uneven),
        (uneven, slow_and_uneven),
    ] {
        let apart = apart_ms(sound, pictures);
        assert!(apart <= 40, "{apart} ms with sound {sound:?} and pictures {pictures:?}");
    }
}
