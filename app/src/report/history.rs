//! The last five minutes in a report: one list for each figure, with one number for each second.
//!
//! Lists of one report are equally long, so that the same place in all of them is the same second. `null` stands where a
//! figure has no value: the participant was not there, the layer was not wanted.

use std::collections::BTreeMap;
use std::sync::Arc;

use nonet_media::layer::Layer;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::statistics::{History, LayerSecond, RemoteSecond, Second};

/// One figure of a layer or participant; none where it has no value in that second.
type Figure<T> = (&'static str, fn(&T) -> Option<f32>);

/// What is told of each layer.
const LAYER_FIGURES: [Figure<LayerSecond>; 8] = [
    ("width", |layer| Some(layer.width as f32)),
    ("height", |layer| Some(layer.height as f32)),
    ("fps", |layer| Some(layer.fps)),
    ("kbps", |layer| Some(layer.kbps)),
    ("target_kbps", |layer| layer.target_kbps),
    ("encode_ms", |layer| layer.encode_ms),
    ("key_frames", |layer| Some(layer.key_frames as f32)),
    ("left_out", |layer| Some(layer.left_out as f32)),
];

/// What is told of each participant.
const REMOTE_FIGURES: [Figure<RemoteSecond>; 31] = [
    ("fps", |remote| Some(remote.fps)),
    ("width", |remote| Some(remote.width as f32)),
    ("height", |remote| Some(remote.height as f32)),
    ("received_kbps", |remote| Some(remote.link.received_kbps)),
    ("loss_percent", |remote| remote.loss.map(percent)),
    ("video_jitter_ms", |remote| Some(remote.video_jitter_ms)),
    ("video_delay_ms", |remote| Some(remote.video_delay_ms)),
    ("audio_jitter_ms", |remote| Some(remote.audio_jitter_ms)),
    ("audio_delay_ms", |remote| Some(remote.audio_delay_ms)),
    ("concealed_ms", |remote| Some(remote.concealed_ms)),
    ("stretched_ms", |remote| Some(remote.stretched_ms)),
    ("latency_ms", |remote| remote.latency_ms),
    ("freezes", |remote| Some(remote.freezes as f32)),
    ("key_frame_requests", |remote| Some(remote.key_frame_requests as f32)),
    ("decode_errors", |remote| Some(remote.decode_errors as f32)),
    ("requests_sent", |remote| Some(remote.link.requests_sent as f32)),
    ("repaired", |remote| Some(remote.link.repaired as f32)),
    ("recovered", |remote| Some(remote.link.recovered as f32)),
    ("sent_layer", |remote| remote.link.layer.map(|layer| layer.index() as f32)),
    ("sent_kbps", |remote| Some(remote.link.sent_kbps)),
    ("estimate_kbps", |remote| remote.link.estimate_kbps),
    ("queue_ms", |remote| Some(remote.link.queue_ms)),
    ("rtt_ms", |remote| remote.link.rtt_ms),
    ("sent_loss_percent", |remote| Some(percent(remote.link.loss))),
    ("retransmitted", |remote| Some(remote.link.retransmitted as f32)),
    ("retransmitted_kbps", |remote| Some(remote.link.retransmitted_kbps)),
    ("parity_kbps", |remote| Some(remote.link.parity_kbps)),
    ("requests_received", |remote| Some(remote.link.requests_received as f32)),
    ("key_frame_requests_received", |remote| Some(remote.link.key_frame_requests_received as f32)),
    ("probes", |remote| Some(remote.link.probes as f32)),
    ("pictures_dropped", |remote| Some(remote.link.pictures_dropped as f32)),
];

fn percent(share: f32) -> f32 {
    share * 100.0
}

/// One number for each second, written with one decimal at most.
#[derive(Clone, Debug, PartialEq)]
pub struct Series(Vec<Option<f32>>);

impl Serialize for Series {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // An f64 is written with as few digits as tell it apart, which of a rounded f32 would be more than one decimal.
        let round = |value: f32| (f64::from(value) * 10.0).round() / 10.0;
        serializer.collect_seq(self.0.iter().map(|value| value.map(round)))
    }
}

/// The figures of one layer or participant, by name.
#[derive(Clone, Debug)]
pub struct Figures(Vec<(&'static str, Series)>);

impl Figures {
    fn of<T>(figures: &[Figure<T>], seconds: &[Option<&T>]) -> Self {
        let series = |figure: fn(&T) -> Option<f32>| Series(seconds.iter().map(|second| figure((*second)?)).collect());
        Self(figures.iter().map(|(name, figure)| (*name, series(*figure))).collect())
    }
}

impl Serialize for Figures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, series) in &self.0 {
            map.serialize_entry(name, series)?;
        }
        map.end()
    }
}

