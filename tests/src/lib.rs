//! What the tests that cross crates share: material to send, measures of what arrived, and the program as a process.

pub mod crowd;
pub mod drawing;
pub mod floors;
#[cfg(target_os = "linux")]
pub mod held;
pub mod material;
pub mod measure;
pub mod people;
pub mod program;
pub mod recording;
pub mod sound;
pub mod usage;
pub mod voice;
