//! PFSELFTEST: check the counters' arithmetic on this machine.

use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use ds::hll::{self, Loops};

/// Elements that are shown to the counters.
const ELEMENTS: u64 = 100_000;
/// Where the one that begins sparse becomes dense, in bytes.
const SPARSE_MAX: usize = 3000;
/// Standard errors that an estimate may be off.
const TOLERANCE: f64 = 4.0;
const STANDARD_ERROR: f64 = 0.0081;

pub(crate) fn pfselftest(ctx: &mut Ctx, _args: &mut Args) -> Result<(), CommandError> {
    let failed = |what: String| CommandError::Custom(format!("ERR TESTFAILED {what}").into());
    let unsound = |hll::Corrupt| failed("a counter is corrupt".into());
    let (mut dense, mut grown) = (hll::empty(), hll::empty());
    hll::make_dense(&mut dense).map_err(unsound)?;
    let mut checkpoint = 1;
    for number in 1..=ELEMENTS {
        let element = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes();
        let raised = hll::add(&mut dense, &element, 0).map_err(unsound)?;
        if hll::add(&mut grown, &element, SPARSE_MAX).map_err(unsound)? != raised {
            return Err(failed("dense/sparse disagree".into()));
        }
        if number == checkpoint {
            checkpoint *= 10;
            let count = hll::count(&dense, Loops::Wide).map_err(unsound)?;
            if [hll::count(&dense, Loops::Plain), hll::count(&grown, Loops::Wide)] != [Ok(count); 2] {
                return Err(failed("dense/sparse disagree".into()));
            }
            let off = count.abs_diff(number);
            if off as f64 > (number as f64 * STANDARD_ERROR * TOLERANCE).ceil() {
                return Err(failed(format!("Too big error. card:{number} abserr:{off}")));
            }
        }
    }
    ctx.reply.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_test_passes() {
        crate::testing::check("> PFSELFTEST < OK");
    }
}
