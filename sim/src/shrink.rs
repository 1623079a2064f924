//! Makes a failing plan smaller while it fails in the same way.
//!
//! Each pass proposes edits, runs the edited plan, and keeps an edit only if the failure has the same class
//! as before; the passes are repeated until none of them helps or the runs are used up. Since every link,
//! disk and client has its own stream of chance, an edit in one place leaves the weather elsewhere as it
//! was, which is why single steps can go. Order of passes: first what removes most.

use crate::network::Weather;
use crate::plan::{Doing, Plan};

/// Runs edited plans against a budget, and keeps the best so far.
struct Shrinker<'a> {
    best: Plan,
    fails: &'a mut dyn FnMut(&Plan) -> bool,
    runs_left: usize,
}

impl Shrinker<'_> {
    /// Keeps the edited plan if it fails in the same way. False where it does not, or nothing changed.
    fn try_plan(&mut self, plan: Plan) -> bool {
        if self.runs_left == 0 || plan == self.best {
            return false;
        }
        self.runs_left -= 1;
        let keep = (self.fails)(&plan);
        if keep {
            self.best = plan;
        }
        keep
    }

    fn try_edit(&mut self, edit: impl FnOnce(&mut Plan)) -> bool {
        let mut plan = self.best.clone();
        edit(&mut plan);
        self.try_plan(plan)
    }

    /// Removes runs of items from a list, long runs first (Zeller's ddmin, complements only).
    fn thin<T: Clone>(&mut self, of: impl Fn(&mut Plan) -> Option<&mut Vec<T>>, least: usize) {
        let len = |plan: &mut Plan| of(plan).map_or(0, |list| list.len());
        let mut chunk = len(&mut self.best).div_ceil(2).max(1);
        loop {
            let mut start = 0;
            while start < len(&mut self.best) {
                let total = len(&mut self.best);
                let end = (start + chunk).min(total);
                let removed = total - (end - start) >= least
                    && self.try_edit(|plan| {
                        if let Some(list) = of(plan) {
                            list.drain(start..end);
                        }
                    });
                if !removed {
                    start = end;
                }
            }
            if chunk == 1 || self.runs_left == 0 {
                return;
            }
            chunk = chunk.div_ceil(2);
        }
    }

    fn steps(&mut self) {
        self.thin(|plan| Some(&mut plan.steps), 0);
    }

    /// Drops the commands of each batch.
    fn batches(&mut self) {
        for index in 0..self.best.steps.len() {
            self.thin(
                |plan| match &mut plan.steps.get_mut(index)?.doing {
                    Doing::Send { commands, .. } => Some(commands),
                    Doing::Fault { .. } => None,
                },
                1,
            );
        }
    }

    /// Drops whole clients and servers with all that names them.
    fn hosts(&mut self) {
        for index in (0..self.best.clients.len()).rev() {
            self.try_edit(|plan| {
                let name = plan.clients.remove(index).name;
                forget(plan, &name);
            });
        }
        for index in (1..self.best.nodes.len()).rev() {
            self.try_edit(|plan| {
                let name = plan.nodes.remove(index).name;
                plan.clients.retain(|client| client.to != name);
                forget(plan, &name);
            });
        }
    }

    /// Shortens faults.
    fn lengths(&mut self) {
        for index in 0..self.best.steps.len() {
            while let Doing::Fault { for_us: 1.., .. } = self.best.steps[index].doing {
                let halved = self.try_edit(|plan| {
                    if let Doing::Fault { for_us, .. } = &mut plan.steps[index].doing {
                        *for_us = if *for_us > 2000 { *for_us / 2000 * 1000 } else { *for_us / 2 };
                    }
                });
                if !halved {
                    break;
                }
            }
        }
    }

    /// Makes one thing after another as in a quiet world.
    fn conditions(&mut self) {
        let quiet = Weather::default();
        self.try_edit(|plan| plan.weather = Weather::default());
        self.try_edit(|plan| plan.weather.jitter_us = 0);
        self.try_edit(|plan| plan.weather.loss_ppm = 0);
        self.try_edit(|plan| plan.weather.bytes_per_ms = 0);
        self.try_edit(|plan| plan.weather.split_ppm = 0);
        self.try_edit(|plan| plan.weather.read_delay_us = 0);
        self.try_edit(|plan| plan.weather.segment_max = quiet.segment_max);
        self.try_edit(|plan| {
            plan.weather.send_buffer = quiet.send_buffer;
            plan.weather.window = quiet.window;
        });
        self.try_edit(|plan| {
            plan.weather.retry_us = quiet.retry_us;
            plan.weather.give_up_us = quiet.give_up_us;
        });
        self.try_edit(|plan| plan.nodes.iter_mut().for_each(|node| node.skew_ppm = 0));
        self.try_edit(|plan| plan.clients.iter_mut().for_each(|client| client.resp3 = false));
    }

    /// Ends the run soon after its last step, and moves everything to the front.
    fn times(&mut self) {
        let last = self.best.steps.last().map_or(0, |step| step.at_us);
        self.try_edit(|plan| plan.heal_us = plan.heal_us.min(last + 1_000_000));
        while self.best.settle_us > 1_000_000 && self.try_edit(|plan| plan.settle_us /= 2) {}
        let first = self.best.steps.first().map_or(0, |step| step.at_us);
        let early = first.saturating_sub(10_000);
        self.try_edit(|plan| {
            plan.steps.iter_mut().for_each(|step| step.at_us -= early);
            plan.heal_us = plan.heal_us.saturating_sub(early);
        });
        for index in 0..self.best.steps.len() {
            self.try_edit(|plan| {
                let rounded = plan.steps[index].at_us / 1000 * 1000;
                let before = index.checked_sub(1).map_or(0, |before| plan.steps[before].at_us);
                plan.steps[index].at_us = rounded.max(before);
            });
        }
    }

    fn all(&mut self) {
        loop {
            let before = self.best.clone();
            self.hosts();
            self.steps();
            self.batches();
            self.lengths();
            self.conditions();
            self.times();
            if self.best == before || self.runs_left == 0 {
                return;
            }
        }
    }
}

