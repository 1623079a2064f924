//! CLIENT PAUSE, UNPAUSE and UNBLOCK: clients that wait by order of another, and those who no longer do.

use super::Call;
use crate::client::pause::Scope;
use engine::error::CommandError;

/// PAUSE timeout [WRITE | ALL]. The mode is judged before the timeout.
pub(super) fn pause(call: &mut Call<'_>) -> Result<(), CommandError> {
    let timeout = call.args.bytes()?;
    let scope = match call.args.remaining() {
        0 => Scope::All,
        1 if call.args.take("WRITE") => Scope::Writes,
        1 if call.args.take("ALL") => Scope::All,
        1 => return Err(CommandError::err("CLIENT PAUSE mode must be WRITE or ALL")),
        _ => return Err(call.args.surplus()),
    };
    let timeout_ms = engine::args::timeout_ms(timeout, call.now)?;
    call.node.pause(scope, call.now.mono_us.saturating_add(timeout_ms.saturating_mul(1000)));
    call.reply.ok();
    Ok(())
}

pub(super) fn unpause(call: &mut Call<'_>) -> Result<(), CommandError> {
    call.node.unpause();
    call.reply.ok();
    Ok(())
}

/// UNBLOCK client-id [TIMEOUT | ERROR]: who waits in a command waits no longer.
pub(super) fn unblock(call: &mut Call<'_>) -> Result<(), CommandError> {
    let id = call.args.bytes()?;
    let with_error = match call.args.remaining() {
        0 => false,
        1 if call.args.take("TIMEOUT") => false,
        1 if call.args.take("ERROR") => true,
        1 => return Err(CommandError::err("CLIENT UNBLOCK reason should be TIMEOUT or ERROR")),
        _ => return Err(call.args.surplus()),
    };
    let id = engine::args::parse_int(id)?;
    let client = u64::try_from(id).ok().and_then(|id| call.node.clients.by_id(id));
    let conn = client.map(|client| client.conn);
    let unblocked = conn.is_some_and(|conn| call.node.unblock(conn, with_error));
    call.reply.int(unblocked.into());
    Ok(())
}
