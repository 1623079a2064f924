//! The thresholds of collections, from the configuration to the keyspace that obeys them.

use super::{Config, Id, Value};
use engine::keyspace::Forms;

impl Config {
    /// Carries the thresholds over; the hash function stays.
    pub fn apply_forms(&self, forms: &mut Forms) {
        forms.hash_max_listpack_entries = self.count(Id::HashMaxListpackEntries);
        forms.hash_max_listpack_value = self.count(Id::HashMaxListpackValue);
        // The row's bounds are those of 32 bits.
        forms.list_max_listpack_size = self.number(Id::ListMaxListpackSize) as i32;
        forms.list_compress_depth = self.number(Id::ListCompressDepth) as u32;
        forms.set_max_intset_entries = self.count(Id::SetMaxIntsetEntries);
        forms.set_max_listpack_entries = self.count(Id::SetMaxListpackEntries);
        forms.set_max_listpack_value = self.count(Id::SetMaxListpackValue);
        forms.zset_max_listpack_entries = self.count(Id::ZsetMaxListpackEntries);
        forms.zset_max_listpack_value = self.count(Id::ZsetMaxListpackValue);
        forms.stream_node_max_bytes = self.count(Id::StreamNodeMaxBytes);
        forms.stream_node_max_entries = self.count(Id::StreamNodeMaxEntries);
        forms.hll_sparse_max_bytes = self.count(Id::HllSparseMaxBytes);
        forms.array_slice_size = self.count(Id::ArraySliceSize);
        forms.array_sparse_kmax = self.count(Id::ArraySparseKmax);
        forms.array_sparse_kmin = self.count(Id::ArraySparseKmin);
    }

    /// A number or a size in bytes that is never negative.
    fn count(&self, id: Id) -> usize {
        usize::try_from(self.number(id)).unwrap_or(usize::MAX)
    }

    fn number(&self, id: Id) -> i64 {
        match self.value(id) {
            Value::Integer(number) => *number,
            Value::Memory(bytes) => i64::try_from(*bytes).unwrap_or(i64::MAX),
            other => unreachable!("{id:?} is no number but {other:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ds::table::Hasher64;

    #[test]
    fn defaults_agree_and_changes_arrive() {
        let mut forms = Forms::new(Hasher64::new(1, 2));
        let fresh = format!("{:?}", (forms.hash_max_listpack_entries, forms.list_max_listpack_size));
        let mut config = Config::default();
        config.apply_forms(&mut forms);
        assert_eq!(format!("{:?}", (forms.hash_max_listpack_entries, forms.list_max_listpack_size)), fresh);
        config.put(Id::ZsetMaxListpackEntries, Value::Integer(3));
        config.put(Id::ListMaxListpackSize, Value::Integer(-5));
        config.apply_forms(&mut forms);
        assert_eq!((forms.zset_max_listpack_entries, forms.list_max_listpack_size), (3, -5));
    }
}
