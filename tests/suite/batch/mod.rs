//! Batches: input, plan, commands and output.

mod commands;
mod input;
mod sandboxed;
mod snapshots;
mod terminal;
mod whatsapp;
