//! Bizgo's codes in our words. Sources: the vendor's specification, error codes; Kakao's families.
//!
//! Invariants: every documented code stands here; the three layers of an answer have different meanings for the same code,
//! so each has a function of its own. An unknown code of a refusal is judged by its hundred, one of a report by its first
//! digit.

use crate::message::{Class, Reason};

/// The gateway's own layer, `common.authCode`; `None`: it let the request pass, or says nothing we know.
pub(super) fn of_gateway(code: &str) -> Option<(Class, Reason)> {
    match code {
        // A wrong key, or an address of this host that is not registered for it.
        "A401" | "A403" => Some((Class::Operator, Reason::CredentialsRefused)),
        "A404" => Some((Class::Configuration, Reason::GatewayConfiguration)),
        _ => of_service(code),
    }
}

/// What a refusal of a request or a recipient means; `None`: it is none, or is not known.
///
/// The vendor's table has faults of the server as repeatable under the same key only; a repeat of ours has a key of its
/// own, so that they stay uncertain until the look-up repeats the same request.
pub(super) fn of_service(code: &str) -> Option<(Class, Reason)> {
    use Class::{Configuration, Operator, Permanent, Transient, Uncertain};
    let number: u32 = code.strip_prefix('A').filter(|digits| digits.len() == 3)?.parse().ok()?;
    Some(match number {
        0 | 301 => return None,
        1 | 2 | 100 | 110 | 111 | 113 => (Operator, Reason::CredentialsRefused),
        10 | 11 => (Permanent, Reason::ContentRefused),
        20 => (Transient, Reason::Throttled),
        910 | 920 | 999 => (Uncertain, Reason::GatewayError),
        214 | 215 => (Transient, Reason::GatewayError),
        200..=299 => (Permanent, Reason::ContentRefused),
        302 | 327 => (Configuration, Reason::SenderNumberInvalid),
        306 => (Permanent, Reason::InvalidRecipient),
        320 => (Operator, Reason::BalanceExhausted),
        322..=324 => (Permanent, Reason::Spam),
        325 | 326 | 801 | 802 | 820 | 821 => (Configuration, Reason::GatewayConfiguration),
        330 => (Transient, Reason::OutsideHours),
        300..=332 | 823 | 824 => (Permanent, Reason::ContentRefused),
        502 => (Configuration, Reason::SenderKeyInvalid),
        505 => (Configuration, Reason::TemplateUnavailable),
        500..=599 => (Permanent, Reason::ContentRefused),
        333..=399 => (Permanent, Reason::Other),
        900..=999 => (Uncertain, Reason::Other),
        _ => (Configuration, Reason::Other),
    })
}

