//! RESET: the connection as it was when it began. Its library's name stays: the library is still the same.

use super::Call;
use crate::client::{ReplyMode, Role};
use engine::error::CommandError;
use engine::reply::Protocol;

pub(super) fn reset(call: &mut Call<'_>) -> Result<(), CommandError> {
    let authenticated = call.node.config.requirepass.is_none();
    let client = call.client();
    if matches!(client.role, Role::Replica | Role::Primary) {
        return Err(CommandError::err("can only reset normal client connections"));
    }
    client.role = Role::Normal;
    client.reply_mode = ReplyMode::On;
    client.no_evict = false;
    let conn = call.conn;
    let node = &mut *call.node;
    let client = node.clients.get_mut(conn).expect("the caller is connected");
    let session = &mut client.session;
    session.multi = None;
    node.engine.pubsub.leave(session);
    node.engine.watches.forget(session);
    session.db = 0;
    session.protocol = Protocol::Resp2;
    session.authenticated = authenticated;
    session.no_touch = false;
    session.name.clear();
    call.reply.set_protocol(Protocol::Resp2);
    call.reply.simple("RESET");
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::testing::Harness;

    #[test]
    fn everything_is_as_it_was() {
        let mut server = Harness::new(Config::default());
        let conn = server.client();
        server.ask(conn, "HELLO 3 SETNAME me");
        server.check(
            conn,
            r#"
            > SELECT 3                        < OK
            > CLIENT NO-TOUCH ON              < OK
            > CLIENT NO-EVICT ON              < OK
            > CLIENT SETINFO lib-name lib     < OK
            > RESET                           < RESET
            "#,
        );
        let line = server.ask(conn, "CLIENT INFO");
        assert!(line.contains(" name= ") && line.contains(" flags=N db=0 "), "{line}");
        assert!(line.contains(" resp=2 lib-name=lib "), "{line}");
        server.check(conn, "> CLIENT REPLY OFF\n> RESET < RESET\n> PING < PONG");
    }

    #[test]
    fn who_needs_a_password_needs_it_again() {
        let mut server = Harness::with(&[("requirepass", "secret")]);
        let conn = server.client();
        server.check(
            conn,
            r#"
            > GET k           < NOAUTH Authentication required.
            > AUTH secret     < OK
            > GET k           < nil
            > RESET           < RESET
            > GET k           < NOAUTH Authentication required.
            "#,
        );
    }
}
