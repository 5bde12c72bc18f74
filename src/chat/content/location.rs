//! A place on the map.

use serde::Serialize;

use crate::chat::content::{Content, FreeForm, limits};
use crate::error::{Failure, Result};
use crate::message::plan::{row, rows};

/// Degrees stay text, so that no digit is lost.
#[derive(Debug, Serialize)]
pub struct Location {
    pub latitude: String,
    pub longitude: String,
    pub name: Option<String>,
    pub address: Option<String>,
}

impl Content for Location {
    fn build(&self) -> Result<FreeForm> {
        check_latitude(&self.latitude)?;
        check_longitude(&self.longitude)?;
        limits::PLACE_NAME.check_optional(self.name.as_ref())?;
        limits::PLACE_ADDRESS.check_optional(self.address.as_ref())?;
        let mut plan = vec![row("place", format!("{}, {}", self.latitude, self.longitude))];
        plan.extend(rows([("name", self.name.clone()), ("address", self.address.clone())]));
        FreeForm::new("location", self, plan)
    }
}

/// # Errors
/// Not a number of degrees, or out of range.
pub fn check_latitude(text: &str) -> Result<()> {
    check_degrees("--latitude", text, limits::MAX_LATITUDE)
}

/// # Errors
/// Not a number of degrees, or out of range.
pub fn check_longitude(text: &str) -> Result<()> {
    check_degrees("--longitude", text, limits::MAX_LONGITUDE)
}

fn check_degrees(flag: &str, text: &str, max: f64) -> Result<()> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.".contains(&byte));
    match text.parse::<f64>() {
        Ok(degrees) if is_plain && (-max..=max).contains(&degrees) => Ok(()),
        _ => Err(Failure::usage(format!("{flag} {text:?} is not a number from -{max} to {max}"))
            .hint(format!("give decimal degrees, for example {flag} 30.2741"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::content::built;

    #[test]
    fn degrees_are_plain_numbers_within_range() {
        for text in ["0", "90", "-90", "30.2741", "+1.5", "-0.0"] {
            check_latitude(text).expect(text);
        }
        for text in ["90.0001", "-91", "NaN", "inf", "1e1", "", "30,27", "30°", "1.2.3", " 1"] {
            check_latitude(text).expect_err(text);
        }
        check_longitude("-180").expect("the limit");
        check_longitude("-180.1").expect_err("beyond the limit");
    }

    #[test]
    fn degrees_are_sent_as_they_were_written() {
        let place = Location {
            latitude: "+30.50".into(),
            longitude: "120".into(),
            name: None,
            address: Some("1 West Lake Road".into()),
        };
        let json = r#"{"latitude":"+30.50","longitude":"120","address":"1 West Lake Road"}"#;
        assert_eq!(built(&place), ("location".into(), json.into()));
    }
}
