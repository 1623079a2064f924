//! AUTH: the default user's password, by `requirepass`.

use crate::args::Args;
use crate::ctx::Ctx;
use crate::engine::Settings;
use crate::error::CommandError;
use crate::session::Session;

pub(crate) fn auth(ctx: &mut Ctx<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let first = args.bytes()?;
    let second = args.next();
    args.end()?;
    let (user, password) = match second {
        Some(password) => (first, password),
        None if ctx.settings.requirepass.is_empty() => return Err(CommandError::AuthWithoutPassword),
        None => (&b"default"[..], first),
    };
    authenticate(ctx.settings, ctx.session, user, password)?;
    ctx.reply.ok();
    Ok(())
}

/// Lets the session in if user and password are right. Without `requirepass` the default user has any password.
pub(super) fn authenticate(
    settings: &Settings,
    session: &mut Session,
    user: &[u8],
    password: &[u8],
) -> Result<(), CommandError> {
    let right = settings.requirepass.is_empty() || same(&settings.requirepass, password);
    if user != b"default" || !right {
        return Err(CommandError::WrongPass);
    }
    session.authenticated = true;
    Ok(())
}

/// Compares without telling by its duration where the first difference is.
fn same(expected: &[u8], given: &[u8]) -> bool {
    let differing = expected.iter().zip(given).fold(0, |seen, (a, b)| seen | (a ^ b));
    expected.len() == given.len() && differing == 0
}

#[cfg(test)]
mod tests {
    use crate::engine::Engine;
    use crate::error::CommandError;
    use crate::testing::{check, check_with};

    #[test]
    fn without_a_password() {
        check(
            r#"
            > AUTH default x  < OK
            > AUTH nobody x   < WRONGPASS invalid username-password pair or user is disabled.
            > AUTH a b c      < ERR syntax error
            "#,
        );
        check(&format!("> AUTH x < {}", CommandError::AuthWithoutPassword.text()));
    }

    #[test]
    fn with_a_password() {
        let mut engine = Engine::new(1, 1);
        engine.settings.requirepass = b"secret".to_vec();
        check_with(
            &mut engine,
            r#"
            > AUTH wrong           < WRONGPASS invalid username-password pair or user is disabled.
            > AUTH secre           < WRONGPASS invalid username-password pair or user is disabled.
            > AUTH secrets         < WRONGPASS invalid username-password pair or user is disabled.
            > AUTH secret          < OK
            > AUTH default secret  < OK
            > AUTH nobody secret   < WRONGPASS invalid username-password pair or user is disabled.
            "#,
        );
        assert_eq!(engine.errors.denied_auth(), 4);
    }
}
