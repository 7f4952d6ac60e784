//! What a message is called between us and a gateway.
//!
//! Invariants: our reference names one request for one message and fits the shortest field of the vendors (100
//! characters); it holds the caller's key, so keys travel to the vendor.

use crate::message::{Channel, Key};
use std::fmt;

/// Our name for one try of one message by one channel.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Reference {
    pub key: Key,
    pub channel: Channel,
    /// Which try by this channel; 1 is the first.
    pub attempt: i32,
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.key, self.channel as i32, self.attempt)
    }
}

impl Reference {
    /// Reads what [`fmt::Display`] wrote; `None`: it is not one of ours.
    pub fn parse(text: &str) -> Option<Reference> {
        let mut parts = text.rsplitn(3, '/');
        let attempt = parts.next()?.parse().ok()?;
        let channel = Channel::from_number(parts.next()?.parse().ok()?)?;
        let key = Key::parse(parts.next()?).ok()?;
        Some(Reference { key, channel, attempt })
    }
}

/// Whether two of the gateway's own names can be those of one message. Not all is always known: an answer may have none,
/// and of a reservation, whose name stands before a colon, the part behind it comes later.
pub(crate) fn may_be_same(one: &str, other: &str) -> bool {
    let last = |name: &str| name.rsplit(':').next().unwrap_or_default().to_owned();
    let (one, other) = (last(one), last(other));
    one.is_empty() || other.is_empty() || one == other
}

/// By which name a report speaks of a message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Mark {
    /// By ours.
    Ours(Reference),
    /// By the gateway's own, as the answer gave it in [`crate::message::Outcome::reference`].
    Theirs(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_comes_back_as_it_was_whatever_the_key() {
        for key in ["R-1", "a/b/2/3", " /", "0", &"~".repeat(64)] {
            for channel in Channel::ALL {
                let reference = Reference { key: Key::parse(key).unwrap(), channel: *channel, attempt: 100 };
                let text = reference.to_string();
                assert!(text.len() <= 100);
                assert_eq!(Reference::parse(&text), Some(reference));
            }
        }
    }

    #[test]
    fn names_are_those_of_two_messages_only_where_both_are_known() {
        for (one, other) in [("M1", "M1"), ("", "M1"), ("M1", ""), ("R:", "M1"), ("R:M1", "M1"), ("R:M1", "R:M1")] {
            assert!(may_be_same(one, other) && may_be_same(other, one), "{one} {other}");
        }
        for (one, other) in [("M1", "M2"), ("R:M1", "M2"), ("A/1", "A/2")] {
            assert!(!may_be_same(one, other) && !may_be_same(other, one), "{one} {other}");
        }
    }

    #[test]
    fn what_others_wrote_is_no_reference_of_ours() {
        for text in ["", "a", "a/1", "a/9/1", "a/1/x", "/1/1", "한글/1/1", &format!("{}/1/1", "k".repeat(65))] {
            assert_eq!(Reference::parse(text), None, "{text}");
        }
    }
}
