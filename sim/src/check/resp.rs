//! Every reply is well-formed RESP, and there is one for each request, in order. Clients decode as they
//! go and pair replies with requests; what they could not decode or pair is a failure here. So is a protocol
//! error, since no workload sends anything but well-formed requests.

use super::{Check, Evidence};
use crate::history::Operation;
use crate::plan::text::show_command;

pub struct Resp;

impl Check for Resp {
    fn judge(&mut self, evidence: &Evidence<'_>) -> Result<(), String> {
        if let Some((at, client, what)) = evidence.history.garbled.first() {
            let name = &evidence.world.host(*client).name;
            return Err(format!("client {name} at {at} us: {what}"));
        }
        let accused = |op: &&Operation| {
            op.reply()
                .and_then(|reply| reply.error())
                .is_some_and(|text| text.starts_with(b"ERR Protocol error"))
        };
        match evidence.history.operations.iter().find(accused) {
            None => Ok(()),
            Some(op) => {
                let (name, at) = (&evidence.world.host(op.client).name, op.invoked_us);
                let reply = op.reply().map(|reply| reply.print()).unwrap_or_default();
                Err(format!("{name} asked {} at {at} us and is told {reply}", show_command(&op.argv)))
            }
        }
    }
}
