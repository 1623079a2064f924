//! The digits of a double, by the algorithm Grisu2 (Florian Loitsch, "Printing Floating-Point Numbers Quickly
//! and Accurately with Integers", PLDI 2010).
//!
//! The digits read back as the same double; nearly always they are the fewest that do, and the closest.
//! "Nearly" is why this file exists beside the standard library's printing, which is always shortest: in one
//! case of a few hundred the two differ, and scores must look the same everywhere. So the choices the paper
//! leaves open (the table of powers, which of two fitting powers, when to round the last digit) are those of
//! the fpconv library, which the peers use.

/// The decimal digits of a positive double and the power of ten to multiply them with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digits {
    buffer: [u8; MAX_DIGITS],
    length: usize,
    /// `value = digits × 10^exponent`.
    pub exponent: i32,
}

impl Digits {
    /// ASCII digits, without leading zeros.
    pub fn ascii(&self) -> &[u8] {
        &self.buffer[..self.length]
    }

    fn push(&mut self, digit: u64) {
        // A leading zero is no digit.
        if digit != 0 || self.length > 0 {
            self.buffer[self.length] = b'0' + digit as u8;
            self.length += 1;
        }
    }
}

/// Grisu2 makes 17 digits at the most; one more is room for the bound to be checked.
const MAX_DIGITS: usize = 18;

/// A number `fraction × 2^exponent`.
#[derive(Clone, Copy)]
struct Wide {
    fraction: u64,
    exponent: i32,
}

impl Wide {
    fn normalised(self) -> Wide {
        let up = self.fraction.leading_zeros();
        Wide { fraction: self.fraction << up, exponent: self.exponent - up as i32 }
    }

    /// The upper 64 bits of the product, rounded.
    fn times(self, other: Wide) -> Wide {
        let product = u128::from(self.fraction) * u128::from(other.fraction);
        let fraction = ((product + (1 << 63)) >> 64) as u64;
        Wide { fraction, exponent: self.exponent + other.exponent + 64 }
    }
}

