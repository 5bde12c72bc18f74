pub mod cli;
pub mod client;
pub mod guard;
pub mod oss;
pub mod pages;
pub mod secret;
