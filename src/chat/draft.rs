//! A WhatsApp or Viber message that is complete and checked: what the user is shown of it, and the
//! call that sends it.

use crate::api::call::{Call, SendCall};
use crate::api::operations::SEND_CHATAPP_MESSAGE;
use crate::chat::content::FreeForm;
use crate::message::channel::Channel;

#[derive(Debug)]
pub struct Draft {
    pub envelope: Envelope,
    pub body: Body,
}

/// What every message has, whatever its content.
#[derive(Debug)]
pub struct Envelope {
    pub channel: Channel,
    pub from: String,
    pub to: String,
    pub cust_space_id: Option<String>,
    /// The ID by which the message can be found again.
    pub task_id: String,
    /// The message that this one replies to.
    pub context_message_id: Option<String>,
    pub fallback: Fallback,
    pub viber: ViberOptions,
}

/// The SMS that is sent where the message cannot be delivered.
#[derive(Debug)]
pub struct Fallback {
    pub id: Option<String>,
    pub content: Option<String>,
    pub rule: Option<String>,
    /// In seconds.
    pub duration: Option<u64>,
}

#[derive(Debug)]
pub struct ViberOptions {
    /// Required on Viber.
    pub label: Option<String>,
    pub tag: Option<String>,
    /// In seconds.
    pub ttl: Option<u64>,
    pub tracking_data: Option<String>,
}

#[derive(Debug)]
pub enum Body {
    Template(TemplateBody),
    FreeForm(FreeForm),
}

#[derive(Debug)]
pub struct TemplateBody {
    pub code: String,
    pub language: String,
    pub params: Vec<(String, String)>,
    pub payload: Vec<String>,
    /// The message as the recipient reads it, where the template was fetched: rows of the plan.
    pub preview: Vec<(String, String)>,
}

impl Draft {
    /// Every parameter, as the user is shown it before agreeing.
    pub fn plan(&self) -> Vec<(String, String)> {
        let Envelope { channel, fallback, viber, .. } = &self.envelope;
        let seconds = |seconds: Option<u64>| seconds.map(|seconds| seconds.to_string());
        let named = |name: &str, value: Option<String>| Some((name.to_string(), value?));
        let mut plan = Vec::new();
        plan.extend(named("channel", Some(channel.name().into())));
        plan.extend(named("from", Some(self.envelope.from.clone())));
        plan.extend(named("to", Some(self.envelope.to.clone())));
        plan.extend(self.body.plan());
        let options = [
            named("space", self.envelope.cust_space_id.clone()),
            named("reply to", self.envelope.context_message_id.clone()),
            named("fallback", fallback.id.clone()),
            named("fallback text", fallback.content.clone()),
            named("fallback rule", fallback.rule.clone()),
            named("fallback after", seconds(fallback.duration)),
            named("label", viber.label.clone()),
            named("tag", viber.tag.clone()),
            named("time to live", seconds(viber.ttl)),
            named("tracking data", viber.tracking_data.clone()),
            named("task-id", Some(self.envelope.task_id.clone())),
        ];
        plan.extend(options.into_iter().flatten());
        plan
    }

    pub fn call(&self) -> SendCall {
        let Envelope { channel, fallback, viber, .. } = &self.envelope;
        let call = Call::to(&SEND_CHATAPP_MESSAGE)
            .text("--channel-type", channel.name())
            .text("--from", &self.envelope.from)
            .text("--to", &self.envelope.to);
        self.body
            .add_to(call)
            .text("--task-id", &self.envelope.task_id)
            .optional_text("--cust-space-id", self.envelope.cust_space_id.as_deref())
            .optional_text("--context-message-id", self.envelope.context_message_id.as_deref())
            .optional_text("--fall-back-id", fallback.id.as_deref())
            .optional_text("--fall-back-content", fallback.content.as_deref())
            .optional_text("--fall-back-rule", fallback.rule.as_deref())
            .optional_integer("--fall-back-duration", fallback.duration)
            .optional_text("--label", viber.label.as_deref())
            .optional_text("--tag", viber.tag.as_deref())
            .optional_integer("--ttl", viber.ttl)
            .optional_text("--tracking-data", viber.tracking_data.as_deref())
    }
}

impl Body {
    fn plan(&self) -> Vec<(String, String)> {
        let template = match self {
            Self::FreeForm(content) => return content.plan.clone(),
            Self::Template(template) => template,
        };
        let TemplateBody { code, language, params, payload, preview } = template;
        let mut plan = vec![("template".to_string(), format!("{code} ({language})"))];
        plan.extend(params.iter().map(|(name, value)| (format!("$({name})"), value.clone())));
        plan.extend(payload.iter().map(|payload| ("payload".to_string(), payload.clone())));
        plan.extend_from_slice(preview);
        plan
    }

    fn add_to(&self, call: SendCall) -> SendCall {
        match self {
            Self::Template(template) => call
                .text("--type", "template")
                .text("--template-code", &template.code)
                .text("--biz-language", &template.language)
                .map("--template-params", &template.params)
                .list("--payload", &template.payload),
            Self::FreeForm(content) => call
                .text("--type", "message")
                .text("--message-type", &content.message_type)
                .text("--content", &content.json),
        }
    }
}
