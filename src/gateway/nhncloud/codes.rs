//! The vendor's codes in the answers of both APIs. Results of deliveries stand in [`crate::gateway::kakao`] and
//! [`crate::gateway::carrier`].
//!
//! Invariants: only a fault of which nobody knows whether the message was taken before it is Uncertain; it is settled by
//! our reference, which is certain with this vendor.

use crate::message::{Class, Reason};
use Class::{Absent, Configuration, Ok, Operator, Permanent, Transient, Uncertain};

type Meaning = (Class, Reason);

/// A code of the AlimTalk API, of the whole answer or of one recipient. Source: `nhncloud` 1.7.
pub(super) fn alimtalk(code: i64) -> Meaning {
    match code {
        0 => (Ok, Reason::None),
        4 => (Permanent, Reason::ContentRefused),
        -1001 | -1000 => (Operator, Reason::CredentialsRefused),
        -1003 => (Configuration, Reason::SenderNumberInvalid),
        // Our idempotency key names one request: the first one arrived.
        -1005 => (Uncertain, Reason::DuplicateRefused),
        -1016 => (Absent, Reason::GatewayError),
        -1029 | -1027 | -1024 | -1020 | -1006 => (Configuration, Reason::SenderKeyInvalid),
        -1028 => (Permanent, Reason::ContentRefused),
        // Everyone was refused; this is of one whose own code is missing.
        -1031 => (Permanent, Reason::Other),
        -2017 => (Configuration, Reason::SenderKeyInvalid),
        // Reserved for a time that has passed meanwhile: without a reservation it can go.
        -2025 => (Transient, Reason::GatewayError),
        -2501 | -2029 => (Permanent, Reason::Other),
        -2502 => (Configuration, Reason::GatewayConfiguration),
        -3005 | -3003 => (Configuration, Reason::TemplateUnavailable),
        -3049 | -3048 | -3004 => (Permanent, Reason::ContentRefused),
        -5000 | -4019 => (Permanent, Reason::InvalidRecipient),
        -9999 => (Uncertain, Reason::GatewayError),

        -1999..=-1000 => (Configuration, Reason::GatewayConfiguration),
        -2999..=-2000 => (Permanent, Reason::ContentRefused),
        -3999..=-3000 => (Configuration, Reason::TemplateMismatch),
        -5999..=-5000 => (Permanent, Reason::InvalidRecipient),
        -7999..=-7000 => (Transient, Reason::GatewayError),
        -8999..=-8000 => (Permanent, Reason::ContentRefused),
        -4999..=-4000 | -9999..=-9000 => (Configuration, Reason::GatewayConfiguration),
        _ => (Permanent, Reason::Other),
    }
}

/// Whether a refusal of the AlimTalk is one after which the vendor still sends the text message, where it was asked to.
pub(super) fn text_may_follow(code: i64) -> bool {
    matches!(code, -3010 | -3011 | -3042 | -3043 | -3046)
}

