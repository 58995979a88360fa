//! Nonet, the program: one engine that joins signaling and media, drawn by a window or run without one.

pub mod app;
pub mod command;
pub mod gpu;
pub mod pictures;
pub mod repaint;
pub mod screens;
pub mod theme;
pub mod view;
pub mod widgets;
pub mod window;
