//! Finding a tag among a segment's slots, which are dense and sorted.
//!
//! A slot is `tag << 16 | offset`. Tags are hash bits, hence uniform: the slot of a tag lies near `tag / 2^16` of
//! the way, off by about half the square root of their number, and a short walk from there finds it.

/// Where a tag would stand if the tags were spread evenly.
#[inline(always)]
pub(super) fn guess(slots: &[u32], tag: u16) -> usize {
    (tag as usize * slots.len()) >> 16
}

/// The index of the first slot whose tag is not below `tag`.
#[inline(always)]
pub(super) fn lower_bound(slots: &[u32], tag: u16) -> usize {
    let target = (tag as u32) << 16;
    let mut index = guess(slots, tag);
    if index < slots.len() && slots[index] < target {
        index += 1;
        while index < slots.len() && slots[index] < target {
            index += 1;
        }
    } else {
        while index > 0 && slots[index - 1] >= target {
            index -= 1;
        }
    }
    index
}

#[inline(always)]
pub(super) fn tag(slot: u32) -> u16 {
    (slot >> 16) as u16
}

#[inline(always)]
pub(super) fn offset(slot: u32) -> u16 {
    slot as u16
}

pub(super) fn pack(tag: u16, offset: u16) -> u32 {
    (tag as u32) << 16 | offset as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tags: &[u16]) {
        let slots: Vec<u32> = tags.iter().map(|tag| pack(*tag, 9)).collect();
        for tag in
            tags.iter().flat_map(|tag| [tag.saturating_sub(1), *tag, tag.saturating_add(1)]).chain([0, 77])
        {
            let expected = tags.iter().position(|other| *other >= tag).unwrap_or(tags.len());
            assert_eq!(lower_bound(&slots, tag), expected, "tag {tag} among {tags:?}");
        }
    }

    #[test]
    fn the_first_slot_of_a_tag_is_found_wherever_the_guess_falls() {
        check(&[]);
        check(&[0]);
        check(&[u16::MAX]);
        check(&[5, 5, 5, 5]);
        check(&[0, 1, 2, 3, 4, 5]);
        check(&[65530, 65531, 65532, 65535, 65535]);
        check(&(0..1000).map(|i| (i * 65) as u16).collect::<Vec<_>>());
        check(&(0..1000).map(|i| (i * i / 16) as u16).collect::<Vec<_>>());
    }
}
