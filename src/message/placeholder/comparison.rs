//! The variables of a template beside the values that are given for them.

use crate::error::{Failure, Result};
use crate::message::placeholder::variables::Variable;

/// What is wrong with the values that are given for a template's variables.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Comparison {
    /// The template has them, and no value is given.
    pub missing: Vec<String>,
    /// A value is given, and the template does not have them.
    pub superfluous: Vec<String>,
}

impl Comparison {
    /// Exactly the variables of the template are given.
    pub fn is_exact(&self) -> bool {
        self.missing.is_empty() && self.superfluous.is_empty()
    }

    /// Exactly the variables of that template are wanted.
    ///
    /// # Errors
    /// Others are given; the failure names them.
    pub fn require_exact(self, template: &str) -> Result<()> {
        if self.is_exact() {
            return Ok(());
        }
        let mut failure = Failure::usage(format!(
            "the variables do not match the template {template}: {}",
            self.describe()
        ))
        .hint("give exactly the variables of the template, each as --param NAME=VALUE");
        failure.missing = self.missing;
        Err(failure)
    }

    /// Both lists in one sentence, for a failure.
    fn describe(&self) -> String {
        let mut parts = Vec::new();
        if !self.missing.is_empty() {
            parts.push(format!("missing: {}", self.missing.join(", ")));
        }
        if !self.superfluous.is_empty() {
            parts.push(format!("superfluous: {}", self.superfluous.join(", ")));
        }
        parts.join("; ")
    }
}

/// Compares the variables of a template with the values that are given.
pub fn compare(variables: &[Variable], values: &[(String, String)]) -> Comparison {
    let given = |name: &str| values.iter().any(|(given, _)| given == name);
    let known = |name: &str| variables.iter().any(|variable| variable.name == name);
    Comparison {
        missing: variables
            .iter()
            .filter(|variable| !given(&variable.name))
            .map(|variable| variable.name.clone())
            .collect(),
        superfluous: values
            .iter()
            .filter(|(name, _)| !known(name))
            .map(|(name, _)| name.clone())
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::placeholder::{Style, names};

    #[test]
    fn missing_and_superfluous_are_both_named() {
        let variables = names([("body".into(), "${a} ${b}")], Style::Sms);
        let comparison = compare(&variables, &given(&["b", "c"]));
        assert_eq!(comparison.describe(), "missing: a; superfluous: c");
        assert!(compare(&variables, &given(&["a", "b"])).is_exact());
    }

    fn given(names: &[&str]) -> Vec<(String, String)> {
        names.iter().map(|name| ((*name).into(), String::new())).collect()
    }
}
