//! The one trait of all vendors: an order becomes a dialogue of requests and answers that ends in news.
//!
//! Invariants: adapters are pure (time and chance come with the [`Moment`]), parse generously, send strictly, and never
//! panic whatever the answer; a dialogue ends after a bounded number of steps; its news has one word for every parcel.
//!
//! A parcel that falls back at the gateway ([`Parcel::falls_back`]) has one outcome for both channels: Pending as long as
//! the gateway's text message may still come, Ok with `by_fallback` once it arrived, and where both failed the class,
//! reason and code of the AlimTalk's failure (the engine has nothing left to fall back to then, and may try again what
//! certainly did not go out by either). Uncertain, if either may have arrived.

use super::{Answer, Errand, Failure, Heard, Inquiry, Moment, News, Parcel, Request, Word};
use crate::message::{Class, Outcome, Reason};
use crate::time::Timestamp;

/// What a dialogue is to achieve.
#[derive(Debug)]
pub(crate) enum Order {
    /// Something about messages; ends in [`News::Answered`], [`News::LookedUp`] or [`News::Cancelled`].
    Errand(Errand),
    /// New reports; ends in [`News::Polled`].
    Poll { cursor: String, since: Timestamp },
    /// Confirm what a poll handed out; ends without news.
    Confirm { receipt: String },
    /// All its templates; ends in [`News::Listed`].
    Templates(Inquiry),
}

/// What a dialogue wants next.
#[derive(Debug)]
pub(crate) enum Step {
    /// Make this request and come back with what was heard.
    Ask(Request),
    /// Make these at the same time and come back with what was heard of each, in the same order.
    AskAll(Vec<Request>),
    /// It is over.
    Done(Option<News>),
}

/// A vendor's API.
pub(crate) trait Adapter {
    /// Begins a dialogue.
    fn begin(&self, order: Order) -> Box<dyn Dialogue>;
}

/// A dialogue under way.
pub(crate) trait Dialogue {
    /// The next step; `heard` is what came of the last request, `None` at first.
    fn next(&mut self, heard: Option<Heard>, moment: &Moment) -> Step;

    /// The next step after [`Step::AskAll`], which few make.
    fn after_all(&mut self, heard: Vec<Heard>, moment: &Moment) -> Step {
        self.next(heard.into_iter().next(), moment)
    }
}

impl Errand {
    /// The word about one parcel.
    pub(super) fn word(&self, parcel: &Parcel, outcome: Outcome) -> Word {
        Word { id: parcel.id, channel: self.channel, attempt: parcel.attempt, outcome }
    }
}

/// What an AlimTalk and the gateway's own text message in its place come to, in whatever order the gateway tells of them;
/// `may_follow`: it will send a text should the AlimTalk fail.
pub(super) fn together(alimtalk: Option<Outcome>, text: Option<Outcome>, may_follow: bool) -> Outcome {
    match (alimtalk, text) {
        (Some(alimtalk), _) if alimtalk.class == Class::Ok => alimtalk,
        (_, Some(text)) if text.class == Class::Ok => Outcome { by_fallback: true, ..text },
        (_, Some(text)) if text.class == Class::Pending => text,
        (Some(alimtalk), _) if alimtalk.class == Class::Uncertain => alimtalk,
        (_, Some(text)) if text.class == Class::Uncertain => text,
        (Some(alimtalk), None) if may_follow => Outcome { class: Class::Pending, reason: Reason::None, ..alimtalk },
        (Some(alimtalk), _) => alimtalk,
        // There would be no text if the AlimTalk had not failed; why it did is told elsewhere.
        (None, Some(text)) => Outcome { class: Class::Fallback, ..text },
        (None, None) => Outcome::new(Class::Pending, Reason::None),
    }
}

/// What a send without an answer means.
pub(super) fn unanswered(failure: Failure) -> Outcome {
    match failure {
        Failure::NotSent => Outcome::new(Class::Transient, Reason::ConnectionFailed),
        Failure::Waited => Outcome::new(Class::Unsent, Reason::None),
        Failure::Lost => Outcome::new(Class::Uncertain, Reason::AnswerLost),
    }
}

/// What the HTTP status of an answer to a send means where its body says nothing we know. RFC 9110, 15.
///
/// Of a 5xx nobody knows whether the message was taken before the fault; what a proxy or a limiter in front says (429,
/// and 503 with a wait) came before.
pub(super) fn by_status(answer: &Answer) -> Outcome {
    let (class, reason) = match answer.status {
        200..=299 => (Class::Uncertain, Reason::GatewayError),
        401 | 403 | 407 => (Class::Operator, Reason::CredentialsRefused),
        // "See other" is the answer to what was carried out: 15.4.4.
        303 => (Class::Uncertain, Reason::GatewayError),
        // Somebody on the way, or another base_url, and every message alike: until somebody acts nothing is taken.
        300..=399 => (Class::Operator, Reason::GatewayConfiguration),
        408 => (Class::Uncertain, Reason::AnswerLost),
        429 => (Class::Transient, Reason::Throttled),
        503 if answer.retry_after.is_some() => (Class::Transient, Reason::Throttled),
        500..=599 => (Class::Uncertain, Reason::GatewayError),
        // What was refused by the form of the request stays refused.
        _ => (Class::Configuration, Reason::GatewayConfiguration),
    };
    let outcome = Outcome::new(class, reason).with_code(format!("HTTP {}", answer.status));
    Outcome { retry_after: answer.retry_after, ..outcome }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Class::{Fallback, Ok, Pending, Permanent, Transient, Uncertain};

    #[test]
    fn an_alimtalk_and_the_gateways_text_come_to_one_outcome() {
        let of = |class: Option<Class>, code: &str| Some(Outcome::new(class?, Reason::Other).with_code(code));
        for (alimtalk, text, may_follow, expected) in [
            (None, None, true, (Pending, false, "")),
            (Some(Ok), None, true, (Ok, false, "A")),
            (Some(Ok), Some(Ok), true, (Ok, false, "A")),
            (Some(Fallback), Some(Ok), true, (Ok, true, "T")),
            (Some(Uncertain), Some(Ok), true, (Ok, true, "T")),
            (Some(Pending), Some(Ok), true, (Ok, true, "T")),
            (None, Some(Ok), true, (Ok, true, "T")),
            (Some(Fallback), Some(Pending), true, (Pending, false, "T")),
            (Some(Uncertain), Some(Pending), true, (Pending, false, "T")),
            (Some(Uncertain), Some(Permanent), true, (Uncertain, false, "A")),
            (Some(Uncertain), None, true, (Uncertain, false, "A")),
            (Some(Fallback), Some(Uncertain), true, (Uncertain, false, "T")),
            (Some(Fallback), Some(Transient), true, (Fallback, false, "A")),
            (Some(Transient), Some(Permanent), true, (Transient, false, "A")),
            (Some(Pending), None, true, (Pending, false, "A")),
            (Some(Fallback), None, true, (Pending, false, "A")),
            (Some(Fallback), None, false, (Fallback, false, "A")),
            (None, Some(Pending), true, (Pending, false, "T")),
            (None, Some(Transient), true, (Fallback, false, "T")),
        ] {
            let said = together(of(alimtalk, "A"), of(text, "T"), may_follow);
            assert_eq!(
                (said.class, said.by_fallback, said.vendor_code.as_str()),
                expected,
                "{alimtalk:?} {text:?} {may_follow}"
            );
        }
    }
}
