//! The AdmissionReview v1 envelope: what of it is read, and how an answer is written.
//!
//! It is read in one pass that borrows from the body; the objects in it stay raw text until their trees are needed.
//! What the API server accepts in an answer, and what it drops silently, was tried against a real one (v1.36.3).

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::envelope_error::EnvelopeError;
use crate::engine::Verdict;

const API_VERSION: &str = "admission.k8s.io/v1";
const KIND: &str = "AdmissionReview";

/// What is read of a review's request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AdmissionRequest<'a> {
    /// To be repeated in the answer.
    #[serde(borrow, default)]
    pub uid: Text<'a>,
    /// The kind of `object`: `Scale` for a scale subresource.
    #[serde(borrow, default)]
    pub kind: GroupVersionKind<'a>,
    /// The resource of the request: `statefulsets`, for their scale too.
    #[serde(borrow, default)]
    pub resource: GroupVersionResource<'a>,
    /// `scale`, `resize`, …
    #[serde(borrow, default)]
    pub sub_resource: Option<Text<'a>>,
    /// Empty while the API server has not made one from `generateName`.
    #[serde(borrow, default)]
    pub name: Text<'a>,
    /// Empty for cluster-scoped objects.
    #[serde(borrow, default)]
    pub namespace: Text<'a>,
    /// `CREATE`, `UPDATE`, `DELETE` or `CONNECT`.
    #[serde(borrow, default)]
    pub operation: Text<'a>,
    /// Who asks.
    #[serde(borrow, default)]
    pub user_info: UserInfo<'a>,
    /// Whether the API server will store nothing.
    #[serde(default)]
    pub dry_run: Option<bool>,
    /// Absent on DELETE.
    #[serde(borrow, default)]
    pub object: Option<&'a RawValue>,
    /// The stored object; absent on CREATE.
    #[serde(borrow, default)]
    pub old_object: Option<&'a RawValue>,
}

/// A string of the review: borrowed where it holds no escape. (Inside `Option` and default fields serde borrows only
/// through a type of its own.)
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl std::ops::Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// A group, version and kind.
#[derive(Debug, Default, Deserialize)]
pub struct GroupVersionKind<'a> {
    /// Empty for the core group.
    #[serde(borrow, default)]
    pub group: Text<'a>,
    /// Such as `v1`.
    #[serde(borrow, default)]
    pub version: Text<'a>,
    /// Such as `StatefulSet`.
    #[serde(borrow, default)]
    pub kind: Text<'a>,
}

/// A group, version and resource.
#[derive(Debug, Default, Deserialize)]
pub struct GroupVersionResource<'a> {
    /// Empty for the core group.
    #[serde(borrow, default)]
    pub group: Text<'a>,
    /// Such as `v1`.
    #[serde(borrow, default)]
    pub version: Text<'a>,
    /// Such as `statefulsets`.
    #[serde(borrow, default)]
    pub resource: Text<'a>,
}

/// Who asks.
#[derive(Debug, Default, Deserialize)]
pub struct UserInfo<'a> {
    /// Such as `system:serviceaccount:kube-system:statefulset-controller`.
    #[serde(borrow, default)]
    pub username: Text<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Review<'a> {
    #[serde(borrow, default)]
    api_version: Text<'a>,
    #[serde(borrow, default)]
    kind: Text<'a>,
    #[serde(borrow, default)]
    request: Option<AdmissionRequest<'a>>,
}

impl<'a> AdmissionRequest<'a> {
    /// Reads the body of a call.
    ///
    /// # Errors
    /// When no answer could be given to it: no JSON, another kind or version, no uid.
    pub fn read(body: &'a [u8]) -> Result<Self, EnvelopeError> {
        let text = std::str::from_utf8(body).map_err(|error| EnvelopeError::NotText(error.valid_up_to()))?;
        let review: Review<'a> = serde_json::from_str(text).map_err(EnvelopeError::NotReview)?;
        if &*review.api_version != API_VERSION || &*review.kind != KIND {
            let found: String = format!("{} {}", &*review.api_version, &*review.kind).chars().take(80).collect();
            return Err(EnvelopeError::OtherKind { found: found.escape_debug().to_string() });
        }
        let request = review.request.ok_or(EnvelopeError::NoRequest)?;
        if request.uid.is_empty() {
            return Err(EnvelopeError::NoUid);
        }
        Ok(request)
    }

    /// The object as a tree; nothing on DELETE.
    ///
    /// # Errors
    /// When it is nested deeper than 128 levels or holds a number that no JSON tree can hold.
    pub fn parse_object(&self) -> Result<Option<Value>, EnvelopeError> {
        parse_tree("object", self.object)
    }

    /// The stored object as a tree; nothing on CREATE.
    ///
    /// # Errors
    /// As [`AdmissionRequest::parse_object`].
    pub fn parse_old_object(&self) -> Result<Option<Value>, EnvelopeError> {
        parse_tree("oldObject", self.old_object)
    }
}

fn parse_tree(field: &'static str, raw: Option<&RawValue>) -> Result<Option<Value>, EnvelopeError> {
    let Some(raw) = raw else { return Ok(None) };
    serde_json::from_str(raw.get()).map(Some).map_err(|error| EnvelopeError::BadObject { field, error })
}

