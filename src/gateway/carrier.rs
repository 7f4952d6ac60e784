//! Result codes of carriers for text messages, which several vendors hand on as they are. Source: `nhncloud` 2.4.

use crate::message::{Class, Reason};

/// What a code means in the result of a delivery that is over.
pub(super) fn result(code: &str) -> (Class, Reason) {
    use Class::{Configuration, Ok, Permanent, Transient};
    match code {
        "0" | "0000" | "1000" | "MTR1" => (Ok, Reason::None),
        "1001" | "3011" | "E900" | "E999" => (Transient, Reason::GatewayError),
        "1002" | "3001" | "3003" => (Permanent, Reason::InvalidRecipient),
        "1003" => (Permanent, Reason::SenderNumberInvalid),
        "1019" => (Transient, Reason::HandsetUnreachable),
        "3002" | "3006" | "3013" => (Permanent, Reason::RecipientRefuses),
        "3004" | "3005" | "3007" | "3008" | "3010" => (Permanent, Reason::HandsetUnreachable),
        "3009" | "3016" | "E911" | "E913" => (Permanent, Reason::ContentRefused),
        "3012" => (Permanent, Reason::Spam),
        "3017" | "3018" | "3019" => (Configuration, Reason::SenderNumberInvalid),
        "E915" => (Permanent, Reason::DuplicateRefused),
        "E919" => (Permanent, Reason::OutsideHours),
        _ => match (code.len(), code.as_bytes().first()) {
            (4, Some(b'1')) => (Transient, Reason::GatewayError),
            (4, Some(b'2')) => (Transient, Reason::HandsetUnreachable),
            _ => (Permanent, Reason::Other),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_code_has_its_class_and_others_that_of_their_family() {
        use Class::{Configuration, Ok, Permanent, Transient};
        let rows: &[(&[&str], Class)] = &[
            (&["0", "0000", "1000", "MTR1"], Ok),
            (&["1001", "1019", "2000", "2001", "2002", "2003", "2004", "2005", "2006", "2007"], Transient),
            (&["3011", "E900", "E999"], Transient),
            (&["1002", "1003", "3000", "3001", "3002", "3003", "3004", "3005", "3006", "3007", "3008"], Permanent),
            (&["3009", "3010", "3012", "3013", "3014", "3015", "3016"], Permanent),
            (&["3017", "3018", "3019"], Configuration),
            (&["4001", "4002", "4003", "4004", "4005", "4006", "4007", "4008", "4009", "4010"], Permanent),
            (&["E911", "E913", "E915", "E919", "MTR2", "MTR2_1", "MTR2_2", "MTR2_3"], Permanent),
            // Families.
            (&["1099", "2099"], Transient),
            (&["3099", "4099", "E123", "", "10000"], Permanent),
        ];
        for (codes, class) in rows {
            for code in *codes {
                assert_eq!(result(code).0, *class, "{code}");
            }
        }
        for (code, reason) in [
            ("3001", Reason::InvalidRecipient),
            ("2003", Reason::HandsetUnreachable),
            ("3006", Reason::RecipientRefuses),
            ("3012", Reason::Spam),
            ("3018", Reason::SenderNumberInvalid),
            ("E915", Reason::DuplicateRefused),
        ] {
            assert_eq!(result(code).1, reason, "{code}");
        }
    }
}
