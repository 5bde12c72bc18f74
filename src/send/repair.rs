//! What to do about a store that cannot be read.

use crate::storage::Fix;

/// The command that starts a new record of keys.
pub const REPAIR: &str = "alimsg keys repair";

/// What to do about a store that cannot be read.
pub const fn advice(fix: Fix) -> &'static str {
    match fix {
        Fix::Repair => {
            "restore the file from a backup, or start a new record with `alimsg keys repair`"
        }
        Fix::Retry => {
            "another program has the record locked, or its database cannot be reached: run this \
             again when that has ended"
        }
        Fix::Files => {
            "restore the owner, the permissions or the place of the file, or free disk space, and \
             run this again; if the file is lost, `alimsg keys repair` starts a new record"
        }
        Fix::Database => {
            "correct --store (or ALIMSG_STORE), the password or the permissions in the database, \
             and run this again"
        }
        Fix::Upgrade => "a later version of alimsg wrote the record: install that version",
    }
}
