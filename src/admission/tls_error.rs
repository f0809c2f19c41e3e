//! Why there is no certificate to serve with.

use std::path::PathBuf;

use rustls::pki_types::pem;

/// Why there is no certificate to serve with.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file can't be read.
    #[error("{path}: {error}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        error: std::io::Error,
    },
    /// The certificate file holds no certificates.
    #[error("{path}: no PEM certificate can be read: {error}", path = path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: pem::Error,
    },
    /// The key file holds no key.
    #[error("{path}: no PEM private key can be read: {error}", path = path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: pem::Error,
    },
    /// The key is not the certificate's, or one of them is of a kind that can't serve.
    #[error("{certificate} and {key} can't serve together: {error}", certificate = certificate.display(), key = key.display())]
    Unusable {
        /// The certificate file.
        certificate: PathBuf,
        /// The key file.
        key: PathBuf,
        /// Why they can't serve.
        error: rustls::Error,
    },
    /// A certificate in memory could not be made.
    #[error("no certificate could be made: {0}")]
    Make(#[from] rcgen::Error),
    /// A certificate made in memory can't serve.
    #[error("the certificate made in memory can't serve: {0}")]
    Made(#[from] rustls::Error),
}
