pub mod components;
pub mod field_names;
pub mod preview;
