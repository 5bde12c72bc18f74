//! `alimsg whatsapp media`: files on their way to messages and templates.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::aliyun::client::{self, Client};
use crate::aliyun::oss::{self, Authorization, Upload};
use crate::api::call::{AnyCall, Call, ReadCall};
use crate::api::operations::{GENERATE_PRESIGNED_URL, GET_CHATAPP_UPLOAD_AUTHORIZATION, Product};
use crate::cli::whatsapp::number::space;
use crate::context::Context;
use crate::error::{Failure, Kind, Result};
use crate::message::media;
use crate::output::report::{Phase, PlannedCommand, Report};

pub const EXAMPLES: &str = "\
Examples:
  alimsg whatsapp media upload invoice.pdf --cust-space-id cams-abc --presign
  alimsg --sandbox whatsapp media upload photo.png --cust-space-id cams-sandbox

WhatsApp's limits: images (jpg, png) 5 MiB; videos (mp4, 3gp) and audio (aac, m4a, mp3, amr,
ogg) 16 MiB; documents (pdf, txt, doc, docx, xls, xlsx, ppt, pptx) 100 MiB; stickers (webp)
100 KiB, animated ones 500 KiB. --timeout gives a large file longer than a minute.";

/// The storage's names on a dry run: they come with the right to upload.
const UNKNOWN_TARGET: &str = "oss://BUCKET/KEY";
const UNKNOWN_ENDPOINT: &str = "https://ENDPOINT";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Upload a file to the channel's storage; prints the link that messages and templates take
    #[command(after_help = EXAMPLES)]
    Upload(UploadFlags),
}

#[derive(Debug, Args)]
pub struct UploadFlags {
    /// Image, video, audio file, document or sticker
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Channel instance whose storage is used
    #[arg(long, value_name = "ID")]
    cust_space_id: Option<String>,

    /// Print a link that works for a limited time, without credentials
    #[arg(long)]
    presign: bool,
}

impl Command {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Upload(_) => "whatsapp media upload",
        }
    }

    pub fn run(self, context: &Context) -> Result<Report> {
        match self {
            Self::Upload(flags) => upload(context, flags),
        }
    }
}

fn upload(context: &Context, flags: UploadFlags) -> Result<Report> {
    let medium = media::look_at(&flags.file)?;
    let file = std::path::absolute(&flags.file)
        .map_err(|error| Failure::usage(format!("the path cannot be used: {error}")))?;
    if file.to_str().is_none() {
        return Err(Failure::usage("the name of the file is no Unicode").hint("rename the file"));
    }
    let space = space(context, flags.cust_space_id)?;
    let ask = Call::to(&GET_CHATAPP_UPLOAD_AUTHORIZATION).text("--cust-space-id", &space);
    if context.settings.dry_run {
        return planned(context, &ask, &file.display().to_string(), flags.presign);
    }
    let service = Client::connect(context, Product::Cams)?;
    let reply = service.read(&ask).map_err(|mut failure| {
        // A reply that is no OK could hold the keys all the same.
        failure.raw = None;
        failure
    })?;
    let authorization = Authorization::from_reply(&reply)?;
    let key = authorization.new_key(medium.ending);
    {
        let busy = context.screen.busy(&format!("uploading {}", flags.file.display()), medium.size);
        let upload = Upload { file: &file, key: &key, authorization: &authorization };
        service.upload(&upload, &|share| busy.at(share))?;
    }
    let mut raw = Map::new();
    raw.insert("authorization".into(), oss::masked(reply));
    let mut link = authorization.link(&key);
    if flags.presign {
        let call = Call::to(&GENERATE_PRESIGNED_URL).text("--file-path", &key);
        let given = service.read(&call).and_then(|reply| {
            let url = reply.text(&["Data.Url", "Data"]);
            let url = url.ok_or_else(|| Failure::new(Kind::Rejected, "the reply has no link"))?;
            Ok((url, reply))
        });
        // What is up is up: whoever knows its plain link need not upload it again.
        let (url, reply) = given.map_err(|mut failure| {
            failure.message =
                format!("the file is uploaded, but not linked for a time: {}", failure.message);
            failure.hint(format!("its plain link is {link}"))
        })?;
        raw.insert("presigned".into(), Value::Object(reply.0));
        link = url;
    }
    drop(service);
    let mut data = Map::new();
    data.insert("link".into(), json!(link));
    data.insert("key".into(), json!(key));
    data.insert("presigned".into(), json!(flags.presign));
    data.insert("kind".into(), json!(medium.kind.name()));
    data.insert("type".into(), json!(medium.mime));
    data.insert("size".into(), json!(medium.size));
    Ok(Report::RunStatus { data, raw: Value::Object(raw) })
}

/// The commands of an upload, in their order.
fn planned(context: &Context, ask: &ReadCall, file: &str, presign: bool) -> Result<Report> {
    let link = Call::to(&GENERATE_PRESIGNED_URL).text("--file-path", "KEY");
    let calls: Vec<&dyn AnyCall> = std::iter::once(ask as &dyn AnyCall)
        .chain(presign.then_some(&link as &dyn AnyCall))
        .collect();
    let mut report = client::dry_run(context, &calls)?;
    if let Report::DryRun(commands) = &mut report {
        let program = commands.first().and_then(|command| command.argv.first()).cloned();
        let arguments = oss::arguments(file, UNKNOWN_TARGET, UNKNOWN_ENDPOINT);
        let copy = PlannedCommand {
            phase: Phase::Call,
            argv: program.into_iter().chain(arguments).collect(),
            when: None,
        };
        let first = commands.iter().position(|command| command.phase == Phase::Call);
        commands.insert(first.map_or(commands.len(), |first| first + 1), copy);
    }
    Ok(report)
}
