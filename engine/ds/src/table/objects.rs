//! The values of a segment that do not lie in its heap: a slab whose two-byte indices stand in the entries.

use super::heap::size_class;

/// A key too long for the heap, with its value.
#[derive(Clone)]
pub(super) struct Long<T> {
    pub key: Box<[u8]>,
    pub value: LongValue<T>,
}

#[derive(Clone)]
pub(super) enum LongValue<T> {
    Inline(u8, Box<[u8]>),
    Object(T),
}

/// One place of the slab.
#[derive(Clone)]
pub(super) enum Place<T> {
    /// The next free place, or `NONE`.
    Free(u16),
    Object(T),
    Long(Box<Long<T>>),
}

const NONE: u16 = u16::MAX;
/// Bytes of long keys and values are counted in this unit, so that a u32 has room for every length.
const LONG_UNIT: usize = 64;

#[derive(Clone)]
pub(super) struct Objects<T> {
    places: Box<[Place<T>]>,
    free: u16,
    used: u16,
    long_units: u32,
}

impl<T> Objects<T> {
    pub fn new() -> Self {
        Objects { places: Box::default(), free: NONE, used: 0, long_units: 0 }
    }

    /// Stores a value and returns its index.
    pub fn insert(&mut self, place: Place<T>) -> u16 {
        if let Place::Long(long) = &place {
            self.long_units += long.units();
        }
        if self.free == NONE {
            self.grow();
        }
        let index = self.free;
        let Place::Free(next) = std::mem::replace(&mut self.places[index as usize], place) else {
            unreachable!("the free list holds only free places")
        };
        self.free = next;
        self.used += 1;
        index
    }

    /// Takes a value out and frees its index.
    pub fn take(&mut self, index: u16) -> Place<T> {
        let place = std::mem::replace(&mut self.places[index as usize], Place::Free(self.free));
        match &place {
            Place::Free(_) => unreachable!("an entry names a place in use"),
            Place::Object(_) => {}
            Place::Long(long) => self.long_units -= long.units(),
        }
        self.free = index;
        self.used -= 1;
        if self.used == 0 {
            *self = Objects::new();
        }
        place
    }

    #[inline]
    pub fn object(&self, index: u16) -> &T {
        match &self.places[index as usize] {
            Place::Object(object) => object,
            _ => unreachable!("an object entry names an object"),
        }
    }

    pub fn object_mut(&mut self, index: u16) -> &mut T {
        match &mut self.places[index as usize] {
            Place::Object(object) => object,
            _ => unreachable!("an object entry names an object"),
        }
    }

    pub fn long(&self, index: u16) -> &Long<T> {
        match &self.places[index as usize] {
            Place::Long(long) => long,
            _ => unreachable!("a long entry names a long key"),
        }
    }

    pub fn long_mut(&mut self, index: u16) -> &mut Long<T> {
        match &mut self.places[index as usize] {
            Place::Long(long) => long,
            _ => unreachable!("a long entry names a long key"),
        }
    }

    /// Bytes owned: the slab, and long keys with their inline values.
    pub fn memory(&self) -> usize {
        std::mem::size_of_val(&*self.places) + self.long_units as usize * LONG_UNIT
    }

    #[cfg(test)]
    pub fn used(&self) -> usize {
        let free = self.places.iter().filter(|place| matches!(place, Place::Free(_))).count();
        assert_eq!(self.places.len() - free, self.used as usize);
        self.used as usize
    }

    fn grow(&mut self) {
        let old = self.places.len();
        let place = size_of::<Place<T>>().max(1);
        let new = (size_class((old + 1) * place) / place).max(old + 1);
        assert!(new < NONE as usize, "a segment holds fewer entries than there are indices");
        let mut places = std::mem::take(&mut self.places).into_vec();
        places.reserve_exact(new - old);
        places.extend((old + 1..=new).map(|next| Place::Free(if next == new { NONE } else { next as u16 })));
        self.places = places.into_boxed_slice();
        self.free = old as u16;
    }
}

impl<T> Long<T> {
    fn units(&self) -> u32 {
        let value = match &self.value {
            LongValue::Inline(_, bytes) => bytes.len(),
            LongValue::Object(_) => 0,
        };
        let bytes = size_of::<Self>() + self.key.len() + value;
        u32::try_from(bytes.div_ceil(LONG_UNIT)).expect("a key is shorter than 256 GiB")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_are_reused_and_an_empty_slab_owns_nothing() {
        let mut objects = Objects::new();
        let indices: Vec<u16> = (0..50).map(|i| objects.insert(Place::Object(i))).collect();
        assert!(objects.memory() >= 50 * size_of::<Place<i32>>());
        let Place::Object(value) = objects.take(indices[20]) else { panic!("an object was stored") };
        assert_eq!(value, 20);
        assert_eq!(objects.insert(Place::Object(99)), indices[20]);
        assert_eq!(*objects.object(indices[20]), 99);
        for index in indices {
            objects.take(index);
        }
        assert_eq!((objects.memory(), objects.used()), (0, 0));
    }

    #[test]
    fn long_keys_are_counted_until_they_are_taken() {
        let mut objects = Objects::new();
        objects.insert(Place::Object(1u8));
        let before = objects.memory();
        let value = LongValue::Inline(0, vec![0; 500].into());
        let index = objects.insert(Place::Long(Box::new(Long { key: vec![1; 100_000].into(), value })));
        assert!(objects.memory() >= before + 100_500);
        objects.take(index);
        assert!(objects.memory() < before + 1000);
    }
}
