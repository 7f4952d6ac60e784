//! NHN's codes for the fates of the sandbox.
//!
//! Invariant: a fate that NHN cannot tell when it takes a message has no code for the answer; it is told in the report.

use crate::store::{Message, Product, Stage};
use alimi::message::{Class, Reason};

/// The code with which AlimTalk refuses a recipient at once.
pub(super) fn alimtalk_answer(reason: Reason) -> Option<(i32, &'static str)> {
    Some(match reason {
        Reason::RecipientNotAllowed | Reason::InvalidRecipient => (-5000, "invalid recipientNo"),
        Reason::SenderKeyInvalid => (-2017, "senderKey not found"),
        Reason::TemplateUnavailable => (-3003, "template not found"),
        Reason::ContentRefused => (-8008, "forbidden word"),
        Reason::GatewayConfiguration => (-1020, "invalid uuid"),
        Reason::CredentialsRefused => (-1001, "invalid secretKey"),
        Reason::ConnectionFailed => (-7000, "upstream failure"),
        Reason::GatewayError | Reason::Throttled => (-9999, "system error"),
        Reason::Other => (7777, "undocumented"),
        _ => return None,
    })
}

/// The code with which SMS refuses a recipient at once.
pub(super) fn sms_answer(reason: Reason) -> Option<(i32, &'static str)> {
    Some(match reason {
        Reason::RecipientNotAllowed => (-2008, "invalid recipientNo"),
        Reason::SenderNumberInvalid => (-2312, "sendNo is not registered"),
        Reason::ContentRefused => (-2023, "unsupported character"),
        Reason::GatewayConfiguration => (-9998, "unknown API"),
        Reason::CredentialsRefused => (-1001, "invalid secretKey"),
        Reason::ConnectionFailed | Reason::Throttled => (-2021, "queue failure"),
        Reason::GatewayError => (-9999, "system error"),
        Reason::BalanceExhausted => (-2052, "monthly limit exceeded"),
        Reason::Other => (7777, "undocumented"),
        _ => return None,
    })
}

/// The report's code and name; nothing while there is none.
pub(super) fn result(message: &Message) -> (&'static str, &'static str) {
    let Stage::Done(class, reason) = message.stage else { return ("", "") };
    match message.product {
        Product::NhnSms => sms_result(class, reason),
        _ => alimtalk_result(class, reason),
    }
}

fn alimtalk_result(class: Class, reason: Reason) -> (&'static str, &'static str) {
    match (class, reason) {
        (Class::Ok, _) => ("1000", "success"),
        (Class::Uncertain, _) => ("3005", "receipt not confirmed"),
        (_, Reason::NotKakaoUser) => ("3019", "not a KakaoTalk user"),
        (_, Reason::BlockedByRecipient) => ("3020", "blocked"),
        (_, Reason::KakaoUnreachable) => ("3018", "not deliverable"),
        (_, Reason::TemplateMismatch) => ("3016", "template mismatch"),
        (_, Reason::InvalidRecipient) => ("3008", "phone number error"),
        (_, Reason::Spam) => ("3013", "empty content"),
        (_, Reason::OutsideHours) => ("3022", "outside permitted hours"),
        (_, Reason::BalanceExhausted) => ("4156", "max sends"),
        (_, Reason::DuplicateRefused) => ("4131", "duplicate requestId"),
        _ => ("9999", "system trouble"),
    }
}

fn sms_result(class: Class, reason: Reason) -> (&'static str, &'static str) {
    match (class, reason) {
        (Class::Ok, _) => ("1000", "success"),
        (_, Reason::InvalidRecipient) => ("3003", "no such number"),
        (_, Reason::HandsetUnreachable) => ("2003", "phone is off"),
        (_, Reason::RecipientRefuses) => ("3006", "refused"),
        (_, Reason::Spam) => ("3012", "spam"),
        (_, Reason::SenderNumberInvalid) => ("3018", "number forgery prevention"),
        (_, Reason::DuplicateRefused) => ("E915", "duplicate"),
        (_, Reason::OutsideHours) => ("E919", "time limit"),
        _ => ("E999", "other"),
    }
}
