//! Arguments that several commands share.

pub(crate) mod policies;
pub(crate) mod text_file;
