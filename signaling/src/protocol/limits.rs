//! How much of anything a meeting takes. Both sides hold what they receive to these.

/// People in one meeting, at most.
pub const MAX_PARTICIPANTS: usize = 9;

/// A whole message, in bytes of UTF-8.
pub const MAX_MESSAGE_BYTES: usize = 64 * 1024;

/// A session description, in bytes before it is quoted as JSON; ours have about 6 kB.
pub const MAX_SDP_BYTES: usize = 32 * 1024;

/// One candidate attribute's value.
pub const MAX_CANDIDATE_BYTES: usize = 512;

/// A media section's identification.
pub const MAX_SDP_MID_BYTES: usize = 32;

/// Candidates of one side in one negotiation; more than these are dropped.
pub const MAX_CANDIDATES: usize = 64;

/// A participant's name, in characters; longer ones are cut.
pub const MAX_NAME_CHARS: usize = 48;

/// The sentence of an error.
pub const MAX_ERROR_BYTES: usize = 1024;

/// A chat message, in characters.
pub const MAX_CHAT_CHARS: usize = 2000;

/// Chat messages that are kept of a meeting, at most; the oldest go.
pub const MAX_CHAT_MESSAGES: usize = 500;

/// What is kept of a chat, in bytes of memory ([`super::ChatMessage::weight`]), at most; the oldest messages go.
pub const MAX_CHAT_BYTES: usize = 256 * 1024;

/// Chat messages of one's own that the server has not acknowledged, at most.
pub const MAX_PENDING_CHAT: usize = 16;

/// People who wait to be let in, at most.
pub const MAX_WAITING: usize = 32;
