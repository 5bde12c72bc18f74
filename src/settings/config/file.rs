//! A configuration file: its text and its tables.

use std::io::{self, ErrorKind, Read as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml_edit::{Document, Item, Table, TableLike};

use crate::error::{Failure, Result};
use crate::settings::config::paths::VARIABLE;
use crate::settings::config::problem::Problem;
use crate::settings::config::secret;
use crate::settings::defaults::{Default, Key, Source};
use crate::settings::limits::{self, Invalid};
use crate::settings::outbox;

/// The table with defaults for every profile.
pub const DEFAULTS: &str = "defaults";
/// The table with one table for each profile.
pub const PROFILE: &str = "profile";
/// The tables of a file.
const TABLES: [&str; 4] = [DEFAULTS, PROFILE, LIMITS, OUTBOX];
const LIMITS: &str = "limits";
const OUTBOX: &str = "outbox";

/// The maximum size of a file in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// A parsed configuration file.
#[derive(Debug, std::default::Default)]
pub struct ConfigFile {
    pub path: PathBuf,
    /// The values of `[defaults]`.
    defaults: Vec<(Key, String)>,
    /// The values of each `[profile.NAME]`.
    profiles: Vec<(String, Vec<(Key, String)>)>,
    /// The table `[limits]`.
    pub limits: Option<limits::Table>,
    /// The table `[outbox]`.
    pub outbox: outbox::Table,
}

impl ConfigFile {
    /// Loads a file; `None` if it does not exist.
    ///
    /// # Errors
    /// [`Kind::Usage`](crate::error::Kind::Usage): it cannot be read or is not a valid configuration.
    pub fn load(path: &Path) -> Result<Option<Self>> {
        let Some(text) = read(path)? else { return Ok(None) };
        Self::parse(path, &text).map(Some)
    }

    /// Parses the text of a file.
    ///
    /// # Errors
    /// As [`Self::load`]; the failure has the line and the column.
    pub fn parse(path: &Path, text: &str) -> Result<Self> {
        let invalid = |problem: Problem| problem.at(path, text);
        if let Some(place) = secret::find(text) {
            return Err(invalid(Problem::secret(Some(place))));
        }
        let document = Document::parse(text).map_err(|error| {
            let message = error.message().lines().collect::<Vec<_>>().join(", ");
            invalid(Problem { place: error.span(), ..Problem::new(message) })
        })?;
        let mut file = Self { path: path.to_path_buf(), ..Self::default() };
        file.add_tables(document.as_table()).map_err(invalid)?;
        Ok(file)
    }

    fn add_tables(&mut self, root: &Table) -> std::result::Result<(), Problem> {
        for (name, item) in root.iter() {
            let place = root.get_key_value(name).and_then(|(key, _)| key.span()).or(item.span());
            let table = |item: &Item| item.as_table_like().is_some();
            match name {
                _ if secret::is_name(name) => return Err(Problem::secret(place)),
                _ if !TABLES.contains(&name) => {
                    let known = TABLES.map(|table| format!("[{table}]")).join(", ");
                    let known = known.replace("[profile]", "[profile.NAME]");
                    let what = if table(item) {
                        format!("table [{name}]")
                    } else {
                        format!("key {name:?}")
                    };
                    let hint = match Key::from_name(name) {
                        Some(_) => format!("write it below the line [{DEFAULTS}]"),
                        None => format!("the tables are {known}"),
                    };
                    return Err(Problem {
                        place,
                        hint: Some(hint),
                        ..Problem::new(format!("unknown {what}"))
                    });
                }
                _ if !table(item) => {
                    return Err(Problem {
                        place,
                        ..Problem::new(format!("{name} is not a table"))
                    });
                }
                DEFAULTS => self.defaults = keys(item, place)?,
                PROFILE => {
                    let profiles = item.as_table_like().into_iter().flat_map(TableLike::iter);
                    for (name, item) in profiles {
                        let place = item.span().or(place.clone());
                        self.profiles.push((name.to_string(), keys(item, place)?));
                    }
                }
                LIMITS => self.limits = limits(&self.path, item, place)?,
                _ => self.outbox = outbox(item, place)?,
            }
        }
        Ok(())
    }

    /// The values for a profile.
    pub fn profile(&self, name: &str) -> impl Iterator<Item = Default> {
        let table = self.profiles.iter().filter(move |(known, _)| known == name);
        table.flat_map(|(name, values)| self.values(values, table_name(Some(name))))
    }

    /// The values for every profile.
    pub fn defaults(&self) -> impl Iterator<Item = Default> {
        self.values(&self.defaults, table_name(None))
    }

    fn values<'f>(
        &'f self,
        values: &'f [(Key, String)],
        table: String,
    ) -> impl Iterator<Item = Default> + 'f {
        values.iter().map(move |(key, value)| Default {
            key: *key,
            value: value.clone(),
            source: Source::File { path: self.path.clone(), table: table.clone() },
        })
    }
}

