//! What the window shows, as plain data. The engine publishes a fresh [`View`] after each change; the window is a
//! function of the newest one. Pictures come through each participant's one-slot channel.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use nonet_media::frame::VideoFrame;
use nonet_media::latest::Latest;
use nonet_media::sound::SoundLook;

use crate::settings::{
    AppearanceSettings, DiscoverySettings, PrivacySettings, ServerSettings, SoundSettings, VideoSettings,
};
use crate::shortcuts::Shortcuts;
use crate::statistics::History;

/// Everything there is to see.
#[derive(Clone, Debug)]
pub struct View {
    pub screen: Screen,
    /// Newest last, at most [`View::MAX_NOTICES`]; the window shows each for some seconds.
    pub notices: Vec<Notice>,
    pub sound: Sound,
    pub camera: Camera,
    pub appearance: AppearanceSettings,
    pub shortcuts: Shortcuts,
    pub kept: Kept,
}

/// What else a person has chosen, and how much is remembered; for the settings.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// The name that one last came with.
    pub name: String,
    pub video: VideoSettings,
    pub server: ServerSettings,
    pub privacy: PrivacySettings,
    pub discovery: DiscoverySettings,
    /// How many names there are whose volume is not as usual.
    pub volumes: usize,
    /// How many meetings are remembered.
    pub meetings: usize,
}

/// One's camera, for the settings.
#[derive(Clone, Debug, Default)]
pub struct Camera {
    /// The name of the one that was chosen; the system's default if absent.
    pub chosen: Option<String>,
    /// Names to choose from, the system's default first; none before they were looked for.
    pub cameras: Arc<[String]>,
    /// Why it cannot be had: a sentence.
    pub problem: Option<String>,
}

/// One's microphone and speaker, for the settings.
#[derive(Clone, Debug, Default)]
pub struct Sound {
    pub settings: SoundSettings,
    /// Names to choose from, the system's default first; none before they were looked for.
    pub microphones: Arc<[String]>,
    pub speakers: Arc<[String]>,
    /// Why they cannot be had: sentences.
    pub microphone_problem: Option<String>,
    pub speaker_problem: Option<String>,
    /// How loud it is, and how far a test is, at any moment without a change of view being told: whoever shows it looks again.
    /// None where nothing is captured.
    pub look: Option<SoundLook>,
}

impl View {
    /// Notices that are kept at most.
    pub const MAX_NOTICES: usize = 8;
}

/// Which screen is shown.
#[derive(Clone, Debug)]
pub enum Screen {
    Home(Home),
    /// One sees oneself before others do.
    Preview(Preview),
    /// Hosting or joining is under way.
    Joining(Joining),
    Meeting(Meeting),
    /// A host has yet to let one in.
    Waiting(Waiting),
    /// The meeting is over, or one was removed from it.
    Ended(Ended),
}

/// The home screen's state that the engine knows; what is being typed belongs to the window.
#[derive(Clone, Debug, Default)]
pub struct Home {
    /// What the name field starts with.
    pub name: String,
    /// Why the last attempt to host or join failed: a sentence that says what to do.
    pub problem: Option<String>,
    /// Meetings that were found on this network.
    pub nearby: Arc<[NearbyMeeting]>,
    /// Meetings that one was in, the last first.
    pub recent: Arc<[RecentMeeting]>,
}

/// A meeting that somebody on this network holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NearbyMeeting {
    /// Whose it is.
    pub host: String,
    pub people: u8,
    /// Whether nobody else can join.
    pub is_locked: bool,
    /// What it can be joined with, where that is known from an earlier time in it; else its code is to be typed.
    pub code_or_link: Option<String>,
}

/// A meeting that one was in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecentMeeting {
    /// What it can be joined with, as long as it lasts.
    pub link: String,
    /// Who else was there, the first few names.
    pub people: Vec<String>,
    /// How many were there at most, oneself included.
    pub most_people: u8,
    pub left_at: SystemTime,
    pub lasted: Duration,
}

/// In the waiting room.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// `abc-defg-hij`.
    pub code: String,
    pub since: Instant,
    /// Whether a host is there who could let one in.
    pub is_host_there: bool,
    pub microphone: Device,
    pub camera: Device,
    /// What one's camera captures, newest wins.
    pub pictures: Latest<Arc<VideoFrame>>,
}

/// Before a meeting: how one will be seen and heard there.
#[derive(Clone, Debug)]
pub struct Preview {
    /// What others will see.
    pub name: String,
    /// What was typed to find the meeting; none for a new one.
    pub code_or_link: Option<String>,
    /// The code in it, as it is written: `abc-defg-hij`.
    pub code: Option<String>,
    pub microphone: Device,
    pub camera: Device,
    /// How busy the machine has been for some seconds, in percent, where that is too much for good video.
    pub busy_percent: Option<u8>,
    /// What one's camera captures, newest wins. The same handle as long as this screen is there.
    pub pictures: Latest<Arc<VideoFrame>>,
}

/// On the way into a meeting.
#[derive(Clone, Debug)]
pub struct Joining {
    /// "Starting a meeting…", "Joining abc-defg-hij…".
    pub what: String,
    pub since: Instant,
}

