//! SOLAPI's status codes for the fates of the sandbox.
//!
//! Invariant: a fate that SOLAPI cannot tell when it takes a message has no code for the answer; it is told in the report.

use crate::store::{Message, Stage};
use alimi::message::{Class, Reason};

/// The code with which a recipient is refused at once.
pub(super) fn answer(reason: Reason) -> Option<(&'static str, &'static str)> {
    Some(match reason {
        Reason::RecipientNotAllowed | Reason::InvalidRecipient => ("1025", "수신번호가 올바르지 않습니다."),
        Reason::SenderKeyInvalid => ("1041", "등록되지 않은 채널입니다."),
        Reason::TemplateUnavailable => ("1042", "등록되지 않은 템플릿입니다."),
        Reason::ContentRefused => ("1028", "전송할 수 없는 문자가 있습니다."),
        Reason::GatewayConfiguration => ("1064", "발신번호가 차단되었습니다."),
        Reason::CredentialsRefused => ("1020", "계정 또는 비밀번호 오류"),
        Reason::BalanceExhausted => ("1030", "잔액이 부족합니다."),
        Reason::SenderNumberInvalid => ("1062", "발신번호가 등록되지 않았습니다."),
        Reason::DuplicateRefused => ("1026", "중복된 수신번호입니다."),
        Reason::GatewayError | Reason::ConnectionFailed | Reason::Throttled => ("1024", "서버 오류"),
        Reason::Other => ("1999", "undocumented"),
        _ => return None,
    })
}

/// Status code and its words.
pub(super) fn status(message: &Message) -> (&'static str, &'static str) {
    match message.stage {
        Stage::Reserved | Stage::Pending => ("2000", "정상 접수"),
        Stage::Cancelled => ("1023", "예약 취소"),
        Stage::Done(class, reason) => match (class, reason) {
            (Class::Ok, _) => ("4000", "수신완료"),
            (Class::Uncertain, _) => ("3000", "이통사로 접수 예정"),
            (_, Reason::NotKakaoUser) => ("3104", "카카오톡 미사용자"),
            (_, Reason::BlockedByRecipient | Reason::KakaoUnreachable) => ("3107", "알림톡 차단 또는 72시간 미사용"),
            (_, Reason::TemplateMismatch) => ("3103", "템플릿 불일치"),
            (_, Reason::InvalidRecipient) => ("3031", "결번"),
            (_, Reason::HandsetUnreachable) => ("3043", "전원 꺼짐"),
            (_, Reason::RecipientRefuses) => ("3032", "수신 거부"),
            (_, Reason::Spam) => ("3054", "스팸"),
            (_, Reason::OutsideHours) => ("3108", "발송 가능 시간이 아님"),
            (_, Reason::SenderNumberInvalid) => ("2062", "발신번호 미등록"),
            (_, Reason::ContentRefused) => ("1028", "전송할 수 없는 문자가 있습니다."),
            (_, Reason::BalanceExhausted) => ("2230", "잔액이 부족합니다."),
            (_, Reason::GatewayError | Reason::ConnectionFailed | Reason::Throttled) => ("3012", "서버 오류"),
            (_, Reason::GatewayConfiguration | Reason::CredentialsRefused) => ("2064", "계정 차단"),
            _ => ("3999", "undocumented"),
        },
    }
}
