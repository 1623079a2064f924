//! After healing, all servers hold the same data.

use super::{Check, Evidence};

pub struct Converge;

impl Check for Converge {
    fn judge(&mut self, evidence: &Evidence<'_>) -> Result<(), String> {
        let servers = evidence.world.hosts().filter(|(_, host)| host.listens);
        let states: Vec<(String, Option<String>, String)> = servers
            .map(|(_, host)| {
                let process = host.process.as_ref();
                let status = process.map(|process| process.inspect().status).unwrap_or_default();
                (host.name.clone(), process.and_then(|process| process.digest()), status)
            })
            .collect();
        let same = states.windows(2).all(|pair| pair[0].1 == pair[1].1);
        if same && states.iter().all(|(_, digest, _)| digest.is_some()) {
            return Ok(());
        }
        let show = |(name, digest, status): &(String, Option<String>, String)| {
            format!("{name} holds {} ({status})", digest.as_deref().unwrap_or("nothing, for it does not run"))
        };
        Err(states.iter().map(show).collect::<Vec<_>>().join("; "))
    }
}
