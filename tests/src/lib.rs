//! What the tests that cross crates share: material to send, measures of what arrived, and the program as a process.

pub mod crowd;
pub mod delay;
pub mod display;
pub mod drawing;
pub mod floors;
#[cfg(target_os = "linux")]
pub mod held;
pub mod material;
pub mod measure;
#[cfg(target_os = "linux")]
pub mod network;
pub mod people;
pub mod program;
#[cfg(target_os = "linux")]
pub mod pulse;
pub mod recording;
pub mod sound;
#[cfg(target_os = "linux")]
pub mod spoken;
pub mod talk;
pub mod usage;
pub mod voice;
