//! Commands and configuration as data.
