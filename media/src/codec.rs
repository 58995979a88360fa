//! Encoders and decoders behind plain frames and bytes.
