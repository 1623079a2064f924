//! Which words of a request are secret and stand in no log.

use crate::args::Argv;

/// Whether the word at `index` is a password, or tells something about users. `secret_directive` knows the
/// directives whose value is secret.
pub fn is_secret(argv: Argv<'_>, index: usize, secret_directive: fn(&[u8]) -> bool) -> bool {
    let is =
        |at: usize, name: &str| argv.get(at).is_some_and(|word| word.eq_ignore_ascii_case(name.as_bytes()));
    let before = |distance: usize, name: &str| index > distance && is(index - distance, name);
    match () {
        () if index == 0 => false,
        () if is(0, "auth") => true,
        () if is(0, "hello") => index > 2 && (before(1, "auth") || before(2, "auth")),
        () if is(0, "migrate") => {
            index > 5 && (before(1, "auth") || before(1, "auth2") || before(2, "auth2"))
        }
        () if is(0, "acl") => index > 1 && ["setuser", "getuser", "deluser"].iter().any(|name| is(1, name)),
        () if is(0, "config") => {
            index > 2 && index % 2 == 1 && is(1, "set") && secret_directive(&argv[index - 1])
        }
        () => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::OwnedArgv;

    /// Each row is what a log may show.
    #[test]
    fn secrets() {
        for (line, shown) in [
            ("AUTH secret", "AUTH *"),
            ("auth me secret", "auth * *"),
            ("HELLO 3 AUTH me secret SETNAME x", "HELLO 3 AUTH * * SETNAME x"),
            ("HELLO 3 SETNAME auth", "HELLO 3 SETNAME auth"),
            ("migrate h 1 k 9 50 AUTH pw KEYS a", "migrate h 1 k 9 50 AUTH * KEYS a"),
            ("migrate h 1 k 9 50 AUTH2 me pw", "migrate h 1 k 9 50 AUTH2 * *"),
            ("migrate auth 1 k 9 50", "migrate auth 1 k 9 50"),
            ("acl setuser me >pw on", "acl setuser * * *"),
            ("acl whoami", "acl whoami"),
            ("acl list x", "acl list x"),
            ("config set port 1 secretly x hz 1", "config set port 1 secretly * hz 1"),
            ("config get secretly", "config get secretly"),
            ("set auth x", "set auth x"),
        ] {
            let argv: OwnedArgv = line.split(' ').collect();
            let argv = argv.borrow();
            let hidden = |index| is_secret(argv, index, |name| name == b"secretly");
            let words = (0..argv.len()).map(|index| match hidden(index) {
                true => "*".to_string(),
                false => argv[index].escape_ascii().to_string(),
            });
            assert_eq!(words.collect::<Vec<_>>().join(" "), shown);
        }
    }
}
