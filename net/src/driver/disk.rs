//! The disk task: requests of the node, one at a time, in the order they were made.

use super::{Driver, Host};
use crate::node::{DiskRequest, Event};
use std::rc::Rc;
use tokio::sync::mpsc;

pub(super) struct Job {
    pub ticket: u64,
    pub request: DiskRequest,
}

pub(super) async fn serve<H: Host>(driver: Rc<Driver<H>>, mut jobs: mpsc::UnboundedReceiver<Job>) {
    while let Some(Job { ticket, request }) = jobs.recv().await {
        let result = driver.host().disk(request).await;
        driver.handle(Event::Disk { ticket, result });
    }
}
