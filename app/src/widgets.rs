//! What screens are made of. A widget draws what it is given and says what was asked for.

pub mod avatar;
pub mod button;
pub mod chip;
pub mod field;
pub mod glide;
pub mod grid;
pub mod icon;
pub mod level_meter;
pub mod logo;
pub mod name_tag;
pub mod notice;
pub mod picker;
pub mod popup;
pub mod sparkline;
pub mod spinner;
pub mod switch;
pub mod tile;
pub mod toolbar;
