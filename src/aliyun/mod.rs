pub mod cli;
pub mod client;
pub mod guard;
pub mod listing;
pub mod oss;
pub mod pages;
pub mod pool;
