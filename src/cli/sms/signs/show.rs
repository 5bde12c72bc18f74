//! `sms signs show`.

use clap::Args;
use serde_json::{Map, Value, json};

use crate::aliyun::client::{self, Client};
use crate::api::operations::Product;
use crate::api::reply::fields;
use crate::context::Context;
use crate::error::Result;
use crate::output::report::Report;
use crate::sms::signature::{self, Registration};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg sms signs show Acme --json
  alimsg --sandbox sms signs show 'Acme Deals'

Carriers: \"registered, unproven\" means that a carrier has agreed and that few texts have gone out
yet; \"lapsed\" that no text went out for six months.")]
pub struct Flags {
    /// Name of the signature
    #[arg(value_name = "NAME")]
    name: String,
}

/// Shows one signature.
///
/// # Errors
/// Whatever keeps the service from answering.
pub fn run(context: &Context, flags: &Flags) -> Result<Report> {
    if context.settings.dry_run {
        return client::dry_run(context, &[&signature::detail_call(&flags.name)]);
    }
    let detail = {
        let service = Client::connect(context, Product::Dysmsapi)?;
        signature::detail(&service, &flags.name)?
    };
    let signature = &detail.signature;
    let text = |name: &str| json!(fields::text(&detail.object, &[name]));
    let truth = |name: &str| detail.object.get(name).cloned().filter(Value::is_boolean);
    let mut data = Map::new();
    data.insert("name".into(), json!(signature.name));
    data.insert("status".into(), json!(signature.status));
    data.insert("reason".into(), json!(signature.reason));
    data.insert("code".into(), text("SignCode"));
    data.insert("created_at".into(), json!(signature.created_at));
    data.insert("audited_at".into(), json!(detail.audited_at));
    data.insert("order_id".into(), json!(signature.order_id));
    data.insert("qualification_id".into(), text("QualificationId"));
    data.insert("apply_scene".into(), text("ApplyScene"));
    data.insert("usage".into(), text("SignUsage"));
    data.insert("remark".into(), text("Remark"));
    data.insert("third_party".into(), json!(truth("ThirdParty")));
    data.insert("authorization_letter_passed".into(), json!(truth("AuthorizationLetterAuditPass")));
    let carriers: Vec<Value> = detail.carriers.iter().map(Registration::to_json).collect();
    data.insert("carriers".into(), Value::Array(carriers));
    Ok(Report::RunStatus { data, raw: detail.raw })
}
