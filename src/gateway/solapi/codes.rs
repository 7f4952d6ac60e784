//! SOLAPI's codes in our words. Sources: `documents` of the vendor, status codes (2021), authentication.
//!
//! Invariants: every documented code stands here; an unknown one is judged by its family: 1xxx refused at the door, 2xxx and
//! 3xxx failed on the way, 4xxx done. Nothing unknown is ever called sent or repeated.

use crate::message::{Class, Reason};

/// What a status code of a message means. An empty one says nothing yet.
pub(super) fn of(code: &str) -> (Class, Reason) {
    use Class::{Configuration, Fallback, Ok, Operator, Pending, Permanent, Transient, Uncertain};
    let Some(number) = number(code) else {
        return if code.is_empty() { (Pending, Reason::None) } else { (Uncertain, Reason::Other) };
    };
    match number {
        4000 => (Ok, Reason::None),
        2000 | 3000 => (Pending, Reason::None),

        1010 | 1011 | 1013 | 1014 | 1021..=1023 | 1025 | 1027..=1029 | 1031..=1034 => {
            (Permanent, Reason::ContentRefused)
        }
        1020 => (Operator, Reason::CredentialsRefused),
        1024 | 2024 | 3012 | 3024 => (Transient, Reason::GatewayError),
        1026 => (Permanent, Reason::DuplicateRefused),
        1030 | 2230 => (Operator, Reason::BalanceExhausted),
        // The vendor calls these final. They are so for the AlimTalk alone: a text message has no template.
        1041 => (Configuration, Reason::SenderKeyInvalid),
        1042 => (Configuration, Reason::TemplateUnavailable),
        1043..=1053 => (Configuration, Reason::TemplateMismatch),
        1058 | 3058 => (Permanent, Reason::InvalidRecipient),
        1060 | 2060 | 1061 | 2061 => (Permanent, Reason::RecipientRefuses),
        1062 | 2062 => (Configuration, Reason::SenderNumberInvalid),
        1064 | 2064 | 2063 => (Configuration, Reason::CredentialsRefused),
        2254 => (Permanent, Reason::Spam),

        3010 | 3013 | 3031 | 3047 | 3050 => (Permanent, Reason::InvalidRecipient),
        3032 => (Permanent, Reason::RecipientRefuses),
        3054 => (Permanent, Reason::Spam),
        3055 | 3059 => (Permanent, Reason::SenderNumberInvalid),
        3060 => (Permanent, Reason::RecipientNotAllowed),
        3040..=3046 | 3048 | 3051..=3053 | 3056 | 3057 => (Transient, Reason::HandsetUnreachable),

        3101 | 3106 => (Configuration, Reason::SenderKeyInvalid),
        3103 => (Configuration, Reason::TemplateMismatch),
        3105 => (Configuration, Reason::TemplateUnavailable),
        3102 => (Permanent, Reason::RecipientNotAllowed),
        3104 => (Fallback, Reason::NotKakaoUser),
        3107 => (Fallback, Reason::KakaoUnreachable),
        3108 => (Transient, Reason::OutsideHours),

        1000..=1999 => (Configuration, Reason::Other),
        2000..=3999 => (Fallback, Reason::Other),
        _ => (Uncertain, Reason::Other),
    }
}

/// What the `errorCode` of a refused request means; `None`: nothing we know.
pub(super) fn of_request(code: &str) -> Option<(Class, Reason)> {
    match code {
        // The clock of this host is more than 15 minutes off: nothing is accepted until somebody sets it.
        "RequestTimeTooSkewed" | "InvalidAPIKey" | "SignatureDoesNotMatch" => {
            Some((Class::Operator, Reason::CredentialsRefused))
        }
        "DuplicatedSignature" => Some((Class::Transient, Reason::GatewayError)),
        _ if code.contains("Balance") => Some((Class::Operator, Reason::BalanceExhausted)),
        _ => number(code)
            .filter(|number| (1000..4000).contains(number))
            .map(|_| of(code))
            .filter(|(class, _)| *class != Class::Pending),
    }
}

