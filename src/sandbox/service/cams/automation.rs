//! CAMS: welcome message, conversation starters and commands of a phone number.

use serde_json::{Value, json};

use crate::sandbox::rejection::{Rejection, reject};
use crate::sandbox::service::cams::call::own_number;
use crate::sandbox::service::request::{Request, merge, reply};

pub fn show(request: Request<'_>) -> Result<Value, Rejection> {
    let number = own_number(request.call)?;
    let mut data = json!({
        "PhoneNumber": number, "EnableWelcomeMessage": false, "Prompts": [], "Commands": [],
    });
    merge(&mut data, &request.state.number_settings(number).automation);
    reply(json!({ "Success": true, "Data": data }))
}

pub fn update(request: Request<'_>) -> Result<Value, Rejection> {
    let call = request.call;
    let number = own_number(call)?;
    let too_many = |what: &str, max: usize| {
        reject("InvalidParameter.ConversationalAutomation", format!("at most {max} {what}"))
    };
    let prompts = call.list("--prompts");
    if prompts.is_some_and(|prompts| prompts.len() > 4) {
        return too_many("prompts", 4);
    }
    let commands = call.json("--commands");
    if commands.and_then(Value::as_array).is_some_and(|commands| commands.len() > 30) {
        return too_many("commands", 30);
    }
    let automation = &mut request.state.number_settings(number).automation;
    if let Some(enable) = call.boolean("--enable-welcome-message") {
        automation.insert("EnableWelcomeMessage".to_owned(), json!(enable));
    }
    if let Some(prompts) = prompts {
        automation.insert("Prompts".to_owned(), json!(prompts));
    }
    if let Some(commands) = commands {
        automation.insert("Commands".to_owned(), commands.clone());
    }
    reply(json!({ "Success": true }))
}
