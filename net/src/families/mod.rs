//! Commands that belong to the node: they look at connections, configuration, the disk or replication, none of
//! which the engine knows. Each is a function over a `Call`; the engine's gate has let it pass.

use crate::node::{ConnId, Node};
use engine::args::{Args, Argv};
use engine::command::{Command, NodeCommand};
use engine::error::CommandError;
use engine::reply::Reply;
use engine::session::Session;
use engine::time::Now;

/// What one of the node's commands runs in.
pub struct Call<'a> {
    pub node: &'a mut Node,
    /// Who asks. Its output buffer is out on loan to `reply`.
    pub conn: ConnId,
    pub now: Now,
    pub args: Args<'a>,
    pub reply: Reply<'a>,
    pub command: &'static Command,
}

impl Call<'_> {
    /// The caller's session.
    pub fn session(&mut self) -> &mut Session {
        &mut self.node.clients.get_mut(self.conn).expect("the caller is connected").session
    }
}

impl Node {
    pub(crate) fn run_node_command(
        &mut self,
        now: Now,
        conn: ConnId,
        which: NodeCommand,
        command: &'static Command,
        argv: Argv<'_>,
        out: &mut Vec<u8>,
    ) {
        let Some(client) = self.clients.get(conn) else { return };
        let reply = Reply::new(out, client.session.protocol);
        let args = Args::new(argv, if command.is_subcommand() { 2 } else { 1 });
        let mut call = Call { node: self, conn, now, args, reply, command };
        if let Err(error) = dispatch(which, &mut call) {
            call.reply.error(&error);
            self.engine.stats[command.id.index()].failed += 1;
            self.engine.count_error(&error);
        }
    }
}

/// The row of `NodeCommand` names the function; this is the one place where the two meet.
fn dispatch(which: NodeCommand, _call: &mut Call<'_>) -> Result<(), CommandError> {
    match which {}
}
