//! What passes between the engine and the network: jobs out, news back.
//!
//! Invariants: the engine gets exactly one word for every parcel of an errand, in [`News::Answered`], [`News::LookedUp`] or
//! [`News::Cancelled`], and exactly one [`News::Polled`] for each poll; reports come on top, any number of times, in any
//! order. What a gateway wants confirmed is confirmed only after the engine has committed it.

use super::listing::{Listed, SenderMark};
use super::reference::{Mark, Reference};
use crate::config::{Registration, Secret};
use crate::message::{Channel, Key, Outcome, Payload};
use crate::time::Timestamp;
use std::sync::Arc;

/// What is asked of a gateway about messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Send the parcels.
    Send,
    /// Find out what became of them: of those the gateway accepted, by its own name for them; of those whose answer was
    /// lost, as [`super::Settling`] says.
    LookUp,
    /// Take back their reservation.
    Cancel,
}

/// One message on its way.
#[derive(Clone, Debug)]
pub(crate) struct Parcel {
    pub id: i64,
    pub key: Key,
    /// Which try by this channel it is; 1 is the first.
    pub attempt: i32,
    /// When the last request that carried it left; `None` before the first.
    pub left: Option<Timestamp>,
    /// When the gateway accepted it.
    pub accepted: Option<Timestamp>,
    /// The gateway's own name for it; empty where it gave none.
    pub reference: String,
    /// When the gateway is to deliver it, where that is its part.
    pub reserve_at: Option<Timestamp>,
    /// The gateway is to send the text of the payload, should the AlimTalk not be delivered.
    pub falls_back: bool,
    pub payload: Arc<Payload>,
}

impl Parcel {
    /// Our name for this try of it.
    pub fn reference(&self, channel: Channel) -> Reference {
        Reference { key: self.key.clone(), channel, attempt: self.attempt }
    }

    /// Whether this text is that name, as [`Reference`] writes it.
    pub fn has_reference(&self, channel: Channel, text: &str) -> bool {
        let rest = text.strip_prefix(self.key.as_str()).and_then(|rest| rest.strip_prefix('/'));
        let numbers = rest.and_then(|rest| rest.split_once('/'));
        let is = |text: &str, number: i32| text.parse() == Ok(number);
        numbers.is_some_and(|(by, attempt)| is(by, channel as i32) && is(attempt, self.attempt))
    }
}

/// A task for one gateway, account, template and channel: what one request can carry.
#[derive(Clone, Debug)]
pub(crate) struct Errand {
    pub task: Task,
    pub gateway: String,
    pub account: String,
    pub template: String,
    pub channel: Channel,
    /// As what the account and the template are registered there.
    pub registration: Arc<Registration>,
    pub parcels: Vec<Parcel>,
}

/// A question for the templates that a gateway has under a sender key.
#[derive(Clone, Debug)]
pub(crate) struct Inquiry {
    pub gateway: String,
    pub sender_key: Secret,
    pub sender: SenderMark,
    /// Those that are configured for it, as they should be there.
    pub ours: Vec<Listed>,
}

/// What the engine asks of the network.
#[derive(Clone, Debug)]
pub(crate) enum Job {
    /// Something about messages.
    Errand(Errand),
    /// Ask for new reports. `cursor`: where the last poll ended, empty at first; `since`: when the first one began.
    Poll { gateway: String, cursor: String, since: Timestamp },
    /// What the gateway handed out under this receipt is kept.
    Confirm { gateway: String, receipt: String },
    /// Ask for its templates.
    Templates(Inquiry),
}

impl Job {
    /// Of which gateway.
    pub fn gateway(&self) -> &str {
        match self {
            Job::Errand(errand) => &errand.gateway,
            Job::Templates(inquiry) => &inquiry.gateway,
            Job::Poll { gateway, .. } | Job::Confirm { gateway, .. } => gateway,
        }
    }
}

/// What was said about one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub id: i64,
    /// The channel it speaks of; a late word about the AlimTalk must not pass for one about its fallback.
    pub channel: Channel,
    /// Which try by this channel it speaks of.
    pub attempt: i32,
    pub outcome: Outcome,
}

/// What a gateway reported about one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    pub mark: Mark,
    pub outcome: Outcome,
}

/// What comes back from the network.
#[derive(Clone, Debug)]
pub(crate) enum News {
    /// Answers to sends, lost ones included.
    Answered { gateway: String, words: Vec<Word> },
    /// Reports of delivery.
    Reported(Vec<Word>),
    /// Answers to look-ups; the ids are those nothing could be asked about.
    LookedUp { words: Vec<Word>, unasked: Vec<i64> },
    /// Answers to cancelling: [`crate::message::Class::Ok`] where it is taken back, anything else where it is not.
    Cancelled(Vec<Word>),
    /// All new reports. `cursor`: where the next poll goes on; `more`: at once; `receipt`: to be confirmed.
    Polled { gateway: String, reports: Vec<Report>, cursor: String, more: bool, receipt: Option<String> },
    /// All templates of a sender key; `None`: they could not be asked for.
    Listed { gateway: String, sender: SenderMark, templates: Option<Vec<Listed>> },
}

impl News {
    /// The same with the name of the gateway, which adapters do not know.
    pub fn of(mut self, name: String) -> News {
        if let News::Answered { gateway, .. } | News::Polled { gateway, .. } = &mut self {
            *gateway = name;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::errand;
    use super::*;

    #[test]
    fn a_parcel_knows_its_own_reference_and_no_other() {
        let Errand { parcels, .. } = errand(Task::Send, Channel::Alimtalk, 1);
        for key in ["K", "a/b", "a/1/1", "/", " "] {
            let parcel = Parcel { key: Key::parse(key).unwrap(), attempt: 12, ..parcels[0].clone() };
            for channel in Channel::ALL {
                assert!(parcel.has_reference(*channel, &parcel.reference(*channel).to_string()), "{key:?}");
            }
            for other in
                ["", key, "K/1/1", "a/b/1/1", "a/1/12/1", "x/1/12", &format!("{key}/2/12"), &format!("{key}/1/12/")]
            {
                assert!(!parcel.has_reference(Channel::Alimtalk, other), "{key:?} {other:?}");
            }
        }
    }
}