/// An answer as the API server reads it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ReviewAnswer<'a> {
    api_version: &'static str,
    kind: &'static str,
    response: Response<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Response<'a> {
    uid: &'a str,
    allowed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patch_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patch: Option<String>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    warnings: &'a [String],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    audit_annotations: &'a BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
struct Status<'a> {
    code: u16,
    reason: &'static str,
    message: &'a str,
}

/// Writes the answer to the review of this uid.
///
/// A denial is code 403 and reason `Forbidden`: with `Invalid` kubectl prints only the causes, with 409 advice on conflicts.
///
/// # Errors
/// Never: all keys of a verdict are strings.
pub fn write_verdict(uid: &str, verdict: &Verdict) -> Result<Vec<u8>, serde_json::Error> {
    let denial = verdict.denial.as_deref();
    write_response(uid, verdict, denial.map(|message| Status { code: 403, reason: "Forbidden", message }))
}

/// Writes a denial for an internal error (`onError: deny`).
///
/// # Errors
/// Never: all keys are strings.
pub fn write_internal_error(uid: &str, message: &str) -> Result<Vec<u8>, serde_json::Error> {
    let status = Status { code: 500, reason: "InternalError", message };
    write_response(uid, &Verdict::default(), Some(status))
}

fn write_response(uid: &str, verdict: &Verdict, status: Option<Status<'_>>) -> Result<Vec<u8>, serde_json::Error> {
    // A patch beside a denial, or a type without a patch, would turn the answer into "failed calling webhook".
    let patch = match &status {
        None if !verdict.patch.is_empty() => Some(STANDARD.encode(serde_json::to_vec(&verdict.patch)?)),
        _ => None,
    };
    let response = Response {
        uid,
        allowed: status.is_none(),
        status,
        patch_type: patch.is_some().then_some("JSONPatch"),
        patch,
        warnings: &verdict.warnings,
        audit_annotations: &verdict.audit_annotations,
    };
    serde_json::to_vec(&ReviewAnswer { api_version: API_VERSION, kind: KIND, response })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn refuses(body: &[u8], part: &str) {
        let error = AdmissionRequest::read(body).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
        assert!(!error.contains('\n'), "{error:?}");
    }

    fn answer(verdict: &Verdict) -> Value {
        serde_json::from_slice(&write_verdict("u-1", verdict).unwrap()).unwrap()
    }

    #[test]
    fn refuses_what_is_no_review() {
        refuses(b"", "EOF");
        refuses(b"{", "EOF");
        refuses(b"[]", "found ` `");
        refuses(b"{\"kind\": \"\xff\"}", "offset 10");
        refuses(br#"{"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview"}"#, "v1beta1");
        refuses(br#"{"apiVersion":"v1","kind":"Pod\n"}"#, "v1 Pod\\n");
        refuses(br#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}"#, "no request");
        refuses(br#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{}}"#, "no request.uid");
        refuses(br#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":7}}"#, "integer `7`");
    }

    #[test]
    fn borrows_what_holds_no_escape() {
        let body = br#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"a","name":"b\u0063","object":null}}"#;
        let request = AdmissionRequest::read(body).unwrap();
        assert!(matches!(request.uid.0, Cow::Borrowed("a")));
        assert_eq!(&*request.name, "bc");
        assert!(request.parse_object().unwrap().is_none());
    }

    #[test]
    fn refuses_nesting_without_overflowing() {
        let deep = "[".repeat(200_000) + &"]".repeat(200_000);
        let body = format!(
            r#"{{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{{"uid":"a","object":{deep}}}}}"#
        );
        let error = AdmissionRequest::read(body.as_bytes()).unwrap().parse_object().unwrap_err().to_string();
        assert!(error.contains("request.object can't be read: recursion limit exceeded"), "{error}");
    }

    #[test]
    fn names_a_patch_type_only_beside_a_patch() {
        let allowed = answer(&Verdict::default());
        assert_eq!(allowed["response"], json!({"uid": "u-1", "allowed": true}));
        let operation = json!({"op": "add", "path": "/metadata/labels", "value": {}});
        let patch = vec![serde_json::from_value(operation).unwrap()];
        let patched = answer(&Verdict { patch, ..Verdict::default() });
        assert_eq!(patched["response"]["patchType"], "JSONPatch");
        let patch = STANDARD.decode(patched["response"]["patch"].as_str().unwrap()).unwrap();
        let patch: Value = serde_json::from_slice(&patch).unwrap();
        assert_eq!(patch, json!([{"op": "add", "path": "/metadata/labels", "value": {}}]));
    }

    #[test]
    fn denies_as_forbidden() {
        let denial = Some("maxmemory-missing: no maxmemory".to_owned());
        let denied = answer(&Verdict { denial, warnings: vec!["also this".to_owned()], ..Verdict::default() });
        let status = json!({"code": 403, "reason": "Forbidden", "message": "maxmemory-missing: no maxmemory"});
        assert_eq!(
            denied["response"],
            json!({"uid": "u-1", "allowed": false, "status": status, "warnings": ["also this"]})
        );
    }
}
