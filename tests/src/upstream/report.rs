//! Puts the verdicts on two servers side by side: what is in scope, what of it passes, and what fails and why.

use super::unit::{Outcome, Test, Verdict};
use super::{Mode, Skip};
use std::collections::BTreeSet;

/// One unit in one mode, on the reference and on ours.
pub struct Row {
    pub unit: String,
    pub mode: Mode,
    pub reference: Verdict,
    pub ours: Option<Verdict>,
}

/// The figures of a row, or of all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score {
    pub reference_passed: usize,
    pub in_scope: usize,
    pub passed: usize,
}

impl Score {
    pub fn percent(self) -> f64 {
        if self.in_scope == 0 { 100.0 } else { 100.0 * self.passed as f64 / self.in_scope as f64 }
    }
}

impl Row {
    /// The tests that real Redis passes and whose commands are all known to our server.
    fn in_scope<'a>(&'a self, known: &'a BTreeSet<String>) -> impl Iterator<Item = &'a Test> {
        let passed = self.reference.tests.iter().filter(|test| test.outcome == Outcome::Passed);
        passed.filter(|test| {
            test.commands.iter().all(|command| is_known(command, known)) && !self.skipped(test)
        })
    }

    fn skipped(&self, test: &Test) -> bool {
        self.ours.as_ref().is_some_and(|ours| {
            ours.tests.iter().any(|own| own.name == test.name && own.outcome == Outcome::Skipped)
        })
    }

    pub fn score(&self, known: &BTreeSet<String>) -> Score {
        let in_scope: Vec<&Test> = self.in_scope(known).collect();
        let failed = self.failures(known).len();
        Score {
            reference_passed: self.reference.count(Outcome::Passed),
            in_scope: in_scope.len(),
            passed: in_scope.len() - failed,
        }
    }

    /// The tests in scope that ours does not pass, with what they said.
    pub fn failures(&self, known: &BTreeSet<String>) -> Vec<(String, String)> {
        let Some(ours) = &self.ours else { return Vec::new() };
        self.in_scope(known)
            .filter_map(|test| match ours.tests.iter().find(|own| own.name == test.name) {
                Some(own) if own.outcome == Outcome::Passed => None,
                Some(own) => Some((test.name.clone(), own.message.clone())),
                None => Some((test.name.clone(), "never reached".to_owned())),
            })
            .collect()
    }
}

/// A subcommand that our container lacks makes a test out of scope, as a missing command does. What is no
/// command of real Redis either is sent on purpose and stays in scope.
fn is_known(command: &str, known: &BTreeSet<String>) -> bool {
    match command.split_once('|') {
        Some((container, _)) if !known.contains(container) => false,
        _ => known.contains(command) || ABSENT_ON_PURPOSE.contains(&command),
    }
}

/// Names that tests send because no server has them.
const ABSENT_ON_PURPOSE: [&str; 4] = ["foobar", "foo", "badcommand", "client|wrong_sub"];

