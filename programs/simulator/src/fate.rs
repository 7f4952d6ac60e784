//! What becomes of a message, by the recipient's number: the table of the library's sandbox.
//!
//! Invariants: the table itself is the library's, nothing here repeats it; numbers outside `0100000xxxx` are never accepted;
//! tries are counted per vendor, channel, recipient and name of the message, which the tries of one message share, and only
//! for numbers whose fate depends on them.

use crate::signing::fingerprint;
use crate::store::Product;
use alimi::message::{Channel, Class, Reason};
use alimi::sandbox::{self, Answer};
use std::collections::HashMap;

/// What is said about one message of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// It is taken.
    Taken,
    /// It is taken, and no report or look-up will ever settle it.
    TakenUnsettled,
    /// It is refused.
    Refused(Class, Reason),
}

/// What becomes of the connection that carried the request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wire {
    /// The answer is given.
    #[default]
    Answer,
    /// Everything is taken, then the connection is dropped.
    Lost,
    /// Everything is taken, then nothing is said.
    Silent,
}

/// What becomes of a request.
#[derive(Debug)]
pub enum Admission {
    /// It is lost before anything is taken.
    Cut,
    /// The only message in it is one that is to be slowed down (HTTP 429), or whose login is refused.
    Whole(Reason),
    /// One ruling per message.
    Go(Vec<Ruling>, Wire),
}

/// How often a message was tried.
#[derive(Debug, Default)]
pub struct Tries(HashMap<u64, i32>);

impl Tries {
    /// The fate of a request with these messages, each a recipient and the name of the message as the journal knows it.
    pub fn admit<'a>(
        &mut self,
        product: Product,
        channel: Channel,
        messages: impl Iterator<Item = (&'a str, u64)> + Clone,
    ) -> Admission {
        let mut rulings = Vec::with_capacity(messages.size_hint().0);
        let mut wire = Wire::Answer;
        let mut counted = Vec::new();
        let mut cut = Vec::new();
        for (to, name) in messages {
            let (mut attempt, first) = (1, sandbox::answer(to, channel, 1));
            if first != sandbox::answer(to, channel, 3) {
                let key = fingerprint((product, channel as i32, to, name));
                attempt += self.0.get(&key).copied().unwrap_or(0);
                counted.push((key, attempt));
            }
            let answer = if attempt == 1 { first } else { sandbox::answer(to, channel, attempt) };
            rulings.push(match answer {
                Answer::Said(outcome) if outcome.class == Class::Ok => Ruling::Taken,
                Answer::Said(outcome) => Ruling::Refused(outcome.class, outcome.reason),
                Answer::LostBeforeTaking => {
                    cut.extend(counted.pop());
                    Ruling::Refused(Class::Transient, Reason::ConnectionFailed)
                }
                Answer::LostAfterTaking => {
                    wire = if wire == Wire::Silent { wire } else { Wire::Lost };
                    if settles(to, channel, attempt) { Ruling::Taken } else { Ruling::TakenUnsettled }
                }
                Answer::Silence => {
                    wire = Wire::Silent;
                    Ruling::TakenUnsettled
                }
            });
        }
        if !cut.is_empty() {
            self.0.extend(cut);
            return Admission::Cut;
        }
        self.0.extend(counted);
        match rulings.as_slice() {
            [Ruling::Refused(_, reason @ (Reason::Throttled | Reason::CredentialsRefused))] => {
                Admission::Whole(*reason)
            }
            _ => Admission::Go(rulings, wire),
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

/// Whether a look-up tells the fate of a message whose answer was lost.
fn settles(to: &str, channel: Channel, attempt: i32) -> bool {
    sandbox::look_up(to, channel, attempt, Some(true)).class != Class::Uncertain
}

/// Whether the number is one that the simulator takes messages for.
pub fn in_range(to: &str) -> bool {
    !matches!(sandbox::answer(to, Channel::Alimtalk, 3),
        Answer::Said(outcome) if outcome.reason == Reason::RecipientNotAllowed)
}
