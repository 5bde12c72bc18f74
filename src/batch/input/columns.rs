//! Which column of the input holds which value.

use crate::error::{Failure, Result};

/// A column with a fixed meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reserved {
    Phone,
    Sign,
    OutId,
    Language,
}

impl Reserved {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Sign => "sign",
            Self::OutId => "out_id",
            Self::Language => "language",
        }
    }
}

/// `--map NAME=COLUMN`: the column that holds a variable, or a value with a fixed meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    pub name: String,
    pub column: String,
}

impl Mapping {
    /// Parses the values of `--map`.
    ///
    /// # Errors
    /// A value does not have the form NAME=COLUMN, or a name is given twice.
    pub fn parse(values: &[String]) -> Result<Vec<Self>> {
        let pairs = crate::message::params::from_pairs("--map", values)?;
        Ok(pairs.into_iter().map(|(name, column)| Self { name, column }).collect())
    }
}

/// The positions of the values in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    pub phone: usize,
    pub sign: Option<usize>,
    pub out_id: Option<usize>,
    pub language: Option<usize>,
    /// The variables of the template: name and position.
    pub variables: Vec<(String, usize)>,
    /// Columns that no message uses.
    pub ignored: Vec<String>,
}

impl Columns {
    /// Finds the columns.
    ///
    /// `reserved` are the columns with a fixed meaning for this kind of batch. `variables` are the
    /// variables of the template; `None` if it cannot be read: every other column is then a variable.
    ///
    /// # Errors
    /// A column is missing, or the input has a column that this kind of batch does not support.
    pub fn find(
        name: &str,
        header: &[String],
        reserved: &[Reserved],
        variables: Option<&[String]>,
        mappings: &[Mapping],
    ) -> Result<Self> {
        let position = |column: &str| header.iter().position(|given| given == column);
        let is_reserved = |name: &str| reserved.iter().any(|reserved| reserved.name() == name);
        for mapping in mappings {
            if position(&mapping.column).is_none() {
                return Err(no_column(name, &mapping.column, header));
            }
            let known = variables.is_none_or(|known| known.contains(&mapping.name));
            if !known && !is_reserved(&mapping.name) {
                return Err(Failure::usage(format!(
                    "--map {}={}: the template has no variable {:?}",
                    mapping.name, mapping.column, mapping.name
                ))
                .hint(format!("its variables: {}", list(variables.unwrap_or_default()))));
            }
        }
        let source = |wanted: &str| {
            let mapped = mappings.iter().find(|mapping| mapping.name == wanted);
            position(mapped.map_or(wanted, |mapping| &mapping.column))
        };
        let optional =
            |wanted: Reserved| reserved.contains(&wanted).then(|| source(wanted.name())).flatten();
        let Some(phone) = source(Reserved::Phone.name()) else {
            return Err(no_column(name, Reserved::Phone.name(), header));
        };
        let (sign, out_id) = (optional(Reserved::Sign), optional(Reserved::OutId));
        let language = optional(Reserved::Language);
        let fixed: Vec<usize> =
            [Some(phone), sign, out_id, language].into_iter().flatten().collect();
        let (found, missing): (Vec<_>, Vec<_>) = match variables {
            Some(known) => known
                .iter()
                .map(|name| (name.clone(), source(name)))
                .partition(|one| one.1.is_some()),
            None => {
                let mapped = mappings.iter().filter(|mapping| !is_reserved(&mapping.name));
                let mapped: Vec<_> = mapped
                    .map(|mapping| (mapping.name.clone(), position(&mapping.column)))
                    .collect();
                let others = header.iter().enumerate().filter(|(at, name)| {
                    !name.is_empty()
                        && !mapped.iter().any(|one| one.0 == **name)
                        && !fixed.contains(at)
                        && !mapped.iter().any(|one| one.1 == Some(*at))
                });
                let others = others.map(|(at, name)| (name.clone(), Some(at)));
                (others.chain(mapped.clone()).collect(), Vec::new())
            }
        };
        if !missing.is_empty() {
            let names: Vec<String> = missing.into_iter().map(|(name, _)| name).collect();
            return Err(Failure::usage(format!(
                "{name} has no column for {} of the template: {}",
                if names.len() == 1 { "a variable" } else { "variables" },
                list(&names)
            ))
            .hint(format!(
                "name the column with --map {}=COLUMN; its columns: {}",
                names.first().map_or("VARIABLE", String::as_str),
                list(header)
            )));
        }
        let variables: Vec<(String, usize)> =
            found.into_iter().filter_map(|(name, at)| Some((name, at?))).collect();
        let is_used =
            |at: &usize| fixed.contains(at) || variables.iter().any(|(_, used)| used == at);
        let ignored = header
            .iter()
            .enumerate()
            .filter(|(at, name)| !is_used(at) && !name.is_empty())
            .map(|(_, name)| name.clone())
            .collect();
        Ok(Self { phone, sign, out_id, language, variables, ignored })
    }
}

