//! What the tests that cross crates share: material to send, measures of what arrived, and the program as a process.

#[cfg(target_os = "linux")]
pub mod held;
pub mod material;
pub mod measure;
pub mod program;
