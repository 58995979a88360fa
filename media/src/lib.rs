//! Captures, encodes, sends, receives, decodes and mixes the media of one participant.
//!
//! Knows nothing of signaling, meetings or user interfaces: whoever owns a [`session::Session`] carries
//! descriptions and candidates between peers and decides what to show.

pub mod audio;
pub mod camera;
pub mod capture;
pub mod choice;
pub mod codec;
pub mod device_problem;
pub mod frame;
pub mod latest;
pub mod layer;
mod lock;
pub mod mesh;
pub mod rtp;
pub mod session;
mod signed_time;
pub mod sound;
pub mod synchronise;
pub mod video;
pub mod worker;
pub mod y4m;
