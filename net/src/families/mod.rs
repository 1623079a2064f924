//! Commands that belong to the node: they look at connections, configuration, the disk or replication, none of
//! which the engine knows. Each is a function over a `Call`; the engine's gate has let it pass.

mod client;
mod client_kill;
pub(crate) mod client_list;
mod client_pause;
pub(crate) mod config;
mod debug;
mod info;
mod latency;
mod memory;
mod memory_report;
mod replication;
mod reset;
mod shutdown;
mod slowlog;
mod wait;

use crate::client::Client;
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
    /// The caller's connection.
    pub fn client(&mut self) -> &mut Client {
        self.node.clients.get_mut(self.conn).expect("the caller is connected")
    }

    /// The caller's session.
    pub fn session(&mut self) -> &mut Session {
        &mut self.client().session
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
fn dispatch(which: NodeCommand, call: &mut Call<'_>) -> Result<(), CommandError> {
    match which {
        NodeCommand::Bgsave => shutdown::bgsave(call),
        NodeCommand::ClientHelp
        | NodeCommand::CommandlogHelp
        | NodeCommand::ConfigHelp
        | NodeCommand::LatencyHelp
        | NodeCommand::SlowlogHelp => help(call),
        NodeCommand::ClientInfo => client_list::info(call),
        NodeCommand::ClientKill => client_kill::kill(call),
        NodeCommand::ClientList => client_list::list(call),
        NodeCommand::ClientNoEvict => client::no_evict(call),
        NodeCommand::ClientPause => client_pause::pause(call),
        NodeCommand::ClientReply => client::reply(call),
        NodeCommand::ClientSetinfo => client::setinfo(call),
        NodeCommand::ClientUnblock => client_pause::unblock(call),
        NodeCommand::ClientUnpause => client_pause::unpause(call),
        NodeCommand::CommandlogGet => slowlog::get_of_kind(call),
        NodeCommand::CommandlogLen => slowlog::len_of_kind(call),
        NodeCommand::CommandlogReset => slowlog::reset_of_kind(call),
        NodeCommand::ConfigGet => config::get(call),
        NodeCommand::ConfigResetstat => config::resetstat(call),
        NodeCommand::ConfigRewrite => config::rewrite(call),
        NodeCommand::ConfigSet => config::set(call),
        NodeCommand::Debug => debug::debug(call),
        NodeCommand::Info => info::info(call),
        NodeCommand::Lastsave => shutdown::lastsave(call),
        NodeCommand::LatencyDoctor => latency::doctor(call),
        NodeCommand::LatencyGraph => latency::graph(call),
        NodeCommand::LatencyHistogram => latency::histogram(call),
        NodeCommand::LatencyHistory => latency::history(call),
        NodeCommand::LatencyLatest => latency::latest(call),
        NodeCommand::LatencyReset => latency::reset(call),
        NodeCommand::MemoryDoctor => memory_report::doctor(call),
        NodeCommand::MemoryMallocStats => memory_report::malloc_stats(call),
        NodeCommand::MemoryPurge => memory_report::purge(call),
        NodeCommand::MemoryStats => memory::stats(call),
        NodeCommand::Reset => reset::reset(call),
        NodeCommand::Psync => replication::psync(call),
        NodeCommand::Replconf => replication::replconf(call),
        NodeCommand::Replicaof | NodeCommand::Slaveof => replication::replicaof(call),
        NodeCommand::Role => replication::role(call),
        NodeCommand::Save => shutdown::save(call),
        NodeCommand::Shutdown => shutdown::shutdown(call),
        NodeCommand::SlowlogGet => slowlog::get(call),
        NodeCommand::SlowlogLen => slowlog::len(call),
        NodeCommand::SlowlogReset => slowlog::reset(call),
        NodeCommand::Wait => wait::wait(call),
        NodeCommand::Sync => replication::sync(call),
    }
}

/// HELP of any container.
fn help(call: &mut Call<'_>) -> Result<(), CommandError> {
    let container = call.command.full_name.split('|').next().unwrap_or_default();
    engine::command::help(&mut call.reply, container);
    Ok(())
}
