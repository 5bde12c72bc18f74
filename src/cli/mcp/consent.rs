//! Plans that wait for the consent of a person.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use uuid::Uuid;

use crate::error::{Failure, Kind, Result};

/// The input with the token of a plan.
pub const TOKEN: &str = "token";

/// How long a plan can be confirmed.
const VALIDITY: Duration = Duration::from_secs(10 * 60);

pub const EXPLANATION: &str = "Takes two calls. The first returns the plan and a token and sends \
    nothing. Show the plan to your user. Only if they agree, repeat the call with the same inputs \
    and the token. If the outcome is unknown, do not send again.";

pub const EXPLANATION_OF_CHANGES: &str = "Takes two calls. The first returns the plan and a token \
    and changes nothing. Show the plan to your user. Only if they agree, repeat the call with the \
    same inputs and the token.";

/// The schema of [`TOKEN`].
pub fn schema() -> Value {
    json!({
        "type": "string",
        "description": "The token of the plan that your user agreed to; valid once, for 10 minutes",
    })
}

/// Who may use a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// The client as an input of the call, after it has asked its user.
    Agent,
    /// Only the answer of a person to a question of this server.
    Person,
}

struct Plan {
    words: Vec<String>,
    holder: Holder,
    made: Instant,
}

/// The plans that were shown and not yet used.
#[derive(Default)]
pub struct Plans(Mutex<HashMap<String, Plan>>);

impl Plans {
    /// Remembers a plan that was shown and returns its token.
    pub fn add(&self, words: &[String], holder: Holder) -> String {
        let token = Uuid::new_v4().simple().to_string();
        let plan = Plan { words: words.to_vec(), holder, made: Instant::now() };
        let mut plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        plans.retain(|_, plan| plan.made.elapsed() < VALIDITY);
        plans.insert(token.clone(), plan);
        token
    }

    /// Uses a token up. It is used up as well if it belongs to other inputs.
    ///
    /// # Errors
    /// The token is unknown, used, too old, or belongs to other inputs.
    pub fn take(&self, token: &str, words: &[String], holder: Holder) -> Result<()> {
        let plan = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(token);
        let refused = |reason: &str| {
            Err(Failure::new(Kind::Usage, format!("the token {reason}"))
                .hint("call the tool without a token for a new plan, and show it to your user"))
        };
        match plan {
            Some(plan) if plan.holder != holder => refused("is not valid"),
            Some(plan) if plan.made.elapsed() >= VALIDITY => refused("is older than 10 minutes"),
            Some(plan) if plan.words != words => refused("belongs to other inputs"),
            Some(_) => Ok(()),
            None => refused("is not valid, or was used before"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(String::from).collect()
    }

    #[test]
    fn a_token_is_valid_once_for_its_inputs_and_its_holder() {
        let plans = Plans::default();
        let token = plans.add(&words("sms send -p 1"), Holder::Agent);
        assert!(plans.take(&token, &words("sms send -p 1"), Holder::Agent).is_ok());
        assert!(plans.take(&token, &words("sms send -p 1"), Holder::Agent).is_err());

        let token = plans.add(&words("sms send -p 1"), Holder::Agent);
        assert!(plans.take(&token, &words("sms send -p 2"), Holder::Agent).is_err());
        assert!(plans.take(&token, &words("sms send -p 1"), Holder::Agent).is_err(), "used up");

        let token = plans.add(&words("sms send -p 1"), Holder::Person);
        assert!(plans.take(&token, &words("sms send -p 1"), Holder::Agent).is_err());
        assert!(plans.take("forged", &words("sms send -p 1"), Holder::Agent).is_err());
    }
}
