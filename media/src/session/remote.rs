//! What one peer's packets go through: the way to its tile and to the speaker.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::latency::LatencyMeter;
use super::standstill::Standstill;
use super::{SessionConfig, SessionError};
use crate::audio::playout::{Playout, RemoteAudio};
use crate::frame::VideoFrame;
use crate::latest::Latest;
use crate::lock::lock;
use crate::mesh::{Demand, Interest, Mesh, PeerMedia, Priority};
use crate::rtp::{PeerId, RtpPacket, SenderReport};
use crate::synchronise::SharedSynchroniser;
use crate::video::receive::{OnPicture, PacketInput, ReceiverConfig, VideoReceiver};
use crate::y4m::Y4mWriter;

const FIRST_DEMAND: Demand = Demand::Shown { width: 1280, height: 720 };

/// Longest part of a name that becomes part of a file's name, in characters.
const FILE_NAME_CHARACTERS: usize = 64;
/// Files of one name in a directory, at most.
const MOST_OF_ONE_NAME: usize = 99;

/// A peer's pipelines. They outlive its connections: a new connection to the same peer feeds the same tile.
pub(super) struct Remote {
    pub video: VideoReceiver,
    pub audio: RemoteAudio,
    pub pictures: Latest<Arc<VideoFrame>>,
    pub latency: LatencyMeter,
    pub standstill: Standstill,
    synchroniser: SharedSynchroniser,
    /// How large the peer's picture is shown; large until somebody says otherwise, so that the first one comes at once.
    pub demand: Demand,
    /// Whether we ask the peer how it receives the others.
    pub asks_account: bool,
    /// How the peer looks at ours, as far as it has said.
    pub peer_interest: Interest,
    /// Whether the connection to the peer has been up and has not failed since, so that it gets what we send.
    pub is_connected: bool,
    /// Offers made to the peer or had from it.
    pub negotiations: u64,
}

impl Remote {
    pub fn start(
        peer: PeerId,
        name: &str,
        config: &SessionConfig,
        mesh: &Arc<Mesh>,
        playout: &Playout,
    ) -> Result<Self, SessionError> {
        let arrived = config.picture_arrived.clone();
        let pictures = Latest::with_notify(move || arrived());
        let latency = LatencyMeter::default();
        let synchroniser = SharedSynchroniser::default();
        let receiver = ReceiverConfig {
            decode: config.decode_video,
            on_picture: watcher(config, name, &latency),
            synchroniser: synchroniser.clone(),
            ..ReceiverConfig::default()
        };
        let mesh = Arc::downgrade(mesh);
        let request_key_frame = move || {
            if let Some(mesh) = Weak::upgrade(&mesh) {
                mesh.request_key_frame(peer);
            }
        };
        let video = VideoReceiver::start(receiver, vec![pictures.clone()], request_key_frame)?;
        Ok(Self {
            video,
            audio: playout.add_remote(peer, synchroniser.clone())?,
            pictures,
            latency,
            standstill: Standstill::new(Instant::now()),
            synchroniser,
            demand: FIRST_DEMAND,
            asks_account: false,
            peer_interest: FIRST_DEMAND.into(),
            is_connected: false,
            negotiations: 0,
        })
    }

    /// Where a connection hands the peer's packets.
    pub fn media(&self) -> Arc<dyn PeerMedia> {
        let synchroniser = self.synchroniser.clone();
        Arc::new(Inlet { video: self.video.input(), audio: self.audio.clone(), synchroniser })
    }

    /// How we look at the picture of a peer that is the one we listen to, or is not.
    pub fn interest(&self, is_listened_to: bool) -> Interest {
        let priority = if is_listened_to { Priority::Speaking } else { Priority::Normal };
        Interest { demand: self.demand, priority, asks_account: self.asks_account }
    }

    /// How large the picture is shown from now on.
    pub fn set_shown(&mut self, demand: Demand) {
        self.demand = demand;
        let is_hidden = demand == Demand::Hidden;
        self.video.set_hidden(is_hidden);
        self.standstill.set_shown(Instant::now(), !is_hidden);
    }