/// The significands of 10^-348, 10^-340, ... 10^340, rounded to 64 bits; a test recomputes them.
static POWERS: [u64; 87] = [
    0xfa8f_d5a0_081c_0288,
    0xbaae_e17f_a23e_bf76,
    0x8b16_fb20_3055_ac76,
    0xcf42_894a_5dce_35ea,
    0x9a6b_b0aa_5565_3b2d,
    0xe61a_cf03_3d1a_45df,
    0xab70_fe17_c79a_c6ca,
    0xff77_b1fc_bebc_dc4f,
    0xbe56_91ef_416b_d60c,
    0x8dd0_1fad_907f_fc3c,
    0xd351_5c28_3155_9a83,
    0x9d71_ac8f_ada6_c9b5,
    0xea9c_2277_23ee_8bcb,
    0xaecc_4991_4078_536d,
    0x823c_1279_5db6_ce57,
    0xc210_9436_4dfb_5637,
    0x9096_ea6f_3848_984f,
    0xd774_85cb_2582_3ac7,
    0xa086_cfcd_97bf_97f4,
    0xef34_0a98_172a_ace5,
    0xb238_67fb_2a35_b28e,
    0x84c8_d4df_d2c6_3f3b,
    0xc5dd_4427_1ad3_cdba,
    0x936b_9fce_bb25_c996,
    0xdbac_6c24_7d62_a584,
    0xa3ab_6658_0d5f_daf6,
    0xf3e2_f893_dec3_f126,
    0xb5b5_ada8_aaff_80b8,
    0x8762_5f05_6c7c_4a8b,
    0xc9bc_ff60_34c1_3053,
    0x964e_858c_91ba_2655,
    0xdff9_7724_7029_7ebd,
    0xa6df_bd9f_b8e5_b88f,
    0xf8a9_5fcf_8874_7d94,
    0xb944_7093_8fa8_9bcf,
    0x8a08_f0f8_bf0f_156b,
    0xcdb0_2555_6531_31b6,
    0x993f_e2c6_d07b_7fac,
    0xe45c_10c4_2a2b_3b06,
    0xaa24_2499_6973_92d3,
    0xfd87_b5f2_8300_ca0e,
    0xbce5_0864_9211_1aeb,
    0x8cbc_cc09_6f50_88cc,
    0xd1b7_1758_e219_652c,
    0x9c40_0000_0000_0000,
    0xe8d4_a510_0000_0000,
    0xad78_ebc5_ac62_0000,
    0x813f_3978_f894_0984,
    0xc097_ce7b_c907_15b3,
    0x8f7e_32ce_7bea_5c70,
    0xd5d2_38a4_abe9_8068,
    0x9f4f_2726_179a_2245,
    0xed63_a231_d4c4_fb27,
    0xb0de_6538_8cc8_ada8,
    0x83c7_088e_1aab_65db,
    0xc45d_1df9_4271_1d9a,
    0x924d_692c_a61b_e758,
    0xda01_ee64_1a70_8dea,
    0xa26d_a399_9aef_774a,
    0xf209_787b_b47d_6b85,
    0xb454_e4a1_79dd_1877,
    0x865b_8692_5b9b_c5c2,
    0xc835_53c5_c896_5d3d,
    0x952a_b45c_fa97_a0b3,
    0xde46_9fbd_99a0_5fe3,
    0xa59b_c234_db39_8c25,
    0xf6c6_9a72_a398_9f5c,
    0xb7dc_bf53_54e9_bece,
    0x88fc_f317_f222_41e2,
    0xcc20_ce9b_d35c_78a5,
    0x9816_5af3_7b21_53df,
    0xe2a0_b5dc_971f_303a,
    0xa8d9_d153_5ce3_b396,
    0xfb9b_7cd9_a4a7_443c,
    0xbb76_4c4c_a7a4_4410,
    0x8bab_8eef_b640_9c1a,
    0xd01f_ef10_a657_842c,
    0x9b10_a4e5_e991_3129,
    0xe710_9bfb_a19c_0c9d,
    0xac28_20d9_623b_f429,
    0x8044_4b5e_7aa7_cf85,
    0xbf21_e440_03ac_dd2d,
    0x8e67_9c2f_5e44_ff8f,
    0xd433_179d_9c8c_b841,
    0x9e19_db92_b4e3_1ba9,
    0xeb96_bf6e_badf_77d9,
    0xaf87_023b_9bf0_ee6b,
];
const LOWEST_POWER: i32 = -348;
const POWER_STEP: i32 = 8;

/// The table's power of ten nearest to `10^decimal` for index `i`, as a number.
fn power(i: i32) -> (Wide, i32) {
    let decimal = LOWEST_POWER + i * POWER_STEP;
    // 217706 / 2^16 is the binary logarithm of ten, near enough for every exponent of the table.
    let exponent = ((decimal * 217_706) >> 16) - 63;
    (Wide { fraction: POWERS[i as usize], exponent }, decimal)
}

/// A power of ten that brings a normalised number of binary exponent `exponent` into -60..=-32, where its
/// integer part fits 32 bits; often two would do, and then the one nearer to the estimate is taken.
fn power_for(exponent: i32) -> (Wide, i32) {
    let estimate = -(f64::from(exponent + 87) * std::f64::consts::LOG10_2) as i32;
    let mut i = (estimate - LOWEST_POWER) / POWER_STEP;
    loop {
        let (candidate, decimal) = power(i);
        match exponent + candidate.exponent + 64 {
            ..-60 => i += 1,
            -60..=-32 => return (candidate, decimal),
            _ => i -= 1,
        }
    }
}

