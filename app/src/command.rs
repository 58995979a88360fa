//! What a person can ask of the engine. Absolute, never "toggle", so that a command sent twice does no harm.

use crate::settings::{
    AppearanceSettings, DiscoverySettings, PrivacySettings, ServerSettings, SoundSettings, VideoSettings,
};
use crate::shortcuts::Shortcuts;
use crate::view::{ReactionKind, WaitingRoom};

/// Sent by the window (or the command line) to the engine; each is answered by a fresh [`crate::view::View`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// See oneself before joining the meeting of a code or link, or opening a new one where there is none. Nothing of one's camera and
    /// microphone leaves the program meanwhile; [`Command::Host`] or [`Command::Join`] enters with both as they are then, and
    /// [`Command::GoHome`] releases them.
    Preview { name: String, code_or_link: Option<String> },
    /// Open a new meeting as its host.
    Host { name: String },
    /// Join the meeting of a code (`abc-defg-hij`, read loosely) or link (`nonet://…`).
    Join { name: String, code_or_link: String },
    /// Give up a joining that is under way, back to the home screen.
    CancelJoining,
    /// Whether sound from the microphone is sent; in the preview, whether it will be.
    SetMicrophone(bool),
    /// Whether pictures from the camera are taken, and sent in a meeting.
    SetCamera(bool),
    /// Which participants are on the screen, and how large; who is not named is not shown. Sent by the window itself when
    /// that changes, so that nobody sends what nobody looks at.
    Show(Vec<ShownTile>),
    /// Whether the settings are looked at: then devices are listed and, outside of a meeting, opened to be tried.
    LookAtSettings(bool),
    /// Which microphone and speaker, and what is done to one's sound, from now on and in meetings to come.
    SetSound(SoundSettings),
    /// Which camera, by its name, or the system's default, from now on and in meetings to come.
    ChooseCamera(Option<String>),
    /// How the window looks from now on.
    SetAppearance(AppearanceSettings),
    /// How much video is sent and asked for at most, from now on and in meetings to come.
    SetVideo(VideoSettings),
    /// Which server codes are looked up on and meetings are held on, from the next meeting on. An address that cannot be understood
    /// changes nothing.
    SetServer(ServerSettings),
    /// What is remembered from now on; what is not to be remembered any more is forgotten.
    SetPrivacy(PrivacySettings),
    /// Whether one's own meetings are announced on the network that one is in, and those of others looked for.
    SetDiscovery(DiscoverySettings),
    /// Forget how loud people are played.
    ForgetVolumes,
    /// Forget the meeting of a link, as [`crate::view::RecentMeeting::link`] has it.
    ForgetRecent(String),
    /// Forget all meetings.
    ForgetAllRecent,
    /// Which keys ask for what from now on.
    SetShortcuts(Shortcuts),
    /// How loud a participant is played, in percent up to 200; kept for the name.
    SetVolume { participant: u32, percent: u8 },
    /// Whether the figures are looked at: then the others are asked how they receive everybody.
    LookAtStatistics(bool),
    /// Record one's voice and play it back, or end that.
    TestVoice(bool),
    /// Play two notes to hear whether the speaker works.
    TestSpeaker,
    /// Say something in the chat: to everybody, or to one participant alone.
    SendChat { text: String, to: Option<u32> },
    /// Whether one's hand is up.
    RaiseHand(bool),
    /// Take somebody's hand down; hosts can.
    LowerHand { participant: u32 },
    /// Show everybody a reaction for a moment.
    React(ReactionKind),
    /// Whether nobody else can join; hosts can, as all that follows up to [`Command::EndForAll`].
    SetLocked(bool),
    /// Who waits until a host admits them.
    SetWaitingRoom(WaitingRoom),
    /// Let people in who wait; by [`crate::view::WaitingPerson::id`].
    Admit(Vec<u32>),
    /// Turn people away who wait.
    Deny(Vec<u32>),
    /// Switch somebody's microphone off. They can switch it on again.
    Mute { participant: u32 },
    /// Ask somebody to switch their microphone on.
    AskToUnmute { participant: u32 },
    /// Switch somebody's camera off. They can switch it on again.
    TurnCameraOff { participant: u32 },
    /// Put somebody out of the meeting.
    Remove { participant: u32 },
    /// Make somebody a host, or no longer one.
    SetHost { participant: u32, is_host: bool },
    /// End the meeting for everybody.
    EndForAll,
    /// Leave the meeting, back to the home screen.
    Leave,
    /// From the preview or the ended screen back to the home screen.
    GoHome,
}

/// How large a participant's picture is on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShownTile {
    /// [`crate::view::Participant::id`].
    pub participant: u32,
    /// In physical pixels.
    pub width: u32,
    pub height: u32,
}
