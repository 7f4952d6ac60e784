//! The sandbox as a peer: delays, lost answers and a journal around the pure table of `gateway::sandbox`.
//!
//! Invariants: what it has taken is written to the journal before anybody is told; with a journal it knows what every
//! process ever took that used the same one, without one it says after a restart that it cannot tell.

use super::{Newsroom, Peer};
use crate::config::SandboxSettings;
use crate::gateway::sandbox::{Answer, answer, look_up, report};
use crate::gateway::{Errand, Inquiry, Job, News, Parcel, Task, Word};
use crate::logging::Log;
use crate::message::{Channel, Class, Outcome, Reason};
use crate::time::Timestamp;
use std::cell::RefCell;
use std::collections::{HashSet, VecDeque};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

/// How many messages of unknown fate it remembers without a journal.
const REMEMBERED_MAX: usize = 100_000;

pub(super) struct Sandbox {
    delay: Duration,
    request_timeout: Duration,
    journal: RefCell<Option<Journal>>,
    /// Messages whose answer it lost, and all that the journal said when it was last read.
    taken: RefCell<Memory>,
    log: Log,
}

#[derive(Default)]
struct Memory {
    known: HashSet<String>,
    order: VecDeque<String>,
    /// It remembers from the very beginning.
    complete: bool,
}

struct Journal {
    file: File,
    lines: Vec<u8>,
    /// Where the first line that has not been read begins.
    read_to: u64,
}

impl Sandbox {
    pub fn new(settings: &SandboxSettings, request_timeout: Duration, log: Log) -> Self {
        let mut memory = Memory::default();
        let journal = settings.journal.as_deref().and_then(|path| match open_journal(path) {
            Ok(journal) => {
                memory.complete = true;
                Some(journal)
            }
            Err(error) => {
                log.error(format_args!("sandbox journal {}: {error}", path.display()));
                None
            }
        });
        Sandbox {
            delay: settings.delay,
            request_timeout,
            journal: RefCell::new(journal),
            taken: RefCell::new(memory),
            log,
        }
    }

    fn send(self: Rc<Self>, errand: Errand, newsroom: Newsroom) {
        let Errand { gateway, channel, parcels, .. } = errand;
        let (mut answered, mut lost, mut silent, mut accepted) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let gone = || Outcome::new(Class::Uncertain, Reason::AnswerLost);
        for parcel in parcels {
            let to = parcel.payload.to.digits();
            let said = if lacks_image(&parcel, channel) {
                Answer::Said(Outcome::new(Class::Permanent, Reason::ContentRefused))
            } else {
                answer(to, channel, parcel.attempt)
            };
            match said {
                Answer::Said(mut outcome) => {
                    if outcome.class == Class::Ok {
                        self.take(&parcel, channel, false);
                        outcome.reference = format!("sandbox-{}-{}", parcel.id, parcel.attempt);
                        accepted.push((parcel.id, parcel.attempt, report(to, channel)));
                    }
                    answered.push(word(&parcel, channel, outcome));
                }
                Answer::LostAfterTaking => {
                    self.take(&parcel, channel, true);
                    lost.push(word(&parcel, channel, gone()));
                }
                Answer::LostBeforeTaking => lost.push(word(&parcel, channel, gone())),
                Answer::Silence => {
                    self.take(&parcel, channel, true);
                    silent.push(word(&parcel, channel, gone()));
                }
            }
        }
        self.write_journal();
        if !answered.is_empty() {
            newsroom.tell(News::Answered { gateway: gateway.clone(), words: answered });
        }
        let later = |wait: Duration, words: Vec<Word>| {
            if !words.is_empty() {
                let (newsroom, gateway) = (newsroom.clone(), gateway.clone());
                tokio::task::spawn_local(async move {
                    tokio::time::sleep(wait).await;
                    newsroom.tell(News::Answered { gateway, words });
                });
            }
        };
        later(self.delay, lost);
        later(self.request_timeout, silent);
        let reports: Vec<Word> = accepted
            .into_iter()
            .filter_map(|(id, attempt, outcome)| outcome.map(|outcome| Word { id, channel, attempt, outcome }))
            .collect();
        if !reports.is_empty() {
            tokio::task::spawn_local(async move {
                tokio::time::sleep(self.delay).await;
                newsroom.tell(News::Reported(reports));
            });
        }
    }

