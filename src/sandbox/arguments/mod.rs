//! Parses the arguments of a product call as strictly as the real host and plugin.
//!
//! The host parses first: it knows only its own global flags, and treats every word with a leading
//! dash as a flag. The plugin, which knows the flags of the command, then parses the line again.

mod call;

#[cfg(test)]
pub use call::Value;
pub use call::{ProductCall, nearest_known};

use crate::api::operations::{self, FlagKind, Operation, Product};
use crate::sandbox::answers::{Answer, host_error, printed};

/// The kind of value that a global flag takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GlobalKind {
    Text,
    Integer,
    /// Takes no value.
    Switch,
    /// May be given more than once.
    Repeated,
}

/// The flags that every product call accepts in addition to those of its command.
pub const GLOBAL_FLAGS: &[(&str, GlobalKind)] = &[
    ("--region", GlobalKind::Text),
    ("--profile", GlobalKind::Text),
    ("--api-version", GlobalKind::Text),
    ("--endpoint", GlobalKind::Text),
    ("--user-agent", GlobalKind::Text),
    ("--read-timeout", GlobalKind::Integer),
    ("--connect-timeout", GlobalKind::Integer),
    ("--retry-count", GlobalKind::Integer),
    ("--cli-query", GlobalKind::Text),
    ("--output", GlobalKind::Repeated),
    ("--quiet", GlobalKind::Switch),
    ("--log-level", GlobalKind::Text),
    ("--cli-dry-run", GlobalKind::Switch),
    ("--cli-ai-mode", GlobalKind::Switch),
    ("--no-cli-ai-mode", GlobalKind::Switch),
    ("--pager", GlobalKind::Repeated),
    ("--yes", GlobalKind::Switch),
    ("--header", GlobalKind::Repeated),
    ("--secure", GlobalKind::Switch),
    ("--insecure", GlobalKind::Switch),
];

/// One flag of the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Including the dashes.
    pub name: String,
    /// The text after `=`; may begin with a dash.
    pub attached: Option<String>,
    /// The words after the flag, up to the next flag.
    pub separate: Vec<String>,
}

impl Given {
    fn first_value(&self) -> Option<&str> {
        self.attached.as_deref().or_else(|| self.separate.first().map(String::as_str))
    }
}

/// A product call as the host parses it.
#[derive(Debug)]
pub struct Line {
    pub product: Product,
    /// The word after the product.
    pub command: Option<String>,
    pub flags: Vec<Given>,
    /// A word was parsed as a request for help, possibly unintended.
    pub requests_help: bool,
    /// Words that belong to no flag.
    pub stray: Vec<String>,
}

impl Line {
    /// The value of a global flag that takes one.
    pub fn global(&self, name: &str) -> Option<&str> {
        self.flags.iter().find(|given| given.name == name).and_then(Given::first_value)
    }

    /// The words after the product that the host assigns to no flag. The host does not know the
    /// flags of a plugin and assigns one value to each of them.
    pub fn host_words(&self) -> Vec<&str> {
        let consumed = |given: &Given| match global_kind(&given.name) {
            Some(GlobalKind::Switch) => 0,
            Some(GlobalKind::Repeated) => given.separate.len(),
            _ => usize::from(given.attached.as_ref().is_none_or(String::is_empty)),
        };
        let extra = self.flags.iter().flat_map(|given| given.separate.iter().skip(consumed(given)));
        let words = self.command.iter().chain(extra).chain(&self.stray);
        words.map(String::as_str).collect()
    }

    /// Whether a flag was given.
    pub fn has_flag(&self, name: &str) -> bool {
        self.flags.iter().any(|given| given.name == name)
    }
}

fn global_kind(name: &str) -> Option<GlobalKind> {
    GLOBAL_FLAGS.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
}

/// Whether the flag takes exactly one word as its value, even the word `help`.
fn is_single_valued(operation: Option<&Operation>, name: &str) -> bool {
    match (global_kind(name), operation.and_then(|operation| operation.flag(name))) {
        (Some(kind), _) => kind != GlobalKind::Switch,
        (None, Some(flag)) => {
            !matches!(flag.kind, FlagKind::Map | FlagKind::Fields(_) | FlagKind::TextList)
        }
        (None, None) => false,
    }
}

/// The flags before the product that the host accepts there and does not pass to the plugin.
const LEADING_FLAGS: [&str; 2] = ["--cli-ai-mode", "--no-cli-ai-mode"];

