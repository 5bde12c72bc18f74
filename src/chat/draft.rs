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

/// What every message has besides its content.
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
    pub fall_back_id: Option<String>,
    pub fall_back_content: Option<String>,
    pub fall_back_rule: Option<String>,
    /// In seconds.
    pub fall_back_duration: Option<u64>,
    /// Required on Viber, which alone has it and the fields below it.
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
        let envelope = &self.envelope;
        let seconds = |seconds: Option<u64>| seconds.map(|seconds| seconds.to_string());
        let named = |name: &str, value: Option<String>| Some((name.to_string(), value?));
        let mut plan = Vec::new();
        plan.extend(named("channel", Some(envelope.channel.name().into())));
        plan.extend(named("from", Some(envelope.from.clone())));
        plan.extend(named("to", Some(envelope.to.clone())));
        plan.extend(self.body.plan());
        let options = [
            named("space", envelope.cust_space_id.clone()),
            named("reply to", envelope.context_message_id.clone()),
            named("fallback", envelope.fall_back_id.clone()),
            named("fallback text", envelope.fall_back_content.clone()),
            named("fallback rule", envelope.fall_back_rule.clone()),
            named("fallback after", seconds(envelope.fall_back_duration)),
            named("label", envelope.label.clone()),
            named("tag", envelope.tag.clone()),
            named("time to live", seconds(envelope.ttl)),
            named("tracking data", envelope.tracking_data.clone()),
            named("task-id", Some(envelope.task_id.clone())),
        ];
        plan.extend(options.into_iter().flatten());
        plan
    }

    pub fn call(&self) -> SendCall {
        let envelope = &self.envelope;
        let call = Call::to(&SEND_CHATAPP_MESSAGE)
            .text("--channel-type", envelope.channel.name())
            .text("--from", &envelope.from)
            .text("--to", &envelope.to);
        self.body
            .add_to(call)
            .text("--task-id", &envelope.task_id)
            .optional_text("--cust-space-id", envelope.cust_space_id.as_deref())
            .optional_text("--context-message-id", envelope.context_message_id.as_deref())
            .optional_text("--fall-back-id", envelope.fall_back_id.as_deref())
            .optional_text("--fall-back-content", envelope.fall_back_content.as_deref())
            .optional_text("--fall-back-rule", envelope.fall_back_rule.as_deref())
            .optional_integer("--fall-back-duration", envelope.fall_back_duration)
            .optional_text("--label", envelope.label.as_deref())
            .optional_text("--tag", envelope.tag.as_deref())
            .optional_integer("--ttl", envelope.ttl)
            .optional_text("--tracking-data", envelope.tracking_data.as_deref())
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
