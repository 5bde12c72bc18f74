//! A WhatsApp or Viber message that is complete and checked: what the user is shown of it, and the
//! call that sends it.

use crate::api::call::{Call, SendCall};
use crate::api::operations::SEND_CHATAPP_MESSAGE;
use crate::chat::content::FreeForm;
use crate::message::channel::Channel;
use crate::message::plan::{PlanRow, row, rows, seconds};

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
    /// Its code or, with `by_name`, its name.
    pub code: String,
    pub by_name: bool,
    pub language: String,
    pub params: Vec<(String, String)>,
    pub payload: Vec<String>,
    /// The message as the recipient reads it, if the template was fetched.
    pub preview: Vec<PlanRow>,
}

impl Draft {
    /// Every parameter, as the user is shown it before agreeing.
    pub fn plan(&self) -> Vec<PlanRow> {
        let envelope = &self.envelope;
        let mut plan = vec![
            row("channel", envelope.channel.name()),
            row("from", &envelope.from),
            row("to", &envelope.to),
        ];
        plan.extend(self.body.plan());
        plan.extend(rows([
            ("space", envelope.cust_space_id.clone()),
            ("reply to", envelope.context_message_id.clone()),
            ("fallback", envelope.fall_back_id.clone()),
            ("fallback text", envelope.fall_back_content.clone()),
            ("fallback rule", envelope.fall_back_rule.clone()),
            ("fallback after", seconds(envelope.fall_back_duration)),
            ("label", envelope.label.clone()),
            ("tag", envelope.tag.clone()),
            ("time to live", seconds(envelope.ttl)),
            ("tracking data", envelope.tracking_data.clone()),
            ("task-id", Some(envelope.task_id.clone())),
        ]));
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
    fn plan(&self) -> Vec<PlanRow> {
        let TemplateBody { code, language, params, payload, preview, .. } = match self {
            Self::FreeForm(content) => {
                let kind = row("type", &content.message_type);
                return std::iter::once(kind).chain(content.plan.clone()).collect();
            }
            Self::Template(template) => template,
        };
        let mut plan = vec![row("template", format!("{code} ({language})"))];
        plan.extend(params.iter().map(|(name, value)| row(format!("$({name})"), value)));
        plan.extend(payload.iter().map(|payload| row("payload", payload)));
        plan.extend_from_slice(preview);
        plan
    }

    fn add_to(&self, call: SendCall) -> SendCall {
        match self {
            Self::Template(template) => call
                .text("--type", "template")
                .text(
                    if template.by_name { "--template-name" } else { "--template-code" },
                    &template.code,
                )
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
