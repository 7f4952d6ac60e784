//! The tables, their versions, and how the file is opened.
//!
//! Versions only go forward: a file of a newer version is refused, an older one is brought up to date in one transaction.

use super::fault;
use crate::error::{Code, Error, Result};
use rusqlite::{Connection, Transaction};
use rusqlite_migration::{M, Migrations};
use std::path::Path;

/// "alim": marks the file as ours.
const APPLICATION_ID: i64 = 0x616c_696d;
pub(super) const PAGE_BYTES: u64 = 4096;
/// Frames of the log before it is moved into the file.
const LOG_FRAMES: u64 = 4_000;
/// The log at that size, with room for a transaction that passes it.
pub(super) const LOG_BYTES: u64 = (LOG_FRAMES + 400) * (PAGE_BYTES + 24);

/// Version 1. `due` of phase 7 (result) is a running number, else a time; `payload` and the `bytes` of an image
/// are sealed (seal.rs); `payload` is NULL once it is erased. `digest` and the `name` of an image are keyed hashes.
const V1: &str = "
CREATE TABLE message (
    id          INTEGER PRIMARY KEY,
    phase       INTEGER NOT NULL,
    due         INTEGER NOT NULL,
    state       INTEGER NOT NULL,
    channel     INTEGER NOT NULL,
    certainty   INTEGER NOT NULL,
    reason      INTEGER NOT NULL,
    attempts    INTEGER NOT NULL,
    tries       INTEGER NOT NULL,
    fell_back   INTEGER NOT NULL,
    left_at     INTEGER,
    sent_at     INTEGER,
    finished_at INTEGER,
    reference   TEXT NOT NULL,
    vendor_code TEXT NOT NULL,
    key         TEXT NOT NULL,
    digest      BLOB NOT NULL,
    priority    INTEGER NOT NULL,
    account     TEXT NOT NULL,
    gateway     TEXT NOT NULL,
    template    TEXT NOT NULL,
    tag         TEXT NOT NULL,
    fallback    INTEGER NOT NULL,
    owner       INTEGER NOT NULL,
    created     INTEGER NOT NULL,
    send_at     INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    delegated   INTEGER NOT NULL,
    payload     BLOB,
    -- A message that waits to be sent waits for its gateway, and not for those of others.
    lane        TEXT GENERATED ALWAYS AS (CASE WHEN phase <= 2 THEN gateway END) VIRTUAL
) STRICT;
CREATE UNIQUE INDEX message_key ON message (key);
CREATE INDEX message_work ON message (phase, lane, due);
-- Reports speak of messages by the gateway's own name.
CREATE INDEX message_reference ON message (reference) WHERE reference <> '';

-- Once per content; one line in image_use for each message that still has its content.
CREATE TABLE image (
    id    INTEGER PRIMARY KEY,
    name  BLOB NOT NULL UNIQUE,
    bytes BLOB NOT NULL
) STRICT;
CREATE TABLE image_use (
    message INTEGER NOT NULL,
    image   INTEGER NOT NULL,
    PRIMARY KEY (message, image)
) STRICT, WITHOUT ROWID;
CREATE INDEX image_use_image ON image_use (image);