    /// Whether the peer says that its camera is on.
    pub fn set_camera(&mut self, is_on: bool) {
        self.video.set_camera(is_on);
        self.standstill.set_camera(Instant::now(), is_on);
    }
}

struct Inlet {
    video: PacketInput,
    audio: RemoteAudio,
    synchroniser: SharedSynchroniser,
}

impl PeerMedia for Inlet {
    fn video(&self, packet: RtpPacket) {
        self.video.push(packet);
    }

    fn audio(&self, packet: RtpPacket) {
        self.audio.push(packet);
    }

    fn repairs_take(&self, wait: Duration) {
        self.video.set_wait(wait);
    }

    fn video_report(&self, report: SenderReport) {
        lock(&self.synchroniser).video_report(report);
    }

    fn audio_report(&self, report: SenderReport) {
        lock(&self.synchroniser).audio_report(report);
    }
}

/// What else is done with each decoded picture; nothing in an ordinary meeting.
fn watcher(config: &SessionConfig, name: &str, latency: &LatencyMeter) -> Option<OnPicture> {
    let mut save = config.save_video.as_deref().map(|directory| saver(directory, name, config.limits.fps));
    let latency = config.measure_latency.then(|| latency.clone());
    if save.is_none() && latency.is_none() {
        return None;
    }
    Some(Box::new(move |picture, info| {
        if let Some(latency) = &latency {
            latency.see(picture);
        }
        if let Some(save) = &mut save {
            save(picture, info);
        }
    }))
}

/// Writes pictures to a file that is made with the first of them, whose size and colours it takes.
fn saver(directory: &Path, name: &str, fps: u32) -> OnPicture {
    let (directory, name) = (directory.to_owned(), name.to_owned());
    let mut writer = None;
    let mut has_failed = false;
    Box::new(move |picture, _| {
        if has_failed {
            return;
        }
        let result = (|| {
            if writer.is_none() {
                let file = new_file(&directory, &name)?;
                writer = Some(Y4mWriter::start(file, picture.width(), picture.height(), fps, picture.color())?);
            }
            writer.as_mut().map_or(Ok(()), |writer| writer.write(picture))
        })();
        if let Err(error) = result {
            tracing::error!(name, directory = %directory.display(), %error, "received pictures are not saved any more");
            has_failed = true;
        }
    })
}

/// Makes `NAME.y4m`, the name without what a file system or a shell could stumble over; numbered where there is such a
/// file, of somebody of the same name perhaps whose pictures began at the same moment.
fn new_file(directory: &Path, name: &str) -> io::Result<File> {
    let safe: String = name
        .chars()
        .take(FILE_NAME_CHARACTERS)
        .map(|letter| if letter.is_alphanumeric() || "-_. ".contains(letter) { letter } else { '_' })
        .collect();
    let safe = match safe.trim_matches(|letter: char| letter == '.' || letter == ' ') {
        "" => "participant",
        safe => safe,
    };
    let numbered = (2..=MOST_OF_ONE_NAME).map(|number| format!("{safe}-{number}.y4m"));
    for name in std::iter::once(format!("{safe}.y4m")).chain(numbered) {
        match File::create_new(directory.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made,
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "there are too many files of this name"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(directory).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_name_cannot_leave_the_directory() {
        for (name, file) in
            [("../../etc/passwd", "_.._etc_passwd.y4m"), ("..", "participant.y4m"), ("Ana Ruiz", "Ana Ruiz.y4m")]
        {
            let directory = tempfile::tempdir().unwrap();
            new_file(directory.path(), name).unwrap();
            assert_eq!(names(directory.path()), [file]);
        }
    }

    #[test]
    fn people_of_one_name_get_files_of_their_own() {
        let directory = tempfile::tempdir().unwrap();
        for _ in 0..3 {
            new_file(directory.path(), "Ana").unwrap();
        }
        assert_eq!(names(directory.path()), ["Ana-2.y4m", "Ana-3.y4m", "Ana.y4m"]);
    }

    #[test]
    fn names_run_out_before_the_disk_does() {
        let directory = tempfile::tempdir().unwrap();
        for _ in 0..MOST_OF_ONE_NAME {
            new_file(directory.path(), "Ana").unwrap();
        }
        assert_eq!(new_file(directory.path(), "Ana").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    }
}
