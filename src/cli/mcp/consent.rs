//! Plans that wait for the consent of a person.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use uuid::Uuid;

use crate::error::{Failure, Result};

/// The input with the token of a plan.
pub const TOKEN: &str = "token";

/// How long a plan can be confirmed.
const VALIDITY: Duration = Duration::from_secs(10 * 60);

/// The oldest plans are dropped.
const MAX_PLANS: usize = 100;

/// The plan of a send, for an agent.
pub const SEND: &str = "Takes two calls. The first returns the plan and a token and sends nothing. \
    Show the plan to your user. Only if they agree, repeat the call with the same inputs and the \
    token. If the outcome is unknown, do not send again.";

/// The run of a batch, for an agent.
pub const BATCH: &str = "A batch can take longer than your client waits for a result. batches_show \
    shows its progress, batches_list finds its ID. Do not call this tool again before it has ended.";

/// The plan of a change, for an agent.
pub const CHANGE: &str = "Takes two calls. The first returns the plan and a token and changes \
    nothing. Show the plan to your user. Only if they agree, repeat the call with the same inputs \
    and the token.";

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
    token: String,
    words: Vec<String>,
    digest: String,
    holder: Holder,
    made: Instant,
}

/// The plans that were shown and not yet used, the oldest first.
#[derive(Default)]
pub struct Plans(Mutex<Vec<Plan>>);

impl Plans {
    /// Remembers a plan that was shown and returns its token. `words` is its command, `digest`
    /// identifies what was shown.
    pub fn add(&self, words: &[String], digest: &str, holder: Holder) -> String {
        self.add_at(words, digest, holder, Instant::now())
    }

    fn add_at(&self, words: &[String], digest: &str, holder: Holder, made: Instant) -> String {
        let token = Uuid::new_v4().simple().to_string();
        let (words, digest) = (words.to_vec(), digest.to_string());
        let mut plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if plans.len() >= MAX_PLANS {
            plans.remove(0);
        }
        plans.push(Plan { token: token.clone(), words, digest, holder, made });
        token
    }

    /// Removes a token and returns the digest of its plan. A token for other inputs is removed as
    /// well.
    ///
    /// # Errors
    /// The token is unknown, used, too old, or belongs to other inputs.
    pub fn take(&self, token: &str, words: &[String], holder: Holder) -> Result<String> {
        let mut plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let index = plans.iter().position(|plan| plan.token == token && plan.holder == holder);
        let plan = index.map(|index| plans.remove(index));
        let refused = |reason: &str| {
            Err(Failure::usage(format!("the token {reason}"))
                .hint("call the tool without a token for a new plan, and show it to your user"))
        };
        match plan {
            None => refused("is not valid, or was used before"),
            Some(plan) if plan.made.elapsed() >= VALIDITY => refused("is older than 10 minutes"),
            // The words contain the hash of each file.
            Some(plan) if plan.words != words => {
                refused("belongs to other inputs, or a file has changed since the plan")
            }
            Some(plan) => Ok(plan.digest),
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
        let one = words("sms send -p 1");
        let token = plans.add(&one, "digest", Holder::Agent);
        assert_eq!(plans.take(&token, &one, Holder::Agent).ok().as_deref(), Some("digest"));
        assert!(plans.take(&token, &one, Holder::Agent).is_err(), "used");

        let token = plans.add(&one, "digest", Holder::Agent);
        assert!(plans.take(&token, &words("sms send -p 2"), Holder::Agent).is_err());
        assert!(plans.take(&token, &one, Holder::Agent).is_err(), "removed");

        let token = plans.add(&one, "digest", Holder::Person);
        assert!(plans.take(&token, &one, Holder::Agent).is_err(), "only a person has it");
        assert!(plans.take("forged", &one, Holder::Agent).is_err());
        assert!(plans.take("", &one, Holder::Agent).is_err());
    }

    #[test]
    fn a_token_is_valid_for_ten_minutes() {
        let plans = Plans::default();
        let one = words("sms send -p 1");
        let ago = |time: Duration| Instant::now().checked_sub(time).expect("a time");
        let add = |time| plans.add_at(&one, "digest", Holder::Agent, ago(time));
        let (old, young) = (add(VALIDITY), add(VALIDITY - Duration::from_secs(30)));
        let failure = plans.take(&old, &one, Holder::Agent).expect_err("too old");
        assert!(failure.message.contains("10 minutes"), "{}", failure.message);
        assert!(plans.take(&young, &one, Holder::Agent).is_ok());
    }

    #[test]
    fn the_number_of_plans_is_limited() {
        let plans = Plans::default();
        let one = words("sms send -p 1");
        let tokens: Vec<String> =
            (0..=MAX_PLANS).map(|_| plans.add(&one, "digest", Holder::Agent)).collect();
        assert!(plans.take(&tokens[0], &one, Holder::Agent).is_err());
        assert!(plans.take(&tokens[1], &one, Holder::Agent).is_ok());
    }
}
