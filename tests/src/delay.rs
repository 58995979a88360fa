//! Where a sound lies in another that it was made of: how much later, and how much of it is left.

use crate::measure::decimate;

/// Samples per second at which sounds are compared: what tells one moment of speech from another lies below 6 kHz.
const RATE_HZ: usize = 12_000;

/// The longest delay that is looked for, in samples.
const MOST_DELAY: usize = RATE_HZ;

/// Root mean square of a second in which something was said, in full scale.
const QUIETEST: f64 = 0.005;

/// One second that was said, and where it is heard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arrival {
    /// When it was said, in seconds from the beginning.
    pub said_at: usize,
    pub delay_ms: f64,
    /// Normalised correlation, 0 to 1.
    pub likeness: f64,
}

/// Finds each second of what was said at 48 kHz, its pauses aside, in what was heard, which began at the same time. Seconds that
/// were not over a second before the end are left out.
pub fn arrivals(said: &[f32], heard: &[f32]) -> Vec<Arrival> {
    let (said, heard) = (brightened(said), brightened(heard));
    said.chunks_exact(RATE_HZ)
        .enumerate()
        .take_while(|(second, _)| (second + 1) * RATE_HZ + MOST_DELAY <= heard.len())
        .filter(|(_, said)| energy(said) > QUIETEST.powi(2) * RATE_HZ as f64)
        .map(|(second, said)| find(second, said, &heard[second * RATE_HZ..][..RATE_HZ + MOST_DELAY]))
        .collect()
}

fn find(second: usize, said: &[f32], heard: &[f32]) -> Arrival {
    let said_energy = energy(said);
    let likeness = |delay: usize| {
        let stretch = &heard[delay..delay + said.len()];
        let product: f32 = said.iter().zip(stretch).map(|(said, heard)| said * heard).sum();
        let scale = (said_energy * energy(stretch)).sqrt();
        if scale > 0.0 { f64::from(product) / scale } else { 0.0 }
    };
    let best = (0..MOST_DELAY).map(|delay| (delay, likeness(delay))).max_by(|a, b| a.1.total_cmp(&b.1));
    let (delay, likeness) = best.expect("there are delays");
    Arrival { said_at: second, delay_ms: delay as f64 * 1_000.0 / RATE_HZ as f64, likeness }
}

/// With its high frequencies raised, by which moments of a voice are told apart where its pitch would make many alike.
fn brightened(sound: &[f32]) -> Vec<f32> {
    let sound = decimate(sound, 48_000 / RATE_HZ);
    sound.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

fn energy(sound: &[f32]) -> f64 {
    sound.iter().map(|sample| f64::from(*sample).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::voice::speech::speech;

    #[test]
    fn a_voice_is_found_where_it_is_and_another_voice_is_not() {
        let said = speech(1, 5.0);
        let late = |sound: &[f32]| [&[0.0; 4_800][..], &sound.iter().map(|s| s * 0.3).collect::<Vec<_>>()].concat();
        let found = arrivals(&said, &late(&said));
        assert_eq!(found.len(), 4);
        for arrival in found {
            assert!((arrival.delay_ms - 100.0).abs() < 0.1 && arrival.likeness > 0.99, "{arrival:?}");
        }
        for arrival in arrivals(&said, &late(&speech(2, 5.0))) {
            assert!(arrival.likeness < 0.2, "{arrival:?}");
        }
    }

    #[test]
    fn silence_is_not_looked_for_and_not_found() {
        let said = speech(1, 5.0);
        assert_eq!(arrivals(&[0.0; 240_000], &said), []);
        assert!(arrivals(&said, &[0.0; 240_000]).iter().all(|arrival| arrival.likeness == 0.0));
    }
}
