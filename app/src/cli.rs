//! The command line: words in, plain values out. Decides nothing.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use nonet_media::choice::{CameraChoice, MicrophoneChoice, SpeakerChoice, VideoLimits};
use nonet_media::mesh::simulated_network::SimulatedNetwork;
use nonet_signaling::protocol::ServerAddress;

/// Meet up to nine people, directly and encrypted, without an account.
#[derive(Debug, Parser)]
#[command(name = "nonet", version, about, max_term_width = 100, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Neither announce nor look for meetings on this network
    #[arg(long, global = true)]
    pub no_discovery: bool,
    #[command(flatten)]
    pub home: HomeArgs,
}

/// With what the window opens at its home screen.
#[derive(Debug, Args)]
pub struct HomeArgs {
    /// Part of a camera's name, its number, test-pattern, file:CLIP.y4m, or off
    #[arg(long, value_name = "CAMERA", default_value = "default")]
    pub camera: CameraChoice,
    /// Part of a microphone's name, tone, file:SOUND.wav, or off
    #[arg(long, value_name = "MICROPHONE", default_value = "default")]
    pub microphone: MicrophoneChoice,
    /// Part of a speaker's name, file:OUT.wav, or off
    #[arg(long, value_name = "SPEAKER", default_value = "default")]
    pub speaker: SpeakerChoice,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open a new meeting, on a server of its own unless --server or the settings name one
    Host(HostArgs),
    /// Join a meeting by its code or link
    Join(JoinArgs),
    /// Show a whole meeting on this machine, with simulated participants
    Demo(DemoArgs),
    /// List cameras, microphones and speakers
    Devices(DevicesArgs),
}

#[derive(Debug, Args)]
pub struct HostArgs {
    /// Open the meeting on this signaling server, such as wss://meet.example.org:7443
    #[arg(long, value_name = "URL", conflicts_with = "listen")]
    pub server: Option<ServerAddress>,
    /// Where the meeting's own server listens [default: 0.0.0.0:7443, or any free port]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    #[command(flatten)]
    pub meeting: MeetingArgs,
}

#[derive(Debug, Args)]
pub struct JoinArgs {
    /// A code (abc-defg-hij), which finds its host on this network, or a link (nonet://…)
    #[arg(value_name = "CODE|LINK")]
    pub code_or_link: String,
    /// The signaling server that a code is looked up on as well [default: the one in the settings]
    #[arg(long, value_name = "URL")]
    pub server: Option<ServerAddress>,
    #[command(flatten)]
    pub meeting: MeetingArgs,
}

/// What `host` and `join` share.
#[derive(Debug, Args)]
pub struct MeetingArgs {
    /// The name that others see [default: the one in the settings, or the system's user name]
    #[arg(long)]
    pub name: Option<String>,
    /// Part of a camera's name, its number, test-pattern, file:CLIP.y4m, or off
    #[arg(long, value_name = "CAMERA", default_value = "default")]
    pub camera: CameraChoice,
    /// Part of a microphone's name, tone, file:SOUND.wav, or off
    #[arg(long, value_name = "MICROPHONE", default_value = "default")]
    pub microphone: MicrophoneChoice,
    /// Part of a speaker's name, file:OUT.wav, or off
    #[arg(long, value_name = "SPEAKER", default_value = "default")]
    pub speaker: SpeakerChoice,
    /// Send pictures of at most this size
    #[arg(long, value_name = "WIDTHxHEIGHT", default_value = "1280x720", value_parser = parse_resolution)]
    pub resolution: (u32, u32),
    /// Send at most this many pictures a second
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=30))]
    pub fps: u32,
    /// Run without a window; events go to standard output, one JSON object a line
    #[arg(long)]
    pub headless: bool,
    /// Leave after so many seconds
    #[arg(long = "for", value_name = "SECONDS", value_parser = parse_seconds)]
    pub duration: Option<Duration>,
    /// At the end, write what was measured to this file
    #[arg(long, value_name = "PATH.json")]
    pub report: Option<PathBuf>,
    /// Write each remote participant's pictures to DIR/NAME.y4m
    #[arg(long, value_name = "DIR")]
    pub save_video: Option<PathBuf>,
    /// Save what the window shows to this file when --for is over, then quit
    #[arg(long, value_name = "PATH.png", requires = "duration", conflicts_with = "headless")]
    pub screenshot: Option<PathBuf>,
    /// Send and receive over a bad link that exists only in this process: any of uplink, downlink (bps, kbps, mbps),
    /// delay, jitter, queue (ms, s), loss (%), burst (packets), seed; as in
    /// uplink=300kbps,downlink=1mbps,delay=50ms,jitter=10ms,loss=5%. All but the first two and the last can be said of
    /// one direction, as in uplink-loss=5%
    #[arg(long, value_name = "NETWORK", help_heading = "Testing")]
    pub simulate_network: Option<SimulatedNetwork>,
}

