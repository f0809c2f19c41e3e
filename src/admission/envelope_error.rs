//! Why a body is no AdmissionReview that can be answered.

/// Why a body is no review that can be answered. Each is one line for the API server's own log.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// The body is not UTF-8.
    #[error("the body is not UTF-8: bad byte at offset {0}; send JSON in UTF-8")]
    NotText(usize),
    /// The body is not JSON, or not of the shape of a review.
    #[error("the body is not an AdmissionReview: {0}")]
    NotReview(serde_json::Error),
    /// The body is of another kind or version.
    #[error("expected admission.k8s.io/v1 AdmissionReview, found `{found}`; set admissionReviewVersions to [v1]")]
    OtherKind {
        /// Version and kind as found, cut to a bounded length.
        found: String,
    },
    /// The review holds no request.
    #[error("the AdmissionReview has no request")]
    NoRequest,
    /// The request has no uid, which the answer has to repeat.
    #[error("the AdmissionReview has no request.uid")]
    NoUid,
    /// An object in the review can't be read, for one because it is nested too deep.
    #[error("request.{field} can't be read: {error}")]
    BadObject {
        /// `object` or `oldObject`.
        field: &'static str,
        /// Where in the object, and what.
        error: serde_json::Error,
    },
    /// The answer could not be written: an internal error.
    #[error("internal error: the answer can't be written: {0}")]
    Unwritable(serde_json::Error),
}
