//! Recent messages for the duplicate check: keyed hashes, without content. A message to several
//! recipients has a row for each of them. All times are those of the server, because the clocks of
//! the machines may differ.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::storage::postgres::errors::StepResult;
use crate::storage::postgres::schema::NOW;
use crate::storage::postgres::session::{Session, lock_number};
use crate::storage::{Earlier, NewMessage, SendEnd};

/// The number of locks that all messages share: a server has a limited number of locks, and a
/// message can have 1,000 recipients.
const LOCKS: u8 = 64;

/// Deletes accepted messages that are older than the period of any check. Concurrent runs do not
/// wait for each other.
pub fn forget_old(session: &mut Session) -> StepResult<()> {
    let query = format!(
        "DELETE FROM messages WHERE id IN (
             SELECT id FROM messages WHERE at < {NOW} - 86400000000 AND state = 'accepted'
             ORDER BY at LIMIT 1000 FOR UPDATE SKIP LOCKED)"
    );
    session.execute(&query, &[]).map(drop)
}

/// Makes runs with an equal message wait until this transaction ends.
pub fn lock(session: &mut Session, fingerprints: &[String]) -> StepResult<()> {
    // In ascending order, so that no two runs wait for each other.
    let share = |fingerprint: &String| fingerprint.bytes().fold(0_u8, u8::wrapping_add) % LOCKS;
    let shares: BTreeSet<u8> = fingerprints.iter().map(share).collect();
    for share in shares {
        let number = lock_number(&format!("alimsg: messages {share}"));
        session.rows("SELECT pg_advisory_xact_lock($1)", &[&number])?;
    }
    Ok(())
}

pub fn add(session: &mut Session, key: &str, message: &NewMessage) -> StepResult<()> {
    let query = format!(
        "INSERT INTO messages (id, fingerprint, state, key, at)
         SELECT $1 || '-' || position, fingerprint, 'calling', $3, {NOW}
         FROM unnest($2::text[]) WITH ORDINALITY AS new (fingerprint, position)"
    );
    session.execute(&query, &[&message.id, &message.fingerprints, &key]).map(drop)
}

/// The equal messages that prevent this one: those with an unknown outcome, and those accepted since
/// a moment. An accepted message from the future is ignored, because the clock was set back after it.
pub fn earlier(session: &mut Session, message: &NewMessage) -> StepResult<Vec<Earlier>> {
    let now = Timestamp::now();
    let age = message.refuse_since.map(|since| now.duration_since(since).as_micros().max(0));
    // No row has a negative age on both sides of now.
    let age = age.map_or(-1, |age| i64::try_from(age).unwrap_or(i64::MAX / 4));
    // A message with an unknown outcome matters more than a later accepted one.
    let query = format!(
        "SELECT DISTINCT ON (fingerprint) fingerprint, state = 'accepted', {NOW} - at, key
         FROM messages
         WHERE fingerprint = ANY($1)
           AND CASE state WHEN 'accepted'
               THEN at BETWEEN {NOW} - $2::bigint AND {NOW} + $2::bigint
               ELSE key IS NULL OR key <> ALL($3) END
         ORDER BY fingerprint, state = 'accepted', at DESC"
    );
    let rows = session.rows(&query, &[&message.fingerprints, &age, &message.confirmed])?;
    let mut found: Vec<Earlier> = rows
        .iter()
        .filter_map(|row| {
            let fingerprint: String = row.get(0);
            let recipient = message.fingerprints.iter().position(|own| *own == fingerprint)?;
            let at = now.checked_sub(SignedDuration::from_micros(row.get(2))).unwrap_or(now);
            Some(Earlier { recipient, at, accepted: row.get(1), key: row.get(3) })
        })
        .collect();
    found.sort_by_key(|earlier| earlier.recipient);
    Ok(found)
}

/// Records how the send of a key ended. From an acceptance on, equal messages are refused for the
/// period of the check, even if it was found out later: the user may try again at once.
pub fn finish(session: &mut Session, key: &str, end: &SendEnd<'_>) -> StepResult<()> {
    let change = match end {
        SendEnd::Accepted { .. } => &format!("UPDATE messages SET state = 'accepted', at = {NOW}"),
        SendEnd::Unresolved { .. } => "UPDATE messages SET state = 'unresolved'",
        SendEnd::NotSent => "DELETE FROM messages",
    };
    let query = format!("{change} WHERE key = $1 AND state <> 'accepted'");
    session.execute(&query, &[&key]).map(drop)
}
