//! A sorted set as a row: member, score, member, score, ... in order. A score that is an integer is kept as one, which
//! takes one byte or a few.

use ds::ordered::Change;
use ds::packed::{Coded, Item, Packed, PackedRef, Position};

/// The way a score is stored in a row: as an integer where it is one.
fn score_item(score: f64) -> Item<'static> {
    const EXACT: f64 = (1u64 << 53) as f64;
    let integer =
        score.trunc() == score && score.abs() <= EXACT && (score != 0.0 || score.is_sign_positive());
    if integer { Item::Int(score as i64) } else { Item::Double(score) }
}

pub(super) fn score_of(item: Item<'_>) -> f64 {
    match item {
        Item::Int(value) => value as f64,
        Item::Double(value) => value,
        Item::Text(_) => unreachable!("a score is a number"),
    }
}

/// A member's bytes, if it lies as text, or else its digits.
pub(super) fn with_text<R>(member: &Item<'_>, body: impl FnOnce(&[u8]) -> R) -> R {
    body(member.text(&mut Default::default()))
}

/// Where a member stands in a row, and its score.
pub(super) fn find(row: PackedRef<'_>, member: &Coded<'_>) -> Option<(Position, f64)> {
    let at = row.find(row.start(), member, 2)?;
    let (score, _) = row.get(row.skip(at, 1))?;
    Some((at, score_of(score)))
}

/// Lets `decide` choose a member's new score from its old one; `None` leaves everything as it is.
pub(super) fn change(
    row: &mut Packed,
    member: &[u8],
    decide: impl FnOnce(Option<f64>) -> Option<f64>,
) -> Change {
    let coded = Coded::of(member);
    let found = find(row.view(), &coded);
    let old = found.map(|(_, score)| score);
    let Some(score) = decide(old).filter(|score| old != Some(*score)) else { return Change::Kept };
    assert!(!score.is_nan(), "the caller refuses NaN");
    if let Some((at, _)) = found {
        row.remove(at, 2);
    }
    let view = row.view();
    let mut at = view.start();
    while let Some((other, next)) = view.get(at) {
        let (other_score, next) = view.get(next).expect("a member has a score");
        let other_score = score_of(other_score);
        let before =
            other_score < score || (other_score == score && with_text(&other, |other| other < member));
        if !before {
            break;
        }
        at = next;
    }
    row.insert(at, &[coded, Coded::from(score_item(score))]);
    if found.is_some() { Change::Updated } else { Change::Inserted }
}
