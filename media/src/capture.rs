//! Local devices and files as sources of pictures and sound.
