//! Two people in processes of their own, of whom one speaks and the other listens.

use std::time::Duration;

use tempfile::TempDir;

use crate::program::Program;

const PATIENCE: Duration = Duration::from_secs(30);

/// A meeting of two, with sound and no pictures.
pub struct Talk {
    /// Who speaks, and hosts.
    pub ana: Program,
    /// Who listens.
    pub ben: Program,
    _home: TempDir,
}

impl Talk {
    /// Begins it, with Ana's microphone and Ben's speaker, in this environment. It has begun when the microphone runs.
    ///
    /// # Panics
    ///
    /// When it does not begin.
    pub fn start(environment: &[(String, String)], microphone: &str, speaker: &str) -> Self {
        let home = TempDir::new().expect("a temporary folder");
        let start = |way: &[&str], name, microphone, speaker| {
            let devices = ["--headless", "--name", name, "--camera", "off", "--microphone", microphone];
            let arguments = [way, &devices, &["--speaker", speaker]].concat();
            Program::start_with(home.path(), &arguments, environment)
        };
        let ana = start(&["host", "--listen", "127.0.0.1:0"], "Ana", microphone, "off");
        let hosting = ana.event("hosting", PATIENCE);
        let ben = start(&["join", hosting["link"].as_str().expect("a link")], "Ben", "off", speaker);
        if ben.event("participant-joined", PATIENCE)["microphone"] == false {
            assert_eq!(ben.event("participant-updated", PATIENCE)["microphone"], true);
        }
        Self { ana, ben, _home: home }
    }
}
