//! Kakao's own result codes, which several vendors hand on as they are. Source: `nhncloud` 1.8.
//!
//! Invariants: only what certainly did not reach the patient is anything but Ok, Pending or Uncertain.

use crate::message::{Class, Reason};

/// What a code means in the result of a delivery that is over.
pub(super) fn result(code: &str) -> (Class, Reason) {
    use Class::{Configuration, Fallback, Ok, Operator, Pending, Permanent, Transient, Uncertain};
    let Some(number) = code.parse::<u32>().ok().filter(|_| code.len() == 4) else { return (Fallback, Reason::Other) };
    match number {
        0 | 1000 => (Ok, Reason::None),

        1003 | 1006 | 1007 | 1021..=1025 | 1027 => (Configuration, Reason::SenderKeyInvalid),
        1020 => (Permanent, Reason::InvalidRecipient),
        1001..=1999 => (Configuration, Reason::GatewayConfiguration),

        // Of 2003 the cause is a channel that is not added on a test server.
        2003 => (Configuration, Reason::GatewayConfiguration),
        2001..=2999 => (Transient, Reason::GatewayError),

        3000 | 3006 | 3010 | 3012 => (Transient, Reason::GatewayError),
        // It may still arrive within three days.
        3005 => (Uncertain, Reason::DeliveryUnconfirmed),
        3008 => (Permanent, Reason::InvalidRecipient),
        3011 | 3013 | 3014 | 3023 | 3024 => (Permanent, Reason::ContentRefused),
        3015 => (Configuration, Reason::TemplateUnavailable),
        3016 | 3025..=3048 | 3050..=3058 => (Configuration, Reason::TemplateMismatch),
        3018 | 3021 => (Fallback, Reason::KakaoUnreachable),
        3019 => (Fallback, Reason::NotKakaoUser),
        3020 => (Fallback, Reason::BlockedByRecipient),
        3022 => (Transient, Reason::OutsideHours),

        // Nobody found the result yet, or it is still being worked on.
        4000 | 4001 | 4122 | 4161 => (Pending, Reason::None),
        4102 | 4133 => (Configuration, Reason::TemplateUnavailable),
        4104 => (Configuration, Reason::SenderKeyInvalid),
        4121 => (Permanent, Reason::InvalidRecipient),
        // Kakao knows the request already: the first one may have gone out.
        4131 => (Uncertain, Reason::DuplicateRefused),
        4132 | 4134 => (Configuration, Reason::TemplateMismatch),
        4137 | 4139..=4143 => (Transient, Reason::GatewayError),
        4144 => (Permanent, Reason::ContentRefused),
        4156 => (Operator, Reason::BalanceExhausted),
        4100..=4199 => (Configuration, Reason::GatewayConfiguration),

        9000..=9999 => (Transient, Reason::GatewayError),
        _ => (Fallback, Reason::Other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_code_has_its_class() {
        use Class::{Configuration, Fallback, Ok, Operator, Pending, Permanent, Transient, Uncertain};
        let rows: &[(&[u32], Class)] = &[
            (&[1000], Ok),
            (&[1001, 1002, 1003, 1004, 1005, 1006, 1007, 1011, 1012, 1013, 1014, 1015, 1016], Configuration),
            (&[1021, 1022, 1023, 1024, 1025, 1027, 1028, 1030, 1033, 2003], Configuration),
            (&[1020, 3008, 3011, 3013, 3014, 3023, 3024, 4121, 4144], Permanent),
            (&[2001, 2005, 3000, 3006, 3010, 3012, 3022, 9998, 9999], Transient),
            (&[3005, 4131], Uncertain),
            (&[3015, 3016], Configuration),
            (&(3025..=3048).collect::<Vec<_>>(), Configuration),
            (&(3050..=3058).collect::<Vec<_>>(), Configuration),
            (&[3018, 3019, 3020, 3021], Fallback),
            (&[4000, 4001, 4122, 4161], Pending),
            (&(4100..=4110).collect::<Vec<_>>(), Configuration),
            (&[4120, 4130, 4132, 4133, 4134, 4138], Configuration),
            (&[4137, 4139, 4140, 4141, 4142, 4143], Transient),
            (&[4156], Operator),
        ];
        for (numbers, class) in rows {
            for number in *numbers {
                assert_eq!(result(&number.to_string()).0, *class, "{number}");
            }
        }
        for (code, reason) in [
            ("0000", Reason::None),
            ("1025", Reason::SenderKeyInvalid),
            ("3005", Reason::DeliveryUnconfirmed),
            ("3015", Reason::TemplateUnavailable),
            ("3016", Reason::TemplateMismatch),
            ("3018", Reason::KakaoUnreachable),
            ("3019", Reason::NotKakaoUser),
            ("3020", Reason::BlockedByRecipient),
            ("3021", Reason::KakaoUnreachable),
            ("3022", Reason::OutsideHours),
            ("4134", Reason::TemplateMismatch),
        ] {
            assert_eq!(result(code).1, reason, "{code}");
        }
    }

    #[test]
    fn an_unknown_code_is_read_by_its_family_and_never_as_delivered() {
        for (code, class) in [
            ("1099", Class::Configuration),
            ("2099", Class::Transient),
            ("3099", Class::Fallback),
            ("4199", Class::Configuration),
            ("9001", Class::Transient),
            ("", Class::Fallback),
            ("B001", Class::Fallback),
            ("10000", Class::Fallback),
            ("한글", Class::Fallback),
        ] {
            assert_eq!(result(code).0, class, "{code}");
        }
    }
}
