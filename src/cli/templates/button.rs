//! Parses buttons and media headers of flags and files.

use serde_json::{Value, json};

use crate::error::{Failure, Result};

/// Parses `reply=TEXT`, `url=TEXT=URL`, `phone=TEXT=NUMBER` or `code=EXAMPLE`.
///
/// # Errors
/// Any other form; the hint lists them.
pub fn parse_button(text: &str) -> Result<Value> {
    let invalid = || {
        Failure::usage(format!("invalid --button {text:?}")).hint(
            "write reply=TEXT, url=TEXT=URL, phone=TEXT=NUMBER or code=EXAMPLE, for example \
             --button url=Track=https://example.com/orders",
        )
    };
    let (kind, rest) = text.split_once('=').ok_or_else(invalid)?;
    if rest.is_empty() {
        return Err(invalid());
    }
    let pair =
        || rest.split_once('=').filter(|(text, value)| !text.is_empty() && !value.is_empty());
    match kind {
        "reply" => Ok(json!({"Type": "QUICK_REPLY", "Text": rest})),
        "url" => {
            let (text, url) = pair().ok_or_else(invalid)?;
            let dynamic = url.contains("$(") || url.contains("{{");
            let kind = if dynamic { "dynamic" } else { "static" };
            Ok(json!({"Type": "URL", "Text": text, "Url": url, "UrlType": kind}))
        }
        "phone" => {
            let (text, number) = pair().ok_or_else(invalid)?;
            Ok(json!({"Type": "PHONE_NUMBER", "Text": text, "PhoneNumber": number}))
        }
        "code" => Ok(json!({"Type": "COPY_CODE", "Text": "Copy code", "CouponCode": rest})),
        _ => Err(invalid()),
    }
}

/// Parses `image=URL`, `video=URL` or `document=URL`.
///
/// # Errors
/// Any other form.
pub fn parse_media_header(text: &str) -> Result<Value> {
    let formats = ["image", "video", "document"];
    match text.split_once('=').filter(|(format, url)| formats.contains(format) && !url.is_empty()) {
        Some((format, url)) => {
            Ok(json!({"Type": "HEADER", "Format": format.to_uppercase(), "Url": url}))
        }
        None => Err(Failure::usage(format!("invalid --header-media {text:?}"))
            .hint("write image=URL, video=URL or document=URL")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_button_is_parsed() {
        assert_eq!(parse_button("reply=Yes=No").expect("reply")["Text"], "Yes=No");
        let url = parse_button("url=Track=https://x.example/?a=$(b)").expect("url");
        assert_eq!(url["Url"], "https://x.example/?a=$(b)");
        assert_eq!(url["UrlType"], "dynamic");
        assert_eq!(
            parse_button("phone=Call=8613800001000").expect("phone")["Type"],
            "PHONE_NUMBER"
        );
        for invalid in ["", "OK", "reply=", "url=Track", "url==https://x.example", "link=a=b"] {
            parse_button(invalid).expect_err(invalid);
        }
        parse_media_header("image=https://x.example/a.png").expect("image");
        parse_media_header("sticker=https://x.example/a").expect_err("not a header");
    }
}