    fn look_up(&self, errand: Errand, newsroom: &Newsroom) {
        let channel = errand.channel;
        let now = Timestamp::now();
        self.read_journal();
        let memory = self.taken.borrow();
        let answer = |parcel: &Parcel| {
            let to = parcel.payload.to.digits();
            match parcel.accepted {
                Some(at) if now.since(at) >= self.delay => {
                    report(to, channel).unwrap_or_else(|| Outcome::new(Class::Pending, Reason::None))
                }
                Some(_) => Outcome::new(Class::Pending, Reason::None),
                None => {
                    let known = memory.known.contains(&line(parcel, channel));
                    look_up(
                        to,
                        channel,
                        parcel.attempt,
                        if known { Some(true) } else { memory.complete.then_some(false) },
                    )
                }
            }
        };
        let words = errand.parcels.iter().map(|parcel| word(parcel, channel, answer(parcel))).collect();
        newsroom.tell(News::LookedUp { words, unasked: Vec::new() });
    }

    /// Notes that it has the message.
    fn take(&self, parcel: &Parcel, channel: Channel, answer_lost: bool) {
        let line = line(parcel, channel);
        match self.journal.borrow_mut().as_mut() {
            Some(journal) => {
                journal.lines.extend_from_slice(line.as_bytes());
                journal.lines.push(b'\n');
            }
            None if answer_lost => self.taken.borrow_mut().remember(line),
            None => {}
        }
    }

    /// Learns what was taken meanwhile, also by other processes.
    fn read_journal(&self) {
        if let Some(journal) = self.journal.borrow_mut().as_mut() {
            let mut memory = self.taken.borrow_mut();
            if let Err(error) = journal.read_on(&mut memory) {
                memory.complete = false;
                self.log.error(format_args!("sandbox journal: {error}"));
            }
        }
    }

    fn write_journal(&self) {
        if let Some(journal) = self.journal.borrow_mut().as_mut() {
            let written = journal.file.write_all(&journal.lines);
            journal.lines.clear();
            if let Err(error) = written {
                self.log.error(format_args!("sandbox journal: {error}"));
            }
        }
    }
}

impl Peer for Sandbox {
    fn run(self: Rc<Self>, job: Job, newsroom: Newsroom) {
        match job {
            Job::Errand(errand) if errand.task == Task::Send => self.send(errand, newsroom),
            Job::Errand(errand) if errand.task == Task::LookUp => self.look_up(errand, &newsroom),
            Job::Templates(Inquiry { gateway, sender, ours, .. }) => {
                newsroom.tell(News::Listed { gateway, sender, templates: Some(ours) });
            }
            // It takes no reservations and is not polled.
            other => super::unable(&other).into_iter().for_each(|news| newsroom.tell(news)),
        }
    }
}

impl Memory {
    fn remember(&mut self, line: String) {
        if self.order.len() >= REMEMBERED_MAX {
            self.complete = false;
            if let Some(oldest) = self.order.pop_front() {
                self.known.remove(&oldest);
            }
        }
        self.order.push_back(line.clone());
        self.known.insert(line);
    }
}

/// As with every gateway, an MMS must bring its image.
fn lacks_image(parcel: &Parcel, channel: Channel) -> bool {
    let images = parcel.payload.text.as_ref().map_or(&[][..], |text| &text.images);
    channel == Channel::Mms && (images.is_empty() || images.iter().any(|image| image.bytes.is_empty()))
}

fn word(parcel: &Parcel, channel: Channel, outcome: Outcome) -> Word {
    Word { id: parcel.id, channel, attempt: parcel.attempt, outcome }
}

/// `key channel attempt`: what the journal says of a message it took. No number, no text.
fn line(parcel: &Parcel, channel: Channel) -> String {
    format!("{}\t{channel}\t{}", parcel.key, parcel.attempt)
}

fn open_journal(path: &Path) -> std::io::Result<Journal> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    Ok(Journal { file: options.open(path)?, lines: Vec::new(), read_to: 0 })
}

impl Journal {
    /// Reads the whole lines that were added.
    fn read_on(&mut self, memory: &mut Memory) -> std::io::Result<()> {
        self.file.seek(SeekFrom::Start(self.read_to))?;
        let mut reader = BufReader::new(&self.file);
        let mut line = String::new();
        while reader.read_line(&mut line)? > 0 && line.ends_with('\n') {
            self.read_to += line.len() as u64;
            memory.remember(line.trim_end_matches('\n').to_owned());
            line.clear();
        }
        Ok(())
    }
}
