//! What the settings say.

use super::texts;

texts! {
    /// See the module's description.
    Settings {
        close: "Close settings", "Einstellungen schließen";
        close_hint: "Close (Esc)", "Schließen (Esc)";
        devices: "Devices", "Geräte";
        sound: "Sound", "Ton";
        video: "Video quality", "Videoqualität";
        server: "Server", "Server";
        shortcuts: "Shortcuts", "Tastenkürzel";
        appearance: "Appearance", "Aussehen";
        privacy: "Privacy", "Privatsphäre";

        let_go: "Let go of the microphone while it is off", "Ausgeschaltetes Mikrofon freigeben";
        let_go_more: "Other programs can have it, and the system shows that nobody listens. It takes a moment to come back.",
            "Andere Programme können es dann benutzen, und das System zeigt, dass niemand zuhört. Einschalten dauert einen Moment länger.";
        what_others_hear: "What others hear of you", "Was andere von dir hören";
        music: "Music mode", "Musikmodus";
        music_more: "Sends both channels as they are, with more bits. Wear headphones: echo stays in.",
            "Sendet beide Kanäle unverändert und mit mehr Bits. Trag Kopfhörer: Echo bleibt drin.";
        echo: "Remove echo", "Echo entfernen";
        echo_more: "Takes out what your speaker plays.", "Nimmt heraus, was dein Lautsprecher spielt.";
        noise: "Remove noise", "Rauschen entfernen";
        noise_more: "Takes out fans, keyboards and the street.", "Nimmt Lüfter, Tastaturen und die Straße heraus.";
        loudness: "Even out loudness", "Lautstärke ausgleichen";
        loudness_more: "Makes you as loud as everybody else.", "Macht dich so laut wie alle anderen.";
        rumble: "Remove rumble", "Rumpeln entfernen";
        rumble_more: "Takes out wind, steps and hum.", "Nimmt Wind, Schritte und Brummen heraus.";

        data_saver: "Save data", "Daten sparen";
        data_saver_more: "Sends 360p at 15 pictures a second, and asks others for small pictures. Sound stays as it is.",
            "Sendet 360p mit 15 Bildern in der Sekunde und bittet andere um kleine Bilder. Der Ton bleibt, wie er ist.";
        sent: "What you send", "Was du sendest";
        send_at_most: "Largest picture you send", "Größtes Bild, das du sendest";
        frame_rate: "Pictures a second", "Bilder in der Sekunde";
        received: "What you see of others", "Was du von anderen siehst";
        receive_at_most: "Largest picture you ask for", "Größtes Bild, um das du bittest";
        automatic: "Automatic, up to 720p", "Automatisch, bis 720p";
        at_most_360p: "At most 360p", "Höchstens 360p";
        at_most_180p: "At most 180p", "Höchstens 180p";
        fps_30: "30, smooth", "30, flüssig";
        fps_15: "15, for slow computers and links", "15, für langsame Rechner und Leitungen";
        video_more: "Links and computers that cannot carry this get less by themselves.",
            "Leitungen und Rechner, die das nicht schaffen, bekommen von selbst weniger.";

        server_address: "Server for codes", "Server für Codes";
        server_address_hint: "wss://meet.example.org:7443", "wss://meet.example.org:7443";
        server_more: "Where a code without a link is looked up. Links know their own server.",
            "Hier wird ein Code ohne Link nachgeschlagen. Links kennen ihren Server selbst.";
        server_none: "None: codes alone cannot be looked up, links can.", "Keiner: Codes allein gehen dann nicht, Links schon.";
        server_used: "This server is used.", "Dieser Server wird benutzt.";
        holds_meetings: "Hold my meetings there", "Meine Meetings dort abhalten";
        holds_meetings_more: "Others reach them from anywhere. Without this, they are held on this computer, for your network.",
            "Andere erreichen sie dann von überall. Sonst laufen sie auf diesem Rechner, für dein Netz.";
        held_here: "Your meetings are held on this computer, for your network.",
            "Deine Meetings laufen auf diesem Rechner, für dein Netz.";
        use_server: "Use this server", "Diesen Server benutzen";
        from_next_meeting: "Counts from the next meeting on.", "Gilt ab dem nächsten Meeting.";

        light_or_dark: "Choose light or dark", "Hell oder dunkel wählen";
        as_the_system: "As the system has it", "Wie im System";
        dark: "Dark", "Dunkel";
        light: "Light", "Hell";
        choose_language: "Language", "Sprache";
        size_of_text: "Size of text", "Textgröße";
        larger: "Larger text", "Größerer Text";
        larger_hint: "Larger (Ctrl and +)", "Größer (Strg und +)";
        smaller: "Smaller text", "Kleinerer Text";
        smaller_hint: "Smaller (Ctrl and −)", "Kleiner (Strg und −)";
        less_motion: "Reduce motion", "Weniger Bewegung";
        less_motion_more: "Nothing glides or fades.", "Nichts gleitet oder blendet.";

        remember_meetings: "Remember meetings", "Meetings merken";
        remember_meetings_more: "Who was there, when and how long, on this computer alone. Off also forgets what was remembered.",
            "Wer da war, wann und wie lange, nur auf diesem Rechner. Aus vergisst auch, was schon gemerkt ist.";
        forget_meetings(count: usize): match count {
            1 => "Forget 1 meeting".to_owned(),
            _ => format!("Forget {count} meetings"),
        }, match count {
            1 => "1 Meeting vergessen".to_owned(),
            _ => format!("{count} Meetings vergessen"),
        };
        volumes: "How loud people are", "Wie laut andere sind";
        volumes_more: "Kept by name, where you have changed it.", "Gemerkt nach Namen, wo du es geändert hast.";
        forget_volumes(count: usize): match count {
            1 => "Forget 1 name".to_owned(),
            _ => format!("Forget {count} names"),
        }, match count {
            1 => "1 Namen vergessen".to_owned(),
            _ => format!("{count} Namen vergessen"),
        };
        nothing_kept: "Nothing is kept.", "Nichts ist gemerkt.";
        discovery: "Meetings on this network", "Meetings in diesem Netz";
        discovery_more: "Yours can be found here by their code, and the home screen lists those of others.",
            "Deine sind hier über ihren Code zu finden, und der Startbildschirm zeigt die der anderen.";
        announce_name: "Say whose meeting it is", "Sagen, wessen Meeting es ist";
        announce_name_more: "Everybody on this network can read your name while you hold a meeting.",
            "Alle in diesem Netz können deinen Namen lesen, während du ein Meeting abhältst.";
        what_leaves: "What leaves this computer", "Was diesen Rechner verlässt";
        what_leaves_more: "Sound and pictures go to the people in the meeting alone, encrypted. There is no account, and nobody counts you.",
            "Ton und Bild gehen verschlüsselt nur an die Leute im Meeting. Es gibt kein Konto, und niemand zählt mit.";
    }
}
