//! Every reply is well-formed RESP, and there is one for each request, in order. Clients decode as they
//! go and pair replies with requests; what they could not decode or pair is a failure here.

use super::{Check, Evidence};

pub struct Resp;

impl Check for Resp {
    fn judge(&mut self, evidence: &Evidence<'_>) -> Result<(), String> {
        match evidence.history.garbled.first() {
            None => Ok(()),
            Some((at, client, what)) => {
                let name = &evidence.world.host(*client).name;
                Err(format!("client {name} at {at} us: {what}"))
            }
        }
    }
}