-- The keys with which something in this file may be sealed; see vault.rs.
CREATE TABLE seal (
    id         BLOB PRIMARY KEY,
    digest_key BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE statistic (
    basis     INTEGER NOT NULL,
    day       INTEGER NOT NULL,
    account   TEXT NOT NULL,
    template  TEXT NOT NULL,
    tag       TEXT NOT NULL,
    channel   INTEGER NOT NULL,
    state     INTEGER NOT NULL,
    reason    INTEGER NOT NULL,
    asked     INTEGER NOT NULL,
    sent      INTEGER NOT NULL,
    delivered INTEGER NOT NULL,
    failed    INTEGER NOT NULL,
    fell_back INTEGER NOT NULL,
    billable  INTEGER NOT NULL,
    PRIMARY KEY (basis, day, account, template, tag, channel, state, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE member (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    holder  TEXT NOT NULL
) STRICT;

CREATE TABLE tally (
    numbered INTEGER NOT NULL,
    open     INTEGER NOT NULL
) STRICT;
INSERT INTO tally VALUES (0, 0);
";

/// Version 2: what gateways said of their templates; `sender` stands for the sender key.
const V2: &str = "
CREATE TABLE listing (
    gateway TEXT NOT NULL,
    sender  BLOB NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (gateway, sender)
) STRICT, WITHOUT ROWID;
CREATE TABLE template (
    gateway TEXT NOT NULL,
    sender  BLOB NOT NULL,
    code    TEXT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (gateway, sender, code)
) STRICT, WITHOUT ROWID;
";

/// Version 3: what a message says lies beside it. A message is written several times in its life and its content once, so a
/// change of state no longer writes the content again, and three times as many messages lie on a page. A message whose
/// content is erased has no row here.
const V3: &str = "
CREATE TABLE content (
    message INTEGER PRIMARY KEY,
    payload BLOB NOT NULL
) STRICT;
INSERT INTO content SELECT id, payload FROM message WHERE payload IS NOT NULL ORDER BY id;
ALTER TABLE message DROP COLUMN payload;
";

/// Version 4: how many of a message's `tries` ended with the process that made them.
const V4: &str = "ALTER TABLE message ADD COLUMN interrupted INTEGER NOT NULL DEFAULT 0";

/// Version 5: the check value of a row (mark.rs).
const V5: &str = "ALTER TABLE message ADD COLUMN mark INTEGER NOT NULL DEFAULT 0";

/// Version 6: two things that every change of state paid for. The index holds the lane as an expression (phase.rs), for SQLite
/// checks a row with a computed column twice; and of the gateways' names for messages only those by which they may have to
/// be found (`named`).
const V6: &str = "
DROP INDEX message_work;
DROP INDEX message_reference;
ALTER TABLE message DROP COLUMN lane;
CREATE INDEX message_work ON message (phase, CASE WHEN phase <= 2 THEN gateway END, due);
ALTER TABLE message ADD COLUMN named INTEGER NOT NULL DEFAULT 0;
UPDATE message SET named = 1 WHERE reference <> '';
CREATE INDEX message_reference ON message (reference) WHERE named = 1;
";

fn migrations() -> Migrations<'static> {
    Migrations::new(vec![
        M::up(V1),
        M::up(V2),
        M::up(V3),
        M::up(V4),
        M::up_with_hook(V5, |t: &Transaction<'_>| Ok(super::mark::mark_all(t)?)),
        M::up(V6),
    ])
}

/// Sets the connection up and brings the schema to this version. What is not ours, or newer, is not written to.
pub(super) fn prepare(connection: &mut Connection, path: &Path) -> Result<()> {
    let ours: i64 = connection.query_row("PRAGMA application_id", [], |r| r.get(0)).map_err(|e| fault(path, e))?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |r| r.get(0)).map_err(|e| fault(path, e))?;
    if ours != APPLICATION_ID && tables > 0 {
        return Err(Error::new(
            Code::OutboxCorrupt,
            format!("outbox {}: is a database of another program; choose another path", path.display()),
        ));
    }
    if migrations().pending_migrations(connection).map_err(|e| migration_fault(path, e))? < 0 {
        return Err(newer(path));
    }
    connection
        .execute_batch(&format!(
            "PRAGMA page_size = {PAGE_BYTES};
             PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA secure_delete = ON;
             PRAGMA wal_autocheckpoint = {LOG_FRAMES};
             PRAGMA cache_size = -8192;
             PRAGMA temp_store = MEMORY;
             PRAGMA application_id = {APPLICATION_ID};"
        ))
        .map_err(|e| fault(path, e))?;
    migrations().to_latest(connection).map_err(|e| migration_fault(path, e))
}

fn migration_fault(path: &Path, error: rusqlite_migration::Error) -> Error {
    match error {
        rusqlite_migration::Error::MigrationDefinition(_) => newer(path),
        rusqlite_migration::Error::RusqliteError { err, .. } => fault(path, err),
        other => Error::new(Code::OutboxCorrupt, format!("outbox {}: {other}", path.display())),
    }
}

fn newer(path: &Path) -> Error {
    Error::new(
        Code::OutboxVersion,
        format!("outbox {}: was written by a newer version of alimi; update alimi", path.display()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message as every version has it.
    fn keep(connection: &Connection, key: &str, reference: &str) {
        let sql = "INSERT INTO message (phase, due, state, channel, certainty, reason, attempts, tries, fell_back, \
                   reference, vendor_code, key, digest, priority, account, gateway, template, tag, fallback, owner, \
                   created, send_at, expires_at, delegated) \
                   VALUES (1, 0, 1, 1, 1, 0, 0, 0, 0, ?2, '', ?1, x'00', 1, '', '', '', '', 0, 0, 0, 0, 0, 0)";
        connection.execute(sql, [key, reference]).unwrap();
    }

    #[test]
    fn the_migrations_are_valid() {
        migrations().validate().unwrap();
    }

    #[test]
    fn an_older_outbox_keeps_its_contents_and_what_was_erased_stays_erased() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrations().to_version(&mut connection, 1).unwrap();
        for key in ["kept", "erased"] {
            keep(&connection, key, "");
        }
        connection.execute("UPDATE message SET payload = x'7365616c6564' WHERE key = 'kept'", []).unwrap();
        migrations().to_latest(&mut connection).unwrap();
        let contents = |key: &str| -> i64 {
            let sql = "SELECT count(*) FROM content JOIN message ON id = message WHERE key = ?1 AND payload = x'7365616c6564'";
            connection.query_row(sql, [key], |row| row.get(0)).unwrap()
        };
        assert_eq!((contents("kept"), contents("erased")), (1, 0));
        let messages: i64 = connection.query_row("SELECT count(*) FROM message", [], |row| row.get(0)).unwrap();
        assert_eq!(messages, 2);
        let marked = "SELECT count(*) FROM message WHERE mark <> 0";
        assert_eq!(connection.query_row(marked, [], |row| row.get::<_, i64>(0)), Ok(2));
    }

    #[test]
    fn an_older_outbox_finds_messages_by_the_names_that_gateways_gave_them() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrations().to_version(&mut connection, 5).unwrap();
        for (key, reference) in [("named", "vendor-1"), ("not", "")] {
            keep(&connection, key, reference);
        }
        migrations().to_latest(&mut connection).unwrap();
        let named = "SELECT group_concat(key) FROM message WHERE named = 1";
        assert_eq!(connection.query_row(named, [], |row| row.get::<_, String>(0)).unwrap(), "named");
    }
}
