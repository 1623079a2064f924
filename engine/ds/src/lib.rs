//! Data structures; knows nothing of Redis.
