//! The same seed run twice is the same run.

use crate::load::{count_through_deaths, pipelines};
use crate::{ROUGH, on_machine, plan};
use sim::madsim::{Cluster, Server, run};

/// Pipelines in pieces, then counting through deaths.
async fn everything(cluster: Cluster) {
    let server = Server::start(&cluster, plan(&[], ROUGH));
    let work = pipelines(cluster.clone(), "pipelines".into(), server.address, 8, ROUGH);
    on_machine!(cluster, 9, work).await.unwrap();
}

#[test]
fn a_seed_decides_every_byte_and_its_time() {
    let mut digests = Vec::new();
    for seed in 20..23 {
        let first = run(seed, count_through_deaths);
        assert_eq!(first, run(seed, count_through_deaths), "seed {seed}");
        digests.push(first.digest);
    }
    digests.dedup();
    assert_eq!(digests.len(), 3, "seeds differ");
}

/// madsim's own check: every draw of the scheduler and the network, and the time of each.
#[test]
fn a_seed_decides_every_draw() {
    let config = ::madsim::Config::default();
    ::madsim::runtime::Runtime::check_determinism(30, config, || async {
        everything(Cluster::new(30)).await
    });
}
