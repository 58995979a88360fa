//! Colours, type, spacing, radii and durations, in one place.
