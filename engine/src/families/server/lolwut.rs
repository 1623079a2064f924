//! LOLWUT: the version, below a picture that the server's seed draws: an elementary cellular automaton from random
//! cells, each row grown from the one above. The same seed draws the same picture.
//!
//! ```text
//! LOLWUT [VERSION version] [columns [rows]]
//! ```
//! There is one picture for every version.

use crate::args::Args;
use crate::ctx::Ctx;
use crate::engine::REDIS_VERSION;
use crate::error::CommandError;
use crate::random::Random;

const COLUMNS: usize = 66;
const ROWS: usize = 20;
/// A client must not make the server draw for long.
const SIDE_MAX: usize = 512;
/// Automata that are pleasant to look at, by their number in Wolfram's scheme.
const RULES: [u8; 8] = [18, 22, 30, 60, 90, 110, 126, 150];

pub(crate) fn lolwut(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    if args.remaining() > 1 && args.take("VERSION") {
        args.int()?;
    }
    let columns = side(args, COLUMNS);
    let rows = side(args, ROWS);
    let picture = draw(ctx.random(), columns, rows);
    ctx.reply.verbatim("txt", picture.as_bytes());
    Ok(())
}

/// The next argument as a length; whatever is no length means the usual one.
fn side(args: &mut Args, usual: usize) -> usize {
    let given = args.next().and_then(ds::int::parse_i64).and_then(|length| usize::try_from(length).ok());
    given.unwrap_or(usual).clamp(1, SIDE_MAX)
}

fn draw(random: &mut Random, columns: usize, rows: usize) -> String {
    let rule = RULES[random.below(RULES.len() as u64) as usize];
    let mut cells: Vec<bool> = (0..columns).map(|_| random.below(3) == 0).collect();
    let mut picture = String::new();
    for _ in 0..rows {
        picture.extend(cells.iter().map(|alive| if *alive { '█' } else { ' ' }));
        picture.push('\n');
        cells = (0..columns).map(|at| rule >> neighbourhood(&cells, at) & 1 == 1).collect();
    }
    picture + &format!("\nRule {rule}, grown from chance. Redis ver. {REDIS_VERSION}\n")
}

/// A cell and its neighbours on a ring, as three bits.
fn neighbourhood(cells: &[bool], at: usize) -> u8 {
    let n = cells.len();
    let (left, right) = (cells[(at + n - 1) % n], cells[(at + 1) % n]);
    (left as u8) << 2 | (cells[at] as u8) << 1 | right as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    #[test]
    fn a_seed_draws_its_picture() {
        let text = draw(&mut Random::new(7), 10, 3);
        assert_eq!(text, draw(&mut Random::new(7), 10, 3));
        assert_ne!(text, draw(&mut Random::new(8), 10, 3));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3 + 2);
        assert!(lines[..3].iter().all(|line| line.chars().count() == 10));
        assert!(text.ends_with(&format!(" Redis ver. {REDIS_VERSION}\n")));
    }

    #[test]
    fn a_row_follows_from_the_one_above() {
        let cells = [false, true, true];
        assert_eq!((0..3).map(|at| neighbourhood(&cells, at)).collect::<Vec<_>>(), [0b101, 0b011, 0b110]);
    }

    #[test]
    fn the_version_must_be_a_number() {
        check("> LOLWUT VERSION x   < ERR value is not an integer or out of range");
    }
}
