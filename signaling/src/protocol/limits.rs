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
