//! A vector that never moves more than a page: numbered parts of a structure, always without gaps.
//!
//! All pages but the last are full. The last grows by doubling, so that a small structure does not pay for a page.

/// `PAGE` is a power of two.
#[derive(Clone)]
pub(super) struct Pages<T, const PAGE: usize> {
    pages: Vec<Vec<T>>,
}

impl<T, const PAGE: usize> Pages<T, PAGE> {
    pub fn new() -> Self {
        const { assert!(PAGE.is_power_of_two()) };
        Pages { pages: Vec::new() }
    }

    pub fn len(&self) -> usize {
        match self.pages.last() {
            Some(last) => (self.pages.len() - 1) * PAGE + last.len(),
            None => 0,
        }
    }

    /// Adds a part and returns its number.
    pub fn push(&mut self, part: T) -> usize {
        let number = self.len();
        if number.is_multiple_of(PAGE) {
            self.pages.push(Vec::new());
        }
        let last = self.pages.last_mut().expect("a page was opened");
        if last.len() == last.capacity() {
            last.reserve_exact(last.len().max(1));
        }
        last.push(part);
        number
    }

    /// Takes out the last part.
    pub fn pop(&mut self) -> Option<T> {
        let last = self.pages.last_mut()?;
        let part = last.pop();
        if last.is_empty() {
            self.pages.pop();
            self.pages.shrink_to(self.pages.len() * 2);
        } else if last.len() * 4 <= last.capacity() {
            last.shrink_to(last.len() * 2);
        }
        part
    }

    /// Takes out a part; the last one takes its number.
    pub fn swap_remove(&mut self, number: usize) -> T {
        let last = self.pop().expect("there is a part with that number");
        if number == self.len() { last } else { std::mem::replace(&mut self[number], last) }
    }

    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.pages.iter().flatten()
    }

    /// Bytes owned, save what the parts own themselves. Takes one step.
    pub fn memory(&self) -> usize {
        let full = self.pages.len().saturating_sub(1) * PAGE;
        let last = self.pages.last().map_or(0, Vec::capacity);
        self.pages.capacity() * size_of::<Vec<T>>() + (full + last) * size_of::<T>()
    }
}

impl<T, const PAGE: usize> std::ops::Index<usize> for Pages<T, PAGE> {
    type Output = T;

    #[inline(always)]
    fn index(&self, number: usize) -> &T {
        &self.pages[number / PAGE][number % PAGE]
    }
}

impl<T, const PAGE: usize> std::ops::IndexMut<usize> for Pages<T, PAGE> {
    #[inline(always)]
    fn index_mut(&mut self, number: usize) -> &mut T {
        &mut self.pages[number / PAGE][number % PAGE]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_keep_their_numbers_and_the_last_fills_a_gap() {
        let mut pages: Pages<u64, 4> = Pages::new();
        assert_eq!((pages.len(), pages.memory()), (0, 0));
        for number in 0..11 {
            assert_eq!(pages.push(number * 10), number as usize);
        }
        assert!(pages.iter().copied().eq((0..11).map(|number| number * 10)));
        assert_eq!((pages.swap_remove(3), pages[3]), (30, 100));
        assert_eq!((pages.swap_remove(9), pages.len()), (90, 9));
        assert_eq!((pages.pop(), pages.pop()), (Some(80), Some(70)));
        pages[0] = 1;
        assert!(pages.iter().copied().eq([1, 10, 20, 100, 40, 50, 60]));
        let full = pages.memory();
        while pages.pop().is_some() {}
        assert!(full > 7 * 8 && pages.memory() < full);
    }
}
