//! The queue between MULTI and EXEC.

use crate::args::{Argv, OwnedArgv};
use crate::command::{Command, Flags};

/// Requests that wait for EXEC, one behind the other in one piece of memory.
#[derive(Clone, Debug, Default)]
pub struct Transaction {
    requests: Vec<OwnedArgv>,
    /// The flags that any request has, and those that every one has: EXEC may be refused on their account.
    any: Flags,
    every: Option<Flags>,
    /// A request was refused; EXEC will be too.
    spoiled: bool,
    bytes: usize,
}

impl Transaction {
    pub fn queue(&mut self, command: &Command, argv: Argv<'_>) {
        let request: OwnedArgv = argv.iter().collect();
        self.bytes += request.memory();
        self.requests.push(request);
        self.any = self.any.union(command.flags);
        self.every = Some(self.every.map_or(command.flags, |every| every.intersection(command.flags)));
    }

    /// A request could not be queued.
    pub fn spoil(&mut self) {
        self.spoiled = true;
    }

    pub fn is_spoiled(&self) -> bool {
        self.spoiled
    }

    pub fn len(&self) -> usize {
        self.requests.len()
    }

    pub fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// What the gate and a pause go by for EXEC, whose own flags are given: it writes if anything queued does, and may
    /// run while data is loading or stale only if all of it may.
    pub fn flags(&self, exec: Flags) -> Flags {
        let all = Flags::STALE.union(Flags::LOADING);
        let kept = self.every.map_or(exec, |every| exec.without(all).union(exec.intersection(every)));
        kept.union(self.any.intersection(Flags::WRITE.union(Flags::DENYOOM).union(Flags::MAY_REPLICATE)))
    }

    /// Bytes that the queue owns, CLIENT LIST's `multi-mem`.
    pub fn memory(&self) -> usize {
        self.bytes + self.requests.capacity() * size_of::<OwnedArgv>()
    }

    /// The requests in order.
    pub fn iter(&self) -> impl Iterator<Item = Argv<'_>> {
        self.requests.iter().map(OwnedArgv::borrow)
    }
}
