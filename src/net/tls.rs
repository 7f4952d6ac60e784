//! Whom a connection trusts, and as whom it shows itself.
//!
//! Invariants: TLS 1.2 at least; a server is trusted when webpki finds its chain to lead to a root: the compiled-in Mozilla
//! list, the system's store read as plain roots, or the file of the configuration (an old Windows has no fresh roots, an
//! inspecting proxy has its own). Where keys are pinned, one of them must stand in the chain as well. No certificate is
//! ever accepted unchecked.

use crate::config::Tls;
use crate::logging::Log;
use ring::digest::{SHA256, digest};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use std::path::Path;
use std::sync::Arc;

/// The rustls configuration. The error names the key below `tls` and what is wrong.
pub(super) fn config(tls: &Tls, log: &Log) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots = Arc::new(roots(tls, log)?);
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::clone(&roots), Arc::clone(&provider))
        .build()
        .map_err(|error| format!("ca_file: {error}"))?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("ca_file: {error}"))?;
    let builder = if tls.pins.is_empty() {
        builder.with_webpki_verifier(verifier)
    } else {
        let pinned = Arc::new(Pinned { inner: verifier, pins: tls.pins.clone() });
        builder.dangerous().with_custom_certificate_verifier(pinned)
    };
    let mut config = match &tls.client_certificate_file {
        None => builder.with_no_client_auth(),
        Some(file) => {
            let key = "client_certificate_file";
            let chain = certificates(file).map_err(|wrong| format!("{key}: {wrong}"))?;
            let private = PrivateKeyDer::from_pem_file(file)
                .map_err(|error| format!("{key}: has no private key that can be read: {error}"))?;
            builder.with_client_auth_cert(chain, private).map_err(|error| format!("{key}: {error}"))?
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn roots(tls: &Tls, log: &Log) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let system = rustls_native_certs::load_native_certs();
    // A system without a store is nothing unusual; the compiled-in list is there.
    for error in &system.errors {
        log.debug(format_args!("the system's certificates: {error}"));
    }
    roots.add_parsable_certificates(system.certs);
    if let Some(file) = &tls.ca_file {
        for certificate in certificates(file).map_err(|wrong| format!("ca_file: {wrong}"))? {
            roots.add(certificate).map_err(|error| format!("ca_file: has a certificate that is no root: {error}"))?;
        }
    }
    Ok(roots)
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = CertificateDer::pem_file_iter(file).map_err(|error| format!("cannot be read: {error}"))?;
    let list: Result<Vec<_>, _> = read.collect();
    match list {
        Ok(list) if list.is_empty() => Err("has no certificate; expected a PEM file".to_owned()),
        Ok(list) => Ok(list),
        Err(error) => Err(format!("is no PEM file: {error}")),
    }
}

/// Checks the chain as usual, then that a pinned key (RFC 7469, 2.4) stands in it.
#[derive(Debug)]
struct Pinned {
    inner: Arc<WebPkiServerVerifier>,
    pins: Vec<[u8; 32]>,
}

impl Pinned {
    fn is_pinned(&self, certificate: &CertificateDer<'_>) -> bool {
        let Ok(parsed) = webpki::EndEntityCert::try_from(certificate) else { return false };
        let key = digest(&SHA256, parsed.subject_public_key_info().as_ref());
        self.pins.iter().any(|pin| pin == key.as_ref())
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self.inner.verify_server_cert(end_entity, intermediates, name, ocsp, now)?;
        if std::iter::once(end_entity).chain(intermediates).any(|certificate| self.is_pinned(certificate)) {
            return Ok(verified);
        }
        Err(rustls::Error::General("no key of the server's chain is among tls.public_key_pins".to_owned()))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
