//! A damaged outbox: whatever stands in the file, it is opened or refused, the client ends, and its locks are free again.

use super::is_sound;
use crate::client::Client;
use crate::config::Settings;
use crate::message::{Body, Request, parse_options};
use crate::outbox::Lock;
use crate::time::Timestamp;
use arbitrary::{Arbitrary, Unstructured};
use rusqlite::Connection;
use rusqlite::types::Value;
use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);

#[derive(Arbitrary, Debug)]
struct Drawn {
    sealed: bool,
    wounds: Vec<Wound>,
}

#[derive(Arbitrary, Debug)]
enum Wound {
    /// A value that the library would not have written.
    Cell { table: u8, column: u8, row: u8, cell: Cell },
    /// The version of the schema.
    Version(i8),
    /// A table or an index less.
    Drop(u8),
    /// Bytes of the file.
    Bytes { page: u8, offset: u16, bytes: [u8; 4] },
    /// The file ends here.
    Cut { page: u8, offset: u16 },
}

#[derive(Arbitrary, Debug)]
enum Cell {
    Null,
    Small(i8),
    Integer(i64),
    Text(String),
    Blob(Vec<u8>),
}

fn settings(path: &Path, sealed: bool) -> Settings {
    let key = if sealed { ("key", "5a".repeat(32)) } else { ("encryption", "none".into()) };
    super::settings(serde_json::json!({
        "outbox": {"path": path, "shared": true, "max_messages": 1000, key.0: key.1},
        "retry": {"initial_ms": 1, "max_ms": 1, "request_timeout_ms": 10},
    }))
    .unwrap()
}

fn request(key: &str, to: &str, options: &str) -> Request {
    let variables = [("name", "Kim"), ("time", "9"), ("id", "1")].map(|(n, v)| (n.to_owned(), v.to_owned())).into();
    let body = Body::Alimtalk { template: "visit".into(), variables };
    Request { key: key.into(), to: to.into(), body, options: parse_options(options).unwrap() }
}

/// An outbox with messages in every phase, made by the library itself.
fn whole(sealed: bool) -> &'static [u8] {
    static WHOLE: [OnceLock<Vec<u8>>; 2] = [const { OnceLock::new() }; 2];
    WHOLE[usize::from(sealed)].get_or_init(|| {
        let directory = directory();
        let path = directory.path().join("outbox.db");
        let client = Client::start(settings(&path, sealed)).unwrap();
        for (key, to) in [("done", "00"), ("fell-back", "10"), ("failed", "15"), ("silent", "20"), ("slow", "21")] {
            client.send(request(key, &format!("010-0000-00{to}"), "tag=t")).unwrap();
        }
        let later = Timestamp(Timestamp::now().0 + 100 * 86_400_000).to_iso();
        for key in ["later", "cancelled"] {
            client.send(request(key, "010-0000-0000", &format!("send_at={later}"))).unwrap();
        }
        client.cancel("cancelled").unwrap();
        for _ in 0..3 {
            let result = client.poll(60 * SECOND).unwrap().unwrap();
            if result.key == "done" {
                client.acknowledge("done").unwrap();
            }
        }
        client.shutdown(SECOND).unwrap();
        drop(client);
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE;").unwrap();
        drop(connection);
        std::fs::read(&path).unwrap()
    })
}

fn directory() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn names(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn wound_by_sql(connection: &Connection, wound: &Wound) -> rusqlite::Result<usize> {
    let tables = names(connection, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'");
    let pick = |from: &[String], at: u8| from.get(usize::from(at) % from.len().max(1)).cloned().unwrap_or_default();
    match wound {
        Wound::Cell { table, column, row, cell } => {
            let table = pick(&tables, *table);
            let column = pick(&names(connection, &format!("SELECT name FROM pragma_table_info('{table}')")), *column);
            let value = match cell {
                Cell::Null => Value::Null,
                Cell::Small(number) => Value::Integer((*number).into()),
                Cell::Integer(number) => Value::Integer(*number),
                Cell::Text(text) => Value::Text(text.clone()),
                Cell::Blob(bytes) => Value::Blob(bytes.clone()),
            };
            let rows = format!("(SELECT {column} FROM {table} LIMIT 1 OFFSET {})", row % 8);
            connection.execute(&format!("UPDATE {table} SET {column} = ? WHERE {column} IS {rows}"), [value])
        }
        Wound::Version(version) => connection.execute_batch(&format!("PRAGMA user_version = {version}")).map(|()| 0),
        Wound::Drop(which) => {
            let indexes = names(connection, "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql NOT NULL");
            let all = [tables, indexes.clone()].concat();
            let name = pick(&all, *which);
            let kind = if indexes.contains(&name) { "INDEX" } else { "TABLE" };
            connection.execute_batch(&format!("DROP {kind} \"{name}\"")).map(|()| 0)
        }
        Wound::Bytes { .. } | Wound::Cut { .. } => Ok(0),
    }
}

fn wounded(path: &Path, drawn: &Drawn) {
    std::fs::write(path, whole(drawn.sealed)).unwrap();
    let connection = Connection::open(path).unwrap();
    connection.execute_batch("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;").unwrap();
    for wound in drawn.wounds.iter().take(8) {
        // What the tables' own rules forbid does not happen.
        let _ = wound_by_sql(&connection, wound);
    }
    drop(connection);
    let mut file = std::fs::read(path).unwrap();
    let place =
        |page: u8, offset: u16, length: usize| (usize::from(page) * 4096 + usize::from(offset % 4096)) % length.max(1);
    for wound in drawn.wounds.iter().take(8) {
        match wound {
            Wound::Bytes { page, offset, bytes } => {
                let at = place(*page, *offset, file.len());
                file.iter_mut().skip(at).zip(bytes).for_each(|(old, new)| *old = *new);
            }
            Wound::Cut { page, offset } => file.truncate(place(*page, *offset, file.len())),
            _ => {}
        }
    }
    std::fs::write(path, file).unwrap();
}

pub fn outbox(data: &[u8]) {
    let Ok(drawn) = Drawn::arbitrary_take_rest(Unstructured::new(data)) else { return };
    let directory = directory();
    let path = directory.path().join("outbox.db");
    wounded(&path, &drawn);
    match Client::start(settings(&path, drawn.sealed)) {
        Ok(client) => use_it(&client),
        Err(error) => is_sound(&error),
    }
    // The engine has ended: nobody holds the file any more.
    let patience = Instant::now() + 40 * SECOND;
    while let Err(error) = Lock::exclusive(&path) {
        assert!(Instant::now() < patience, "the engine does not end: {error}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn use_it(client: &Client) {
    let _ = client.flush(SECOND / 50).inspect_err(is_sound);
    for _ in 0..20 {
        let Ok(Some(result)) = client.poll(Duration::ZERO).inspect_err(is_sound) else { break };
        let _ = client.acknowledge(&result.key).inspect_err(is_sound);
    }
    for key in ["done", "fell-back", "failed", "silent", "slow", "later", "cancelled"] {
        let _ = client.status(key).inspect_err(is_sound);
    }
    let _ = client.cancel("later").inspect_err(is_sound);
    let _ = client.send(request("new", "010-0000-0000", "")).inspect_err(is_sound);
    let _ = client.send(request("done", "010-0000-0000", "")).inspect_err(is_sound);
    let _ = client.statistics("from=2026-01-01\nto=2027-12-31").inspect_err(is_sound);
    let _ = client.health().inspect_err(is_sound);
    let _ = client.shutdown(SECOND / 100).inspect_err(is_sound);
}
