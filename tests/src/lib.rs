//! What the tests that cross crates share: material to send, measures of what arrived, and the program as a process.

pub mod material;
pub mod measure;
pub mod program;
