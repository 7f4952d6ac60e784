//! Messages on their way from a caller to the engine: checked here, on the caller's thread, and kept there.
//!
//! Invariants:
//! - A batch is handed over part by part, so that the engine writes one part while the next is being checked; the engine
//!   keeps them all with one commit. Should it not have waited for a part (a caller held up by its system), what is left is
//!   a submission of its own, with a commit of its own.
//! - Each message gets exactly one verdict, in order.

use super::{Accepted, BATCH_MAX, Client, DISK_WAIT, internal};
use crate::content::Album;
use crate::engine::{Answer, Batch, Event, Verdict};
use crate::error::{Code, Error, Result};
use crate::message::Request;
use crate::outbox::{Sealed, Sealer};
use crate::time::Timestamp;
use crossbeam_channel::{Sender, bounded};

/// Messages of one part: few enough for the engine to begin soon, many enough to make up for the hand-over.
const PART: usize = 128;

/// A batch that the engine is writing.
struct Submission {
    hand: Sender<Vec<Sealed>>,
    answer: Answer<Vec<Verdict>>,
    handed: usize,
}

impl Client {
    /// Keeps messages with one commit; a verdict for each, in order. The outer error means that none was kept.
    pub(super) fn keep(&self, requests: Vec<Request>) -> Result<Vec<Result<Accepted>>> {
        self.check_open()?;
        if requests.len() > BATCH_MAX {
            let text = format!("messages: {} in one batch; allowed are {BATCH_MAX}", requests.len());
            return Err(Error::new(Code::InvalidArgument, text));
        }
        let mut keys = Vec::with_capacity(requests.len());
        let verdicts = self.submit(requests, &mut keys)?;
        let mut verdicts = verdicts.into_iter();
        Ok(keys
            .into_iter()
            .map(|key| {
                let key = key?;
                match verdicts.next().ok_or_else(internal)? {
                    Verdict::Kept => Ok(Accepted { key, duplicate: false }),
                    Verdict::Duplicate => Ok(Accepted { key, duplicate: true }),
                    Verdict::Refused(error) => Err(error),
                }
            })
            .collect())
    }

    /// The verdicts on what is fit to be sent; `keys` says what is, and why not where it is not.
    fn submit(&self, requests: Vec<Request>, keys: &mut Vec<Result<String>>) -> Result<Vec<Verdict>> {
        let now = Timestamp::now();
        let (album, mut sealer) = (Album::default(), Sealer::new(&self.vault, requests.len()));
        let (settings, catalogue) = (self.settings(), self.pulse.lock().catalogue.clone());
        let (mut verdicts, mut submission) = (Vec::new(), None);
        let mut part = Vec::with_capacity(requests.len().min(PART));
        let mut left = requests.len();
        for request in requests {
            let prepared = crate::content::prepare(&settings, &album, request, now);
            let checked = prepared.and_then(|message| {
                catalogue.check(&message.account, &message.gateway, &message.template)?;
                Ok(message)
            });
            let sealed = checked.and_then(|message| sealer.seal(message));
            keys.push(sealed.map(|sealed| {
                let key = sealed.message.key.as_str().to_owned();
                part.push(sealed);
                key
            }));
            left -= 1;
            if part.len() == PART || (left == 0 && !part.is_empty()) {
                let ready = std::mem::replace(&mut part, Vec::with_capacity(left.min(PART)));
                submission = self.hand_over(submission, ready, left, &mut verdicts)?;
            }
        }
        if let Some(submission) = submission {
            self.conclude(submission, &mut verdicts)?;
        }
        Ok(verdicts)
    }

    /// Hands a part to the engine that is waiting for it, or begins with it. `left`: requests still to be checked.
    fn hand_over(
        &self,
        submission: Option<Submission>,
        part: Vec<Sealed>,
        left: usize,
        verdicts: &mut Vec<Verdict>,
    ) -> Result<Option<Submission>> {
        let mut part = part;
        if let Some(mut submission) = submission {
            let size = part.len();
            match submission.hand.send_timeout(part, DISK_WAIT) {
                Ok(()) => {
                    submission.handed += size;
                    return Ok(Some(submission));
                }
                Err(refused) => part = refused.into_inner(),
            }
            self.conclude(submission, verdicts)?;
        }
        let (handed, (hand, rest)) = (part.len(), bounded(0));
        let batch = if left == 0 { Batch::whole(part) } else { Batch::first(part, rest) };
        let (reply, answer) = self.question()?;
        match self.tell(Event::Submit { batch, reply }) {
            Ok(()) => Ok(Some(Submission { hand, answer, handed })),
            Err(error) => settle(handed, Err(error), verdicts).map(|()| None),
        }
    }

    /// Waits for the disk.
    fn conclude(&self, submission: Submission, verdicts: &mut Vec<Verdict>) -> Result<()> {
        let Submission { hand, answer, handed } = submission;
        // That was all.
        drop(hand);
        settle(handed, self.wait_for(answer), verdicts)
    }
}

/// Notes the answer to a submission of so many messages. An error is one for each where earlier ones are kept.
fn settle(handed: usize, answer: Result<Vec<Verdict>>, verdicts: &mut Vec<Verdict>) -> Result<()> {
    match answer {
        Ok(mut more) => verdicts.append(&mut more),
        Err(error) if verdicts.is_empty() => return Err(error),
        Err(error) => verdicts.extend(std::iter::repeat_n(Verdict::Refused(error), handed)),
    }
    Ok(())
}
