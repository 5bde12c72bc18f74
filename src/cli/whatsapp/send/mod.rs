//! `alimsg whatsapp send KIND`. The kinds differ in their content; what surrounds it is common.

mod buttons;
mod contacts;
mod document;
mod envelope;
mod free_form;
mod groups;
mod interactive;
mod list;
mod location;
mod media;
mod raw;
mod reaction;
mod template;
mod text;
mod viber;

use clap::Subcommand;

use crate::api::call::SendCall;
use crate::cli::Inputs;
use crate::context::Context;
use crate::error::Result;
use crate::output::report::Report;
pub use envelope::Channel;
use free_form::FreeForm;

pub const EXAMPLES: &str = "\
Templates can be sent at any time; everything else within 24 hours after the customer's last
message, which `alimsg whatsapp session` tells.

Examples:
  alimsg --sandbox whatsapp send text --from 8613800000001 --to 8613800001000 \\
      --text 'It is on its way.' --yes
  alimsg --sandbox whatsapp send template --from 8613800000001 --to 8613800001001 \\
      --template-code 100000000000002 --language en --yes";

#[derive(Debug, Subcommand)]
pub enum Kind {
    /// An approved template; allowed at any time
    #[command(after_help = template::EXAMPLES)]
    Template(Box<template::Message>),
    /// A text; allowed within 24 hours after the customer's last message
    #[command(after_help = text::EXAMPLES)]
    Text(Box<FreeForm<text::Text>>),
    /// An image, by its link
    #[command(after_help = media::IMAGE_EXAMPLES)]
    Image(Box<FreeForm<media::Image>>),
    /// A video, by its link
    #[command(after_help = media::VIDEO_EXAMPLES)]
    Video(Box<FreeForm<media::Video>>),
    /// An audio file, by its link
    #[command(after_help = media::AUDIO_EXAMPLES)]
    Audio(Box<FreeForm<media::Audio>>),
    /// A document, by its link
    #[command(after_help = document::EXAMPLES)]
    Document(Box<FreeForm<document::Document>>),
    /// A sticker, by its link
    #[command(after_help = media::STICKER_EXAMPLES)]
    Sticker(Box<FreeForm<media::Sticker>>),
    /// A place on the map
    #[command(after_help = location::EXAMPLES)]
    Location(Box<FreeForm<location::Location>>),
    /// Contacts with their phone numbers
    #[command(after_help = contacts::EXAMPLES)]
    Contacts(Box<FreeForm<contacts::Contacts>>),
    /// An emoji on a message
    #[command(after_help = reaction::EXAMPLES)]
    Reaction(Box<FreeForm<reaction::Reaction>>),
    /// A text with one to three buttons to answer with
    #[command(after_help = buttons::EXAMPLES)]
    Buttons(Box<FreeForm<buttons::Buttons>>),
    /// A text with a list to choose the answer from
    #[command(after_help = list::EXAMPLES)]
    List(Box<FreeForm<list::List>>),
    /// Any free-form message, its content as JSON
    #[command(after_help = raw::EXAMPLES)]
    Raw(Box<FreeForm<raw::Raw>>),
}

impl Kind {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Template(_) => "whatsapp send template",
            Self::Text(_) => "whatsapp send text",
            Self::Image(_) => "whatsapp send image",
            Self::Video(_) => "whatsapp send video",
            Self::Audio(_) => "whatsapp send audio",
            Self::Document(_) => "whatsapp send document",
            Self::Sticker(_) => "whatsapp send sticker",
            Self::Location(_) => "whatsapp send location",
            Self::Contacts(_) => "whatsapp send contacts",
            Self::Reaction(_) => "whatsapp send reaction",
            Self::Buttons(_) => "whatsapp send buttons",
            Self::List(_) => "whatsapp send list",
            Self::Raw(_) => "whatsapp send raw",
        }
    }
}

/// What is in a message.
pub trait Content {
    /// Adds the content to the call, and to the plan what people are to see of it. What is missing
    /// is asked for or noted by `inputs`.
    ///
    /// # Errors
    /// A value that the service would refuse.
    fn put_into(
        self,
        call: SendCall,
        inputs: &mut Inputs<'_>,
        plan: &mut Vec<(String, String)>,
    ) -> Result<SendCall>;
}

pub fn run(context: &Context, kind: Kind) -> Result<Report> {
    match kind {
        Kind::Template(message) => message.run(context),
        Kind::Text(message) => message.run(context),
        Kind::Image(message) => message.run(context),
        Kind::Video(message) => message.run(context),
        Kind::Audio(message) => message.run(context),
        Kind::Document(message) => message.run(context),
        Kind::Sticker(message) => message.run(context),
        Kind::Location(message) => message.run(context),
        Kind::Contacts(message) => message.run(context),
        Kind::Reaction(message) => message.run(context),
        Kind::Buttons(message) => message.run(context),
        Kind::List(message) => message.run(context),
        Kind::Raw(message) => message.run(context),
    }
}
