//! Rules on storage: a data set that is written to disk needs a disk that lasts and holds it.

pub(crate) mod dir_off_volume;
pub(crate) mod storage_ephemeral;
pub(crate) mod volume_too_small;

use super::registry::Entry;

/// The rules of this group, in the order of every table that we print.
pub(crate) const RULES: &[Entry] = &[
    Entry::new::<storage_ephemeral::StorageEphemeral>(),
    Entry::new::<dir_off_volume::DirOffVolume>(),
    Entry::new::<volume_too_small::VolumeTooSmall>(),
];
