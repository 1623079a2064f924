//! All connections of a node, found by their number.

use super::Client;
use crate::node::event::ConnId;
use std::collections::BTreeMap;

/// Accepted connections stand in a vector under the host's small numbers; the few that the node opened
/// itself in a map.
#[derive(Default)]
pub struct Clients {
    accepted: Vec<Option<Box<Client>>>,
    opened: BTreeMap<ConnId, Box<Client>>,
    count: usize,
}

impl Clients {
    pub fn insert(&mut self, client: Client) {
        let conn = client.conn;
        let replaced = if conn.is_outgoing() {
            self.opened.insert(conn, Box::new(client))
        } else {
            let index = conn.0 as usize;
            if index >= self.accepted.len() {
                self.accepted.resize_with(index + 1, || None);
            }
            self.count += 1;
            self.accepted[index].replace(Box::new(client))
        };
        assert!(replaced.is_none(), "connection {conn} is in use");
    }

    pub fn remove(&mut self, conn: ConnId) -> Option<Box<Client>> {
        if conn.is_outgoing() {
            return self.opened.remove(&conn);
        }
        let client = self.accepted.get_mut(conn.0 as usize)?.take()?;
        self.count -= 1;
        Some(client)
    }

    pub fn get(&self, conn: ConnId) -> Option<&Client> {
        if conn.is_outgoing() {
            return self.opened.get(&conn).map(|client| &**client);
        }
        self.accepted.get(conn.0 as usize)?.as_deref()
    }

    #[inline]
    pub fn get_mut(&mut self, conn: ConnId) -> Option<&mut Client> {
        if conn.is_outgoing() {
            return self.opened.get_mut(&conn).map(|client| &mut **client);
        }
        self.accepted.get_mut(conn.0 as usize)?.as_deref_mut()
    }

    /// Accepted connections; what `maxclients` counts.
    pub fn accepted(&self) -> usize {
        self.count
    }

    /// All connections, in order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &Client> {
        self.accepted.iter().filter_map(|c| c.as_deref()).chain(self.opened.values().map(|c| &**c))
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Client> {
        self.accepted
            .iter_mut()
            .filter_map(|c| c.as_deref_mut())
            .chain(self.opened.values_mut().map(|c| &mut **c))
    }

    /// The client of that id, as CLIENT KILL ID names it.
    pub fn by_id(&self, id: u64) -> Option<&Client> {
        self.iter().find(|client| client.session.id == id)
    }
}
