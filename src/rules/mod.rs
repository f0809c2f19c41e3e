//! What is wrong with a workload: one rule a file, each with its documentation, parameters, check, fix and tests.
