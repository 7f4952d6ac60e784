//! A damaged outbox: what may have left never leaves again, and the caller is told that nobody knows.

use super::*;

/// Changes the file behind the engine's back.
fn change(bench: &Bench, sql: &str) {
    rusqlite::Connection::open(&bench.settings.outbox.path).unwrap().execute_batch(sql).unwrap();
}

fn assert_unknown(bench: &mut Bench, key: &str) {
    let result = bench.result().unwrap();
    assert_eq!((result.key.as_str(), result.state), (key, State::Unknown));
    assert_eq!((result.certainty, result.reason), (Certainty::PossiblySent, Reason::OutboxDamaged));
    assert!(bench.result().is_none());
    assert_eq!(bench.sent(Task::Send), [], "{key} was sent again");
}

#[test]
fn a_row_that_looks_as_if_it_had_not_left_does_not_leave() {
    for row in ["phase = 1", "phase = 1, state = 1, attempts = 0, tries = 0, left_at = NULL, certainty = 1"] {
        for answered in [false, true] {
            let mut bench = Bench::new(|_| {});
            bench.keep(message("a"));
            if answered {
                bench.answer("a", Class::Ok, Reason::None);
            }
            let mut bench = bench.restart();
            assert_eq!(bench.sent(Task::Send), []);
            change(&bench, &format!("UPDATE message SET {row}, due = 0"));
            bench.pass(Duration::from_secs(1));
            assert_unknown(&mut bench, "a");
        }
    }
}

#[test]
fn a_row_whose_try_was_changed_is_asked_about_and_not_sent_again() {
    let mut bench = Bench::new(|_| {});
    bench.keep(message("a"));
    bench.sent(Task::Send);
    bench.answer("a", Class::Uncertain, Reason::AnswerLost);
    change(&bench, "UPDATE message SET tries = 7");
    bench.pass(Duration::from_secs(1));
    assert_eq!(bench.sent(Task::LookUp).len(), 1);
    bench.look_up("a", Class::Absent, Reason::None);
    assert_unknown(&mut bench, "a");
}

#[test]
fn a_changed_row_that_was_delivered_is_told_to_be() {
    let mut bench = Bench::new(|_| {});
    bench.keep(message("a"));
    bench.answer("a", Class::Ok, Reason::None);
    let mut bench = bench.restart();
    change(&bench, "UPDATE message SET expires_at = 1");
    bench.report("a", Class::Ok, Reason::None);
    assert_eq!(bench.result().unwrap().state, State::Delivered);
}

#[test]
fn a_changed_row_does_not_fall_back() {
    for (row, wait) in [("fell_back = 0, template = 'other'", 0), ("phase = 6, due = 0", 60)] {
        let mut bench = Bench::new(|s| s.fallback.uncertain_after = Some(Duration::from_secs(1)));
        bench.keep(message("a"));
        bench.answer("a", Class::Ok, Reason::None);
        let mut bench = bench.restart();
        bench.sent(Task::Send);
        change(&bench, &format!("UPDATE message SET {row}"));
        bench.pass(Duration::from_secs(wait));
        if wait == 0 {
            bench.report("a", Class::Fallback, Reason::NotKakaoUser);
        }
        assert_unknown(&mut bench, "a");
    }
}

#[test]
fn a_changed_row_cannot_be_cancelled_as_if_it_had_not_left() {
    let mut bench = Bench::new(|_| {});
    let mut later = message("a");
    later.send_at = START.after(Duration::from_secs(600));
    bench.keep(later);
    change(&bench, "UPDATE message SET attempts = 1");
    assert_eq!(bench.cancel("a").unwrap_err().code(), Code::TooLate);
    bench.pass(Duration::from_secs(600));
    assert_unknown(&mut bench, "a");
}

