//! A tortured process as its parent sees it.
//!
//! Invariants: it is killed when its handle goes; every wait for a line has a deadline; a line that was cut off by the
//! kill is not heard.

use crate::witness::Witness;
use crate::worker::{ORDER, Order};
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// What the processes wrote to their standard error; a panic of theirs is there.
pub const COMPLAINTS: &str = "complaints";
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Worker {
    child: Child,
    input: ChildStdin,
    output: Receiver<(String, Instant)>,
}

impl Worker {
    pub fn start(folder: &Path, order: &Order) -> Worker {
        Worker::start_with(folder, order, Command::new(std::env::current_exe().unwrap()))
    }

    /// `command` ends with this binary.
    pub fn start_with(folder: &Path, order: &Order, mut command: Command) -> Worker {
        let complaints = OpenOptions::new().create(true).append(true).open(folder.join(COMPLAINTS)).unwrap();
        let mut child = command
            .env(ORDER, serde_json::to_string(order).unwrap())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(complaints)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let (heard, output) = channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            while lines.read_line(&mut line).is_ok_and(|bytes| bytes > 0) {
                if line.ends_with('\n') && heard.send((line.trim_end().to_owned(), Instant::now())).is_err() {
                    return;
                }
                line.clear();
            }
        });
        Worker { input: child.stdin.take().unwrap(), child, output }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn tell(&mut self, command: &str) {
        // One that has just died is found out by what it does not say.
        let _ = writeln!(self.input, "{command}");
    }

    /// Listens until this moment or this many lines; returns the last line.
    pub fn listen(&self, witness: &mut Witness, until: Instant, lines: usize) -> Option<String> {
        let mut last = None;
        for _ in 0..lines {
            match self.output.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok((line, at)) => {
                    witness.note(&line, at);
                    last = Some(line);
                }
                Err(_) => break,
            }
        }
        last
    }

    /// Listens until it has sent all it had to, if it has not said so yet.
    pub fn await_sent(&self, witness: &mut Witness) {
        if !witness.sent {
            self.await_line(witness, "sent");
        }
    }

    /// Listens until a line begins so; fails when the process ends, or says nothing at all for a while.
    pub fn await_line(&self, witness: &mut Witness, beginning: &str) -> String {
        loop {
            match self.output.recv_timeout(PATIENCE) {
                Ok((line, at)) => {
                    witness.note(&line, at);
                    if line.starts_with(beginning) {
                        return line;
                    }
                    assert!(!line.starts_with("failed "), "{line}");
                }
                Err(RecvTimeoutError::Disconnected) => panic!("the process ended before it said '{beginning}'"),
                Err(RecvTimeoutError::Timeout) => {
                    let missing = witness.missing();
                    let some = &missing[..missing.len().min(20)];
                    panic!("nothing said for {PATIENCE:?}, nor '{beginning}'; {} not ended: {some:?}", missing.len())
                }
            }
        }
    }

    /// Whether it has died by itself.
    pub fn is_gone(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Kills it and hears what it had said.
    pub fn kill(mut self, witness: &mut Witness) -> Option<String> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.rest(witness)
    }

    /// Waits until it has ended by itself.
    pub fn await_end(mut self, witness: &mut Witness) {
        let last = self.rest(witness);
        // It has closed its output and is about to be gone.
        let deadline = Instant::now() + PATIENCE;
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "it has not ended, and said {last:?}");
            std::thread::yield_now();
        }
    }

    /// Shuts it down and waits for its end; true when nothing was left in its outbox.
    pub fn end(mut self, witness: &mut Witness) -> bool {
        self.tell("end");
        let said = self.await_line(witness, "bye ");
        let _ = self.child.wait();
        self.rest(witness);
        said == "bye true"
    }

    /// What is still in the pipe of a process that has ended.
    fn rest(&mut self, witness: &mut Witness) -> Option<String> {
        let mut last = None;
        while let Ok((line, at)) = self.output.recv_timeout(Duration::from_secs(10)) {
            witness.note(&line, at);
            last = Some(line);
        }
        last
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
