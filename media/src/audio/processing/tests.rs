use super::*;
use crate::audio::testing::{best_correlation, power_at, speech_like};
use crate::frame::SAMPLE_RATE_HZ;

const FRAME: usize = AUDIO_FRAME_SAMPLES;

const OFF: ProcessingSettings = ProcessingSettings::OFF;

fn processed(processor: &mut Processor, captured: &[f32], played: &[f32]) -> Vec<f32> {
    let frames = captured.as_chunks::<FRAME>().0.iter().zip(played.as_chunks::<FRAME>().0);
    let mut out = Vec::new();
    for (captured, played) in frames {
        let mut frame = *captured;
        processor.process(&mut frame, played);
        out.extend_from_slice(&frame);
    }
    out
}

fn energy(samples: &[f32]) -> f32 {
    samples.iter().map(|sample| sample * sample).sum()
}

#[test]
fn with_all_off_sound_passes_as_it_is() {
    let voice = speech_like(1.0);
    assert_eq!(processed(&mut Processor::new(OFF), &voice, &voice), voice);
}

#[test]
fn silence_stays_silence() {
    let silence = vec![0.0; 48_000];
    let out = processed(&mut Processor::new(ProcessingSettings::default()), &silence, &silence);
    assert!(out.iter().all(|sample| sample.abs() < 1e-4));
}

#[test]
fn without_anything_played_echo_cancellation_keeps_a_voice_and_delays_as_it_says() {
    let voice = speech_like(1.0);
    let mut processor = Processor::new(ProcessingSettings { echo_cancellation: true, ..OFF });
    let out = processed(&mut processor, &voice, &vec![0.0; voice.len()]);
    let delay = (ECHO_DELAY.as_secs_f64() * f64::from(SAMPLE_RATE_HZ)) as usize;
    let different = voice.iter().zip(&out[delay..]).map(|(before, after)| (before - after).abs()).fold(0.0, f32::max);
    assert!(different < 1e-3, "different by {different}");
}

#[test]
fn noise_suppression_delays_as_it_says_and_keeps_a_voice() {
    let voice = speech_like(3.0);
    let mut processor = Processor::new(ProcessingSettings { noise_suppression: true, ..OFF });
    let out = processed(&mut processor, &voice, &vec![0.0; voice.len()]);
    let delay = (NOISE_DELAY.as_secs_f64() * f64::from(SAMPLE_RATE_HZ)) as usize;
    let correlation = best_correlation(&voice[..96_000], &out[delay..96_000 + delay], 1);
    assert!(correlation > 0.8, "correlation {correlation}");
}

#[test]
fn the_high_pass_takes_hum_and_leaves_voices() {
    let tone = |hertz: f32| -> Vec<f32> {
        (0..96_000).map(|index| 0.5 * (std::f32::consts::TAU * hertz * index as f32 / 48_000.0).sin()).collect()
    };
    let through = |hertz: f32| {
        let mut processor = Processor::new(ProcessingSettings { high_pass: true, ..OFF });
        let out = processed(&mut processor, &tone(hertz), &[0.0; 96_000]);
        power_at(&out[48_000..], hertz) / 0.25
    };
    assert!(through(50.0) < 0.1);
    assert!(through(300.0) > 0.9);
}

#[test]
fn a_quiet_voice_is_made_louder() {
    let quiet: Vec<f32> = speech_like(10.0).iter().map(|sample| sample * 0.03).collect();
    let mut processor = Processor::new(ProcessingSettings { automatic_gain: true, ..OFF });
    let out = processed(&mut processor, &quiet, &vec![0.0; quiet.len()]);
    let last = quiet.len() - 96_000..;
    assert!(energy(&out[last.clone()]) > 4.0 * energy(&quiet[last]));
    assert!(out.iter().all(|sample| sample.abs() <= 1.0));
}

#[test]
fn what_is_switched_off_is_done_no_longer_and_the_rest_goes_on() {
    let voice = speech_like(2.0);
    let silence = vec![0.0; voice.len()];
    let mut processor = Processor::new(ProcessingSettings::default());
    assert_ne!(processed(&mut processor, &voice, &silence), voice);
    let echo_only = ProcessingSettings { echo_cancellation: true, ..OFF };
    processor.set(echo_only);
    assert_eq!(processor.settings(), echo_only);
    processor.set(OFF);
    assert_eq!(processed(&mut processor, &voice, &silence), voice);
}

#[test]
fn samples_that_are_no_numbers_do_not_panic() {
    let mut processor = Processor::new(ProcessingSettings::default());
    let wild = [f32::INFINITY; FRAME];
    let mut frame = wild;
    processor.process(&mut frame, &wild);
}
