//! Aligo's results for the fates of the sandbox. Its own list is not public: results are Kakao's or the carriers' codes with
//! a sentence.
//!
//! Invariant: `0` alone means delivered.

use crate::store::{Message, Stage};
use alimi::message::{Class, Reason};

/// Result code and sentence; nothing while there is none.
pub(super) fn result(message: &Message) -> (&'static str, &'static str) {
    let Stage::Done(class, reason) = message.stage else { return ("", "") };
    match (class, reason) {
        (Class::Ok, _) => ("0", "전송결과 수신 완료"),
        (Class::Uncertain, _) => ("3005", "메시지를 발송했으나 수신확인 안됨"),
        (_, Reason::NotKakaoUser) => ("3019", "카카오톡 유저가 아님"),
        (_, Reason::BlockedByRecipient) => ("3020", "알림톡 수신 차단"),
        (_, Reason::KakaoUnreachable) => ("3018", "메시지를 전송할 수 없음"),
        (_, Reason::TemplateMismatch) => ("3016", "메시지 내용이 템플릿과 일치하지 않음"),
        (_, Reason::HandsetUnreachable) => ("2003", "전원 꺼짐"),
        (_, Reason::RecipientRefuses) => ("3006", "수신 거부"),
        (_, Reason::InvalidRecipient) => ("3008", "전화번호 오류"),
        // Kakao has no word for it.
        (_, Reason::Spam) => ("3013", "메시지 내용 오류"),
        (_, Reason::OutsideHours) => ("3022", "메시지 발송 가능한 시간이 아님"),
        _ => ("9999", "시스템에 문제가 발생하였음"),
    }
}

/// The state of a text message that is over: of the words only the stems are certain.
pub(super) fn state(class: Class, reason: Reason) -> &'static str {
    match (class, reason) {
        (Class::Ok, _) => "발송완료",
        (_, Reason::RecipientRefuses) => "수신거부",
        _ => "발송실패",
    }
}

/// What is wrong with the whole request when its only recipient has this fate.
pub(super) fn whole(reason: Reason) -> Option<(i32, &'static str)> {
    Some(match reason {
        Reason::SenderKeyInvalid => (509, "발신프로필이 유효하지 않습니다."),
        Reason::TemplateUnavailable => (-99, "템플릿을 찾을 수 없습니다."),
        Reason::BalanceExhausted => (-201, "잔액이 부족합니다."),
        Reason::GatewayError | Reason::ConnectionFailed => (-109, "시스템 오류입니다."),
        Reason::GatewayConfiguration | Reason::SenderNumberInvalid => (-102, "발신번호가 등록되지 않았습니다."),
        Reason::Other => (-777, "undocumented"),
        _ => return None,
    })
}

/// Whether a recipient is refused and only counted in the answer.
pub(super) fn refuses(reason: Reason) -> bool {
    matches!(reason, Reason::RecipientNotAllowed | Reason::InvalidRecipient | Reason::ContentRefused)
        || whole(reason).is_some()
}
