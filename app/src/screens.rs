//! One file for each screen. A screen is a function of its part of the view; what it asks for goes into a list of commands.

pub mod devices;
pub mod ended;
pub mod home;
pub mod joining;
pub mod meeting;
pub mod mini;
pub mod own_tile;
pub mod preview;
pub mod settings;
pub mod waiting;
