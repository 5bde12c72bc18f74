//! Names from the last listings: signatures, template codes, channel instances and sending numbers.
//! The shell completes them, so that it never has to ask the service.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::os::system;
use crate::settings::Settings;
use crate::storage::{self, folder};

/// At most this many names of each list are kept, the latest first.
const MAX_NAMES: usize = 200;

/// The lists whose names are kept, and the field with the name.
const LISTS: [(&str, &str); 4] = [
    ("signatures", "name"),
    ("templates", "code"),
    ("accounts", "cust_space_id"),
    ("numbers", "number"),
];

/// The names of each list of one profile.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Names(BTreeMap<String, Vec<String>>);

impl Names {
    /// The names that the profile's listings had; none if there are none.
    pub fn load(settings: &Settings) -> Self {
        let folder = storage::folder(settings);
        folder
            .map(|folder| load(&folder).remove(profile(settings)).unwrap_or_default())
            .unwrap_or_default()
    }

    /// The names of a list.
    pub fn of(&self, list: &str) -> &[String] {
        self.0.get(list).map_or(&[], Vec::as_slice)
    }
}

/// Records the names in the rows of a list. If that fails, the shell completes fewer names.
pub fn remember(settings: &Settings, list: &str, rows: &[Map<String, Value>]) {
    let Some((list, field)) = LISTS.iter().find(|(name, _)| *name == list) else { return };
    let names = rows.iter().filter_map(|row| row.get(*field)?.as_str());
    let names: Vec<&str> = names.filter(|name| !name.chars().any(char::is_control)).collect();
    let Ok(folder) = storage::folder(settings) else { return };
    let mut profiles = load(&folder);
    let known = &mut profiles.entry(profile(settings).to_owned()).or_default().0;
    let known = known.entry((*list).to_owned()).or_default();
    let mut latest: Vec<String> = Vec::new();
    for name in names.into_iter().chain(known.iter().map(String::as_str)) {
        if latest.len() < MAX_NAMES && !latest.iter().any(|other| other == name) {
            latest.push(name.to_owned());
        }
    }
    if latest == *known {
        return;
    }
    *known = latest;
    if let Ok(text) = serde_json::to_vec(&profiles) {
        let _ = folder::replace(&folder.join("names.json"), &text);
    }
}

/// The profile whose names these are; the sandbox has one account.
fn profile(settings: &Settings) -> &str {
    let profile = settings.profile.as_deref().filter(|_| !settings.sandbox);
    profile.unwrap_or_default()
}

fn load(folder: &Path) -> BTreeMap<String, Names> {
    let text = system::read_regular_file(&folder.join("names.json"));
    text.ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
}
