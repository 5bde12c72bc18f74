//! Compares the variables of a template with the given values.

use crate::error::{Failure, Result};
use crate::message::placeholder::variables::Variable;

/// How the given values differ from the variables of a template.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Comparison {
    /// Variables of the template without a value.
    pub missing: Vec<String>,
    /// Values for which the template has no variable.
    pub superfluous: Vec<String>,
}

impl Comparison {
    /// Whether every variable has a value and every value a variable.
    pub fn is_exact(&self) -> bool {
        self.missing.is_empty() && self.superfluous.is_empty()
    }

    /// Fails unless every variable has a value and every value a variable.
    ///
    /// # Errors
    /// The failure names what differs.
    pub fn require_exact(self, template: &str) -> Result<()> {
        if self.is_exact() {
            return Ok(());
        }
        let lists = [("missing", &self.missing), ("superfluous", &self.superfluous)];
        let lists = lists.into_iter().filter(|(_, names)| !names.is_empty());
        let lists: Vec<String> =
            lists.map(|(list, names)| format!("{list}: {}", names.join(", "))).collect();
        let message =
            format!("the variables do not match the template {template}: {}", lists.join("; "));
        let mut failure = Failure::usage(message)
            .hint("give exactly the variables of the template, each as --param NAME=VALUE");
        failure.missing = self.missing;
        Err(failure)
    }
}

/// Compares the variables of a template with the given values.
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
    use crate::message::placeholder::{Style, find_variables};

    #[test]
    fn missing_and_superfluous_values_are_both_reported() {
        let variables = find_variables([("body".into(), "${a} ${b}")], Style::Sms);
        let comparison = compare(&variables, &given(&["b", "c"]));
        let failure = comparison.require_exact("T").expect_err("two differences");
        assert!(failure.message.ends_with("T: missing: a; superfluous: c"), "{}", failure.message);
        assert_eq!(failure.missing, ["a"]);
        assert!(compare(&variables, &given(&["a", "b"])).is_exact());
    }

    fn given(names: &[&str]) -> Vec<(String, String)> {
        names.iter().map(|name| ((*name).into(), String::new())).collect()
    }
}
