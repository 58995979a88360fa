//! What leaves of a voice, of an echo and of noise, by the whole of the processing of a microphone's sound, in virtual time.

use std::time::Duration;

use nonet_media::audio::processing::ProcessingSettings;
use nonet_tests::voice::noise::Noise;
use nonet_tests::voice::room::Room;
use nonet_tests::voice::scene::{both_speak, drifting_echo_loss_db, echo_loss_db, in_noise, moved_echo_loss_db};
use nonet_tests::voice::score::level_dbfs;
use nonet_tests::voice::speech::speech;

const ECHO_ALONE: ProcessingSettings = ProcessingSettings { echo_cancellation: true, ..ProcessingSettings::OFF };

/// What the speaker tells of the delay: its device's, and not the way through the air.
fn told(room: &Room) -> Duration {
    Duration::from_secs_f64((room.delay_ms - 3.0) / 1_000.0)
}

#[test]
fn an_echo_is_35_db_down_in_every_room_and_with_every_device_delay() {
    let far = speech(1, 8.0);
    for (seed, rt60_s) in (0..).zip([0.2, 0.35, 0.5]) {
        for delay_ms in [20.0, 110.0, 200.0] {
            let room = Room { delay_ms, rt60_s, gain_db: -10.0, seed };
            for settings in [ProcessingSettings::default(), ECHO_ALONE] {
                let loss = echo_loss_db(settings, &far, room, told(&room));
                assert!(loss >= 35.0, "{loss:.1} dB with {room:?} and {settings:?}");
            }
        }
    }
}

#[test]
fn an_echo_is_35_db_down_where_the_device_does_not_tell_its_delay() {
    let far = speech(1, 8.0);
    for delay_ms in [60.0, 150.0, 230.0] {
        let room = Room { delay_ms, rt60_s: 0.35, gain_db: -10.0, seed: 1 };
        let loss = echo_loss_db(ECHO_ALONE, &far, room, Duration::ZERO);
        assert!(loss >= 35.0, "{loss:.1} dB with {room:?}");
    }
}

#[test]
fn of_two_who_speak_at_once_the_nearer_leaves() {
    let (near, far) = (speech(2, 12.0), speech(1, 12.0));
    for (delay_ms, rt60_s) in [(20.0, 0.2), (80.0, 0.35), (200.0, 0.5)] {
        // The echo is about as loud as the nearer voice.
        let room = Room { delay_ms, rt60_s, gain_db: -1.0, seed: 1 };
        let [near, heard, left] = both_speak(ECHO_ALONE, &near, &far, room);
        let ratio_db = |sound: &[f32]| {
            let other: Vec<f32> = sound.iter().zip(&near).map(|(sound, near)| sound - near).collect();
            level_dbfs(&near) - level_dbfs(&other)
        };
        let (before, after) = (ratio_db(&heard), ratio_db(&left));
        assert!(before < 2.0, "{before:.1} dB before");
        assert!(after >= 10.0, "{after:.1} dB with {room:?}");
    }
}

#[test]
fn an_echo_is_35_db_down_again_2_s_after_it_moved() {
    let far = speech(1, 12.0);
    for (from_ms, to_ms) in [(60.0, 65.0), (60.0, 90.0), (40.0, 10.0), (20.0, 200.0), (200.0, 20.0)] {
        let before = Room { delay_ms: from_ms, rt60_s: 0.35, gain_db: -10.0, seed: 1 };
        let after = Room { delay_ms: to_ms, ..before };
        // The earlier of both: an echo must not come before its sound.
        let told = Duration::from_secs_f64((from_ms.min(to_ms) - 3.0) / 1_000.0);
        let loss = moved_echo_loss_db(ProcessingSettings::default(), &far, [before, after], told);
        assert!(loss >= 35.0, "{loss:.1} dB from {from_ms} to {to_ms} ms");
    }
}

#[test]
fn an_echo_is_35_db_down_where_clocks_differ_by_100_ppm() {
    let far = speech(1, 12.0);
    let room = Room { delay_ms: 60.0, rt60_s: 0.35, gain_db: -10.0, seed: 1 };
    for millionths in [100.0, -100.0] {
        let loss = drifting_echo_loss_db(ProcessingSettings::default(), &far, room, millionths);
        assert!(loss >= 35.0, "{loss:.1} dB at {millionths} ppm");
    }
}

#[test]
fn noise_loses_10_db_and_speech_keeps_its_level_whoever_speaks() {
    for (voice_seed, noise_seed) in [(2, 5), (3, 6), (7, 7), (11, 5)] {
        let voice = speech(voice_seed, 12.0);
        for kind in Noise::ALL {
            let result = in_noise(ProcessingSettings::default(), &voice, kind, noise_seed);
            let of = format!("{kind:?} {noise_seed}, voice {voice_seed}");
            assert!(result.gained_db >= 10.0, "{of}: {:.1} dB", result.gained_db);
            assert!(result.louder_db.abs() <= 3.0, "{of}: {:.1} dB louder", result.louder_db);
        }
    }
}