fn no_column(name: &str, column: &str, header: &[String]) -> Box<Failure> {
    // Such as `Phone number` or `手机号`.
    let is_phone = |name: &&String| {
        let name = name.to_lowercase();
        ["phone", "mobile", "number", "手机", "号码", "电话"].iter().any(|part| name.contains(part))
    };
    let example = header.iter().find(is_phone).or(header.first());
    let example = shell_words::quote(example.map_or("COLUMN", String::as_str));
    Failure::usage(format!("{name} has no column {column:?}")).hint(if column == "phone" {
        format!(
            "the first line names the columns; name the column of the numbers with --map \
             phone={example}; its columns: {}",
            list(header)
        )
    } else {
        format!("its columns: {}", list(header))
    })
}

fn list(names: &[String]) -> String {
    const SHOWN: usize = 20;
    let names: Vec<&str> =
        names.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
    let mut text = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        text.push_str(", …");
    }
    if text.is_empty() { "none".into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMS: [Reserved; 3] = [Reserved::Phone, Reserved::Sign, Reserved::OutId];

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn columns_are_found_by_name_and_the_others_are_listed() {
        let header = names(&["id", "name", "phone", "out_id", "order"]);
        let variables = names(&["name", "order"]);
        let columns = Columns::find("f", &header, &SMS, Some(&variables), &[]).expect("columns");
        assert_eq!((columns.phone, columns.sign, columns.out_id), (2, None, Some(3)));
        assert_eq!(columns.variables, [("name".to_string(), 1), ("order".to_string(), 4)]);
        assert_eq!(columns.ignored, ["id"]);
    }

    #[test]
    fn mapped_columns_are_used_for_variables_and_for_the_phone() {
        let header = names(&["Mobile", "First name"]);
        let mappings = Mapping::parse(&names(&["phone=Mobile", "name=First name"])).expect("maps");
        let variables = names(&["name"]);
        let columns =
            Columns::find("f", &header, &SMS, Some(&variables), &mappings).expect("columns");
        assert_eq!((columns.phone, columns.variables), (0, vec![("name".to_string(), 1)]));
    }

    #[test]
    fn without_the_template_every_other_column_is_a_variable() {
        let header = names(&["phone", "a", "b"]);
        let mappings = Mapping::parse(&names(&["x=b"])).expect("maps");
        let columns = Columns::find("f", &header, &SMS, None, &mappings).expect("columns");
        assert_eq!(columns.variables, [("a".to_string(), 1), ("x".to_string(), 2)]);
        // A mapped column replaces the one with the name of the variable.
        let mappings = Mapping::parse(&names(&["a=b"])).expect("maps");
        let columns = Columns::find("f", &header, &SMS, None, &mappings).expect("columns");
        assert_eq!(columns.variables, [("a".to_string(), 2)]);
        assert_eq!(columns.ignored, ["a"]);
    }

    #[test]
    fn missing_columns_name_the_flag_that_maps_them() {
        let find = |header: &[&str], variables: &[&str], maps: &[&str]| {
            let mappings = Mapping::parse(&names(maps)).expect("maps");
            Columns::find("f", &names(header), &SMS, Some(&names(variables)), &mappings)
                .expect_err("refused")
        };
        let failure = find(&["number", "name"], &["name"], &[]);
        assert!(failure.hint.as_deref().is_some_and(|hint| hint.contains("--map phone=number")));
        let failure = find(&["phone", "who"], &["name", "order"], &[]);
        assert!(failure.message.contains("name, order"), "{}", failure.message);
        assert!(failure.hint.as_deref().is_some_and(|hint| hint.contains("--map name=COLUMN")));
        assert!(find(&["phone"], &[], &["name=x"]).message.contains("\"x\""));
        assert!(find(&["phone", "x"], &["a"], &["b=x"]).message.contains("no variable"));
    }
}
