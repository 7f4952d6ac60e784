//! A certificate authority of the test's own.

use alimi_simulator::Tls;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, IsCa, KeyPair, PublicKeyData};
use ring::digest::{SHA256, digest};
use std::path::{Path, PathBuf};

/// The name of every server of these tests.
pub const HERE: &str = "127.0.0.1";

pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate with its key.
pub struct Identity {
    pub certificate: Certificate,
    pub key: KeyPair,
}

impl Authority {
    pub fn new() -> Authority {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Authority { issuer: CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap() }
    }

    /// For a host of this name or address.
    pub fn identity(&self, name: &str) -> Identity {
        self.sign(CertificateParams::new([name.to_owned()]).unwrap())
    }

    /// One that has expired.
    pub fn expired(&self, name: &str) -> Identity {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        (params.not_before, params.not_after) = (rcgen::date_time_ymd(2020, 1, 1), rcgen::date_time_ymd(2021, 1, 1));
        self.sign(params)
    }

    fn sign(&self, params: CertificateParams) -> Identity {
        let key = KeyPair::generate().unwrap();
        Identity { certificate: params.signed_by(&key, &self.issuer).unwrap(), key }
    }

    /// Its own certificate as a file.
    pub fn file(&self, folder: &Path) -> PathBuf {
        written(folder.join("authority.pem"), &self.issuer.pem())
    }

    pub fn certificate(&self) -> &Certificate {
        self.issuer.as_ref()
    }

    /// The pin of its key.
    pub fn pin(&self) -> String {
        pin(self.issuer.key())
    }
}

impl Identity {
    /// As the simulator wants it.
    pub fn tls(&self, folder: &Path) -> Tls {
        Tls {
            certificate: written(folder.join("server.pem"), &self.certificate.pem()),
            key: written(folder.join("server.key"), &self.key.serialize_pem()),
        }
    }

    /// Certificate and key in one file.
    pub fn file(&self, folder: &Path) -> PathBuf {
        written(folder.join("client.pem"), &(self.certificate.pem() + &self.key.serialize_pem()))
    }

    /// The pin of its key.
    pub fn pin(&self) -> String {
        pin(&self.key)
    }
}

fn pin(key: &KeyPair) -> String {
    format!("sha256/{}", STANDARD.encode(digest(&SHA256, &key.subject_public_key_info())))
}

fn written(file: PathBuf, text: &str) -> PathBuf {
    std::fs::write(&file, text).unwrap();
    file
}
