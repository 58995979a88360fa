//! What is said before a meeting, and wherever devices are chosen and tried.

use std::time::Duration;

use nonet_media::audio::voice_test::{RECORDING, VoiceTestStage};

use super::texts;

texts! {
    /// See the module's description.
    Preview {
        new_meeting: "New meeting", "Neues Meeting";
        not_yet: "Nobody sees or hears you yet.", "Noch sieht und hört dich niemand.";
        start: "Start meeting", "Meeting starten";
        back: "Back", "Zurück";
        back_hint: "Back (Esc)", "Zurück (Esc)";
        starting_camera: "Starting the camera…", "Die Kamera startet …";
        camera_off: "Your camera is off", "Deine Kamera ist aus";
        you_with(status: &str): format!("You: {status}"), format!("Du: {status}");
        busy(percent: u8): format!("Your computer is busy ({percent} %): video may stutter. Close what you do not need."),
            format!("Dein Rechner ist ausgelastet ({percent} %): Video kann ruckeln. Schließe, was du nicht brauchst.");
        as_the_system: "As the system has it", "Wie im System";
        choose_camera: "Choose a camera", "Kamera wählen";
        choose_microphone: "Choose a microphone", "Mikrofon wählen";
        choose_speaker: "Choose a speaker", "Lautsprecher wählen";
        microphone_level: "Microphone level", "Mikrofonpegel";
        test_microphone: "Test microphone", "Mikrofon testen";
        test_speaker: "Test speaker", "Lautsprecher testen";
        stop: "Stop", "Stopp";
        two_notes: "You should hear two notes.", "Du solltest zwei Töne hören.";
        voice_test(stage: VoiceTestStage): match stage {
            VoiceTestStage::Idle => "Say something and hear yourself as others do.".to_owned(),
            VoiceTestStage::Recording(so_far) => format!("Speak now… {} s. Nobody else hears it.", left(so_far)),
            VoiceTestStage::Playing => "This is how you sound.".to_owned(),
        }, match stage {
            VoiceTestStage::Idle => "Sag etwas und hör dich so, wie andere dich hören.".to_owned(),
            VoiceTestStage::Recording(so_far) => format!("Sprich jetzt … {} s. Sonst hört es niemand.", left(so_far)),
            VoiceTestStage::Playing => "So klingst du.".to_owned(),
        };
    }
}

/// Seconds of a recording that are left.
fn left(so_far: Duration) -> String {
    format!("{:.0}", RECORDING.saturating_sub(so_far).as_secs_f32().ceil())
}