/// The name of a table as it is written in a file.
pub fn table_name(profile: Option<&str>) -> String {
    match profile {
        None => DEFAULTS.to_string(),
        Some(name) => format!("{PROFILE}.{}", toml_edit::Key::new(name)),
    }
}

/// The keys of a table and of the tables of a table, with their values.
fn keys(
    item: &Item,
    place: Option<Range<usize>>,
) -> std::result::Result<Vec<(Key, String)>, Problem> {
    let Some(table) = item.as_table_like() else {
        return Err(Problem {
            place,
            ..Problem::new("expected a table, as in [profile.NAME]".into())
        });
    };
    let mut values = Vec::new();
    for (name, item) in table.iter() {
        let place = table.get_key_value(name).and_then(|(key, _)| key.span()).or(item.span());
        let key = key(name).map_err(|problem| Problem { place: place.clone(), ..problem })?;
        let place = item.span().or(place);
        let value = item.as_str().ok_or_else(|| Problem {
            place: place.clone(),
            ..Problem::new(format!("{name} takes a text in quotes"))
        })?;
        key.check(value).map_err(|message| Problem { place, ..Problem::new(message) })?;
        values.push((key, value.to_string()));
    }
    Ok(values)
}

/// Parses the table `[outbox]`.
fn outbox(item: &Item, place: Option<Range<usize>>) -> std::result::Result<outbox::Table, Problem> {
    let Some(table) = item.as_table_like() else { return Ok(outbox::Table::default()) };
    outbox::Table::parse(table).map_err(|invalid| at_key(table, invalid, place))
}

/// The problem with a key of a table.
fn at_key(table: &dyn TableLike, invalid: Invalid, place: Option<Range<usize>>) -> Problem {
    let key = table.get_key_value(&invalid.key);
    let place = key.and_then(|(key, item)| item.span().or(key.span())).or(place);
    Problem { place, ..Problem::new(invalid.message) }
}

/// Parses the table `[limits]`.
fn limits(
    source: &Path,
    item: &Item,
    place: Option<Range<usize>>,
) -> std::result::Result<Option<limits::Table>, Problem> {
    let Some(table) = item.as_table_like() else { return Ok(None) };
    let parsed = limits::Table::parse(source, table);
    parsed.map(Some).map_err(|invalid| at_key(table, invalid, place))
}

/// The key with this name.
///
/// # Errors
/// There is none, or it would hold a secret.
pub fn key(name: &str) -> std::result::Result<Key, Problem> {
    if secret::is_name(name) {
        return Err(Problem::secret(None));
    }
    Key::from_name(name).ok_or_else(|| {
        let known: Vec<&str> = Key::ALL.iter().map(|key| key.name()).collect();
        let hint = Some(format!("the keys are {}", known.join(", ")));
        Problem { hint, ..Problem::new(format!("unknown key {name:?}")) }
    })
}

