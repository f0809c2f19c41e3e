//! Findings and models as text and JSON.
