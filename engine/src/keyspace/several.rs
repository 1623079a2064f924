//! Several keys at once, for commands that hold values against each other.

use super::keys::Keys;
use super::value::Typed;
use crate::error::CommandError;

impl Keys<'_> {
    /// Reads keys as `T`s: first one after the other, with what each lookup does, then all together. `None` stands for
    /// a key that is not there.
    ///
    /// # Errors
    /// WRONGTYPE at the first key of another type; those after it are not looked up.
    pub fn read_several<'k, T: Typed>(
        &mut self,
        keys: impl Iterator<Item = &'k [u8]> + Clone,
    ) -> Result<Vec<Option<T::Ref<'_>>>, CommandError> {
        let mut found = Vec::with_capacity(keys.size_hint().0);
        for key in keys.clone() {
            found.push(self.read::<T>(key)?.is_some());
        }
        // A lookup may have removed its key and moved others; from here on nothing moves.
        let table = self.space.db(self.db).table();
        let view = |key: &[u8]| T::view(table.get(table.hash(key), key)?.value());
        Ok(keys.zip(found).map(|(key, found)| found.then(|| view(key)).flatten()).collect())
    }
}
