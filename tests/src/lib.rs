//! Conformance and property tests.
