//! Why a request had no answer, said for the people of the hospital.
//!
//! Invariants: a text names no address, header or body (a query may hold a number); the same fault has the same text each
//! time, so that the log gets one line for it and not one for each try.

use rustls::{AlertDescription, CertificateError, PeerIncompatible};
use std::error::Error;

/// The error with its causes.
pub(super) fn of(error: &reqwest::Error) -> String {
    let mut text = if error.is_connect() { "no connection" } else { "no answer" }.to_owned();
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(said) = tls(error).and_then(plain) {
            return said;
        }
        let said = error.to_string();
        // Of the client the begin has been told already.
        if !said.starts_with("client error (") {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = error.source();
    }
    text
}

/// What an answer says that never came from the vendor's program.
pub(super) fn of_status(status: u16) -> Option<String> {
    let said = match status {
        300..=399 => "an answer that sends the request elsewhere, which is never followed; see base_url",
        407 => "the proxy refuses its login; see proxy.user and proxy.password",
        _ => return None,
    };
    Some(format!("{said} (HTTP {status})"))
}

/// The error of TLS in an error; errors of a connection hide what is inside them from the chain of causes.
fn tls<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e rustls::Error> {
    let inside = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    inside.map_or_else(|| error.downcast_ref(), |inside| tls(inside))
}

/// What can be done about it. The library's own words hold times, or name no key.
fn plain(error: &rustls::Error) -> Option<String> {
    use CertificateError as Wrong;
    let said = match error {
        rustls::Error::InvalidCertificate(Wrong::Expired | Wrong::ExpiredContext { .. }) => {
            "the server's certificate has expired, or this host's clock is wrong"
        }
        rustls::Error::InvalidCertificate(Wrong::NotValidYet | Wrong::NotValidYetContext { .. }) => {
            "the server's certificate is not valid yet, or this host's clock is wrong"
        }
        rustls::Error::InvalidCertificate(Wrong::UnknownIssuer) => {
            "the server's certificate comes from an authority that is not trusted; if that is a proxy or relay of your \
             own, name the file of its authority in tls.ca_file"
        }
        rustls::Error::InvalidCertificate(Wrong::NotValidForName | Wrong::NotValidForNameContext { .. }) => {
            "the server's certificate is for another name than the one in its address; see base_url"
        }
        rustls::Error::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13)
        | rustls::Error::AlertReceived(AlertDescription::ProtocolVersion) => {
            "the server speaks no TLS 1.2 or newer; nothing older is used"
        }
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => {
            "the server wants a certificate of this host; see tls.client_certificate_file"
        }
        // Our own words.
        rustls::Error::General(said) => said,
        _ => return None,
    };
    Some(said.to_owned())
}
