//! Makes a difference smaller: fewer commands, fewer and shorter arguments, as long as it stays in its class.

use super::{Difference, Sequence};

/// Plays a sequence; the difference it leads to, if any.
pub type Play<'a> = &'a mut dyn FnMut(&Sequence) -> Result<Option<Difference>, String>;

/// The smallest difference of the same class that these steps find.
///
/// # Errors
/// As the player's.
pub fn shrink(mut best: Difference, play: Play<'_>) -> Result<Difference, String> {
    loop {
        let before = best.sequence.clone();
        drop_commands(&mut best, play)?;
        drop_arguments(&mut best, play)?;
        shorten_arguments(&mut best, play)?;
        if best.sequence == before {
            return Ok(best);
        }
    }
}

/// Keeps the smaller sequence if it still parts the servers in the same way.
fn attempt(best: &mut Difference, smaller: &Sequence, play: Play<'_>) -> Result<bool, String> {
    match play(smaller)? {
        Some(found) if found.class == best.class => {
            *best = found;
            Ok(true)
        }
        _ => Ok(false),
    }
}

fn drop_commands(best: &mut Difference, play: Play<'_>) -> Result<(), String> {
    let mut size = best.sequence.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at + size < best.sequence.len() {
            let mut smaller = best.sequence.clone();
            smaller.drain(at..at + size);
            if !attempt(best, &smaller, play)? {
                at += size;
            }
        }
        size /= 2;
    }
    Ok(())
}

fn drop_arguments(best: &mut Difference, play: Play<'_>) -> Result<(), String> {
    let mut command = best.sequence.len();
    while command > 0 {
        command -= 1;
        let mut argument = best.sequence.get(command).map_or(0, Vec::len);
        while argument > 1 {
            argument -= 1;
            let mut smaller = best.sequence.clone();
            let Some(words) = smaller.get_mut(command) else { break };
            if argument < words.len() {
                words.remove(argument);
                attempt(best, &smaller, play)?;
            }
        }
    }
    Ok(())
}

fn shorten_arguments(best: &mut Difference, play: Play<'_>) -> Result<(), String> {
    for command in 0..best.sequence.len() {
        for argument in 1..best.sequence.get(command).map_or(0, Vec::len) {
            let Some(word) = best.sequence.get(command).and_then(|words| words.get(argument)) else {
                continue;
            };
            let half = word[..word.len() / 2].to_vec();
            for shorter in [b"".to_vec(), b"0".to_vec(), b"k".to_vec(), half] {
                if shorter.len() >= best.sequence[command][argument].len() {
                    continue;
                }
                let mut smaller = best.sequence.clone();
                smaller[command][argument] = shorter;
                if attempt(best, &smaller, play)? {
                    break;
                }
            }
            if best.sequence.len() <= command {
                return Ok(());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequence(lines: &[&str]) -> Sequence {
        lines.iter().map(|line| line.split(' ').map(|w| w.as_bytes().to_vec()).collect()).collect()
    }

    /// Two servers that part at a GET after any SET with the option BAD.
    fn play(sequence: &Sequence) -> Option<Difference> {
        let bad = |words: &Vec<Vec<u8>>| words[0] == b"SET" && words.contains(&b"BAD".to_vec());
        let set = sequence.iter().position(bad)?;
        let get = sequence[set..].iter().position(|words| words[0] == b"GET")? + set;
        Some(Difference {
            sequence: sequence[..=get].to_vec(),
            resp: 2,
            subject: String::new(),
            reference: String::new(),
            class: "get".into(),
        })
    }

    #[test]
    fn what_does_not_matter_goes() {
        let long = sequence(&["PING", "SET k long-value BAD X", "INCR n", "PING", "GET some-key", "PING"]);
        let found = play(&long).expect("they part");
        let small = shrink(found, &mut |sequence| Ok(play(sequence))).expect("no error");
        assert_eq!(small.sequence, sequence(&["SET BAD", "GET"]));
    }
}
