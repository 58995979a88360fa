//! The words that describe a simulated network, for trying a meeting on a bad link without having one.
//!
//! Knows what the words mean, not how a path carries them out: that is [`super::simulated_path`].

use std::str::FromStr;
use std::time::Duration;

use super::simulated_path::{Loss, PathConfig};

/// Where no capacity is given: more than anybody sends, so that nothing waits.
const UNLIMITED_BPS: u64 = 100_000_000_000;
/// Longest time that can be asked for, in seconds.
const MOST_SECONDS: f64 = 60.0;
/// Largest share of packets that can be lost; of more nothing is left to look at.
const MOST_LOSS_PERCENT: f64 = 99.0;

/// The paths between one participant and everybody else; all its connections share them.
///
/// Made from words such as `uplink=300kbps,downlink=1mbps,delay=50ms,jitter=10ms,loss=5%`:
///
/// | Word | |
/// |---|---|
/// | `uplink`, `downlink` | what is carried from and to the participant: `bps`, `kbps`, `mbps`; unlimited if absent |
/// | `queue` | longest wait at the bottleneck, after which packets are dropped: `ms`, `s`; 300 ms if absent |
/// | `delay` | one way, in each direction |
/// | `jitter` | standard deviation of the delay |
/// | `loss` | share of packets lost in each direction, in `%` |
/// | `burst` | mean number of packets that are lost in a row; each by itself if absent |
/// | `seed` | of the random numbers |
///
/// All but the first two and the last can be said of one direction only, as in `uplink-loss=5%`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SimulatedNetwork {
    /// From the participant.
    pub uplink: PathConfig,
    /// To the participant.
    pub downlink: PathConfig,
    /// The same seed loses the same packets, as far as they come at the same times.
    pub seed: u64,
}

/// Why words describe no network. Sentences for the user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SimulatedNetworkError {
    #[error("“{0}” has no value. Write it as WORD=VALUE, such as delay=50ms.")]
    NoValue(String),
    #[error("“{0}” is no property of a network; these are: uplink, downlink, queue, delay, jitter, loss, burst, seed.")]
    Unknown(String),
    #[error("“{0}” is no capacity. Write it as 300kbps or 1.5mbps.")]
    Capacity(String),
    #[error("“{0}” is no time up to a minute. Write it as 50ms or 0.5s.")]
    Time(String),
    #[error("“{0}” is no share of packets. Write it as 5%, at most 99%.")]
    Share(String),
    #[error("“{0}” is no number of packets. Write it as 3 or 2.5, at least 1.")]
    Packets(String),
    #[error("“{0}” is no whole number.")]
    Seed(String),
}

/// One direction as far as it has been read.
#[derive(Clone, Copy)]
struct Direction {
    config: PathConfig,
    /// Share of packets lost, 0 to 1.
    loss: f64,
    /// Mean length of a row of lost packets.
    burst: Option<f64>,
}

impl Direction {
    fn new() -> Self {
        let config = PathConfig { capacity_bps: UNLIMITED_BPS, delay: Duration::ZERO, ..PathConfig::default() };
        Self { config, loss: 0.0, burst: None }
    }

