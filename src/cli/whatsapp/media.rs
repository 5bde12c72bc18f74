//! `alimsg whatsapp media`: uploads a file and prints the link that messages and templates take, or
//! a new link to an earlier upload.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::aliyun::client::{self, Client, PlannedCall};
use crate::aliyun::guard::Guard;
use crate::api::call::{AnyCall, Call, ReadCall};
use crate::api::operations::{GENERATE_PRESIGNED_URL, GET_CHATAPP_UPLOAD_AUTHORIZATION, Product};
use crate::api::reply::Reply;
use crate::chat::upload::{LocalFile, MediaUpload, Uploaded};
use crate::cli::read_only;
use crate::cli::whatsapp::space::Sought;
use crate::context::Context;
use crate::error::{Failure, Kind, Result};
use crate::output::report::{Report, fields};
use crate::send::confirm_for_tool;

pub const EXAMPLES: &str = "\
Examples:
  alimsg whatsapp media upload invoice.pdf --cust-space-id cams-abc --presign
  alimsg --sandbox whatsapp media upload photo.png

WhatsApp's limits: images (jpg, png) 5 MiB; videos (mp4, 3gp) and audio (aac, m4a, mp3, amr,
ogg) 16 MiB; documents (pdf, txt, doc, docx, xls, xlsx, ppt, pptx) 100 MiB; stickers (webp)
100 KiB, animated ones 500 KiB. For a large file, raise --timeout above a minute.";

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// Upload a file to the channel's storage; prints the link that messages and templates take, in
    /// a pipe only the link
    #[command(after_help = EXAMPLES)]
    Upload(UploadFlags),
    /// Print a new link to an earlier upload, which works for a limited time
    #[command(after_help = LINK_EXAMPLES)]
    Link(LinkFlags),
}

dispatch!(Upload => upload, Link => link);

const LINK_EXAMPLES: &str = "\
Examples:
  alimsg --sandbox whatsapp media link cams/sandbox/photo.png";

#[derive(Debug, Args)]
pub struct LinkFlags {
    /// The `key` that `media upload` printed
    #[arg(value_name = "KEY")]
    key: String,
}

#[derive(Debug, Args)]
pub struct UploadFlags {
    /// Image, video, audio file, document or sticker
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Channel instance with the storage [default: the only one of the account]
    #[arg(long, value_name = "ID")]
    cust_space_id: Option<String>,

    /// Print a link that works for a limited time, without credentials
    #[arg(long)]
    presign: bool,
}

/// The uploaded file.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MediaLink {
    /// The link that messages and templates take.
    link: String,
    /// Where the file is in the storage.
    key: String,
    /// Whether the link works for a limited time, without credentials.
    presigned: bool,
    /// `image`, `video`, `audio`, `document` or `sticker`.
    kind: &'static str,
    /// The MIME type.
    #[serde(rename = "type")]
    mime: &'static str,
    /// In bytes.
    size: u64,
}

/// The replies, without credentials.
#[derive(Debug, Serialize)]
struct Replies {
    /// The reply that authorized the upload.
    authorization: Value,
    /// The reply with the presigned link, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    presigned: Option<Value>,
}

fn upload(context: &Context, flags: UploadFlags) -> Result<Report> {
    let file = LocalFile::inspect(&flags.file)?;
    let sought = Sought { channel: None, sender: None };
    let space = sought.given_or_found(context, flags.cust_space_id)?;
    let upload = MediaUpload { file, space };
    if context.settings.dry_run {
        let (authorize, link) = (upload.authorize_call(), link_call("KEY"));
        let when_uploaded = Some("after the upload, with its key as KEY");
        let calls: Vec<PlannedCall<'_>> = std::iter::once((&authorize as &dyn AnyCall, None))
            .chain(flags.presign.then_some((&link as &dyn AnyCall, when_uploaded)))
            .collect();
        let mut plan = client::plan(context, &calls)?;
        upload.add_to_plan(context, &mut plan);
        return Ok(plan);
    }
    confirm_for_tool(context, "About to upload a file:", || {
        let medium = &upload.file.medium;
        let guard = Guard::for_call(context, &GET_CHATAPP_UPLOAD_AUTHORIZATION.operation);
        guard.require_allowed()?;
        let link = if flags.presign { "for a limited time, without credentials" } else { "plain" };
        Ok(vec![
            ("file", format!("{} ({}, {} bytes)", upload.file.shown, medium.mime, medium.size)),
            ("SHA-256", upload.file.digest()?),
            ("channel instance", upload.space.clone()),
            ("link", link.to_string()),
            ("account", guard.account()?.describe()),
        ])
    })?;
    let client = Client::connect(context, Product::Cams)?;
    let Uploaded { mut link, key, authorization } = upload.run(context, &client)?;
    let mut replies = Replies { authorization, presigned: None };
    if flags.presign {
        // The file has been uploaded: with its plain link there is no need to upload it again.
        let (url, reply) = presigned(&client, &key).map_err(|mut failure| {
            failure.message = format!(
                "the file is uploaded, but there is no presigned link: {}",
                failure.message
            );
            failure.hint(format!("its plain link is {link}"))
        })?;
        replies.presigned = Some(Value::Object(reply.0));
        link = url;
    }
    drop(client);
    let medium = &upload.file.medium;
    let link = MediaLink {
        link,
        key,
        presigned: flags.presign,
        kind: medium.kind.name(),
        mime: medium.mime,
        size: medium.size,
    };
    Ok(Report::from_record(&link, Value::Object(fields(&replies))).piped(link.link))
}

/// A new link to an earlier upload.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PresignedLink {
    /// The link, which works for a limited time, without credentials.
    link: String,
    /// Where the file is in the storage.
    key: String,
    /// Always true.
    presigned: bool,
}

fn link(context: &Context, flags: LinkFlags) -> Result<Report> {
    let key = flags.key.trim_start_matches('/').to_string();
    if key.is_empty() || key.contains("://") || key.chars().any(char::is_control) {
        return Err(Failure::usage(format!("{:?} is not the key of an upload", flags.key))
            .hint("give the `key` that `alimsg whatsapp media upload` printed"));
    }
    let fetch = |client: &Client<'_>| presigned(client, &key);
    read_only::run(context, &[&link_call(&key)], fetch, |(link, reply)| {
        let link = PresignedLink { link, key: key.clone(), presigned: true };
        Report::from_record(&link, Value::Object(reply.0))
    })
}

fn link_call(key: &str) -> ReadCall {
    Call::to(&GENERATE_PRESIGNED_URL).text("--file-path", key)
}

/// A link that works for a limited time, and the reply with it.
fn presigned(client: &Client<'_>, key: &str) -> Result<(String, Reply)> {
    let reply = client.read(&link_call(key))?;
    let url = reply.text(&["Data.Url", "Data"]);
    let url = url.ok_or_else(|| Failure::new(Kind::Rejected, "the reply has no link"))?;
    Ok((url, reply))
}
