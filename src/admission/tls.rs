//! The serving certificate: read from files and read again while we serve, or made in memory.
//!
//! A kubelet swaps mounted files by a link, which file watchers miss the second time: so the files are read and hashed
//! every few seconds. A pair that can't be used never replaces one that can.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, version};
use sha2::{Digest as _, Sha256};
use x509_parser::parse_x509_certificate;

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

/// Why there is no certificate to serve with.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file can't be read.
    #[error("{path}: {error}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The certificate file holds no certificates.
    #[error("{path}: no PEM certificate can be read: {error}", path = path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
        /// Why.
        error: pem::Error,
    },
    /// The key file holds no key.
    #[error("{path}: no PEM private key can be read: {error}", path = path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
        /// Why.
        error: pem::Error,
    },
    /// The two do not go together, or are of a kind that can't serve.
    #[error("{certificate} and {key} can't serve together: {error}", certificate = certificate.display(), key = key.display())]
    Unusable {
        /// The certificate file.
        certificate: PathBuf,
        /// The key file.
        key: PathBuf,
        /// Why.
        error: rustls::Error,
    },
    /// A certificate could not be made.
    #[error("no certificate could be made: {0}")]
    Make(#[from] rcgen::Error),
    /// A certificate that was made can't serve.
    #[error("the certificate that was made can't serve: {0}")]
    Made(#[from] rustls::Error),
}

/// The certificate in use, and where it came from.
#[derive(Debug)]
pub(crate) struct Serving {
    source: Certificate,
    current: Arc<Current>,
    hash: [u8; 32],
    authority: Option<String>,
}

#[derive(Debug)]
struct Current(ArcSwap<CertifiedKey>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

impl Serving {
    pub(crate) fn load(source: Certificate) -> Result<Self, TlsError> {
        let (pair, hash, authority) = match &source {
            Certificate::Files { certificate, key } => {
                let files = Files::read(certificate, key)?;
                (files.pair()?, files.hash(), None)
            }
            Certificate::Loopback => {
                let (pair, authority) = loopback()?;
                (pair, [0; 32], Some(authority))
            }
        };
        let current = Arc::new(Current(ArcSwap::from_pointee(pair)));
        Ok(Self { source, current, hash, authority })
    }

    /// The authority of a certificate made in memory, as PEM.
    pub(crate) fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    /// Reads the files again. True where another pair is in use now. Blocks on files.
    pub(crate) fn reload(&mut self) -> Result<bool, TlsError> {
        let Certificate::Files { certificate, key } = &self.source else { return Ok(false) };
        let files = Files::read(certificate, key)?;
        let hash = files.hash();
        if hash == self.hash {
            return Ok(false);
        }
        let pair = files.pair()?; // Certificate and key may be read across a swap; then the next time is right.
        self.current.0.store(Arc::new(pair));
        self.hash = hash;
        Ok(true)
    }

    /// When the leaf expires, in seconds since 1970.
    pub(crate) fn expires(&self) -> Option<i64> {
        let pair = self.current.0.load();
        let (_, leaf) = parse_x509_certificate(pair.cert.first()?).ok()?;
        Some(leaf.validity().not_after.timestamp())
    }

    /// TLS 1.2 and 1.3, HTTP/2 preferred.
    pub(crate) fn config(&self) -> Result<ServerConfig, TlsError> {
        let builder = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&version::TLS13, &version::TLS12])
            .map_err(TlsError::Made)?;
        let resolver: Arc<Current> = Arc::clone(&self.current);
        let mut config = builder.with_no_client_auth().with_cert_resolver(resolver);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

struct Files<'a> {
    certificate: (&'a Path, Vec<u8>),
    key: (&'a Path, Vec<u8>),
}

impl<'a> Files<'a> {
    fn read(certificate: &'a Path, key: &'a Path) -> Result<Self, TlsError> {
        let read = |path: &'a Path| match std::fs::read(path) {
            Ok(bytes) => Ok((path, bytes)),
            Err(error) => Err(TlsError::Read { path: path.to_owned(), error }),
        };
        Ok(Self { certificate: read(certificate)?, key: read(key)? })
    }

    fn hash(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(&self.certificate.1);
        hash.update([0]);
        hash.update(&self.key.1);
        hash.finalize().into()
    }

    fn pair(&self) -> Result<CertifiedKey, TlsError> {
        let no_certificate = |error| TlsError::NoCertificate { path: self.certificate.0.to_owned(), error };
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&self.certificate.1).collect();
        let chain = chain.map_err(no_certificate)?;
        if chain.is_empty() {
            return Err(no_certificate(pem::Error::NoItemsFound));
        }
        let key = PrivateKeyDer::from_pem_slice(&self.key.1)
            .map_err(|error| TlsError::NoKey { path: self.key.0.to_owned(), error })?;
        CertifiedKey::from_der(chain, key, &provider()).map_err(|error| TlsError::Unusable {
            certificate: self.certificate.0.to_owned(),
            key: self.key.0.to_owned(),
            error,
        })
    }
}

/// A leaf for the loopback addresses and its authority's PEM.
fn loopback() -> Result<(CertifiedKey, String), TlsError> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "plimsoll, in memory");
    let authority_key = KeyPair::generate()?;
    let authority = params.self_signed(&authority_key)?.pem();
    let issuer = Issuer::new(params, authority_key);
    let key = KeyPair::generate()?;
    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    let leaf = CertificateParams::new(names)?.signed_by(&key, &issuer)?;
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    Ok((CertifiedKey::from_der(vec![leaf.der().clone()], key, &provider())?, authority))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

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
        let mut serving = Serving::load(write(folder.path(), &first)).unwrap();
        let served = |serving: &Serving| serving.current.0.load().cert.clone();
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
            Serving::load(write(folder.path(), &(pair.0.to_owned(), pair.1.to_owned()))).unwrap_err().to_string()
        };
        assert!(error(("nonsense", &key)).contains("tls.crt: no PEM certificate"));
        assert!(error((&certificate, "nonsense")).contains("tls.key: no PEM private key"));
        let source = Certificate::Files { certificate: "absent.crt".into(), key: "absent.key".into() };
        assert!(Serving::load(source).unwrap_err().to_string().contains("absent.crt"));
    }

    #[test]
    fn knows_when_the_leaf_expires() {
        let serving = Serving::load(Certificate::Loopback).unwrap();
        assert!(serving.expires().unwrap() > 1_800_000_000);
        assert!(serving.authority().unwrap().contains("BEGIN CERTIFICATE"));
    }
}
