//! A sound server of a test's own: PulseAudio with sound devices that exist only in it, reached as that of a desktop, or through ALSA.
//!
//! Its devices are channels of one null sink, the *air*: what is played to one of them is recorded from its monitor, and all
//! of them together from the air's, so that what was said and what is heard lie in one recording, of one clock. Knows nothing of
//! Nonet. Sound is 32-bit float at 48 kHz.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Samples per second of all devices.
pub const RATE_HZ: usize = 48_000;

/// How long the server and its tools may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the recorder asks for. It also keeps the air moving: a null sink that nobody listens to sleeps for up to 2 s at once.
const RECORDER_LATENCY: &str = "--latency-msec=5";

/// Names of channels, for as many devices as there may be.
const CHANNELS: [&str; 4] = ["front-left", "front-right", "rear-left", "rear-right"];

/// A running server. Dropping it ends it.
pub struct Pulse {
    folder: TempDir,
    devices: Vec<&'static str>,
    /// The module that carries all of the devices.
    air: String,
    /// The module of each device.
    modules: BTreeMap<&'static str, String>,
    server: Running,
}

/// A process that is ended on drop.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

impl Pulse {
    /// Starts a server with devices of these names. Each is a sink, and its monitor a source, such as `ear.monitor`. The first is
    /// the default of both.
    ///
    /// # Panics
    ///
    /// When PulseAudio is not installed or does not work.
    pub fn start(devices: &[&'static str]) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let socket = folder.path().join("native");
        let protocol = format!("module-native-protocol-unix socket={} auth-anonymous=1", socket.display());
        let log = File::create(folder.path().join("log")).expect("the folder can be written to");
        let mut command = Command::new("pulseaudio");
        command.args(["-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm=yes"]);
        command.args(["--realtime=no", "--high-priority=no", "--log-target=stderr", "-L", &protocol]);
        private(&mut command, folder.path());
        let server = command.stdin(Stdio::null()).stderr(log).spawn();
        let server = Running(server.unwrap_or_else(|error| panic!("{}", missing("pulseaudio", &error))));
        let (devices, modules) = (devices.to_vec(), BTreeMap::new());
        let mut pulse = Self { folder, devices, air: String::new(), modules, server };
        pulse.wait_for_server();
        pulse.plug_in();
        pulse
    }

    fn wait_for_server(&mut self) {
        let end = Instant::now() + PATIENCE;
        while !self.tool("pactl").arg("info").output().is_ok_and(|output| output.status.success()) {
            let ended = self.server.0.try_wait().expect("a child can be waited for");
            let log = || std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(ended.is_none() && Instant::now() < end, "PulseAudio does not run: {ended:?} {}", log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Makes the devices, and the first of them the default.
    pub fn plug_in(&mut self) {
        let map = CHANNELS[..self.devices.len()].join(",");
        let channels = format!("channels={}", self.devices.len());
        let map = format!("channel_map={map}");
        self.air = self.control(&["load-module", "module-null-sink", "sink_name=air", "rate=48000", &channels, &map]);
        for device in self.devices.clone() {
            self.plug_in_device(device);
        }
        self.set_default_source(&format!("{}.monitor", self.devices[0]));
        self.set_default_sink(self.devices[0]);
    }

    /// Takes all devices away, as if they were unplugged. What used them is told by the server that it cannot any more.
    pub fn unplug(&self) {
        self.control(&["unload-module", &self.air]);
    }

    /// Makes one of the devices.
    ///
    /// # Panics
    ///
    /// When there is no device of this name to make.
    pub fn plug_in_device(&mut self, device: &'static str) {
        let channel = self.devices.iter().position(|other| *other == device).expect("a device of this server");
        let (name, channel) = (format!("sink_name={device}"), format!("master_channel_map={}", CHANNELS[channel]));
        let description = format!(r#"sink_properties='device.description="{}"'"#, description(device));
        let shape = ["channels=1", "channel_map=mono", "remix=no", "master=air", &description];
        let module = self.control(&[&["load-module", "module-remap-sink", &name, &channel][..], &shape].concat());
        self.modules.insert(device, module);
    }

    /// Takes one of the devices away, as if it were unplugged. The server moves to another what used it.
    ///
    /// # Panics
    ///
    /// When it is not there.
    pub fn unplug_device(&mut self, device: &str) {
        let module = self.modules.remove(device).expect("it is plugged in");
        self.control(&["unload-module", &module]);
    }

    /// Makes another source what programs record from that name none.
    pub fn set_default_source(&self, source: &str) {
        self.control(&["set-default-source", source]);
    }

    /// Makes another sink what programs play to that name none.
    pub fn set_default_sink(&self, sink: &str) {
        self.control(&["set-default-sink", sink]);
    }

    /// Environment variables with which a program finds this server, as that of its desktop.
    pub fn environment(&self) -> Vec<(String, String)> {
        vec![
            ("PULSE_SERVER".to_owned(), self.address()),
            ("ALSA_CONFIG_PATH".to_owned(), self.folder.path().join("none").display().to_string()),
        ]
    }

    /// What ALSA is to be told so that a PCM leads to this server's default devices, and is listed by this description.
    pub fn pcm(&self, name: &str, description: &str) -> String {
        self.pcm_of("", name, description)
    }

    /// The same for one of its devices.
    pub fn pcm_of(&self, device: &str, name: &str, description: &str) -> String {
        let server = self.address();
        let device = if device.is_empty() { String::new() } else { format!(r#"device "{device}""#) };
        format!(
            r#"pcm.{name} {{ type pulse server "{server}" {device} hint {{ show on description "{description}" }} }}"#
        )
    }

    /// Environment variables with which a program finds these PCMs, and nothing else, through ALSA: its desktop has no server.
    ///
    /// # Panics
    ///
    /// When the file with them cannot be written.
    pub fn environment_of_alsa(&self, pcms: &[String]) -> Vec<(String, String)> {
        let path = self.folder.path().join("asound.conf");
        std::fs::write(&path, pcms.join("\n") + "\n").expect("the folder can be written to");
        let text = |path: &Path| path.display().to_string();
        vec![
            ("ALSA_CONFIG_PATH".to_owned(), text(&path)),
            ("XDG_RUNTIME_DIR".to_owned(), text(self.folder.path())),
            ("PULSE_RUNTIME_PATH".to_owned(), text(self.folder.path())),
            ("PULSE_SERVER".to_owned(), format!("unix:{}", text(&self.folder.path().join("none")))),
        ]
    }

    /// Plays a sound to a device until it is over, or until what is given back is dropped.
    ///
    /// # Panics
    ///
    /// When it cannot be played.
    pub fn play(&self, sound: &[f32], sink: &str) -> Playing {
        let file = self.file();
        let bytes: Vec<u8> = sound.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        std::fs::write(&file, bytes).expect("the folder can be written to");
        let mut command = self.tool("pacat");
        command.args(["--playback", "--raw", "--device", sink, "--latency-msec=20"]).args(["--channels=1"]).arg(file);
        let child = command.args(FORMAT).spawn().unwrap_or_else(|error| panic!("{}", missing("pacat", &error)));
        Playing(Running(child))
    }

    /// Records all devices from now on, until what is given back is dropped.
    ///
    /// # Panics
    ///
    /// When it cannot be recorded.
    pub fn record(&self) -> Recording {
        let path = self.file();
        let file = File::create(&path).expect("the folder can be written to");
        let channels = format!("--channels={}", self.devices.len());
        let map = format!("--channel-map={}", CHANNELS[..self.devices.len()].join(","));
        let mut command = self.tool("pacat");
        command.args(["--record", "--raw", "--device", "air.monitor", RECORDER_LATENCY, &channels, &map]).args(FORMAT);
        let child = command.stdout(file).spawn().unwrap_or_else(|error| panic!("{}", missing("pacat", &error)));
        let recording = Recording { path, devices: self.devices.clone(), _recorder: Running(child) };
        let end = Instant::now() + PATIENCE;
        while recording.seconds() == 0.0 {
            assert!(Instant::now() < end, "nothing is recorded");
            std::thread::sleep(Duration::from_millis(10));
        }
        recording
    }

    /// A file that there is not yet.
    /// How much waits in the server and its device of what a program of such a name plays and captures, in milliseconds, as the server
    /// says. None while it does not do both.
    pub fn buffers_ms(&self, program: &str) -> Option<f64> {
        let played = latency_ms(&self.control(&["list", "sink-inputs"]), program)?;
        let captured = latency_ms(&self.control(&["list", "source-outputs"]), program)?;
        Some(played + captured)
    }

    fn file(&self) -> PathBuf {
        let number = std::fs::read_dir(self.folder.path()).expect("the folder is there").count();
        self.folder.path().join(format!("{number}.raw"))
    }

    fn address(&self) -> String {
        format!("unix:{}", self.folder.path().join("native").display())
    }

    /// A tool that knows this server and no other.
    fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        private(&mut command, self.folder.path());
        command.env("PULSE_SERVER", self.address()).stdin(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Asks the server for something; gives its answer.
    fn control(&self, words: &[&str]) -> String {
        let output = self.tool("pactl").stderr(Stdio::piped()).args(words).output();
        let output = output.unwrap_or_else(|error| panic!("{}", missing("pactl", &error)));
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

/// The sum of the latencies that are told of a program's first stream in a list of streams.
fn latency_ms(streams: &str, program: &str) -> Option<f64> {
    let name = format!("application.name = \"{program}\"");
    let stream = streams.split("\n\n").find(|stream| stream.contains(&name))?;
    let latencies = stream.lines().filter_map(|line| line.split_once("Latency: ")?.1.strip_suffix(" usec"));
    latencies.map(|micros| micros.parse::<f64>().ok().map(|micros| micros / 1_000.0)).sum()
}

/// What people call a device of this name.
pub fn description(device: &str) -> String {
    format!("The {device}")
}

const FORMAT: [&str; 2] = ["--format=float32le", "--rate=48000"];

/// Keeps a program from the sound server of whoever runs the tests.
fn private(command: &mut Command, folder: &Path) {
    for variable in ["HOME", "XDG_RUNTIME_DIR", "PULSE_RUNTIME_PATH", "XDG_CONFIG_HOME", "XDG_STATE_HOME"] {
        command.env(variable, folder);
    }
    for variable in ["DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "PULSE_SERVER", "PULSE_SINK", "PULSE_SOURCE"] {
        command.env_remove(variable);
    }
}

fn missing(program: &str, error: &std::io::Error) -> String {
    format!("{program} does not start ({error}): scripts/test installs PulseAudio, its tools and ALSA's plugin for it")
}

/// A sound that is played.
pub struct Playing(Running);

impl Playing {
    /// Waits for its end.
    ///
    /// # Panics
    ///
    /// When the server did not play it.
    pub fn finish(mut self) {
        let status = self.0.0.wait().expect("a child can be waited for");
        assert!(status.success(), "it was not played: {status}");
    }
}

/// What is recorded of all devices.
pub struct Recording {
    path: PathBuf,
    devices: Vec<&'static str>,
    _recorder: Running,
}

impl Recording {
    /// How much there is so far.
    pub fn seconds(&self) -> f64 {
        let bytes = std::fs::metadata(&self.path).map_or(0, |metadata| metadata.len());
        bytes as f64 / (size_of::<f32>() * self.devices.len() * RATE_HZ) as f64
    }

    /// What one device has played so far.
    ///
    /// # Panics
    ///
    /// When there is no such device.
    pub fn of(&self, device: &str) -> Vec<f32> {
        let channel = self.devices.iter().position(|other| *other == device).expect("a device of this server");
        let bytes = std::fs::read(&self.path).expect("the recording can be read");
        let samples = bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
        samples.skip(channel).step_by(self.devices.len()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_of_a_program_is_read_of_its_stream_alone() {
        let stream = |name: &str, buffer: u32, sink: u32| {
            format!(
                "Sink Input #7\n\tBuffer Latency: {buffer} usec\n\tSink Latency: {sink} usec\n\tProperties:\n\t\tapplication.name = \"{name}\""
            )
        };
        let list = [stream("pacat", 90_000, 1_000), stream("Nonet", 14_687, 4_642)].join("\n\n");
        assert_eq!(latency_ms(&list, "Nonet").map(|ms| (ms * 1_000.0).round()), Some(19_329.0));
        assert_eq!(latency_ms(&list, "none such"), None);
    }
}
