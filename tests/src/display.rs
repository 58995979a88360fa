//! A display of a test's own: an X server that draws into memory, on a number that nobody else has.
//!
//! Knows nothing of Nonet.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// A running X server. Dropping it ends it.
pub struct Display {
    number: String,
    /// Where programs on it keep their sockets: the window library asks for such a folder.
    runtime: TempDir,
    server: Child,
}

impl Display {
    /// Starts a server with a screen of this size in pixels.
    ///
    /// # Errors
    ///
    /// A sentence, when there is no X server on this machine. `scripts/setup.sh` knows where to get one.
    ///
    /// # Panics
    ///
    /// When there is one that does not work.
    pub fn start(width: u32, height: u32) -> Result<Self, String> {
        let mut command = Command::new("Xvfb");
        command.args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0", &format!("{width}x{height}x24")]);
        let server = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut server = server.map_err(|error| format!("There is no X server (Xvfb) on this machine: {error}."))?;
        let mut number = String::new();
        let mut output = BufReader::new(server.stdout.take().expect("piped"));
        // It says which number it has found once it takes connections.
        output.read_line(&mut number).expect("Xvfb says something");
        let number = format!(":{}", number.trim());
        assert!(number.len() > 1, "Xvfb does not run");
        Ok(Self { number, runtime: TempDir::new().expect("a temporary folder"), server })
    }

    /// What it is called, such as `:99`.
    pub fn name(&self) -> &str {
        &self.number
    }

    /// What a program needs to be there.
    pub fn environment(&self) -> Vec<(String, String)> {
        let runtime = self.runtime.path().to_str().expect("a plain path").to_owned();
        vec![("DISPLAY".to_owned(), self.number.clone()), ("XDG_RUNTIME_DIR".to_owned(), runtime)]
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        self.server.kill().ok();
        self.server.wait().ok();
    }
}