/// Writes to the table without its index, which goes on saying what was before.
fn change_beside_the_index(bench: &Bench, sql: &str) {
    let connection = rusqlite::Connection::open(&bench.settings.outbox.path).unwrap();
    let index = "SELECT rootpage FROM sqlite_schema WHERE name = 'message_work'";
    let index: i64 = connection.query_row(index, [], |row| row.get(0)).unwrap();
    connection
        .execute_batch(&format!(
            "PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'message_work'; \
             PRAGMA writable_schema = RESET; {sql}; PRAGMA writable_schema = ON; \
             INSERT INTO sqlite_schema VALUES ('index', 'message_work', 'message', {index}, \
             'CREATE INDEX message_work ON message (phase, lane, due)'); PRAGMA writable_schema = RESET;"
        ))
        .unwrap();
}

#[test]
fn an_index_that_leads_to_a_message_that_has_left_is_made_anew() {
    let mut bench = Bench::new(|_| {});
    let mut later = message("a");
    later.send_at = START.after(Duration::from_secs(600));
    bench.keep(later);
    // It left, was delivered and acknowledged, but the index says that it waits.
    change_beside_the_index(&bench, "UPDATE message SET phase = 8, due = 4000000000000");
    bench.pass(Duration::from_secs(600)).pass(Duration::from_secs(2)).pass(Duration::from_secs(2));
    assert_eq!(bench.sent(Task::Send), []);
    assert!(bench.result().is_none());
    assert!(bench.engine.pulse.lock().trouble.is_none(), "it works again");
    bench.keep(message("b"));
    assert_eq!(bench.sent(Task::Send).len(), 1);
}

/// As after a death in this moment, with a byte of this frame of the log changed; `None` behind the log's end.
fn died(bench: &Bench, frame: usize) -> Option<Bench> {
    let folder = tempfile::tempdir().unwrap();
    for name in ["outbox.db", "outbox.db-wal", "outbox.db-shm"] {
        std::fs::copy(bench.folder.path().join(name), folder.path().join(name)).unwrap();
    }
    let log = folder.path().join("outbox.db-wal");
    let mut bytes = std::fs::read(&log).unwrap();
    let byte = bytes.get_mut(32 + frame * (24 + 4096)).filter(|_| frame < 1_000)?;
    *byte ^= 1;
    std::fs::write(&log, bytes).unwrap();
    let mut settings = (*bench.settings).clone();
    settings.outbox.path = folder.path().join("outbox.db");
    let settings = Arc::new(settings);
    let (engine, results) = open(&settings);
    Some(Bench { engine, results, now: bench.now, instant: bench.instant, errands: Vec::new(), folder, settings })
}

#[test]
fn a_log_that_lost_what_was_committed_last_sends_nothing_again() {
    let mut bench = Bench::new(|_| {});
    let mut later = message("a");
    later.send_at = START.after(Duration::from_secs(60));
    bench.keep(later);
    bench.pass(Duration::from_secs(60));
    assert_eq!(bench.sent(Task::Send).len(), 1);
    bench.answer("a", Class::Ok, Reason::None).report("a", Class::Transient, Reason::GatewayError);
    assert_eq!(bench.pass(Duration::from_secs(5)).sent(Task::Send).len(), 1);
    bench.answer("a", Class::Ok, Reason::None).report("a", Class::Ok, Reason::None);
    assert_eq!(bench.result().unwrap().state, State::Delivered);

    let mut unknown = 0;
    let used = used_frames(&bench);
    assert!(used > 10, "{used} frames");
    for frame in 0..used {
        let mut bench = died(&bench, frame).unwrap();
        assert!(bench.engine.outbox.doubted().is_some(), "frame {frame}");
        bench.pass(Duration::from_secs(1));
        for _ in 0..3 {
            if bench.sent(Task::LookUp).is_empty() {
                break;
            }
            bench.look_up("a", Class::Absent, Reason::None).pass(Duration::from_secs(60));
        }
        bench.pass(Duration::from_secs(7_200));
        assert_eq!(bench.sent(Task::Send), [], "frame {frame}");
        unknown += usize::from(bench.result().is_some_and(|result| result.state == State::Unknown));
    }
    assert!(unknown > 3, "{unknown}");
}

/// Frames of the log that are written; behind them it is zeros.
fn used_frames(bench: &Bench) -> usize {
    let log = std::fs::read(bench.folder.path().join("outbox.db-wal")).unwrap();
    log[32..].chunks(24 + 4096).take_while(|frame| frame[..4] != [0; 4]).count()
}
