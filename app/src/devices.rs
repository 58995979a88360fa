//! `nonet devices`: what cameras, microphones and speakers there are, under the names by which they are chosen.

use nonet_media::audio::devices::{SoundDevice, microphones, speakers};
use nonet_media::capture::devices::{CameraInfo, cameras};
use serde_json::json;

/// The list as text for people, or as JSON for scripts.
pub fn list(as_json: bool) -> String {
    // A system without a camera interface has no cameras.
    let cameras = cameras().unwrap_or_else(|error| {
        tracing::info!(%error, "cameras cannot be listed");
        Vec::new()
    });
    let (microphones, speakers) = (microphones(), speakers());
    if as_json { json_list(&cameras, &microphones, &speakers) } else { text_list(&cameras, &microphones, &speakers) }
}

fn json_list(cameras: &[CameraInfo], microphones: &[SoundDevice], speakers: &[SoundDevice]) -> String {
    let sound = |devices: &[SoundDevice]| -> Vec<_> {
        devices.iter().map(|device| json!({"name": device.name, "default": device.is_default})).collect()
    };
    let cameras: Vec<_> = cameras.iter().map(|camera| json!({"index": camera.index, "name": camera.name})).collect();
    let all = json!({"cameras": cameras, "microphones": sound(microphones), "speakers": sound(speakers)});
    format!("{all:#}\n")
}

fn text_list(cameras: &[CameraInfo], microphones: &[SoundDevice], speakers: &[SoundDevice]) -> String {
    let camera_lines = cameras.iter().map(|camera| format!("{}  {}", camera.index, camera.name)).collect();
    let sound_lines = |devices: &[SoundDevice]| {
        let line =
            |device: &SoundDevice| format!("{}{}", device.name, if device.is_default { "  (default)" } else { "" });
        devices.iter().map(line).collect()
    };
    let sections: [(&str, Vec<String>); 3] =
        [("Cameras", camera_lines), ("Microphones", sound_lines(microphones)), ("Speakers", sound_lines(speakers))];
    let section = |(title, lines): (&str, Vec<String>)| {
        let lines = if lines.is_empty() { vec!["none".to_owned()] } else { lines };
        format!("{title}\n  {}\n", lines.join("\n  "))
    };
    sections.map(section).concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_listed_also_when_there_is_none() {
        let microphone = SoundDevice { name: "Desk".into(), is_default: true, is_alias: false };
        let text = text_list(&[], &[microphone], &[]);
        assert_eq!(text, "Cameras\n  none\nMicrophones\n  Desk  (default)\nSpeakers\n  none\n");
    }
}
