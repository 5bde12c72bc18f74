pub mod folder;
pub mod lock;
