//! The figures of the last minutes, and who receives whom how well.

use super::{Language, texts};

texts! {
    /// See the module's description.
    Statistics {
        title: "Statistics", "Statistik";
        over_time: "Over time", "Verlauf";
        map: "Who receives whom", "Wer empfängt wen";
        all_figures: "All figures", "Alle Werte";
        copy: "Copy as text", "Als Text kopieren";
        copy_hint: "Copies all figures for a bug report. Nobody’s name or address is in it: people are “participant 1”, “participant 2”…",
            "Kopiert alle Werte für einen Fehlerbericht. Namen und Adressen stehen nicht darin: Alle heißen „participant 1“, „participant 2“ …";
        close: "Close statistics", "Statistik schließen";
        nobody: "Figures appear here once somebody else is in the meeting.", "Hier erscheinen Werte, sobald jemand anderes im Meeting ist.";

        person: "Person", "Person";
        from_them: "From them", "Von dort";
        to_them: "To them", "Dorthin";
        bitrate: "Bitrate", "Bitrate";
        loss: "Lost packets", "Verlorene Pakete";
        round_trip: "Round trip", "Laufzeit hin und zurück";
        frame_rate: "Frame rate", "Bildrate";
        resolution: "Resolution", "Auflösung";
        jitter: "Jitter", "Jitter";
        kilobits: "kilobits a second", "Kilobit pro Sekunde";
        percent: "percent", "Prozent";
        milliseconds: "milliseconds", "Millisekunden";
        pictures: "pictures a second", "Bilder pro Sekunde";
        lines: "pixels high", "Pixel hoch";
        received: "Received", "Empfangen";
        sent: "Sent", "Gesendet";
        carried: "The link carries", "Die Leitung trägt";
        on_the_way: "On the way", "Auf dem Weg";
        for_good: "Not repaired", "Nicht ersetzt";
        measured: "Measured", "Gemessen";
        of_pictures: "Pictures", "Bilder";
        of_sound: "Sound", "Ton";
        as_they_tell: "As they tell", "Laut Gegenseite";
        not_known: "Not known", "Nicht bekannt";
        now: "now", "jetzt";
        minutes_ago(minutes: u32): format!("−{minutes} min"), format!("−{minutes} min");
        seconds_ago(seconds: u32): match seconds {
            0 => "now".to_owned(),
            1..=59 => format!("{seconds} s ago"),
            _ => format!("{} min {} s ago", seconds / 60, seconds % 60),
        }, match seconds {
            0 => "jetzt".to_owned(),
            1..=59 => format!("vor {seconds} s"),
            _ => format!("vor {} min {} s", seconds / 60, seconds % 60),
        };
        course(what: &str, unit: &str, now: &str, least: &str, most: &str): format!("{what}: {now} {unit} now, between {least} and {most}"),
            format!("{what}: jetzt {now} {unit}, zwischen {least} und {most}");
        no_course(what: &str): format!("{what}: not known"), format!("{what}: nicht bekannt");

        rows_receive: "Each row receives from each column. What others receive is what they tell; older versions tell nothing.",
            "Jede Zeile empfängt von jeder Spalte. Was andere empfangen, sagen sie selbst; ältere Versionen sagen nichts.";
        is_received(receiver: &str, sender: &str, figures: &str): format!("{receiver} receives {sender}: {figures}"),
            format!("{receiver} empfängt {sender}: {figures}");
        you_receive(sender: &str, figures: &str): format!("You receive {sender}: {figures}"), format!("Du empfängst {sender}: {figures}");
        you_are_received(receiver: &str, figures: &str): format!("{receiver} receives you: {figures}"),
            format!("{receiver} empfängt dich: {figures}");
        no_picture: "no picture", "kein Bild";
        fps(fps: u32): format!("{fps} fps"), format!("{fps} Bilder/s");
        lost(percent: &str): format!("{percent} % lost"), format!("{percent} % verloren");
        lost_unknown: "losses not known", "Verluste nicht bekannt";

        layers: "Layers", "Ebenen";
        target: "target", "Ziel";
        fps_short: "fps", "Bilder/s";
        encode_ms: "encode ms", "Kodieren ms";
        key_frames: "key frames", "Keyframes";
        left_out: "left out", "ausgelassen";
        size: "size", "Größe";
        loss_percent: "loss %", "Verlust %";
        jitter_ms: "jitter ms", "Jitter ms";
        delay_ms: "delay ms", "Wartezeit ms";
        sound_ms: "sound ms", "Ton ms";
        guessed_ms: "guessed ms", "geraten ms";
        freezes: "freezes", "Standbilder";
        key_asked: "key asked", "Keyfr. verl.";
        errors: "errors", "Fehler";
        repaired: "repaired", "nachgesandt";
        by_parity: "by parity", "per Parität";
        estimate: "estimate", "Schätzung";
        layer: "layer", "Ebene";
        rtt_ms: "rtt ms", "Laufzeit ms";
        queue_ms: "queue ms", "Schlange ms";
        sent_again: "sent again", "nochmal";
        parity_kbps: "parity kb/s", "Parität kb/s";
        dropped: "dropped", "verworfen";
        low: "low", "klein";
        middle: "middle", "mittel";
        top: "top", "groß";
    }
}

impl Statistics {
    /// A number with so many digits after the decimal point.
    pub fn number(self, value: f64, digits: usize) -> String {
        let number = format!("{value:.digits$}");
        match self.0 {
            Language::English => number,
            Language::German => number.replace('.', ","),
        }
    }
}
