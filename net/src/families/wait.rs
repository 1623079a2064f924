//! WAIT: how many replicas have what this client wrote, at the latest when the timeout has passed.

use super::Call;
use engine::error::CommandError;

pub(super) fn wait(call: &mut Call<'_>) -> Result<(), CommandError> {
    if call.node.replication.is_replica() {
        return Err(CommandError::err(
            "WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a replica is \
             configured to be writable (which is not the default) writes to replicas are just local and are not \
             propagated.",
        ));
    }
    let wanted = call.args.int()?;
    let timeout_ms = call.args.timeout_ms(call.now)?;
    let place = call.client().written;
    let count = call.node.replicas_at(place);
    if count >= wanted || call.node.in_transaction {
        call.reply.int(count);
        return Ok(());
    }
    let deadline_us =
        (timeout_ms > 0).then(|| call.now.mono_us.saturating_add(timeout_ms.saturating_mul(1000)));
    call.node.wait_for_replicas(call.conn, wanted, place, deadline_us);
    Ok(())
}
