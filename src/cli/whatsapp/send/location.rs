//! A place on the map.

use clap::Args;
use serde_json::{Map, json};

use crate::cli::Inputs;
use crate::cli::whatsapp::send::envelope::Channel;
use crate::cli::whatsapp::send::free_form::{ContentBuilder, Form};
use crate::error::{Failure, Result};
use crate::message::length;

pub const EXAMPLES: &str = "\
Examples:
  alimsg whatsapp send location --from 8613800000001 --to 8613800001000 \\
      --latitude 30.2741 --longitude 120.1551 --name 'Acme Store' --address '1 West Lake Road'
  alimsg --sandbox whatsapp send location --from 8613800000001 --to 8613800001000 \\
      --latitude -33.8568 --longitude 151.2153 --yes";

/// The longest name or address; that of a body.
const MAX_LENGTH: usize = 1024;

#[derive(Debug, Args)]
pub struct Location {
    /// Degrees north, from -90 to 90
    #[arg(long, value_name = "DEG", allow_negative_numbers = true)]
    latitude: Option<String>,

    /// Degrees east, from -180 to 180
    #[arg(long, value_name = "DEG", allow_negative_numbers = true)]
    longitude: Option<String>,

    /// Name of the place
    #[arg(long, value_name = "T")]
    name: Option<String>,

    /// Address of the place
    #[arg(long, value_name = "T")]
    address: Option<String>,
}

impl ContentBuilder for Location {
    fn compose(
        self,
        channel: Channel,
        inputs: &mut Inputs<'_>,
        plan: &mut Vec<(String, String)>,
    ) -> Result<Form> {
        if channel == Channel::Viber {
            return Err(channel.refuse_kind("location"));
        }
        let check = |text: &str| check_degrees("--latitude", text, 90.0);
        let latitude = inputs.need("--latitude", "Latitude", self.latitude, check)?;
        let check = |text: &str| check_degrees("--longitude", text, 180.0);
        let longitude = inputs.need("--longitude", "Longitude", self.longitude, check)?;
        plan.push(("place".into(), format!("{latitude}, {longitude}")));
        // Both go as text, so that no digit is lost on the way.
        let mut content = Map::from_iter([
            ("latitude".to_string(), json!(latitude)),
            ("longitude".to_string(), json!(longitude)),
        ]);
        for (key, flag, text) in
            [("name", "--name", self.name), ("address", "--address", self.address)]
        {
            if let Some(text) = text {
                length::some(flag, &text, MAX_LENGTH)?;
                plan.push((key.into(), text.clone()));
                content.insert(key.into(), json!(text));
            }
        }
        Ok(Form::new("location", content))
    }
}

fn check_degrees(flag: &str, text: &str, most: f64) -> Result<()> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.".contains(&byte));
    match text.parse::<f64>() {
        Ok(degrees) if plain && (-most..=most).contains(&degrees) => Ok(()),
        _ => Err(Failure::usage(format!("{flag} {text:?} is no number from -{most} to {most}"))
            .hint(format!("give decimal degrees, for example {flag} 30.2741"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_are_plain_numbers_within_the_globe() {
        for text in ["0", "90", "-90", "30.2741", "+1.5", "-0.0"] {
            check_degrees("--latitude", text, 90.0).expect(text);
        }
        for text in ["90.0001", "-91", "NaN", "inf", "1e1", "", "30,27", "30°", "1.2.3", " 1"] {
            check_degrees("--latitude", text, 90.0).expect_err(text);
        }
        check_degrees("--longitude", "-180", 180.0).expect("the edge");
    }
}
