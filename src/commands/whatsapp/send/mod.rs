//! `alimsg whatsapp send KIND`. The kinds differ in their content; what surrounds it is common.

mod envelope;
mod template;
mod text;

use clap::{Args, Subcommand};

use crate::call::Call;
use crate::commands::Inputs;
use crate::delivery;
use crate::failure::Result;
use crate::report::Report;
use crate::run::Run;
use envelope::Envelope;

#[derive(Debug, Subcommand)]
pub enum Kind {
    /// An approved template; allowed at any time
    #[command(after_help = template::EXAMPLES)]
    Template(Box<Send<template::Template>>),
    /// A text; allowed within 24 hours after the customer's last message
    #[command(after_help = text::EXAMPLES)]
    Text(Box<Send<text::Text>>),
}

impl Kind {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Template(_) => "whatsapp send template",
            Self::Text(_) => "whatsapp send text",
        }
    }
}

/// A message on the command line.
#[derive(Debug, Args)]
pub struct Send<C: Args> {
    #[command(flatten)]
    content: C,
    #[command(flatten)]
    envelope: Envelope,
}

/// What is in a message.
pub trait Content: Args {
    /// Commands that list what can be given for the flags of the content.
    const CANDIDATES: &'static [&'static str];

    /// Adds the content to the call, and to the plan what people are to see of it. What is missing
    /// is asked for or noted by `inputs`.
    ///
    /// # Errors
    /// A value that the service would refuse.
    fn put_into(
        self,
        call: Call,
        inputs: &mut Inputs<'_>,
        plan: &mut Vec<(String, String)>,
    ) -> Result<Call>;
}

pub fn run(run: &Run, kind: Kind) -> Result<Report> {
    match kind {
        Kind::Template(message) => message.run(run),
        Kind::Text(message) => message.run(run),
    }
}

impl<C: Content> Send<C> {
    fn run(self, run: &Run) -> Result<Report> {
        delivery::deliver(run, &self.envelope.message(run, self.content)?)
    }
}
