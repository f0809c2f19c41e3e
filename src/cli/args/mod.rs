//! Arguments that several commands share.

pub(crate) mod diagnostics;
pub(crate) mod manifests;
pub(crate) mod policies;
pub(crate) mod text_file;
