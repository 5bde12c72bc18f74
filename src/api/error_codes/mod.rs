//! What the codes of the services mean, and what to do about them.
//!
//! Facts from the error code pages of both products and of the CLI; the sentences are ours.

mod table;

use crate::api::operations::Product;
use crate::error::Kind;
pub use table::CODES;

/// Which layer speaks the code.
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

/// What a code says about the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    Credentials,
    Permission,
    Throttled,
    /// The service itself failed: a send may have gone through all the same.
    Client,
    /// The input is wrong.
    Input,
    /// Something has to be set up or has to change first.
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
            Self::Throttled => Kind::Throttled,
            Self::Client | Self::Input | Self::State | Self::Recipient | Self::Account => {
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
    /// What it means, as a sentence without its full stop.
    pub meaning: &'static str,
    /// What to do.
    pub action: &'static str,
}

/// The entry for a code that `product` answered with.
pub fn find(product: Product, code: &str) -> Option<&'static Code> {
    let speaks = |layer: Layer| match layer {
        Layer::Gateway => true,
        Layer::Cams | Layer::Meta => product == Product::Cams,
        Layer::Sms => product == Product::Dysmsapi,
    };
    let matches = |entry: &&Code| speaks(entry.layer) && entry.code == code;
    CODES.iter().find(matches).or_else(|| {
        // `Throttling.Api` and the like: the family says enough.
        let family = code.split('.').next().unwrap_or(code);
        matches!(family, "Throttling" | "Forbidden" | "NoPermission")
            .then(|| CODES.iter().find(|entry| entry.code == family))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_stands_twice_in_a_layer_and_every_one_says_what_to_do() {
        for (index, entry) in CODES.iter().enumerate() {
            assert!(!entry.meaning.is_empty() && !entry.action.is_empty(), "{}", entry.code);
            assert!(!entry.meaning.ends_with('.'), "{}", entry.code);
            for other in &CODES[index + 1..] {
                assert!(
                    (entry.layer, entry.code) != (other.layer, other.code),
                    "{} stands twice",
                    entry.code
                );
            }
        }
    }

    #[test]
    fn the_same_code_means_what_the_product_means_by_it() {
        let cams = find(Product::Cams, "TemplateNotFound").expect("known");
        let sms = find(Product::Dysmsapi, "TemplateNotFound").expect("known");
        assert_eq!((cams.layer, sms.layer), (Layer::Cams, Layer::Sms));
        assert!(find(Product::Cams, "isv.AMOUNT_NOT_ENOUGH").is_none());
        assert_eq!(find(Product::Cams, "Throttling.Api").expect("family").cause, Cause::Throttled);
    }
}
