//! Aligo's codes in our words. Sources: the vendor's page, public clients; its lists are not public.
//!
//! Invariants: every code that is known stands here; of a request anything but success is a refusal, for the vendor answers
//! with one before it sends; of a result what nobody knows is never called delivered.

use crate::message::{Class, Reason};

/// What the code of a refused request means.
pub(super) fn of_request(code: i64) -> (Class, Reason) {
    match code {
        -101 => (Class::Operator, Reason::CredentialsRefused),
        // The number is no manager of the channel.
        509 => (Class::Configuration, Reason::SenderKeyInvalid),
        ..0 => (Class::Configuration, Reason::GatewayConfiguration),
        _ => (Class::Configuration, Reason::Other),
    }
}

/// What `rslt` of an AlimTalk means. An empty one says nothing yet.
pub(super) fn of_result(code: &str) -> (Class, Reason) {
    match code {
        "" => (Class::Pending, Reason::None),
        "0" | "0000" => (Class::Ok, Reason::None),
        // What Kakao itself says, by the families all vendors share.
        "3019" | "K101" => (Class::Fallback, Reason::NotKakaoUser),
        "3020" => (Class::Fallback, Reason::BlockedByRecipient),
        "3018" => (Class::Fallback, Reason::KakaoUnreachable),
        "3016" | "K105" => (Class::Configuration, Reason::TemplateMismatch),
        "3015" | "K104" => (Class::Configuration, Reason::TemplateUnavailable),
        "3005" | "K997" => (Class::Uncertain, Reason::DeliveryUnconfirmed),
        _ => (Class::Fallback, Reason::Other),
    }
}

/// What `sms_state` means: a Korean word, of which only the stem is certain.
pub(super) fn of_state(state: &str) -> (Class, Reason) {
    let has = |stems: &[&str]| stems.iter().any(|stem| state.contains(stem));
    if has(&["거부"]) {
        (Class::Permanent, Reason::RecipientRefuses)
    } else if has(&["실패", "오류", "불가", "취소"]) {
        (Class::Permanent, Reason::Other)
    } else if has(&["대기", "접수", "예약", "요청", "중"]) {
        (Class::Pending, Reason::None)
    } else if has(&["완료", "성공"]) {
        (Class::Ok, Reason::None)
    } else {
        (Class::Pending, Reason::None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_code_of_a_request_and_the_families_of_the_rest() {
        for (code, expected) in [
            (-101, (Class::Operator, Reason::CredentialsRefused)),
            (-99, (Class::Configuration, Reason::GatewayConfiguration)),
            (-1, (Class::Configuration, Reason::GatewayConfiguration)),
            (509, (Class::Configuration, Reason::SenderKeyInvalid)),
            (1, (Class::Configuration, Reason::Other)),
            (9_999, (Class::Configuration, Reason::Other)),
        ] {
            assert_eq!(of_request(code), expected, "{code}");
        }
        for code in -10_000..10_000 {
            assert!(matches!(of_request(code).0, Class::Operator | Class::Configuration), "{code}: a refusal is one");
        }
    }

    #[test]
    fn every_known_result_and_nothing_unknown_is_delivered() {
        for code in ["0", "0000"] {
            assert_eq!(of_result(code), (Class::Ok, Reason::None));
        }
        assert_eq!(of_result(""), (Class::Pending, Reason::None));
        assert_eq!(of_result("3019").1, Reason::NotKakaoUser);
        assert_eq!(of_result("3020").1, Reason::BlockedByRecipient);
        assert_eq!(of_result("3016").1, Reason::TemplateMismatch);
        assert_eq!(of_result("3015").1, Reason::TemplateUnavailable);
        assert_eq!(of_result("3005").0, Class::Uncertain);
        for code in ["U", "1", "2", "3", "4", "5", "6", "7", "8", "9", "9999", "00", "한글"] {
            assert_eq!(of_result(code), (Class::Fallback, Reason::Other), "{code}");
        }
    }

    #[test]
    fn a_state_is_read_by_its_stem() {
        for (state, class) in [
            ("발송완료", Class::Ok),
            ("전송성공", Class::Ok),
            ("전송중", Class::Pending),
            ("예약대기중", Class::Pending),
            ("접수완료", Class::Pending),
            ("", Class::Pending),
            ("?", Class::Pending),
            ("전송실패", Class::Permanent),
            ("수신거부", Class::Permanent),
            ("예약취소", Class::Permanent),
        ] {
            assert_eq!(of_state(state).0, class, "{state}");
        }
    }
}
