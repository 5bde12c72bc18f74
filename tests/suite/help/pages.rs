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

/// The topics of `alimsg help`: the command that prints each, and its text.
pub static TOPICS: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    let world = World::with_alimsg_alone();
    let list = world.run(&["help", "topics"]).exits(0).stdout;
    let names = list.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    names
        .map(|name| {
            let page = world.run(&["help", name]).exits(0).stdout;
            (format!("alimsg help {name}"), page)
        })
        .collect()
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

    /// The commands directly below this one. The page of the program lists them by task, also
    /// those of its groups.
    fn subcommands(&self) -> Vec<String> {
        let is_heading = |line: &&str| line.ends_with(':') && !line.starts_with(' ');
        let headings = self.text.lines().filter(is_heading);
        let lists = headings.filter(|heading| match self.name.as_str() {
            "alimsg" => !heading.starts_with("Examples") && !heading.starts_with("Topics"),
            _ => *heading == "Commands:",
        });
        let mut names: Vec<String> = Vec::new();
        // Names are indented by two columns; deeper lines continue a description.
        let entries = lists.flat_map(|heading| self.section(heading));
        let entries = entries.filter_map(|line| line.strip_prefix("  "));
        for line in entries.filter(|line| !line.starts_with(' ')) {
            let name = line.split_whitespace().next().unwrap_or_default().to_owned();
            if !name.is_empty() && !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// The description of a flag, on one line.
    pub fn entry(&self, flag: &str) -> String {
        let is_start = |line: &&str| {
            let words = line.trim_start();
            words.starts_with('-') && line.len() - words.len() <= 6
        };
        let lines = self.text.lines().take_while(|line| *line != "Examples:");
        let mut entry = lines.skip_while(|line| {
            let mut words = line.split([' ', '[', '=']);
            !is_start(line) || !words.any(|word| word == flag)
        });
        let first = entry.next().unwrap_or_default().to_owned();
        let rest = entry.take_while(|line| !is_start(line) && line.starts_with("   "));
        rest.fold(first, |entry, line| format!("{entry} {}", line.trim_start()))
    }

    /// The flags that are marked with "[required]".
    pub fn marked_as_required(&self) -> Vec<String> {
        let options = self.text.lines().take_while(|line| *line != "Examples:");
        let words = options.flat_map(|line| line.split([' ', '[', '=']));
        let flags = words.filter(|word| word.starts_with("--") && word.len() > 2);
        let marked = flags.filter(|flag| self.entry(flag).contains("[required]"));
        let mut marked: Vec<String> = marked.map(str::to_owned).collect();
        marked.sort();
        marked.dedup();
        marked
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
}
