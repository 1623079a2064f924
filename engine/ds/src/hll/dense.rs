//! Six bits a register, the lowest of each first: register 0 is the low six bits of the first byte, register 1 its
//! high
//! two and the low four of the next.

use super::wide;
use super::{HEADER, Loops, REGISTERS, Registers};

const BITS: usize = 6;
const PACKED: usize = REGISTERS * BITS / 8;

/// The length of a dense counter, header included.
pub const LEN: usize = HEADER + PACKED;

/// The registers as they are packed.
pub(super) type Packed = [u8; PACKED];

fn packed(bytes: &[u8]) -> &Packed {
    bytes[HEADER..].try_into().expect("the header has been checked")
}

/// Makes a register at least `value`; true if it was less.
pub(super) fn raise(bytes: &mut [u8], index: usize, value: u8) -> bool {
    const MASK: u16 = (1 << BITS) - 1;
    let (at, shift) = (HEADER + index * BITS / 8, index * BITS % 8);
    // The last register ends with its byte; what would lie beyond is not looked at.
    let high = bytes.get(at + 1).copied().unwrap_or(0);
    let pair = u16::from_le_bytes([bytes[at], high]);
    if (pair >> shift & MASK) as u8 >= value {
        return false;
    }
    let [low, high] = (pair & !(MASK << shift) | (u16::from(value) & MASK) << shift).to_le_bytes();
    bytes[at] = low;
    if shift + BITS > 8 {
        bytes[at + 1] = high;
    }
    true
}

pub(super) fn merge(bytes: &[u8], into: &mut Registers, loops: Loops) {
    wide::merge(packed(bytes), into, loops);
}

/// Overwrites all registers.
pub(super) fn store(bytes: &mut [u8], registers: &Registers) {
    let (packed, _) = bytes[HEADER..].as_chunks_mut::<BITS>();
    let (values, _) = registers.as_chunks::<8>();
    for (packed, values) in packed.iter_mut().zip(values) {
        packed.copy_from_slice(&squeeze(u64::from_le_bytes(*values)).to_le_bytes()[..BITS]);
    }
}

/// Eight registers of six bits, to a byte each.
#[inline(always)]
pub(super) fn spread(packed: [u8; BITS]) -> [u8; 8] {
    let [a, b, c, d, e, f] = packed;
    let x = u64::from_le_bytes([a, b, c, d, e, f, 0, 0]);
    let x = x & 0x0000_0000_00ff_ffff | x << 8 & 0x00ff_ffff_0000_0000;
    let x = x & 0x0000_0fff_0000_0fff | x << 4 & 0x0fff_0000_0fff_0000;
    let x = x & 0x003f_003f_003f_003f | x << 2 & 0x3f00_3f00_3f00_3f00;
    x.to_le_bytes()
}

/// Eight registers of a byte each, to six bits; the way back.
fn squeeze(x: u64) -> u64 {
    let x = x & 0x003f_003f_003f_003f | x >> 2 & 0x0fc0_0fc0_0fc0_0fc0;
    let x = x & 0x0000_0fff_0000_0fff | x >> 4 & 0x00ff_f000_00ff_f000;
    x & 0x0000_0000_00ff_ffff | x >> 8 & 0x0000_ffff_ff00_0000
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every register with every neighbour: what is written is read, and nothing else has changed.
    #[test]
    fn registers_do_not_touch_each_other() {
        let mut bytes = vec![0; LEN];
        let mut expected = [0; REGISTERS];
        for round in 0..3 {
            for index in (0..REGISTERS).step_by(3 - round) {
                let value = (index * 7 + round * 29) as u8 % 64;
                let raised = raise(&mut bytes, index, value);
                assert_eq!(raised, expected[index] < value);
                expected[index] = expected[index].max(value);
            }
            let mut seen = [0; REGISTERS];
            merge(&bytes, &mut seen, Loops::Wide);
            assert!(seen == expected);
            let mut stored = vec![0xff; LEN];
            store(&mut stored, &expected);
            assert!(stored[HEADER..] == bytes[HEADER..]);
        }
    }
}
