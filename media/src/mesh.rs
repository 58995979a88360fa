//! Peer connections to everyone in the meeting. Only here is the WebRTC stack named.