/// A meeting that one is in.
#[derive(Clone, Debug)]
pub struct Meeting {
    /// `abc-defg-hij`.
    pub code: String,
    /// The link to copy; `nonet://…`.
    pub link: String,
    pub joined_at: Instant,
    /// Oneself included, in order of joining.
    pub participants: Vec<Participant>,
    pub microphone: Device,
    pub camera: Device,
    /// Since when the signaling server has been unreachable; people stay seen and heard.
    pub signaling_lost_since: Option<Instant>,
    /// Whether the server has lost the meeting: it goes on between those who are connected, and nobody can join any more.
    pub is_forgotten: bool,
    /// The last minutes in figures. It grows each second without a change of view being told: whoever shows it looks again.
    pub statistics: History,
    /// Whether one may do what hosts may.
    pub is_host: bool,
    /// Whether it is held on this computer, so that it ends for everybody when one leaves.
    pub ends_with_me: bool,
    pub is_locked: bool,
    pub waiting_room: WaitingRoom,
    /// Who waits to be let in, the first first; for hosts alone.
    pub waiting: Vec<WaitingPerson>,
    pub chat: Arc<[ChatMessage]>,
    /// Reactions of the last seconds, the newest last; each has a number that grows by one.
    pub reactions: Vec<Reaction>,
    /// What makes the meeting bad right now, if anything does.
    pub alert: Option<Alert>,
}

/// Who is to wait until a host admits them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WaitingRoom {
    #[default]
    Off,
    /// Who comes with the code alone, and not with the link.
    WithoutLink,
    All,
}

/// Somebody who waits to be let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingPerson {
    pub id: u32,
    pub name: String,
}

/// Something that was said in the chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatMessage {
    /// Stays the same, also when the server has it; never reused in the meeting.
    pub number: u64,
    pub from: ChatPerson,
    /// Who alone it is for; everybody if absent.
    pub to: Option<ChatPerson>,
    pub text: String,
    /// The server's time; one's own while it is on the way.
    pub at: SystemTime,
    /// Whether the server has it.
    pub is_sent: bool,
}

/// Who said something, or was told; they may have left since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatPerson {
    pub id: u32,
    pub name: String,
    pub is_self: bool,
}

/// What somebody showed for a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reaction {
    /// Grows by one each time.
    pub number: u64,
    pub participant: u32,
    pub kind: ReactionKind,
    pub at: Instant,
}

/// What can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReactionKind {
    ThumbsUp,
    Clapping,
    Heart,
    Laughing,
    Surprised,
    Celebrating,
}

impl ReactionKind {
    /// All of them, in the order of being offered.
    pub const ALL: [Self; 6] =
        [Self::ThumbsUp, Self::Clapping, Self::Heart, Self::Laughing, Self::Surprised, Self::Celebrating];
}

/// What makes a meeting bad, in a sentence, and what helps, in another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    pub what: String,
    pub help: String,
}

/// How well media comes from somebody, or one's own goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quality {
    pub grade: QualityGrade,
    /// Why it is not good, in a sentence: "Ana's uplink is losing packets".
    pub why: Option<String>,
}

/// How well media flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum QualityGrade {
    Good,
    Fair,
    Poor,
}

/// One's own microphone or camera.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Device {
    /// On: running, or just starting.
    On,
    /// Switched off by the person.
    Off,
    /// Wanted, but it cannot be had: the sentence says why.
    Unavailable(String),
}

/// Somebody in the meeting.
#[derive(Clone, Debug)]
pub struct Participant {
    /// Stays the same while the participant is in the meeting; never reused in it.
    pub id: u32,
    pub name: String,
    pub is_self: bool,
    pub is_host: bool,
    /// Whether the participant's microphone is on.
    pub microphone_on: bool,
    /// Whether the participant's camera is on: the picture is shown, else initials.
    pub camera_on: bool,
    /// Whether voice is heard from there right now.
    pub speaking: bool,
    pub connection: Connection,
    pub motion: Motion,
    /// Decoded pictures (for oneself, captured ones), newest wins. The same handle as long as the participant stays.
    pub pictures: Latest<Arc<VideoFrame>>,
    /// How loud the participant is played, in percent; of no meaning for oneself.
    pub volume_percent: u8,
    /// Whose hand is up: 1 for the one that was raised first.
    pub hand: Option<u32>,
    /// How well media flows; none while nothing is known.
    pub quality: Option<Quality>,
}

/// How media flows between oneself and a participant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    /// Not yet.
    Connecting,
    /// It flows (always so for oneself).
    Connected,
    /// It flowed and does not now; it is being repaired.
    Reconnecting { since: Instant },
}

/// Whether a participant's picture is what happens now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// It is, or there is none to be expected.
    Live,
    /// It should move, and has not: the last picture came at that moment.
    Stale { since: Instant },
}

/// Something that happened and is said in a sentence, such as "Ana joined".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Grows by one each time, so that the window knows which it has shown.
    pub number: u64,
    pub kind: NoticeKind,
    pub text: String,
    pub at: Instant,
}

/// How a notice is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    Information,
    Warning,
}

/// After the meeting.
#[derive(Clone, Debug)]
pub struct Ended {
    /// A sentence: "The host ended the meeting."
    pub why: String,
    /// What to join again with; none where that is of no use.
    pub rejoin: Option<String>,
    /// What it was like; none where one never was in it.
    pub summary: Option<Summary>,
}

/// What a meeting was like.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    pub lasted: Duration,
    /// How many were there at most, oneself included.
    pub most_people: u8,
    /// For which part of the time pictures and sound came as they should, 0 to 1.
    pub good_part: f32,
    /// What disturbed most, in sentences; the worst first, few.
    pub troubles: Vec<String>,
}