/// Takes a host's name out of all steps.
fn forget(plan: &mut Plan, name: &str) {
    plan.steps.retain(|step| match &step.doing {
        Doing::Send { client, .. } => plan.clients.iter().any(|c| c.name == *client),
        Doing::Fault { fault, .. } => !fault.hosts().contains(&name),
    });
}

/// The smallest plan found in at most `runs` runs for which `fails` still holds.
pub fn shrink(plan: Plan, runs: usize, fails: &mut dyn FnMut(&Plan) -> bool) -> Plan {
    let mut shrinker = Shrinker { best: plan, fails, runs_left: runs };
    shrinker.all();
    shrinker.best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Kind;
    use crate::scenario::Scenario;

    #[test]
    fn what_the_failure_needs_stays_and_the_rest_goes() {
        let plan = Scenario::named("clients-one-node").unwrap().plan(11);
        let incr = |plan: &Plan| {
            plan.steps.iter().any(|step| match &step.doing {
                Doing::Send { commands, .. } => commands.iter().any(|argv| argv[0] == b"INCR"),
                Doing::Fault { .. } => false,
            })
        };
        let has = |plan: &Plan, kind: Kind| {
            plan.steps
                .iter()
                .any(|step| matches!(&step.doing, Doing::Fault { fault, .. } if fault.kind() == kind))
        };
        let wanted = plan.steps.iter().find_map(|step| match &step.doing {
            Doing::Fault { fault, .. } => Some(fault.kind()),
            Doing::Send { .. } => None,
        });
        let kind = wanted.expect("seed 11 has a fault");
        let small = shrink(plan, 5000, &mut |plan| incr(plan) && has(plan, kind));
        assert_eq!((small.steps.len(), small.commands(), small.faults()), (2, 1, 1), "{small}");
        assert_eq!(small.weather, Weather::default());
        assert_eq!(small.clients.len(), 1, "the one that sends INCR");
    }

    #[test]
    fn the_budget_is_kept() {
        let plan = Scenario::named("clients-one-node").unwrap().plan(1);
        let mut runs = 0;
        shrink(plan, 17, &mut |_| {
            runs += 1;
            false
        });
        assert_eq!(runs, 17);
    }
}
