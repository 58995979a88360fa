//! One participant's media: joins capture, codecs, mesh and playout.
