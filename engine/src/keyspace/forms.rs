//! At which size a collection changes its form: the directives of the `*-max-listpack-*` kind, and the hash function
//! of those forms that need one.
//!
//! Redis ties the form to the name that OBJECT ENCODING tells. Here the two are apart: the name changes at these
//! thresholds, exactly when it does in Redis, while the form changes where measurements say; a small hash with one long
//! value is a `hashtable` by name and still lies packed in its entry.

use ds::table::Hasher64;

/// Thresholds, with the defaults of Redis 8.0. Entries are counted, values and nodes are bytes.
#[derive(Clone, Copy, Debug)]
pub struct Forms {
    pub hash_max_listpack_entries: usize,
    pub hash_max_listpack_value: usize,
    /// Negative: 4, 8, 16, 32 or 64 KB a node; positive: as many elements.
    pub list_max_listpack_size: i32,
    /// Elements from this length on have a node of their own; 0 leaves that to the size of a node. Of DEBUG alone.
    pub list_plain_from: u32,
    /// Nodes at both ends that are not compressed; zero compresses none.
    pub list_compress_depth: u32,
    pub set_max_intset_entries: usize,
    pub set_max_listpack_entries: usize,
    pub set_max_listpack_value: usize,
    pub zset_max_listpack_entries: usize,
    pub zset_max_listpack_value: usize,
    /// Zero for no limit, as for entries.
    pub stream_node_max_bytes: usize,
    pub stream_node_max_entries: usize,
    pub hll_sparse_max_bytes: usize,
    /// PFDEBUG SIMD.
    pub hll_loops: ds::hll::Loops,
    /// Positions of an array's slice, a power of two; an array keeps the size it began with.
    pub array_slice_size: usize,
    /// A slice of more elements counts as dense; zero: every slice does.
    pub array_sparse_kmax: usize,
    /// A dense slice of fewer elements counts as sparse again; zero: it never does.
    pub array_sparse_kmin: usize,
    /// Hashes fields and members of collections that are large enough for it.
    pub hasher: Hasher64,
}

impl Forms {
    pub fn new(hasher: Hasher64) -> Forms {
        Forms {
            hash_max_listpack_entries: 512,
            hash_max_listpack_value: 64,
            list_max_listpack_size: -2,
            list_plain_from: 0,
            list_compress_depth: 0,
            set_max_intset_entries: 512,
            set_max_listpack_entries: 128,
            set_max_listpack_value: 64,
            zset_max_listpack_entries: 128,
            zset_max_listpack_value: 64,
            stream_node_max_bytes: 4096,
            stream_node_max_entries: 100,
            hll_sparse_max_bytes: 3000,
            hll_loops: ds::hll::Loops::Wide,
            array_slice_size: 4096,
            array_sparse_kmax: 10,
            array_sparse_kmin: 5,
            hasher,
        }
    }
}
