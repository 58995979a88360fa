//! Encoders and decoders behind plain frames and bytes.

pub mod h264;
pub mod opus;
