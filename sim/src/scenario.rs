//! Scenarios: workload × faults × checks, composed by name in `scenarios/*.toml`, and turned into plans.
//!
//! ```toml
//! about = "what it is for"
//! nodes = 3                     # n1 is the primary, the others follow it
//! clients = [2, 6]              # per workload, drawn between these
//! duration_s = 20
//! settle_s = 30
//! weather = "swarm"             # or "quiet"
//! workloads = ["register"]
//! faults = ["kill", "cut"]
//! checks = ["linear", "resp"]
//! ```

use crate::fault::{Kind, swarm};
use crate::network::Weather;
use crate::plan::{NodePlan, Plan};
use crate::random::{Seed, Stream};
use crate::workload::{self, Room};
use crate::{check, fault::swarm::Field};
use serde::Deserialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WeatherKind {
    Quiet,
    Swarm,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    #[serde(skip)]
    pub name: String,
    pub about: String,
    pub nodes: usize,
    pub clients: [u64; 2],
    pub duration_s: u64,
    pub settle_s: u64,
    pub weather: WeatherKind,
    pub workloads: Vec<String>,
    pub faults: Vec<Kind>,
    pub checks: Vec<String>,
}

/// The scenarios that come with the simulator, by name.
const FILES: [(&str, &str); 7] = [
    ("any-command", include_str!("../scenarios/any-command.toml")),
    ("any-command-replicated", include_str!("../scenarios/any-command-replicated.toml")),
    ("clients-one-node", include_str!("../scenarios/clients-one-node.toml")),
    ("expiry-one-node", include_str!("../scenarios/expiry-one-node.toml")),
    ("partitioned-replicas", include_str!("../scenarios/partitioned-replicas.toml")),
    ("primary-two-replicas", include_str!("../scenarios/primary-two-replicas.toml")),
    ("quiet-three", include_str!("../scenarios/quiet-three.toml")),
];

pub fn names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}

impl Scenario {
    /// The scenario of that name.
    pub fn named(name: &str) -> Result<Scenario, String> {
        let file = FILES.iter().find(|(known, _)| *known == name);
        let known = || names().collect::<Vec<_>>().join(", ");
        let (_, text) =
            file.ok_or_else(|| format!("no scenario is called '{name}'; there are {}", known()))?;
        Scenario::parse(name, text)
    }

    /// A scenario from its text.
    pub fn parse(name: &str, text: &str) -> Result<Scenario, String> {
        let mut scenario: Scenario = toml::from_str(text).map_err(|error| error.to_string())?;
        name.clone_into(&mut scenario.name);
        if let Some(odd) = scenario.checks.iter().find(|check| !check::NAMES.contains(&check.as_str())) {
            return Err(format!("no check is called '{odd}'"));
        }
        if let Some(odd) = scenario.workloads.iter().find(|load| !workload::NAMES.contains(&load.as_str())) {
            return Err(format!("no workload is called '{odd}'"));
        }
        let sane = (1..100).contains(&scenario.nodes)
            && scenario.clients[0] >= 1
            && scenario.clients[0] <= scenario.clients[1]
            && scenario.clients[1] < 1000
            && (1..1_000_000).contains(&scenario.duration_s)
            && scenario.settle_s < 1_000_000;
        if sane { Ok(scenario) } else { Err("nodes, clients or times are out of range".into()) }
    }

    /// Directives that decide how soon a server notices things and how much it remembers, drawn so that
    /// both the usual and the extreme turn up.
    fn knobs(&self, stream: &mut Stream) -> Vec<String> {
        if self.nodes == 1 || self.weather == WeatherKind::Quiet {
            return Vec::new();
        }
        let timeout_s = stream.log_between(2, 60);
        let ping_s = stream.between(1, timeout_s.min(10));
        let delay_s = stream.between(0, 3);
        let backlog = stream.log_between(16 * 1024, 1024 * 1024);
        vec![
            format!("repl-timeout {timeout_s}"),
            format!("repl-ping-replica-period {ping_s}"),
            format!("repl-diskless-sync-delay {delay_s}"),
            format!("repl-backlog-size {backlog}"),
        ]
    }

    /// Writes a seed out.
    pub fn plan(&self, seed: u64) -> Plan {
        let seed = Seed(seed);
        let duration_us = self.duration_s * 1_000_000;
        let mut stream = seed.stream("plan");
        let names: Vec<String> = (1..=self.nodes).map(|n| format!("n{n}")).collect();
        let mut plan = Plan {
            scenario: self.name.clone(),
            seed: seed.0,
            class: None,
            checks: self.checks.clone(),
            weather: match self.weather {
                WeatherKind::Quiet => Weather::default(),
                WeatherKind::Swarm => swarm::weather(seed),
            },
            nodes: Vec::new(),
            clients: Vec::new(),
            heal_us: duration_us,
            settle_us: self.settle_s * 1_000_000,
            steps: Vec::new(),
        };
        for (index, name) in names.iter().enumerate() {
            let skew_ppm = stream.between(0, 400) as i32 - 200;
            let mut config = self.knobs(&mut stream);
            if index > 0 {
                config.push(format!("replicaof {} 6379", names[0]));
            }
            plan.nodes.push(NodePlan { name: name.clone(), skew_ppm, config });
        }
        for name in &self.workloads {
            let clients = stream.between(self.clients[0], self.clients[1]) as usize;
            let load = workload::by_name(name, &Room { seed, nodes: &names, clients, duration_us });
            plan.clients.extend(load.clients);
            plan.steps.extend(load.steps);
        }
        // The operator is not to be hurt by chance: it stands for a person who tries again until it works.
        let clients: Vec<String> =
            plan.clients.iter().map(|c| c.name.clone()).filter(|name| !name.starts_with("op-")).collect();
        let field = Field {
            servers: &names,
            clients: &clients,
            kinds: &self.faults,
            checks: &self.checks,
            duration_us,
        };
        plan.steps.extend(swarm::faults(seed, &field));
        plan.sort();
        plan
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_makes_plans_that_survive_their_text() {
        for name in names() {
            let scenario = Scenario::named(name).unwrap();
            for seed in 0..5 {
                let plan = scenario.plan(seed);
                assert!(plan.commands() > 0, "{name} {seed}");
                assert_eq!(plan.to_string().parse::<Plan>().unwrap(), plan, "{name} {seed}");
                assert_eq!(plan, scenario.plan(seed), "{name} {seed}");
            }
        }
    }

    #[test]
    fn names_nobody_knows_are_errors() {
        assert!(Scenario::named("nonsense").unwrap_err().starts_with("no scenario is called 'nonsense'"));
        let text = include_str!("../scenarios/quiet-three.toml").replace("\"resp\"", "\"luck\"");
        assert_eq!(Scenario::parse("x", &text).unwrap_err(), "no check is called 'luck'");
    }
}