impl MeetingArgs {
    /// Most that is captured and sent.
    pub fn limits(&self) -> VideoLimits {
        let (width, height) = self.resolution;
        VideoLimits { width, height, fps: self.fps }
    }
}

#[derive(Debug, Args)]
pub struct DemoArgs {
    /// How many people are in the meeting, oneself included
    #[arg(long, value_name = "N", default_value_t = 9, value_parser = clap::value_parser!(u8).range(1..=9))]
    pub participants: u8,
    /// Save what the window shows to this file when --for is over, then quit
    #[arg(long, value_name = "PATH.png", requires = "duration")]
    pub screenshot: Option<PathBuf>,
    /// Quit after so many seconds
    #[arg(long = "for", value_name = "SECONDS", value_parser = parse_seconds)]
    pub duration: Option<Duration>,
}

#[derive(Debug, Args)]
pub struct DevicesArgs {
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    text.parse::<f64>()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "write a number of seconds, such as 10 or 2.5".to_owned())
}

/// Even dimensions, because colour has half the resolution.
fn parse_resolution(text: &str) -> Result<(u32, u32), String> {
    let VideoLimits { width: most_width, height: most_height, .. } = VideoLimits::MAX;
    let (width, height) = text
        .split_once(['x', '×'])
        .and_then(|(width, height)| Some((width.parse::<u32>().ok()?, height.parse::<u32>().ok()?)))
        .ok_or("write it as WIDTHxHEIGHT, such as 640x360")?;
    if !(16..=most_width).contains(&width) || !(16..=most_height).contains(&height) {
        return Err(format!("from 16x16 to {most_width}x{most_height}"));
    }
    Ok((width & !1, height & !1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_resolution_is_read_and_kept_within_bounds() {
        assert_eq!(parse_resolution("640x360"), Ok((640, 360)));
        assert_eq!(parse_resolution("641x361"), Ok((640, 360)));
        for wrong in ["1920x1080", "0x0", "640", "x", "640x360x3"] {
            assert!(parse_resolution(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn seconds_may_have_a_fraction_but_no_sign() {
        assert_eq!(parse_seconds("2.5"), Ok(Duration::from_millis(2500)));
        assert!(parse_seconds("-1").is_err() && parse_seconds("soon").is_err() && parse_seconds("NaN").is_err());
    }

    #[test]
    fn a_network_is_simulated_only_where_that_is_asked_for() {
        let network = |words: &[&str]| {
            let cli = Cli::try_parse_from([&["nonet", "join", "abc-defg-hij"], words].concat())?;
            let Some(Command::Join(arguments)) = cli.command else { panic!("a join") };
            Ok::<_, clap::Error>(arguments.meeting.simulate_network)
        };
        assert_eq!(network(&[]).unwrap(), None);
        let bad = network(&["--simulate-network", "uplink=300kbps,loss=5%"]).unwrap().unwrap();
        assert_eq!(bad.uplink.capacity_bps, 300_000);
        let error = network(&["--simulate-network", "uplink=fast"]).unwrap_err().to_string();
        assert!(error.contains("“fast” is no capacity"), "{error}");
    }

    #[test]
    fn a_server_and_a_place_to_listen_exclude_each_other() {
        let words = ["nonet", "host", "--server", "wss://example.org", "--listen", "127.0.0.1:0"];
        assert!(Cli::try_parse_from(words).is_err());
    }
}