/// Splits off the flags before the product.
///
/// # Errors
/// The host's error for such a flag that is repeated or has a value.
pub fn split_leading(args: &[String]) -> Result<(Vec<Given>, &[String]), Answer> {
    let name_of = |word: &str| word.split_once('=').map_or(word, |(name, _)| name).to_owned();
    let is_leading = |word: &&String| LEADING_FLAGS.contains(&name_of(word).as_str());
    let (leading, rest) = args.split_at(args.iter().take_while(is_leading).count());
    let mut flags: Vec<Given> = Vec::new();
    for word in leading {
        let name = name_of(word);
        if flags.iter().any(|earlier| earlier.name == name) {
            return Err(host_error(1, &format!("{name} duplicated")));
        }
        if word.len() > name.len() + 1 {
            return Err(host_error(1, &format!("flag {name} can't be assigned")));
        }
        flags.push(Given { name, attached: None, separate: Vec::new() });
    }
    Ok((flags, rest))
}

/// Parses everything after the product name as the host does.
///
/// # Errors
/// As [`parse_after`].
#[cfg(test)]
pub fn parse(product: Product, args: &[String]) -> Result<Line, Answer> {
    parse_after(Vec::new(), product, args)
}

/// Parses everything after the product name as the host does, after these flags.
///
/// # Errors
/// The host's error for a global flag that has no value or is repeated, and for a malformed flag.
/// After leading flags, no flag at all may be repeated.
pub fn parse_after(leading: Vec<Given>, product: Product, args: &[String]) -> Result<Line, Answer> {
    let mut line =
        Line { product, command: None, flags: Vec::new(), requests_help: false, stray: Vec::new() };
    for word in args {
        if word == "--help" || word == "-h" || word.starts_with("--help=") {
            line.requests_help = true;
        } else if word.starts_with("--") && !word.starts_with("---") {
            if word == "--" {
                return Err(host_error(1, "parse failed: a bare '--' is not supported"));
            }
            let (name, attached) = match word.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (word.clone(), None),
            };
            line.flags.push(Given { name, attached, separate: Vec::new() });
        } else if word.starts_with('-') {
            return Err(host_error(2, &format!("parse failed: unknown flag {word}")));
        } else {
            parse_word(&mut line, word);
        }
    }
    if !leading.is_empty() {
        let mut names: Vec<&str> = line.flags.iter().map(|given| given.name.as_str()).collect();
        names.sort_unstable();
        let repeated = names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0]);
        if let Some(name) = repeated.filter(|name| global_kind(name).is_none()) {
            return Err(host_error(1, &format!("parse failed flag duplicated {name}")));
        }
        line.flags.splice(0..0, leading);
    }
    check_globals(&line)?;
    if line.command.is_none() {
        // A product without a command prints its help page.
        line.requests_help = true;
    }
    Ok(line)
}

fn parse_word(line: &mut Line, word: &str) {
    let operation =
        line.command.as_deref().and_then(|name| operations::find(line.product.name(), name));
    match line.flags.last_mut() {
        None if word == "help" => line.requests_help = true,
        None if line.command.is_none() => line.command = Some(word.to_owned()),
        None => line.stray.push(word.to_owned()),
        Some(flag) => {
            let single = is_single_valued(operation, &flag.name);
            let has_value = flag.attached.is_some() || (single && !flag.separate.is_empty());
            if word == "help" && (!single || has_value) {
                line.requests_help = true;
            } else if has_value {
                line.stray.push(word.to_owned());
            } else {
                flag.separate.push(word.to_owned());
            }
        }
    }
}

fn check_globals(line: &Line) -> Result<(), Answer> {
    for (index, given) in line.flags.iter().enumerate() {
        let Some(kind) = global_kind(&given.name) else { continue };
        let name = &given.name;
        if kind == GlobalKind::Switch {
            if given.attached.is_some() || !given.separate.is_empty() {
                return Err(host_error(1, &format!("parse failed {name} takes no value")));
            }
        } else if given.first_value().is_none_or(str::is_empty) {
            return Err(host_error(1, &format!("parse failed {name} must be assigned with value")));
        }
        let repeated = line.flags[..index].iter().any(|earlier| earlier.name == *name);
        if repeated && kind != GlobalKind::Repeated {
            return Err(host_error(1, &format!("parse failed {name} duplicated")));
        }
    }
    Ok(())
}

/// The help page of the plugin. Exit code 0, although no call is made.
pub fn help_page(product: Product, command: Option<&str>) -> Answer {
    let name = product.name();
    let mut text = String::new();
    match command.and_then(|command| operations::find(name, command)) {
        Some(operation) => {
            text.push_str(&format!("Calls {} of {name}.\n\n", operation.api));
            text.push_str(&format!("Usage:\n  aliyun {name} {} [flags]\n\n", operation.command));
            text.push_str("Flags:\n");
            for flag in operation.flags {
                let mark = if flag.required { "  (required)" } else { "" };
                text.push_str(&format!("  {}{mark}\n", flag.name));
            }
        }
        None => {
            text.push_str(&format!("Usage:\n  aliyun {name} <command> [flags]\n\nCommands:\n"));
            for operation in product.operations() {
                text.push_str(&format!("  {}\n", operation.command));
            }
        }
    }
    printed(text)
}
