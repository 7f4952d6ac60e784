//! Bizgo's codes for the fates of the sandbox.
//!
//! Invariant: of the codes in reports only 10000, 22000, 64008 and 64016 are documented where we can read them; the others
//! are invented, and a caller must handle them by their family or as unknown.

use crate::store::{Message, Stage};
use alimi::message::{Channel, Class, Reason};

/// The code with which a recipient is refused at once.
pub(super) fn answer(reason: Reason) -> Option<&'static str> {
    Some(match reason {
        Reason::RecipientNotAllowed | Reason::InvalidRecipient => "A306",
        Reason::SenderKeyInvalid => "A502",
        Reason::TemplateUnavailable => "A505",
        Reason::ContentRefused => "A303",
        Reason::GatewayConfiguration => "A325",
        Reason::CredentialsRefused => "A110",
        Reason::BalanceExhausted => "A320",
        Reason::SenderNumberInvalid => "A327",
        Reason::OutsideHours => "A330",
        Reason::GatewayError => "A910",
        Reason::ConnectionFailed | Reason::Throttled => "A920",
        Reason::Other => "A777",
        _ => return None,
    })
}

/// The report's code and words; nothing while there is none.
pub(super) fn report(message: &Message) -> (&'static str, &'static str) {
    let Stage::Done(class, reason) = message.stage else { return ("", "") };
    match (class, reason) {
        (Class::Ok, _) => ("10000", "Success"),
        (Class::Uncertain, _) => ("22000", "Time-out"),
        (_, Reason::HandsetUnreachable) => ("23043", "Phone is off"),
        (_, Reason::GatewayConfiguration | Reason::SenderKeyInvalid) => ("64008", "Account not permitted"),
        (_, Reason::NotKakaoUser) => ("64016", "Not a KakaoTalk user"),
        (_, Reason::BlockedByRecipient) => ("64020", "Blocked"),
        (_, Reason::KakaoUnreachable) => ("64018", "Not deliverable"),
        (_, Reason::TemplateMismatch) => ("64013", "Template mismatch"),
        (_, Reason::Spam) => ("23012", "Spam"),
        (_, Reason::RecipientRefuses) => ("23006", "Refused"),
        _ => ("29999", "Other"),
    }
}

/// Bizgo's word for a channel.
pub(super) fn service(channel: Channel) -> &'static str {
    match channel {
        Channel::Alimtalk => "ALIMTALK",
        Channel::Sms => "SMS",
        Channel::Lms | Channel::Mms => "MMS",
    }
}
