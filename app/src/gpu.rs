//! GPU pipelines, one file for each file in `shaders/`.
//!
//! Knows frames and rectangles, nothing of meetings. Everything runs on the thread that paints.

pub mod fit;
pub mod reference;
pub mod tile;
pub mod upload;
