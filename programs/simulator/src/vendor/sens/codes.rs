//! SENS's codes for the fates of the sandbox. Its own list is not public: AlimTalk results are Kakao's codes, as the vendor
//! passes them on; those of SMS are carrier codes.
//!
//! Invariant: `0000` (AlimTalk) and `0` (SMS) alone mean delivered.

use crate::store::{Message, Product, Stage};
use alimi::message::{Class, Reason};

/// The code with which an AlimTalk recipient is refused at once.
pub(super) fn answer(reason: Reason) -> Option<(&'static str, &'static str)> {
    Some(match reason {
        Reason::RecipientNotAllowed | Reason::InvalidRecipient => ("3008", "invalid phone number"),
        Reason::ContentRefused => ("3013", "invalid content"),
        Reason::SenderKeyInvalid => ("1021", "channel blocked"),
        Reason::GatewayConfiguration => ("1030", "invalid parameter"),
        Reason::TemplateUnavailable => ("3015", "template not found"),
        Reason::GatewayError | Reason::ConnectionFailed | Reason::Throttled => ("9999", "system error"),
        Reason::Other => ("7777", "undocumented"),
        _ => return None,
    })
}

/// The result's code and words; nothing while there is none.
pub(super) fn result(message: &Message) -> (&'static str, &'static str) {
    let Stage::Done(class, reason) = message.stage else { return ("", "") };
    let alimtalk = message.product == Product::SensAlimtalk;
    match (class, reason) {
        (Class::Ok, _) if alimtalk => ("0000", "success"),
        (Class::Ok, _) => ("0", "success"),
        (Class::Uncertain, _) => ("3005", "receipt not confirmed"),
        (_, Reason::NotKakaoUser) => ("3019", "not a KakaoTalk user"),
        (_, Reason::BlockedByRecipient) => ("3020", "blocked"),
        (_, Reason::KakaoUnreachable) => ("3018", "not deliverable"),
        (_, Reason::TemplateMismatch) => ("3016", "template mismatch"),
        (_, Reason::TemplateUnavailable) => ("3015", "template not found"),
        (_, Reason::HandsetUnreachable) => ("2003", "phone is off"),
        (_, Reason::RecipientRefuses) => ("3006", "refused"),
        (_, Reason::InvalidRecipient) => ("3003", "no such number"),
        (_, Reason::SenderNumberInvalid) => ("3018", "number forgery prevention"),
        // Kakao has no word for it.
        (_, Reason::Spam) if alimtalk => ("3013", "invalid content"),
        (_, Reason::Spam) => ("3012", "spam"),
        (_, Reason::OutsideHours) if alimtalk => ("3022", "outside permitted hours"),
        (_, Reason::OutsideHours) => ("E919", "time limit"),
        (_, Reason::BalanceExhausted) => ("4156", "max sends"),
        (_, Reason::DuplicateRefused) => ("4131", "duplicate"),
        _ => ("9999", "system trouble"),
    }
}
