//! Command flags and ACL categories as bit sets, with the names COMMAND INFO prints, in its order.

/// A set of command flags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(pub u64);

/// A set of ACL categories.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AclCategories(pub u64);

macro_rules! bits {
    ($set:ident, $names:ident: $($constant:ident = $bit:literal $name:literal),* $(,)?) => {
        impl $set {
            pub const NONE: $set = $set(0);
            $(pub const $constant: $set = $set(1 << $bit);)*

            /// Whether every member of `other` is in the set.
            #[inline]
            pub const fn contains(self, other: $set) -> bool {
                self.0 & other.0 == other.0
            }

            /// Whether any member of `other` is in the set.
            #[inline]
            pub const fn intersects(self, other: $set) -> bool {
                self.0 & other.0 != 0
            }

            pub const fn union(self, other: $set) -> $set {
                $set(self.0 | other.0)
            }

            pub const fn intersection(self, other: $set) -> $set {
                $set(self.0 & other.0)
            }

            pub const fn without(self, other: $set) -> $set {
                $set(self.0 & !other.0)
            }

            /// The set of one member with that name, in any case.
            pub fn from_name(name: &[u8]) -> Option<$set> {
                $names.iter().find(|(_, n)| n.as_bytes().eq_ignore_ascii_case(name)).map(|(set, _)| *set)
            }

            /// The names of the members, in the order in which COMMAND INFO prints them.
            pub fn names(self) -> impl ExactSizeIterator<Item = &'static str> + Clone {
                let mut left = self.0;
                (0..self.0.count_ones()).map(move |_| {
                    let bit = left.trailing_zeros() as usize;
                    left &= left - 1;
                    $names[bit].1
                })
            }
        }

        /// Every member and its name; bit N stands at index N.
        pub static $names: &[($set, &str)] = &[$(($set::$constant, $name)),*];
    };
}
pub(super) use bits;

bits! { Flags, COMMAND_FLAGS:
    WRITE = 0 "write",
    READONLY = 1 "readonly",
    DENYOOM = 2 "denyoom",
    MODULE = 3 "module",
    ADMIN = 4 "admin",
    PUBSUB = 5 "pubsub",
    NOSCRIPT = 6 "noscript",
    BLOCKING = 7 "blocking",
    LOADING = 8 "loading",
    STALE = 9 "stale",
    SKIP_MONITOR = 10 "skip_monitor",
    SKIP_SLOWLOG = 11 "skip_slowlog",
    ASKING = 12 "asking",
    FAST = 13 "fast",
    NO_AUTH = 14 "no_auth",
    MAY_REPLICATE = 15 "may_replicate",
    NO_MANDATORY_KEYS = 16 "no_mandatory_keys",
    NO_ASYNC_LOADING = 17 "no_async_loading",
    NO_MULTI = 18 "no_multi",
    MOVABLEKEYS = 19 "movablekeys",
    ALLOW_BUSY = 20 "allow_busy",
}

bits! { AclCategories, ACL_CATEGORIES:
    KEYSPACE = 0 "keyspace",
    READ = 1 "read",
    WRITE = 2 "write",
    SET = 3 "set",
    SORTEDSET = 4 "sortedset",
    LIST = 5 "list",
    HASH = 6 "hash",
    STRING = 7 "string",
    BITMAP = 8 "bitmap",
    HYPERLOGLOG = 9 "hyperloglog",
    GEO = 10 "geo",
    STREAM = 11 "stream",
    ARRAY = 12 "array",
    PUBSUB = 13 "pubsub",
    ADMIN = 14 "admin",
    FAST = 15 "fast",
    SLOW = 16 "slow",
    BLOCKING = 17 "blocking",
    DANGEROUS = 18 "dangerous",
    CONNECTION = 19 "connection",
    TRANSACTION = 20 "transaction",
    SCRIPTING = 21 "scripting",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_bits_stand_in_one_order() {
        for (index, (flag, name)) in COMMAND_FLAGS.iter().enumerate() {
            assert_eq!((flag.0, Flags::from_name(name.as_bytes())), (1 << index, Some(*flag)));
        }
        for (index, (category, name)) in ACL_CATEGORIES.iter().enumerate() {
            assert_eq!(
                (category.0, AclCategories::from_name(name.as_bytes())),
                (1 << index, Some(*category))
            );
        }
        let set = Flags::FAST.union(Flags::WRITE);
        assert_eq!(set.names().collect::<Vec<_>>(), ["write", "fast"]);
        assert!(set.contains(Flags::FAST) && !set.contains(Flags::FAST.union(Flags::ADMIN)));
        assert!(set.intersects(Flags::FAST.union(Flags::ADMIN)) && !set.intersects(Flags::ADMIN));
        assert_eq!(AclCategories::from_name(b"Read"), Some(AclCategories::READ));
        assert_eq!(AclCategories::from_name(b"nobody"), None);
    }
}