fn number(code: &str) -> Option<u32> {
    (code.len() == 4).then(|| code.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Class::{Configuration, Fallback, Ok, Operator, Pending, Permanent, Transient, Uncertain};

    /// Every code of the vendor's list, row by row.
    const DOCUMENTED: &[(&[u32], &[Class])] = &[
        (&[4000], &[Ok]),
        (&[2000, 3000], &[Pending]),
        (&[1010, 1011, 1013, 1014, 1025, 1027, 1028, 1029, 1031, 1032, 1033, 1034], &[Permanent]),
        (&[1020], &[Operator]),
        (&[1021, 1022, 1023], &[Permanent]),
        (&[1024, 2024, 3012, 3024], &[Transient]),
        (&[1026], &[Permanent]),
        (&[1030, 2230], &[Operator]),
        (&[1041, 1042, 1043, 1044, 1045, 1046, 1047, 1048, 1049, 1050, 1051, 1052, 1053], &[Configuration]),
        (&[1058, 3058], &[Permanent]),
        (&[1060, 2060, 1061, 2061], &[Permanent]),
        (&[1062, 2062], &[Configuration]),
        (&[1064, 2064, 2063], &[Configuration]),
        (&[2254], &[Permanent]),
        (&[3010, 3013, 3031, 3032, 3047, 3050, 3054, 3055, 3059, 3060], &[Permanent]),
        (&[3040, 3041, 3042, 3043, 3044, 3045, 3046, 3048, 3051, 3052, 3053, 3056, 3057], &[Transient]),
        (&[3101, 3103, 3105, 3106], &[Configuration]),
        (&[3102], &[Permanent]),
        (&[3104, 3107], &[Fallback]),
        (&[3108], &[Transient]),
    ];

    #[test]
    fn every_documented_code_has_its_class_and_a_reason_of_its_own() {
        let mut codes = 0;
        for (row, classes) in DOCUMENTED {
            for code in *row {
                let (class, reason) = of(&code.to_string());
                assert!(classes.contains(&class), "{code}: {class:?}");
                assert_ne!(reason, Reason::Other, "{code}");
                assert_eq!(reason == Reason::None, matches!(class, Ok | Pending), "{code}");
                codes += 1;
            }
        }
        assert_eq!(codes, 82);
        for (code, reason) in [
            ("1026", Reason::DuplicateRefused),
            ("1030", Reason::BalanceExhausted),
            ("1043", Reason::TemplateMismatch),
            ("1062", Reason::SenderNumberInvalid),
            ("2254", Reason::Spam),
            ("3101", Reason::SenderKeyInvalid),
            ("3104", Reason::NotKakaoUser),
            ("3105", Reason::TemplateUnavailable),
            ("3107", Reason::KakaoUnreachable),
            ("3108", Reason::OutsideHours),
        ] {
            assert_eq!(of(code).1, reason, "{code}");
        }
    }

    #[test]
    fn a_code_nobody_documented_is_judged_by_its_family() {
        let documented: Vec<u32> = DOCUMENTED.iter().flat_map(|(row, _)| row.iter().copied()).collect();
        for number in (0..=9999).filter(|number| !documented.contains(number)) {
            let expected = match number {
                1000..=1999 => Configuration,
                2000..=3999 => Fallback,
                _ => Uncertain,
            };
            assert_eq!(of(&format!("{number:04}")), (expected, Reason::Other), "{number}");
        }
        for odd in ["x", "40000", "400", "한글", "-400"] {
            assert_eq!(of(odd), (Uncertain, Reason::Other), "{odd}");
        }
        assert_eq!(of(""), (Pending, Reason::None));
    }

    #[test]
    fn a_refused_request_is_never_taken_for_a_sent_one() {
        for number in 0..=9999 {
            let class = of_request(&format!("{number:04}")).map(|(class, _)| class);
            assert!(!matches!(class, Some(Ok | Pending | Uncertain)), "{number}");
        }
        assert_eq!(of_request("RequestTimeTooSkewed"), Some((Operator, Reason::CredentialsRefused)));
        assert_eq!(of_request("InvalidAPIKey"), Some((Operator, Reason::CredentialsRefused)));
        assert_eq!(of_request("NotEnoughBalance"), Some((Operator, Reason::BalanceExhausted)));
        assert_eq!(of_request("DuplicatedSignature"), Some((Transient, Reason::GatewayError)));
        assert_eq!(of_request("ValidationError"), None);
    }
}
