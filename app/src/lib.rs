//! Nonet, the program: one engine that joins signaling and media, drawn by a window or run without one.

pub mod app;
pub mod cli;
pub mod command;
pub mod demo;
pub mod devices;
pub mod engine;
pub mod exit;
pub mod frame_times;
pub mod gpu;
pub mod headless;
pub mod pending;
pub mod pictures;
pub mod repaint;
pub mod report;
pub mod resources;
pub mod screens;
pub mod settings;
pub mod shortcuts;
pub mod statistics;
pub mod text;
pub mod theme;
pub mod view;
pub mod widgets;
pub mod window;
