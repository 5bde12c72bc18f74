//! What the error codes of the services mean, and what to do about them.
//!
//! The codes come from the documented error codes of both products and of the CLI; the texts are
//! ours.

mod next;
mod next_steps;
mod table;

use crate::api::operations::Product;
use crate::error::Kind;
pub use next_steps::next_steps;
pub use table::CODES;

/// The layer that returns a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// The gateway in front of all products, and the CLI.
    Gateway,
    /// CAMS: WhatsApp and Viber.
    Cams,
    /// Meta's own codes, passed on by CAMS.
    Meta,
    /// Dysmsapi.
    Sms,
}

/// Why the call failed, according to its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    Credentials,
    Permission,
    Throttled,
    /// A limit of messages for hours, days or months: trying again soon cannot succeed.
    Quota,
    /// The service itself failed; a send may have succeeded anyway.
    Service,
    /// The input is invalid.
    Input,
    /// Something must be set up or changed first.
    State,
    /// This recipient cannot be reached.
    Recipient,
    /// The account cannot send: balance, subscription.
    Account,
}

impl Cause {
    pub const fn kind(self) -> Kind {
        match self {
            Self::Credentials => Kind::Credentials,
            Self::Permission => Kind::Permission,
            Self::Throttled | Self::Quota => Kind::Throttled,
            Self::Service | Self::Input | Self::State | Self::Recipient | Self::Account => {
                Kind::Rejected
            }
        }
    }
}

/// One code of the table.
#[derive(Debug)]
pub struct Code {
    pub layer: Layer,
    pub code: &'static str,
    pub cause: Cause,
    /// The meaning, as a sentence without a full stop.
    pub meaning: &'static str,
    /// What to do.
    pub action: &'static str,
    /// The commands to type; [`next_steps`] fills in the values of the call.
    pub next: &'static [&'static str],
}

impl Code {
    /// Whether the same send can succeed soon.
    pub fn is_retryable(&self) -> bool {
        self.cause == Cause::Throttled
    }
}

/// The entries for a code of any layer. Neither case nor a prefix such as `isv.` matters.
pub fn named(code: &str) -> Vec<&'static Code> {
    let key = bare(code);
    let exact: Vec<_> = CODES.iter().filter(|entry| bare(entry.code) == key).collect();
    if !exact.is_empty() {
        return exact;
    }
    Product::ALL.iter().find_map(|product| find(*product, code)).into_iter().collect()
}

/// A code in lower case without the prefix of the service, to compare what users type.
pub fn bare(code: &str) -> String {
    let code = code.trim().to_ascii_lowercase();
    let prefix = ["isv.", "isp."].into_iter().find(|prefix| code.starts_with(prefix));
    code[prefix.map_or(0, str::len)..].to_string()
}

/// The entry for a code that `product` returned, or for the code's family.
pub fn find(product: Product, code: &str) -> Option<&'static Code> {
    let returns = |layer: Layer| match layer {
        Layer::Gateway => true,
        Layer::Cams | Layer::Meta => product == Product::Cams,
        Layer::Sms => product == Product::Dysmsapi,
    };
    let matches = |entry: &&Code| returns(entry.layer) && entry.code == code;
    CODES.iter().find(matches).or_else(|| {
        // Codes such as `Throttling.Api`: the family is enough.
        let family = code.split('.').next().unwrap_or(code);
        matches!(family, "Throttling" | "Forbidden" | "NoPermission")
            .then(|| CODES.iter().find(|entry| entry.code == family))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_in_a_layer_and_have_a_meaning_and_an_action() {
        for (index, entry) in CODES.iter().enumerate() {
            assert!(!entry.meaning.is_empty() && !entry.action.is_empty(), "{}", entry.code);
            assert!(!entry.meaning.ends_with('.'), "{}", entry.code);
            assert!(!entry.explained_commands().is_empty(), "{} has no command", entry.code);
            for other in &CODES[index + 1..] {
                assert!(
                    (entry.layer, entry.code) != (other.layer, other.code),
                    "{} is listed twice",
                    entry.code
                );
            }
        }
    }

    #[test]
    fn the_meaning_of_a_code_depends_on_the_product() {
        let cams = find(Product::Cams, "TemplateNotFound").expect("known");
        let sms = find(Product::Dysmsapi, "TemplateNotFound").expect("known");
        assert_eq!((cams.layer, sms.layer), (Layer::Cams, Layer::Sms));
        assert!(find(Product::Cams, "isv.AMOUNT_NOT_ENOUGH").is_none());
        assert_eq!(find(Product::Cams, "Throttling.Api").expect("family").cause, Cause::Throttled);
    }
}