/// Renders docs/UPSTREAM.md.
pub fn markdown(rows: &[Row], known: &BTreeSet<String>, skips: &[Skip], versions: (&str, &str)) -> String {
    let (reference, ours) = versions;
    let mut out = format!(
        "# Redis's own test-suite\n\nWritten by `cargo run -p conformance --bin upstream`. The suite is that of Redis \
         8.0, fetched when it runs; the\nreference is {reference}, the server judged is {ours}. A test is in scope \
         when the reference passes it and our\nCOMMAND table has every command it sends. Blocks that start \
         servers with\nAOF or in cluster mode are left out until these exist.\n\n\
         | unit | mode | reference passed | failed | ignored | in scope | passed | % | seconds |\n\
         |---|---|--:|--:|--:|--:|--:|--:|--:|\n"
    );
    let mut total = Score::default();
    for row in rows {
        let score = row.score(known);
        let of = |outcome| row.reference.count(outcome);
        let seconds = row.ours.as_ref().map_or(row.reference.seconds, |verdict| verdict.seconds);
        let late = if row.ours.as_ref().is_some_and(|v| v.timed_out) { " (time limit)" } else { "" };
        out.push_str(&format!(
            "| {} | {} | {} | {} | {} | {} | {} | {:.1} | {seconds}{late} |\n",
            row.unit,
            row.mode.name(),
            score.reference_passed,
            of(Outcome::Failed),
            of(Outcome::Ignored),
            score.in_scope,
            score.passed,
            score.percent()
        ));
        total.reference_passed += score.reference_passed;
        total.in_scope += score.in_scope;
        total.passed += score.passed;
    }
    out.push_str(&format!(
        "| **all** | | {} | | | {} | {} | **{:.1}** | |\n",
        total.reference_passed,
        total.in_scope,
        total.passed,
        total.percent()
    ));
    out.push_str("\n## In scope and not passed\n\n");
    let cut = |text: &str| text.chars().take(160).collect::<String>().replace('|', "\\|").replace('`', "'");
    let mut any = false;
    for row in rows {
        for (name, message) in row.failures(known) {
            any = true;
            out.push_str(&format!(
                "- {} ({}): {} — {}\n",
                row.unit,
                row.mode.name(),
                cut(&name),
                cut(&message)
            ));
        }
    }
    if !any {
        out.push_str("None.\n");
    }
    out.push_str("\n## Skipped, and why\n\n");
    for skip in skips {
        let mode = skip.mode.map_or("both modes", Mode::name);
        out.push_str(&format!("- {} ({mode}): {} — {}\n", skip.unit, cut(&skip.test), skip.reason));
    }
    if skips.is_empty() {
        out.push_str("None.\n");
    }
    out
}

/// The score over all rows.
pub fn total(rows: &[Row], known: &BTreeSet<String>) -> Score {
    rows.iter().map(|row| row.score(known)).fold(Score::default(), |sum, score| Score {
        reference_passed: sum.reference_passed + score.reference_passed,
        in_scope: sum.in_scope + score.in_scope,
        passed: sum.passed + score.passed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(name: &str, outcome: Outcome, commands: &[&str]) -> Test {
        let commands = commands.iter().map(|c| (*c).to_owned()).collect();
        Test { name: name.into(), outcome, commands, message: "why".into() }
    }

    #[test]
    fn scope_follows_the_commands_a_test_sends() {
        let known: BTreeSet<String> = ["get", "config", "config|get"].map(str::to_owned).into();
        let reference = vec![
            test("passes", Outcome::Passed, &["get"]),
            test("fails", Outcome::Passed, &["get", "config|get"]),
            test("never reached", Outcome::Passed, &[]),
            test("other command", Outcome::Passed, &["get", "lpush"]),
            test("other subcommand", Outcome::Passed, &["config|set"]),
            test("fails there too", Outcome::Failed, &["get"]),
            test("skipped", Outcome::Passed, &["get"]),
        ];
        let ours = vec![
            test("passes", Outcome::Passed, &[]),
            test("fails", Outcome::Failed, &[]),
            test("skipped", Outcome::Skipped, &[]),
        ];
        let row = Row {
            unit: "unit/x".into(),
            mode: Mode::Managed,
            reference: Verdict { tests: reference, ..Verdict::default() },
            ours: Some(Verdict { tests: ours, ..Verdict::default() }),
        };
        assert_eq!(row.score(&known), Score { reference_passed: 6, in_scope: 3, passed: 1 });
        let failures: Vec<String> = row.failures(&known).into_iter().map(|(name, _)| name).collect();
        assert_eq!(failures, ["fails", "never reached"]);
        let page = markdown(&[row], &known, &[], ("Redis", "Rewind"));
        assert!(page.contains("| unit/x | managed | 6 | 1 | 0 | 3 | 1 | 33.3 |"), "{page}");
    }
}