/// The text of a file; `None` if it does not exist.
///
/// # Errors
/// It cannot be read, is not a regular file, is too large or is not UTF-8.
pub fn read(path: &Path) -> Result<Option<String>> {
    let unreadable = |reason: String| {
        Failure::usage(format!("the configuration {} cannot be read: {reason}", path.display()))
            .hint(format!("make the file readable, or name another one in {VARIABLE}"))
    };
    match read_bytes(path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(text.strip_prefix('\u{feff}').map(str::to_string).unwrap_or(text))),
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let before = String::from_utf8_lossy(&error.as_bytes()[..valid]).into_owned();
                let place = before.len()..before.len();
                Err(Problem { place: Some(place), ..Problem::new("not UTF-8".into()) }
                    .at(path, &before))
            }
        },
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(error.to_string())),
    }
}

fn read_bytes(path: &Path) -> io::Result<Vec<u8>> {
    // Reading a pipe could block.
    if !std::fs::metadata(path)?.is_file() && path != Path::new("/dev/null") {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::other("it is larger than 1 MiB"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<ConfigFile> {
        ConfigFile::parse(Path::new("/c.toml"), text)
    }

    #[test]
    fn errors_name_the_line_and_the_column() {
        for (text, expected) in [
            ("[defaults]\nfrom = ", "line 2, column 8"),
            ("[defaults]\nfrom = 1", "line 2, column 8: from takes a text"),
            ("[defaults]\n\n  form = \"1\"", "line 3, column 3: unknown key \"form\""),
            (
                "[profile.\"a b\"]\nai_mode = \"on\"",
                "line 2, column 11: ai_mode takes switch or call",
            ),
            ("[default]\n", "line 1, column 2: unknown table [default]"),
            ("from = \"1\"", "line 1, column 1: unknown key \"from\""),
            ("profile = 1", "line 1, column 1: profile is not a table"),
            ("[profile]\nx = \"1\"", "line 2"),
            ("[defaults]\nfrom = \"123\"\nfrom = \"123\"", "line 3, column 1"),
            ("# LTAI5tExampleExample", "line 1, column 3: an access key"),
            ("[defaults]\naccess_key_id = \"x\"", "line 2, column 1: an access key"),
        ] {
            let failure = parse(text).expect_err(text);
            assert!(failure.message.contains(expected), "{text}: {}", failure.message);
            assert!(failure.hint.is_some() && failure.exit_code() == 2, "{text}");
            let shown = format!("{} {:?}", failure.message, failure.hint);
            assert!(!shown.contains("LTAI5t"), "{shown}");
        }
        let hint = parse("[defaults]\nform = \"1\"").expect_err("unknown").hint.expect("a hint");
        for key in Key::ALL {
            assert!(hint.contains(key.name()), "{hint}");
        }
    }

    #[test]
    fn limits_are_part_of_a_file() {
        let file = parse("[limits]\nper_hour = 200\n[outbox]\nkeep = \"90d\"").expect("valid");
        assert_eq!(file.limits.and_then(|limits| limits.per_hour), Some(200));
        assert!(parse("").expect("valid").limits.is_none());
        let failure = parse("[limits]\nper_hour = 5\nper_hours = 5").expect_err("unknown");
        assert!(failure.message.contains("line 3, column 13"), "{}", failure.message);
    }

    #[test]
    fn a_profile_can_have_any_name() {
        let file = parse("[profile.\"a b\"]\nfrom = \"12345\"\n[profile.c]\n").expect("valid");
        let found: Vec<Default> = file.profile("a b").collect();
        assert_eq!((found.len(), found[0].value.as_str()), (1, "12345"));
        assert_eq!(found[0].source.to_string(), "/c.toml [profile.\"a b\"]");
        assert_eq!(file.profile("c").count(), 0);
    }

    proptest::proptest! {
        #[test]
        fn any_text_parses_without_a_panic(text in "[\\PC\\n]{0,80}", table in "(defaults|limits|profile\\.x|x)") {
            let _ = parse(&text);
            let _ = parse(&format!("[{table}]\n{text}"));
        }
    }
}
