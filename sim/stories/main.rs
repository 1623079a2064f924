//! Stories: cluster tests written by hand in the vocabulary of `sim::story`, one file per subject.

mod one_node;
mod replication;
