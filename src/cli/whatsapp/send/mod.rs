//! `alimsg whatsapp send KIND`: one file for the flags of each kind. Contents are built in
//! [`crate::chat::content`], calls in [`crate::chat::draft`].

mod audio;
mod buttons;
mod checks;
mod contacts;
mod document;
mod envelope;
mod free_form;
mod groups;
mod image;
mod interactive;
mod list;
mod location;
mod raw;
mod reaction;
mod sticker;
mod template;
mod text;
mod viber;
mod video;

use clap::Subcommand;

use crate::context::Context;
use crate::error::Result;
use crate::output::report::Report;
use free_form::FreeForm;

pub const EXAMPLES: &str = "\
Templates can be sent at any time; everything else within 24 hours after the customer's last
message. `alimsg whatsapp session` shows whether this window is open.

Examples:
  alimsg --sandbox whatsapp send text --from 8613800000001 --to 8613800001000 \\
      --text 'It is on its way.' --yes
  alimsg --sandbox whatsapp send template --from 8613800000001 --to 8613800001001 \\
      --template-code 100000000000002 --language en --yes";

#[derive(Debug, Subcommand)]
pub enum Kind {
    /// An approved template; allowed at any time
    #[command(after_help = template::EXAMPLES)]
    Template(Box<template::Flags>),
    /// A text; allowed within 24 hours after the customer's last message
    #[command(after_help = text::EXAMPLES)]
    Text(Box<FreeForm<text::TextFlags>>),
    /// An image, by its link
    #[command(after_help = image::EXAMPLES)]
    Image(Box<FreeForm<image::ImageFlags>>),
    /// A video, by its link
    #[command(after_help = video::EXAMPLES)]
    Video(Box<FreeForm<video::VideoFlags>>),
    /// An audio file, by its link
    #[command(after_help = audio::EXAMPLES)]
    Audio(Box<FreeForm<audio::AudioFlags>>),
    /// A document, by its link
    #[command(after_help = document::EXAMPLES)]
    Document(Box<FreeForm<document::DocumentFlags>>),
    /// A sticker, by its link
    #[command(after_help = sticker::EXAMPLES)]
    Sticker(Box<FreeForm<sticker::StickerFlags>>),
    /// A place on the map
    #[command(after_help = location::EXAMPLES)]
    Location(Box<FreeForm<location::LocationFlags>>),
    /// Contacts with their phone numbers
    #[command(after_help = contacts::EXAMPLES)]
    Contacts(Box<FreeForm<contacts::ContactsFlags>>),
    /// An emoji on a message
    #[command(after_help = reaction::EXAMPLES)]
    Reaction(Box<FreeForm<reaction::ReactionFlags>>),
    /// A text with one to three buttons to answer with
    #[command(after_help = buttons::EXAMPLES)]
    Buttons(Box<FreeForm<buttons::ButtonsFlags>>),
    /// A text with a list to choose the answer from
    #[command(after_help = list::EXAMPLES)]
    List(Box<FreeForm<list::ListFlags>>),
    /// Any free-form message, with its content as JSON
    #[command(after_help = raw::EXAMPLES)]
    Raw(Box<FreeForm<raw::RawFlags>>),
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