/// The digits of `value`, which must be finite and above zero.
pub fn digits(value: f64) -> Digits {
    assert!(value.is_finite() && value > 0.0);
    const HIDDEN: u64 = 1 << 52;
    let (biased, stored) = ((value.to_bits() >> 52) as i32, value.to_bits() & (HIDDEN - 1));
    let exact = match biased {
        0 => Wide { fraction: stored, exponent: -1074 },
        _ => Wide { fraction: stored | HIDDEN, exponent: biased - 1075 },
    };
    // Everything strictly between these two reads back as `value`. Below a power of two doubles are twice as
    // dense.
    let upper = Wide { fraction: (exact.fraction << 1) + 1, exponent: exact.exponent - 1 }.normalised();
    let closer = if exact.fraction == HIDDEN { 2 } else { 1 };
    let lower_exponent = exact.exponent - closer;
    let lower_fraction = ((exact.fraction << closer) - 1) << (lower_exponent - upper.exponent);
    let lower = Wide { fraction: lower_fraction, exponent: upper.exponent };

    let (scale, decimal) = power_for(upper.exponent);
    let middle = exact.normalised().times(scale);
    let (mut upper, mut lower) = (upper.times(scale), lower.times(scale));
    // The products are off by less than one unit: stay clear of both ends.
    upper.fraction -= 1;
    lower.fraction += 1;
    generate(upper, upper.fraction - lower.fraction, upper.fraction - middle.fraction, -decimal)
}

/// Writes digits of `upper` until what is left is within `width`: then the number so far lies in the
/// interval. `distance` is how far the wanted value lies below `upper`.
fn generate(upper: Wide, mut width: u64, mut distance: u64, decimal: i32) -> Digits {
    let mut digits = Digits { buffer: [0; MAX_DIGITS], length: 0, exponent: decimal };
    let one = 1u64 << -upper.exponent;
    let (mut integer, mut fraction) = (upper.fraction >> -upper.exponent, upper.fraction & (one - 1));

    for kappa in (0..10).rev() {
        let unit = 10u64.pow(kappa);
        digits.push(integer / unit);
        integer %= unit;
        let rest = (integer << -upper.exponent) + fraction;
        if rest <= width {
            digits.exponent += kappa as i32;
            step_towards(&mut digits, width, rest, unit << -upper.exponent, distance);
            return digits;
        }
    }
    loop {
        fraction *= 10;
        width *= 10;
        distance = distance.wrapping_mul(10);
        digits.exponent -= 1;
        digits.push(fraction >> -upper.exponent);
        fraction &= one - 1;
        if fraction < width {
            step_towards(&mut digits, width, fraction, one, distance);
            return digits;
        }
    }
}

/// Lowers the last digit while that stays inside the interval and comes closer to the wanted value.
fn step_towards(digits: &mut Digits, width: u64, mut rest: u64, unit: u64, distance: u64) {
    while rest < distance
        && width - rest >= unit
        && (rest.wrapping_add(unit) < distance
            || distance - rest > rest.wrapping_add(unit).wrapping_sub(distance))
    {
        digits.buffer[digits.length - 1] -= 1;
        rest += unit;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(value: f64, ascii: &str, exponent: i32) {
        let found = digits(value);
        assert_eq!((str::from_utf8(found.ascii()).unwrap(), found.exponent), (ascii, exponent), "{value}");
    }

    #[test]
    fn known_digits() {
        check(1.0, "1", 0);
        check(0.1, "1", -1);
        check(123.456, "123456", -3);
        check(1e22, "1", 22);
        check(1e23, "9999999999999999", 7);
        check(9007199254740993.0, "9007199254740992", 0);
        check(f64::MAX, "17976931348623157", 292);
        check(f64::MIN_POSITIVE, "22250738585072014", -324);
        check(5e-324, "5", -324);
    }

    #[test]
    fn the_table_holds_rounded_powers_of_ten() {
        for i in 0..POWERS.len() as i32 {
            let (Wide { fraction, exponent }, decimal) = power(i);
            let exact = crate::long_double::LongDouble::parse(format!("1e{decimal}").as_bytes()).unwrap();
            assert_eq!((fraction, i64::from(exponent)), exact.parts(), "10^{decimal}");
        }
    }

    proptest! {
        #[test]
        fn digits_read_back_as_the_double(bits in 1u64..0x7ff0_0000_0000_0000) {
            let value = f64::from_bits(bits);
            let found = digits(value);
            prop_assert!(found.ascii().len() <= 17 && found.ascii()[0] != b'0');
            let text = format!("{}e{}", found.ascii().escape_ascii(), found.exponent);
            prop_assert_eq!(text.parse::<f64>().unwrap(), value);
        }
    }
}
