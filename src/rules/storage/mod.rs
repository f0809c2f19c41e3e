//! Rules on storage: a data set that is written to disk needs a disk that lasts and holds it.

pub(super) mod dir_off_volume;
pub(super) mod storage_ephemeral;
pub(super) mod volume_too_small;
