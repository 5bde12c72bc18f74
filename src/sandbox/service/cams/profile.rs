//! CAMS: the business profile of a phone number.

use serde_json::{Value, json};

use crate::sandbox::rejection::Rejection;
use crate::sandbox::service::cams::call::own_number;
use crate::sandbox::service::request::{Request, merge, reply};

const TEXT_FIELDS: &[(&str, &str)] = &[
    ("--about", "About"),
    ("--address", "Address"),
    ("--description", "Description"),
    ("--email", "Email"),
    ("--profile-picture-url", "ProfilePictureUrl"),
    ("--vertical", "Vertical"),
];

pub fn show(request: Request<'_>) -> Result<Value, Rejection> {
    let number = own_number(request.call)?;
    let mut data = json!({
        "About": "Acme customer service", "Address": "", "Description": "", "Email": "",
        "ProfilePictureUrl": "", "Vertical": "RETAIL", "Websites": ["https://example.com"],
    });
    merge(&mut data, &request.state.number_settings(number).profile);
    reply(json!({ "Success": true, "Data": data }))
}

pub fn modify(request: Request<'_>) -> Result<Value, Rejection> {
    let call = request.call;
    let number = own_number(call)?;
    let profile = &mut request.state.number_settings(number).profile;
    for (flag, name) in TEXT_FIELDS {
        if let Some(text) = call.text(flag) {
            profile.insert((*name).to_owned(), json!(text));
        }
    }
    if let Some(websites) = call.list("--websites") {
        profile.insert("Websites".to_owned(), json!(websites));
    }
    reply(json!({ "Success": true }))
}