/// What a report says; `alimtalk`: of an AlimTalk, not of a text message. An empty code says nothing yet.
pub(super) fn of_report(code: &str, alimtalk: bool) -> (Class, Reason) {
    match code {
        "" => (Class::Pending, Reason::None),
        "10000" => (Class::Ok, Reason::None),
        // No word came in time, so that it may have arrived.
        "22000" => (Class::Uncertain, Reason::DeliveryUnconfirmed),
        "64008" => (Class::Configuration, Reason::GatewayConfiguration),
        "64016" => (Class::Fallback, Reason::NotKakaoUser),
        _ if code.len() != 5 || !code.bytes().all(|byte| byte.is_ascii_digit()) => (Class::Uncertain, Reason::Other),
        _ if code.starts_with('1') => (Class::Uncertain, Reason::Other),
        _ if alimtalk => (Class::Fallback, Reason::Other),
        _ => (Class::Permanent, Reason::Other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Class::{Configuration, Fallback, Ok, Operator, Pending, Permanent, Transient, Uncertain};
    use std::collections::BTreeMap;

    /// Every refusal of the vendor's table.
    fn documented() -> BTreeMap<u32, Class> {
        let mut all = BTreeMap::new();
        let mut row = |numbers: &[u32], class| all.extend(numbers.iter().map(|number| (*number, class)));
        row(&[1, 2, 100, 110, 111, 113, 320], Operator);
        row(&[10, 11], Permanent);
        row(&[20, 214, 215, 330], Transient);
        row(&[910, 920, 999], Uncertain);
        row(&(200..=213).chain(217..=220).chain([250]).collect::<Vec<_>>(), Permanent);
        row(&[300, 303, 304, 305, 306, 307, 308, 309, 310, 311, 312, 313, 314, 315], Permanent);
        row(&[316, 331, 332, 823, 824, 318, 319, 317, 322, 323, 324, 328, 329], Permanent);
        // The sender number is an account's, so that another channel may do.
        row(&[302, 325, 326, 327, 801, 802, 820, 821], Configuration);
        row(&(501..=573).collect::<Vec<_>>(), Permanent);
        row(&[502, 505], Configuration);
        all
    }

    #[test]
    fn every_documented_refusal_has_its_class_and_a_reason_of_its_own() {
        let documented = documented();
        assert_eq!(documented.len(), 143);
        for (number, expected) in documented {
            let (class, reason) = of_service(&format!("A{number:03}")).unwrap();
            assert_eq!(class, expected, "A{number:03}");
            assert!(!matches!(reason, Reason::None | Reason::Other), "A{number:03}");
        }
        for accepted in ["A000", "A301"] {
            assert_eq!(of_service(accepted), None);
        }
        assert_eq!(of_service("A327"), Some((Configuration, Reason::SenderNumberInvalid)));
        assert_eq!(of_service("A320"), Some((Operator, Reason::BalanceExhausted)));
        assert_eq!(of_service("A020"), Some((Transient, Reason::Throttled)));
    }

    #[test]
    fn the_gateways_layer_has_meanings_of_its_own() {
        assert_eq!(of_gateway("A401"), Some((Operator, Reason::CredentialsRefused)));
        assert_eq!(of_gateway("A403"), Some((Operator, Reason::CredentialsRefused)));
        assert_eq!(of_gateway("A404"), Some((Configuration, Reason::GatewayConfiguration)));
        assert_eq!((of_gateway("A000"), of_gateway("")), (None, None));
    }

    #[test]
    fn a_refusal_nobody_documented_is_judged_by_its_hundred() {
        let documented = documented();
        for number in (1..=999).filter(|number| *number != 301 && !documented.contains_key(number)) {
            let (class, _) = of_service(&format!("A{number:03}")).unwrap();
            let expected = match number {
                200..=399 | 500..=599 => Permanent,
                900..=999 => Uncertain,
                _ => Configuration,
            };
            assert_eq!(class, expected, "A{number:03}");
        }
        for odd in ["", "A", "A1", "B000", "A0000", "A-01", "한글"] {
            assert_eq!(of_service(odd), None, "{odd}");
        }
    }

    #[test]
    fn the_reports_that_are_known_and_the_families_of_the_rest() {
        for (code, alimtalk, text) in [
            ("10000", (Ok, Reason::None), (Ok, Reason::None)),
            ("22000", (Uncertain, Reason::DeliveryUnconfirmed), (Uncertain, Reason::DeliveryUnconfirmed)),
            ("64008", (Configuration, Reason::GatewayConfiguration), (Configuration, Reason::GatewayConfiguration)),
            ("64016", (Fallback, Reason::NotKakaoUser), (Fallback, Reason::NotKakaoUser)),
            ("64099", (Fallback, Reason::Other), (Permanent, Reason::Other)),
            ("23001", (Fallback, Reason::Other), (Permanent, Reason::Other)),
            ("10001", (Uncertain, Reason::Other), (Uncertain, Reason::Other)),
            ("x", (Uncertain, Reason::Other), (Uncertain, Reason::Other)),
            ("", (Pending, Reason::None), (Pending, Reason::None)),
        ] {
            assert_eq!((of_report(code, true), of_report(code, false)), (alimtalk, text), "{code}");
        }
    }
}
