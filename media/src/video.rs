//! The way of video: from captured frame to packets for all, and from packets to pictures.

pub mod assemble;
pub mod ladder;
pub mod packetize;
pub mod receive;
pub mod schedule;
pub mod statistics;
