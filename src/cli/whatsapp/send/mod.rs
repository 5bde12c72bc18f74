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
pub mod wait;

use clap::Subcommand;

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
#[command(defer = true)]
pub enum Command {
    /// An approved template; allowed at any time
    Template(Box<template::Flags>),
    /// A text; allowed within 24 hours after the customer's last message
    Text(Box<FreeForm<text::TextFlags>>),
    /// An image, by its link
    Image(Box<FreeForm<image::ImageFlags>>),
    /// A video, by its link
    Video(Box<FreeForm<video::VideoFlags>>),
    /// An audio file, by its link
    Audio(Box<FreeForm<audio::AudioFlags>>),
    /// A document, by its link
    Document(Box<FreeForm<document::DocumentFlags>>),
    /// A sticker, by its link
    Sticker(Box<FreeForm<sticker::StickerFlags>>),
    /// A place on the map
    Location(Box<FreeForm<location::LocationFlags>>),
    /// Contacts with their phone numbers
    Contacts(Box<FreeForm<contacts::ContactsFlags>>),
    /// An emoji on a message
    Reaction(Box<FreeForm<reaction::ReactionFlags>>),
    /// A text with one to three buttons to answer with
    Buttons(Box<FreeForm<buttons::ButtonsFlags>>),
    /// A text with a list to choose the answer from
    List(Box<FreeForm<list::ListFlags>>),
    /// Any free-form message, with its content as JSON
    Raw(Box<FreeForm<raw::RawFlags>>),
}

dispatch! {
    Template => template::run;
    boxed
    Text => free_form::run,
    Image => free_form::run,
    Video => free_form::run,
    Audio => free_form::run,
    Document => free_form::run,
    Sticker => free_form::run,
    Location => free_form::run,
    Contacts => free_form::run,
    Reaction => free_form::run,
    Buttons => free_form::run,
    List => free_form::run,
    Raw => free_form::run,
}
