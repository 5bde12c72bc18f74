//! The help pages, collected from the program itself, so that new commands are found without a list.

use std::sync::LazyLock;

use crate::support::World;

/// Maximum levels of commands below `alimsg`; a deeper tree means that a page lists itself.
const MAX_DEPTH: usize = 4;

/// Every page that `--help` prints, in the order of the tree: a group before its commands.
pub static PAGES: LazyLock<Vec<Page>> = LazyLock::new(|| {
    let mut pages = Vec::new();
    walk(&World::with_alimsg_alone(), &[], &mut pages);
    pages
});

pub struct Page {
    /// `alimsg`, `alimsg sms`, `alimsg sms send`.
    pub name: String,
    pub text: String,
}

fn walk(world: &World, words: &[&str], pages: &mut Vec<Page>) {
    assert!(words.len() <= MAX_DEPTH, "commands are nested too deeply: {words:?}");
    let ran = world.run(&[words, &["--help"]].concat());
    assert_eq!((ran.exit(), ran.stderr.as_str()), (0, ""), "{words:?}");
    let page = Page { name: [&["alimsg"], words].concat().join(" "), text: ran.stdout };
    let below = page.subcommands();
    pages.push(page);
    for command in below {
        walk(world, &[words, &[&command]].concat(), pages);
    }
}

impl Page {
    /// The first line: the purpose of the command.
    pub fn summary(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }

    /// The lines below a heading, up to the next line that is not indented.
    fn section(&self, heading: &str) -> impl Iterator<Item = &str> {
        let below = self.text.lines().skip_while(move |line| *line != heading).skip(1);
        below.take_while(|line| line.is_empty() || line.starts_with(' '))
    }

    fn subcommands(&self) -> Vec<String> {
        // Names are indented by two columns; deeper lines continue a description.
        let entries = self.section("Commands:").filter_map(|line| line.strip_prefix("  "));
        let entries = entries.filter(|line| !line.starts_with(' '));
        entries.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
    }

    /// The commands of the section "Examples:", each with its continuation lines.
    pub fn examples(&self) -> Vec<String> {
        let mut examples: Vec<String> = Vec::new();
        let mut continues = false;
        for line in self.section("Examples:").filter(|line| !line.is_empty()) {
            match examples.last_mut() {
                Some(example) if continues => {
                    example.push('\n');
                    example.push_str(line);
                }
                _ => examples.push(line.trim_start().to_owned()),
            }
            continues = line.ends_with('\\');
        }
        examples
    }

    /// The flags and arguments that the page lists without a description.
    pub fn unexplained(&self) -> Vec<&str> {
        let options = self.text.lines().take_while(|line| *line != "Examples:");
        let lines: Vec<&str> = options.collect();
        let is_entry = |line: &str| {
            let entry = line.trim_start();
            let indent = line.len() - entry.len();
            (2..=6).contains(&indent) && entry.starts_with(['-', '[', '<'])
        };
        let explained = |at: usize| {
            // The description is beside the flag after a gap, or below it with a deeper indent.
            lines[at].trim_start().contains("  ")
                || lines.get(at + 1).is_some_and(|line| line.starts_with("          "))
        };
        (0..lines.len())
            .filter(|at| is_entry(lines[*at]) && !explained(*at))
            .map(|at| lines[at])
            .collect()
    }

    /// The page without the flags that every command has.
    pub fn own_text(&self) -> String {
        let mut everywhere = false;
        let own = self.text.lines().filter(|line| {
            if !line.is_empty() && !line.starts_with(' ') {
                everywhere = *line == "Flags on every command:";
            }
            !everywhere
        });
        own.collect::<Vec<_>>().join("\n")
    }
}

#[test]
fn help_pages_are_parsed() {
    let page = Page {
        name: "alimsg x".into(),
        text: "\
Does it

Commands:
  one  The first, which
       goes on
  two  The second

Options:
      --good <N>  Is explained
      --bad
      --below
          Explained below
  -h, --help      Print help

Flags on every command:
      --json  Print JSON

Examples:
  alimsg x one \\
      --good 1
  alimsg x two

An afterthought.
"
        .into(),
    };
    assert_eq!(page.summary(), "Does it");
    assert_eq!(page.subcommands(), ["one", "two"]);
    assert_eq!(page.examples(), ["alimsg x one \\\n      --good 1", "alimsg x two"]);
    assert_eq!(page.unexplained(), ["      --bad"]);
    assert!(!page.own_text().contains("--json"));
    assert!(page.own_text().ends_with("An afterthought."));
}
