//! The serving certificate: read from files and read again while we serve, or made in memory.
//!
//! A kubelet swaps mounted files by a link, which file watchers miss the second time: so the files are read and hashed
//! every few seconds. A pair that can't be used never replaces one that can.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use sha2::{Digest as _, Sha256};
use tokio::time::sleep;
use x509_parser::parse_x509_certificate;

use super::metrics::Metrics;
use super::tls::{CurrentCertificate, make_loopback_certificate, provider, server_config};
use super::tls_error::TlsError;

/// Where the serving certificate comes from.
#[derive(Debug, Clone)]
pub enum Certificate {
    /// PEM files: the leaf first, then its chain; the key in PKCS#8, PKCS#1 or SEC1.
    Files {
        /// The certificate and its chain.
        certificate: PathBuf,
        /// The leaf's private key.
        key: PathBuf,
    },
    /// An authority and a leaf for the loopback addresses, made at start and never written.
    Loopback,
}

/// The certificate in use, and where it came from.
#[derive(Debug)]
pub(crate) struct ServingCertificate {
    source: Certificate,
    current: Arc<CurrentCertificate>,
    hash: [u8; 32],
    authority: Option<String>,
}

impl ServingCertificate {
    pub(crate) fn load(source: Certificate) -> Result<Self, TlsError> {
        let (pair, hash, authority) = match &source {
            Certificate::Files { certificate, key } => {
                let files = PemFiles::read(certificate, key)?;
                (files.parse_pair()?, files.hash(), None)
            }
            Certificate::Loopback => {
                let (pair, authority) = make_loopback_certificate()?;
                (pair, [0; 32], Some(authority))
            }
        };
        let current = Arc::new(CurrentCertificate::new(pair));
        Ok(Self { source, current, hash, authority })
    }

    /// The authority of a certificate made in memory, as PEM.
    pub(crate) fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    /// How handshakes are made with this certificate, and with those that replace it.
    pub(crate) fn server_config(&self) -> Result<ServerConfig, TlsError> {
        server_config(Arc::clone(&self.current))
    }

    /// Reads the files again. True where another pair is in use now. Blocks on files.
    fn reload(&mut self) -> Result<bool, TlsError> {
        let Certificate::Files { certificate, key } = &self.source else { return Ok(false) };
        let files = PemFiles::read(certificate, key)?;
        let hash = files.hash();
        if hash == self.hash {
            return Ok(false);
        }
        let pair = files.parse_pair()?; // The two may be read across a swap; then the next read is right.
        self.current.replace(pair);
        self.hash = hash;
        Ok(true)
    }

    /// When the leaf expires, in seconds since 1970.
    fn expiry(&self) -> Option<i64> {
        let pair = self.current.get();
        let (_, leaf) = parse_x509_certificate(pair.cert.first()?).ok()?;
        Some(leaf.validity().not_after.timestamp())
    }
}

/// Reads the certificate files again and again.
pub(crate) async fn reload_certificates(
    mut certificate: ServingCertificate,
    metrics: Arc<Metrics>,
    poll_interval: Duration,
) {
    loop {
        if let Some(expiry) = certificate.expiry() {
            metrics.set_certificate_expiry(expiry);
        }
        sleep(poll_interval).await;
        let reading = tokio::task::spawn_blocking(move || {
            let reloaded = certificate.reload();
            (certificate, reloaded)
        });
        let Ok((read, reloaded)) = reading.await else { return };
        certificate = read;
        match reloaded {
            Ok(true) => tracing::info!("serving a new certificate"),
            Ok(false) => {}
            Err(error) => {
                metrics.count_reload_failure();
                tracing::warn!(%error, "the certificate files can't be used; the last good pair stays");
            }
        }
    }
}

/// The two files as read.
struct PemFiles<'a> {
    certificate: (&'a Path, Vec<u8>),
    key: (&'a Path, Vec<u8>),
}

impl<'a> PemFiles<'a> {
    fn read(certificate: &'a Path, key: &'a Path) -> Result<Self, TlsError> {
        Ok(Self { certificate: (certificate, read_file(certificate)?), key: (key, read_file(key)?) })
    }

    fn hash(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(&self.certificate.1);
        hash.update([0]);
        hash.update(&self.key.1);
        hash.finalize().into()
    }

    fn parse_pair(&self) -> Result<CertifiedKey, TlsError> {
        let (certificate, certificate_pem) = &self.certificate;
        let (key, key_pem) = &self.key;
        let no_certificate = |error| TlsError::NoCertificate { path: certificate.to_path_buf(), error };
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate_pem).collect();
        let chain = chain.map_err(no_certificate)?;
        if chain.is_empty() {
            return Err(no_certificate(pem::Error::NoItemsFound));
        }
        let private_key = PrivateKeyDer::from_pem_slice(key_pem)
            .map_err(|error| TlsError::NoKey { path: key.to_path_buf(), error })?;
        CertifiedKey::from_der(chain, private_key, &provider()).map_err(|error| TlsError::Unusable {
            certificate: certificate.to_path_buf(),
            key: key.to_path_buf(),
            error,
        })
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|error| TlsError::Read { path: path.to_owned(), error })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    fn write(folder: &Path, pair: &(String, String)) -> Certificate {
        let source = Certificate::Files { certificate: folder.join("tls.crt"), key: folder.join("tls.key") };
        fs::write(folder.join("tls.crt"), &pair.0).unwrap();
        fs::write(folder.join("tls.key"), &pair.1).unwrap();
        source
    }

    fn pair() -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
        (leaf.pem(), key.serialize_pem())
    }

    #[test]
    fn keeps_the_last_good_pair() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (pair(), pair());
        let mut serving = ServingCertificate::load(write(folder.path(), &first)).unwrap();
        let served = |serving: &ServingCertificate| serving.current.get().cert.clone();
        let before = served(&serving);
        assert!(!serving.reload().unwrap());
        write(folder.path(), &(second.0.clone(), first.1.clone()));
        assert!(matches!(serving.reload(), Err(TlsError::Unusable { .. })));
        assert_eq!(served(&serving), before);
        write(folder.path(), &second);
        assert!(serving.reload().unwrap());
        assert_ne!(served(&serving), before);
    }

    #[test]
    fn says_which_file_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = pair();
        let error = |pair: (&str, &str)| {
            ServingCertificate::load(write(folder.path(), &(pair.0.to_owned(), pair.1.to_owned())))
                .unwrap_err()
                .to_string()
        };
        assert!(error(("nonsense", &key)).contains("tls.crt: no PEM certificate"));
        assert!(error((&certificate, "nonsense")).contains("tls.key: no PEM private key"));
        let source = Certificate::Files { certificate: "absent.crt".into(), key: "absent.key".into() };
        assert!(ServingCertificate::load(source).unwrap_err().to_string().contains("absent.crt"));
    }

    #[test]
    fn knows_when_the_leaf_expires() {
        let serving = ServingCertificate::load(Certificate::Loopback).unwrap();
        assert!(serving.expiry().unwrap() > 1_800_000_000);
        assert!(serving.authority().unwrap().contains("BEGIN CERTIFICATE"));
    }
}
