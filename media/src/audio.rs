//! The way of sound: from microphone frames to packets for all, and from each participant's packets to the speaker.
//!
//! A frame is 20 ms at 48 kHz everywhere: one channel, and where somebody sends music in two a side beside it
//! ([`AudioFrame`](crate::frame::AudioFrame)). Between a microphone that is a device and [`send::AudioSender`] stands
//! [`processing`], unless [`sound_mode`] says that it hears music. What is pure ([`jitter`], [`receive`], [`mixer`], [`level`],
//! [`speaker`], [`muted_speech`]) is told the time, and [`stretch`] needs none; [`playout`] owns the one thread that plays.

pub mod audio_level;
pub mod chime;
pub mod device;
pub mod devices;
pub mod encoding;
pub mod jitter;
pub mod level;
pub mod local_sound;
pub mod mixer;
pub mod muted_speech;
pub mod noise_floor;
pub mod pace;
pub mod playout;
pub mod processing;
#[cfg(target_os = "linux")]
mod pulse;
pub mod receive;
pub(crate) mod report;
pub mod resample;
pub mod send;
pub mod sound_mode;
pub mod speaker;
mod standstill;
pub mod stretch;
pub(crate) mod successor;
pub mod voice_test;
pub mod xruns;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
