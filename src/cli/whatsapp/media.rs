//! `alimsg whatsapp media upload`: uploads a file and prints the link that messages and templates
//! take.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::aliyun::client::{self, Client, PlannedCall};
use crate::aliyun::oss::{self, Authorization, Upload};
use crate::api::call::{AnyCall, Call, ReadCall};
use crate::api::operations::{GENERATE_PRESIGNED_URL, GET_CHATAPP_UPLOAD_AUTHORIZATION, Product};
use crate::cli::whatsapp::number_flags::need_space;
use crate::context::Context;
use crate::error::{Failure, Kind, Result};
use crate::message::media;
use crate::output::report::{Phase, PlannedCommand, Report, fields};

pub const EXAMPLES: &str = "\
Examples:
  alimsg whatsapp media upload invoice.pdf --cust-space-id cams-abc --presign
  alimsg --sandbox whatsapp media upload photo.png --cust-space-id cams-sandbox

WhatsApp's limits: images (jpg, png) 5 MiB; videos (mp4, 3gp) and audio (aac, m4a, mp3, amr,
ogg) 16 MiB; documents (pdf, txt, doc, docx, xls, xlsx, ppt, pptx) 100 MiB; stickers (webp)
100 KiB, animated ones 500 KiB. For a large file, raise --timeout above a minute.";

/// Placeholders on a dry run: the service names the storage when it authorizes the upload.
const UNKNOWN_TARGET: &str = "oss://BUCKET/KEY";
const UNKNOWN_ENDPOINT: &str = "https://ENDPOINT";

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// Upload a file to the channel's storage; prints the link that messages and templates take, in
    /// a pipe only the link
    #[command(after_help = EXAMPLES)]
    Upload(UploadFlags),
}

dispatch!(Upload => upload);

#[derive(Debug, Args)]
pub struct UploadFlags {
    /// Image, video, audio file, document or sticker
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Channel instance with the storage
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
    let medium = media::inspect(&flags.file)?;
    let file = std::path::absolute(&flags.file)
        .map_err(|error| Failure::usage(format!("invalid path: {error}")))?;
    if file.to_str().is_none() {
        return Err(
            Failure::usage("the name of the file is not valid Unicode").hint("rename the file")
        );
    }
    let space = need_space(context, flags.cust_space_id)?;
    let authorize = Call::to(&GET_CHATAPP_UPLOAD_AUTHORIZATION).text("--cust-space-id", &space);
    if context.settings.dry_run {
        return plan(context, &authorize, &file.display().to_string(), flags.presign);
    }
    let client = Client::connect(context, Product::Cams)?;
    let reply = client.read(&authorize).map_err(|mut failure| {
        // The reply may contain the keys although the call failed.
        failure.raw = None;
        failure
    })?;
    let authorization = Authorization::from_reply(&reply)?;
    let key = authorization.new_key(medium.extension);
    {
        let busy = context.screen.busy(&format!("uploading {}", flags.file.display()), medium.size);
        let upload = Upload { file: &file, key: &key, authorization: &authorization };
        client.upload(&upload, &|share| busy.at(share))?;
    }
    let mut replies = Replies { authorization: oss::masked(reply), presigned: None };
    let mut link = authorization.link(&key);
    if flags.presign {
        let call = Call::to(&GENERATE_PRESIGNED_URL).text("--file-path", &key);
        let presigned = client.read(&call).and_then(|reply| {
            let url = reply.text(&["Data.Url", "Data"]);
            let url = url.ok_or_else(|| Failure::new(Kind::Rejected, "the reply has no link"))?;
            Ok((url, reply))
        });
        // The file has been uploaded: with its plain link there is no need to upload it again.
        let (url, reply) = presigned.map_err(|mut failure| {
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

/// The commands of an upload, in their order.
fn plan(context: &Context, authorize: &ReadCall, file: &str, presign: bool) -> Result<Report> {
    let link = Call::to(&GENERATE_PRESIGNED_URL).text("--file-path", "KEY");
    let when_uploaded = Some("after the upload, with its key as KEY");
    let calls: Vec<PlannedCall<'_>> = std::iter::once((authorize as &dyn AnyCall, None))
        .chain(presign.then_some((&link as &dyn AnyCall, when_uploaded)))
        .collect();
    let mut report = client::plan(context, &calls)?;
    if let Report::DryRun(commands) = &mut report {
        let guard = commands.first();
        let program = guard.and_then(|command| command.argv.first()).cloned();
        let mut env = guard.map(|command| command.env.clone()).unwrap_or_default();
        env.extend(oss::shown_environment());
        let arguments =
            oss::arguments(file, UNKNOWN_TARGET, UNKNOWN_ENDPOINT, context.settings.ai_mode);
        let copy = PlannedCommand {
            phase: Phase::Call,
            argv: program.into_iter().chain(arguments).collect(),
            env,
            when: Some("with the keys, the bucket and the endpoint that the service returns"),
        };
        let first = commands.iter().position(|command| command.phase == Phase::Call);
        commands.insert(first.map_or(commands.len(), |first| first + 1), copy);
    }
    Ok(report)
}
