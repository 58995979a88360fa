//! The way of sound: playing, mixing and hiding what the network does.
