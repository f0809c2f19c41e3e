//! Rules on storage: a data set that is written to disk needs a disk that lasts and holds it.

pub(crate) mod dir_off_volume;
pub(crate) mod storage_ephemeral;
pub(crate) mod volume_too_small;
