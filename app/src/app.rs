//! The window: reads the newest view, draws it, sends commands.
