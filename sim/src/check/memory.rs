//! No server's buffers grow without bound, whatever its clients and replicas do.
//!
//! The bound is what a server may buffer by its configuration: query buffers and output buffers up to
//! their limits, and the replication backlog. It is generous on purpose: the failure looked for is a
//! buffer that nobody bounds, and such a buffer passes every line.

use super::Check;
use crate::world::World;

/// Bytes a server may hold in buffers at any time.
pub const LIMIT: usize = 256 << 20;

#[derive(Default)]
pub struct Memory {
    /// The largest figure seen.
    pub most: usize,
}

impl Check for Memory {
    fn sample(&mut self, world: &World) -> Result<(), String> {
        for (_, host) in world.hosts() {
            let Some(process) = &host.process else { continue };
            let buffered = process.inspect().buffered_bytes;
            self.most = self.most.max(buffered);
            if buffered > LIMIT {
                let at = world.now();
                return Err(format!("{} holds {buffered} bytes in buffers at {at} us", host.name));
            }
        }
        Ok(())
    }
}
