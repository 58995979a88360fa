//! GPU pipelines, one file for each file in `shaders/`.