    /// Takes in a word that can be said of each direction. Whether there is such a word.
    fn set(&mut self, word: &str, value: &str) -> Result<bool, SimulatedNetworkError> {
        match word {
            "queue" => self.config.queue = time(value)?,
            "delay" => self.config.delay = time(value)?,
            "jitter" => self.config.jitter = time(value)?,
            "loss" => self.loss = share(value)?,
            "burst" => self.burst = Some(packets(value)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn finish(self) -> PathConfig {
        let loss = self.burst.map_or(Loss::random(self.loss), |burst| Loss::bursts(self.loss, burst));
        PathConfig { loss, ..self.config }
    }
}

impl FromStr for SimulatedNetwork {
    type Err = SimulatedNetworkError;

    /// Of a word that is said twice the last counts.
    fn from_str(words: &str) -> Result<Self, SimulatedNetworkError> {
        let (mut uplink, mut downlink, mut seed) = (Direction::new(), Direction::new(), 0);
        for pair in words.split(',').map(str::trim) {
            let Some((word, value)) = pair.split_once('=') else {
                return Err(SimulatedNetworkError::NoValue(pair.to_owned()));
            };
            let is_known = match word {
                "uplink" => capacity(value).map(|bps| uplink.config.capacity_bps = bps).map(|()| true),
                "downlink" => capacity(value).map(|bps| downlink.config.capacity_bps = bps).map(|()| true),
                "seed" => {
                    seed = value.parse().map_err(|_| SimulatedNetworkError::Seed(value.to_owned()))?;
                    Ok(true)
                }
                _ => match (word.strip_prefix("uplink-"), word.strip_prefix("downlink-")) {
                    (Some(word), _) => uplink.set(word, value),
                    (_, Some(word)) => downlink.set(word, value),
                    _ => uplink.set(word, value).and_then(|_| downlink.set(word, value)),
                },
            }?;
            if !is_known {
                return Err(SimulatedNetworkError::Unknown(word.to_owned()));
            }
        }
        Ok(Self { uplink: uplink.finish(), downlink: downlink.finish(), seed })
    }
}

/// A number that is not negative, before one of the units, with that unit's size.
fn number(text: &str, units: &[(&str, f64)]) -> Option<f64> {
    let (number, size) = units.iter().find_map(|(unit, size)| Some((text.strip_suffix(unit)?, size)))?;
    let number: f64 = number.trim().parse().ok()?;
    (number.is_finite() && number >= 0.0).then_some(number * size)
}

fn capacity(text: &str) -> Result<u64, SimulatedNetworkError> {
    number(text, &[("kbps", 1e3), ("mbps", 1e6), ("bps", 1.0)])
        .filter(|bps| (1.0..=UNLIMITED_BPS as f64).contains(bps))
        .map(|bps| bps as u64)
        .ok_or_else(|| SimulatedNetworkError::Capacity(text.to_owned()))
}

fn time(text: &str) -> Result<Duration, SimulatedNetworkError> {
    number(text, &[("ms", 1e-3), ("s", 1.0)])
        .filter(|seconds| *seconds <= MOST_SECONDS)
        .map(Duration::from_secs_f64)
        .ok_or_else(|| SimulatedNetworkError::Time(text.to_owned()))
}

fn share(text: &str) -> Result<f64, SimulatedNetworkError> {
    number(text, &[("%", 1.0)])
        .filter(|percent| *percent <= MOST_LOSS_PERCENT)
        .map(|percent| percent / 100.0)
        .ok_or_else(|| SimulatedNetworkError::Share(text.to_owned()))
}

fn packets(text: &str) -> Result<f64, SimulatedNetworkError> {
    number(text, &[("", 1.0)])
        .filter(|packets| *packets >= 1.0)
        .ok_or_else(|| SimulatedNetworkError::Packets(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_network_is_what_its_words_say() {
        let words = "uplink=300kbps,downlink=1.5mbps,delay=50ms,jitter=10ms,queue=0.5s,loss=5%,seed=7";
        let network: SimulatedNetwork = words.parse().unwrap();
        let both = |capacity_bps| PathConfig {
            capacity_bps,
            queue: 500 * MS,
            delay: 50 * MS,
            jitter: 10 * MS,
            reorders: false,
            loss: Loss::random(0.05),
        };
        assert_eq!(network, SimulatedNetwork { uplink: both(300_000), downlink: both(1_500_000), seed: 7 });
    }

    #[test]
    fn a_word_can_be_said_of_one_direction() {
        let network: SimulatedNetwork =
            "delay=20ms, downlink-delay=80ms, uplink-loss=10%, uplink-burst=4".parse().unwrap();
        assert_eq!((network.uplink.delay, network.downlink.delay), (20 * MS, 80 * MS));
        assert_eq!((network.uplink.loss, network.downlink.loss), (Loss::bursts(0.1, 4.0), Loss::NONE));
    }

    #[test]
    fn what_is_not_said_is_no_limit() {
        let network: SimulatedNetwork = "downlink=100kbps".parse().unwrap();
        let PathConfig { capacity_bps, delay, jitter, loss, .. } = network.uplink;
        assert_eq!((capacity_bps, delay, jitter, loss), (UNLIMITED_BPS, Duration::ZERO, Duration::ZERO, Loss::NONE));
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        use SimulatedNetworkError as Error;
        let wrong = |words: &str| words.parse::<SimulatedNetwork>().unwrap_err();
        assert_eq!(wrong(""), Error::NoValue(String::new()));
        assert_eq!(wrong("delay"), Error::NoValue("delay".to_owned()));
        assert_eq!(wrong("uplink-uplink=1mbps"), Error::Unknown("uplink-uplink".to_owned()));
        for capacity in ["fast", "1", "-1mbps", "0kbps", "1e99mbps", "NaNbps"] {
            assert_eq!(wrong(&format!("uplink={capacity}")), Error::Capacity(capacity.to_owned()));
        }
        assert_eq!(wrong("delay=50"), Error::Time("50".to_owned()));
        assert_eq!(wrong("queue=61s"), Error::Time("61s".to_owned()));
        assert_eq!(wrong("loss=100%"), Error::Share("100%".to_owned()));
        assert_eq!(wrong("burst=0.5"), Error::Packets("0.5".to_owned()));
        assert_eq!(wrong("seed=x"), Error::Seed("x".to_owned()));
    }

    proptest! {
        #[test]
        fn any_words_are_a_network_or_an_error(words in "[a-z0-9=,.%-]{0,40}") {
            let _ = words.parse::<SimulatedNetwork>();
        }
    }
}
