//! Flags whose order matters: each occurrence of one flag opens a group, and another flag adds
//! members to the group before it.

use std::marker::PhantomData;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

/// The two flags that form groups.
pub trait Grouping {
    /// Opens a group.
    const OPENER: FlagSpec;
    /// Adds to the last group.
    const MEMBER: FlagSpec;
}

/// A repeatable flag.
pub struct FlagSpec {
    /// Without its dashes.
    pub flag: &'static str,
    pub value_name: &'static str,
    pub help: &'static str,
}

/// The groups of a command line.
#[derive(Debug)]
pub struct Groups<G>(pub Vec<Group>, PhantomData<G>);

/// One group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Group {
    /// `None` for members before the first opener.
    pub opener: Option<String>,
    pub members: Vec<String>,
}

impl<G: Grouping> Args for Groups<G> {
    fn augment_args(command: Command) -> Command {
        command.args([G::OPENER, G::MEMBER].map(|spec| {
            Arg::new(spec.flag)
                .long(spec.flag)
                .value_name(spec.value_name)
                .action(ArgAction::Append)
                .help(spec.help)
        }))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<G: Grouping> FromArgMatches for Groups<G> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        Self::from_arg_matches_mut(&mut matches.clone())
    }

    fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Self, Error> {
        Ok(Self(groups(matches, G::OPENER.flag, G::MEMBER.flag), PhantomData))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The groups, in the order of the command line.
fn groups(matches: &mut ArgMatches, opener: &str, member: &str) -> Vec<Group> {
    let mut occurrences: Vec<(usize, bool, String)> = Vec::new();
    for (id, opens) in [(opener, true), (member, false)] {
        let places: Vec<usize> = matches.indices_of(id).into_iter().flatten().collect();
        let values = matches.remove_many::<String>(id).into_iter().flatten();
        occurrences
            .extend(places.into_iter().zip(values).map(|(place, value)| (place, opens, value)));
    }
    occurrences.sort_by_key(|(place, ..)| *place);
    let mut groups: Vec<Group> = Vec::new();
    for (_, opens, value) in occurrences {
        if opens {
            groups.push(Group { opener: Some(value), members: Vec::new() });
        } else if let Some(group) = groups.last_mut() {
            group.members.push(value);
        } else {
            groups.push(Group { opener: None, members: vec![value] });
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Arg, ArgAction, Command};

    #[test]
    fn members_belong_to_the_opener_before_them() {
        let arg = |id: &'static str| Arg::new(id).long(id).action(ArgAction::Append);
        let mut matches = Command::new("x").arg(arg("section")).arg(arg("row")).get_matches_from([
            "x",
            "--row",
            "0",
            "--section",
            "A",
            "--row=1",
            "--row",
            "2",
            "--section=B",
            "--row",
            "3",
        ]);
        let parsed: Vec<_> = groups(&mut matches, "section", "row")
            .into_iter()
            .map(|group| (group.opener.unwrap_or_default(), group.members.join("+")))
            .collect();
        let expected = [("", "0"), ("A", "1+2"), ("B", "3")];
        assert_eq!(parsed, expected.map(|(a, b)| (a.to_string(), b.to_string())));
    }
}
