//! ROLE: this node's place in replication, as Sentinel and clients read it.

use super::primary::{Phase, Replica};
use crate::node::Node;
use engine::reply::Reply;

impl Node {
    pub(crate) fn reply_role(&self, reply: &mut Reply<'_>) {
        let replication = &self.replication;
        if let Some(link) = &replication.link {
            reply.array(5);
            reply.bulk(b"slave");
            reply.bulk(link.host.as_bytes());
            reply.int(link.port as i64);
            reply.bulk(link.progress().name.as_bytes());
            return reply.int(if link.is_up() { replication.offset.0 as i64 } else { -1 });
        }
        reply.array(3);
        reply.bulk(b"master");
        reply.int(replication.offset.0 as i64);
        let online = |replica: &&Replica| matches!(replica.phase, Phase::Online | Phase::Settling);
        reply.array(replication.feeding.replicas.values().filter(online).count());
        for (conn, replica) in &replication.feeding.replicas {
            if online(&replica) {
                reply.array(3);
                reply.bulk(self.replica_address(*conn, &replica.announced).as_bytes());
                reply.bulk(replica.announced.port.to_string().as_bytes());
                reply.bulk(replica.acked.to_string().as_bytes());
            }
        }
    }
}