/// One layer's last five minutes.
#[derive(Clone, Debug, Serialize)]
pub struct LayerHistory {
    /// 0 for the smallest; what `sent_layer` counts by.
    pub layer: usize,
    #[serde(flatten)]
    pub figures: Figures,
}

/// One participant's last five minutes.
#[derive(Clone, Debug, Serialize)]
pub struct RemoteHistory {
    pub name: String,
    #[serde(flatten)]
    pub figures: Figures,
}

/// The last five minutes.
#[derive(Clone, Debug, Serialize)]
pub struct ReportHistory {
    /// When each second ended, from the start of joining.
    pub ended_s: Series,
    /// One for each layer of which something was sent in this time.
    pub sent: Vec<LayerHistory>,
    /// One for each other who was there in this time.
    pub remotes: Vec<RemoteHistory>,
}

impl ReportHistory {
    /// The seconds, turned into lists.
    pub fn new(history: &History) -> Self {
        let seconds: Vec<&Second> = history.seconds().collect();
        let sent = Layer::ALL.into_iter().filter_map(|layer| {
            let layers: Vec<_> = seconds.iter().map(|second| second.layers[layer.index()].as_ref()).collect();
            let is_sent = layers.iter().any(Option::is_some);
            is_sent.then(|| LayerHistory { layer: layer.index(), figures: Figures::of(&LAYER_FIGURES, &layers) })
        });
        let names: BTreeMap<u32, &Arc<str>> =
            seconds.iter().flat_map(|second| &second.remotes).map(|remote| (remote.id, &remote.name)).collect();
        let remotes = names.into_iter().map(|(id, name)| {
            let present: Vec<_> = seconds.iter().map(|second| second.remote(id)).collect();
            RemoteHistory { name: name.to_string(), figures: Figures::of(&REMOTE_FIGURES, &present) }
        });
        Self {
            ended_s: Series(seconds.iter().map(|second| Some(second.ended.as_secs_f32())).collect()),
            sent: sent.collect(),
            remotes: remotes.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::statistics::LinkSecond;

    fn second(ended_ms: u64, layer: Option<LayerSecond>, remote: Option<RemoteSecond>) -> Second {
        Second {
            ended: Duration::from_millis(ended_ms),
            layers: [None, layer, None],
            remotes: remote.into_iter().collect(),
            ..Second::default()
        }
    }

    fn ana(fps: f32) -> RemoteSecond {
        RemoteSecond {
            id: 3,
            name: "Ana".into(),
            fps,
            width: 640,
            height: 360,
            loss: Some(0.02),
            video_jitter_ms: 1.25,
            video_delay_ms: 0.0,
            audio_jitter_ms: 1.25,
            audio_delay_ms: 40.0,
            concealed_ms: 0.0,
            stretched_ms: 0.0,
            freezes: 1,
            key_frame_requests: 0,
            decode_errors: 0,
            latency_ms: None,
            link: LinkSecond { layer: Some(Layer::Middle), ..LinkSecond::default() },
            ..RemoteSecond::default()
        }
    }

    #[test]
    fn lists_are_equally_long_and_say_null_for_who_was_not_there() {
        let mut history = History::default();
        let layer = LayerSecond { kbps: 512.34, ..LayerSecond::default() };
        history.push(second(1000, None, Some(ana(30.0))));
        history.push(second(2010, Some(layer), None));
        history.push(second(3000, Some(layer), Some(ana(29.97))));
        let json = serde_json::to_value(ReportHistory::new(&history)).unwrap();
        assert_eq!(json["ended_s"], serde_json::json!([1.0, 2.0, 3.0]));
        assert_eq!(json["sent"][0]["layer"], 1);
        assert_eq!(json["sent"][0]["kbps"], serde_json::json!([null, 512.3, 512.3]));
        assert_eq!(json["remotes"][0]["name"], "Ana");
        assert_eq!(json["remotes"][0]["fps"], serde_json::json!([30.0, null, 30.0]));
        assert_eq!(json["remotes"][0]["loss_percent"], serde_json::json!([2.0, null, 2.0]));
    }

    #[test]
    fn without_seconds_there_are_no_lists() {
        let json = serde_json::to_value(ReportHistory::new(&History::default())).unwrap();
        assert_eq!(json, serde_json::json!({"ended_s": [], "sent": [], "remotes": []}));
    }
}
