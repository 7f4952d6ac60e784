//! kill -9 while an outbox of the first schema is brought up to date: at one certain write or sync of a process that has just
//! started, the first ones of all.

use crate::crew::Worker;
use crate::kill::{AIMED_LIFE, MESSAGES, SPAN, random};
use crate::rig::{Rig, preloaded};
use crate::table::{Row, Scale, Scenario};
use rusqlite::Connection;
use serde_json::json;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

pub const SCENARIOS: &[Scenario] = &[("kill -9 in a migration", killed)];

/// The first schema as it was released. It is never brought up to date.
const FIRST: &str = include_str!("schema_1.sql");
/// Writes and syncs of a start; the migration is among the first of them.
const CALLS: usize = 25;

fn killed(scale: Scale) -> Row {
    let mut rig = Rig::new("nhncloud");
    let ((mut random, seed), mut migrated, mut unfinished) = (random(), 0, 0);
    let library = preloaded(rig.folder(), "torture/killer.c");
    let path = rig.folder().join("outbox.db");
    for round in 0..scale.rounds as usize {
        let order = rig.order(&json!({}), round * SPAN, MESSAGES);
        let mut command = Command::new(std::env::current_exe().unwrap());
        // Now and then a process lives on, so that there is something to be kept.
        let number = if round % 10 == 0 { random.usize(..300) } else { random.usize(1..=CALLS) };
        command.env("LD_PRELOAD", &library).env("ALIMI_TORTURE_KILL", format!("disk:outbox.db:{number}"));
        let worker = Worker::start_with(rig.folder(), &order, command);
        worker.listen(&mut rig.witness, Instant::now() + AIMED_LIFE, usize::MAX);
        worker.kill(&mut rig.witness);
        match version(&path) {
            // The next one goes on with what the kill has left.
            0 => {}
            1 => unfinished += 1,
            _ => {
                migrated += 1;
                age(&path);
            }
        }
    }
    let worker = Worker::start(rig.folder(), &rig.order(&json!({}), 0, 0));
    worker.await_line(&mut rig.witness, "started");
    worker.kill(&mut rig.witness);
    assert!(version(&path) > 1, "the outbox was not brought up to date");
    let mut row = rig.finish(&json!({}), scale.rounds);
    row.notes.push(format!("{migrated} migrations were complete when the kill came, {unfinished} were not; {seed}"));
    row
}

fn version(path: &Path) -> i64 {
    let Ok(connection) = Connection::open(path) else { return 0 };
    connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
}

/// Makes an outbox of the first schema of one of a later version, with the same content.
fn age(path: &Path) {
    let old = path.with_file_name("old.db");
    let connection = Connection::open(&old).unwrap();
    connection.execute_batch(FIRST).unwrap();
    connection.execute("ATTACH ?1 AS later", [path.to_str().unwrap()]).unwrap();
    let tables =
        names(&connection, "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
    for table in tables {
        // Without the generated columns.
        let columns = names(&connection, &format!("SELECT name FROM pragma_table_info('{table}')")).join(", ");
        // Since version 3 contents have a table of their own.
        let later = columns.replace("payload", "(SELECT payload FROM later.content WHERE message = id)");
        let copy = format!(
            "DELETE FROM main.{table}; INSERT INTO main.{table} ({columns}) SELECT {later} FROM later.{table};"
        );
        connection.execute_batch(&copy).unwrap();
    }
    // Numbers of members are never given again.
    connection
        .execute_batch("DELETE FROM main.sqlite_sequence; INSERT INTO main.sqlite_sequence SELECT * FROM later.sqlite_sequence; DETACH later;")
        .unwrap();
    connection.close().unwrap();
    for end in ["-wal", "-shm"] {
        let _ = fs::remove_file(path.with_file_name(format!("outbox.db{end}")));
    }
    fs::rename(&old, path).unwrap();
}

fn names(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().collect::<rusqlite::Result<_>>().unwrap()
}