/// A code of the SMS API. Source: `nhncloud` 2.2 and 2.4.
pub(super) fn text(code: i64) -> Meaning {
    match code {
        0 => (Ok, Reason::None),
        -1004 | -1002 | -1001 | -1000 | -1008 => (Operator, Reason::CredentialsRefused),
        // The image is sent up anew with the next try.
        -2021 | -2009 | -2004 => (Transient, Reason::GatewayError),
        -2011 => (Configuration, Reason::GatewayConfiguration),
        -2019 | -2018 => (Permanent, Reason::InvalidRecipient),
        // As -2025 of AlimTalk.
        -2022 => (Transient, Reason::GatewayError),
        -2052 => (Operator, Reason::BalanceExhausted),
        -2313 | -2312 => (Configuration, Reason::SenderNumberInvalid),
        -6001 => (Permanent, Reason::RecipientRefuses),
        -9999 => (Uncertain, Reason::GatewayError),

        -2399..=-2300 => (Configuration, Reason::SenderNumberInvalid),
        -2999..=-2000 | -6999..=-6000 | -8999..=-8000 => (Permanent, Reason::ContentRefused),
        -7999..=-7000 => (Transient, Reason::GatewayError),
        -1999..=-1000 | -4999..=-4000 | -9999..=-9000 => (Configuration, Reason::GatewayConfiguration),
        _ => (Permanent, Reason::Other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_code_of_the_alimtalk_api_has_its_class() {
        let rows: &[(&[i64], Class, Reason)] = &[
            (&[0], Ok, Reason::None),
            (&[4], Permanent, Reason::ContentRefused),
            (&[-1000, -1001], Operator, Reason::CredentialsRefused),
            (&[-1002, -2502], Configuration, Reason::GatewayConfiguration),
            (&[-1003], Configuration, Reason::SenderNumberInvalid),
            (&[-1005], Uncertain, Reason::DuplicateRefused),
            (&[-1016], Absent, Reason::GatewayError),
            (&[-1020, -1024, -1027, -1029, -2017], Configuration, Reason::SenderKeyInvalid),
            (&[-1031], Permanent, Reason::Other),
            (&[-1028, -2000, -2001, -2002, -2003, -2004, -2005, -2018, -2019], Permanent, Reason::ContentRefused),
            (&[-2032, -2033, -2034, -2035, -2036, -2037, -2504, -2505], Permanent, Reason::ContentRefused),
            (&[-2025], Transient, Reason::GatewayError),
            (&[-2026, -2027, -3004, -3048, -3049, -8006, -8008], Permanent, Reason::ContentRefused),
            (&[-2029, -2501], Permanent, Reason::Other),
            (&[-3003, -3005], Configuration, Reason::TemplateUnavailable),
            (&[-3006, -3007, -3010, -3011, -3021, -3033, -3034], Configuration, Reason::TemplateMismatch),
            (&[-3042, -3043, -3046, -3347], Configuration, Reason::TemplateMismatch),
            (&[-4003, -4017, -4103, -9996, -9997, -9998], Configuration, Reason::GatewayConfiguration),
            (&[-4019, -5000], Permanent, Reason::InvalidRecipient),
            (&[-7000], Transient, Reason::GatewayError),
            (&[-9999], Uncertain, Reason::GatewayError),
        ];
        for (codes, class, reason) in rows {
            for code in *codes {
                assert_eq!(alimtalk(*code), (*class, *reason), "{code}");
            }
        }
        for (code, class) in [
            (-1099, Configuration),
            (-2999, Permanent),
            (-3999, Configuration),
            (-4999, Configuration),
            (-5999, Permanent),
            (-7999, Transient),
            (-8999, Permanent),
            (-9000, Configuration),
            (7, Permanent),
            (i64::MIN, Permanent),
            (i64::MAX, Permanent),
        ] {
            assert_eq!(alimtalk(code).0, class, "{code}");
        }
    }

    #[test]
    fn every_documented_code_of_the_sms_api_has_its_class() {
        let content =
            [-2001, -2002, -2003, -2005, -2006, -2007, -2008, -2010, -2012, -2013, -2014, -2015, -2016, -2017];
        let rows: &[(&[i64], Class, Reason)] = &[
            (&[0], Ok, Reason::None),
            (&[-1000, -1001, -1002, -1004, -1008], Operator, Reason::CredentialsRefused),
            (&content, Permanent, Reason::ContentRefused),
            (&[-2020, -2023, -2024, -8000], Permanent, Reason::ContentRefused),
            (&[-2018, -2019], Permanent, Reason::InvalidRecipient),
            (&[-2004, -2009, -2021, -2022], Transient, Reason::GatewayError),
            (&[-2052], Operator, Reason::BalanceExhausted),
            (&[-2312, -2313], Configuration, Reason::SenderNumberInvalid),
            (&[-2011, -4000, -9996, -9998], Configuration, Reason::GatewayConfiguration),
            (&[-9999], Uncertain, Reason::GatewayError),
        ];
        for (codes, class, reason) in rows {
            for code in *codes {
                assert_eq!(text(*code), (*class, *reason), "{code}");
            }
        }
        for (code, class) in [(-1099, Configuration), (-2999, Permanent), (-7000, Transient), (9, Permanent)] {
            assert_eq!(text(code).0, class, "{code}");
        }
    }
}
