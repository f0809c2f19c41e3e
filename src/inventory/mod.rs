//! The objects around a workload, as a read-only snapshot that answers found, absent or unknown. No look-up happens here.
