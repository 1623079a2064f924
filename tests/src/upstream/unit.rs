//! Runs one unit in a process of its own, within a time limit, and reads what became of its tests.

use super::tree::Tree;
use super::{Mode, Skip};
use crate::server::Server;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Passed,
    Failed,
    /// By a tag: the suite says it does not apply in this mode.
    Ignored,
    /// By our skip list.
    Skipped,
}

/// One test of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    pub name: String,
    pub outcome: Outcome,
    pub commands: BTreeSet<String>,
    pub message: String,
}

/// The name of the test that every unit has.
const TO_ITS_END: &str = "(the unit runs to its end)";

/// What a unit said.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    pub tests: Vec<Test>,
    /// The process was ended because its time was over.
    pub timed_out: bool,
    pub seconds: u64,
    /// The end of what the suite printed, kept when it ended badly.
    pub tail: String,
    /// Commands sent between tests.
    pub outside: BTreeSet<String>,
}

impl Verdict {
    /// Adds that the unit came to its end, as a test of its own: some units have no other.
    fn close(&mut self, to_its_end: bool) {
        let outcome = if to_its_end { Outcome::Passed } else { Outcome::Failed };
        let message = if self.timed_out { "ended by the time limit" } else { "ended by an exception" };
        let commands = std::mem::take(&mut self.outside);
        self.tests.push(Test { name: TO_ITS_END.into(), outcome, commands, message: message.into() });
    }

    pub fn count(&self, outcome: Outcome) -> usize {
        self.tests.iter().filter(|test| test.outcome == outcome).count()
    }
}

/// The server to judge, and how long a unit may take.
pub struct Job<'a> {
    pub peers: &'a Path,
    pub server: &'a Path,
    pub port: u16,
    pub limit: Duration,
    pub skips: &'a [Skip],
}

/// Runs `unit` in `mode`.
///
/// # Errors
/// The scratch tree, the server or tclsh does not start.
pub fn run(job: &Job<'_>, unit: &str, mode: Mode) -> Result<Verdict, String> {
    let tree = Tree::new(&format!("{}-{}", unit.replace('/', "-"), mode.name()), job.peers, job.server)?;
    let log = tree.root.join("results.tsv");
    let output = tree.root.join("output");
    let sink = fs::File::create(&output).map_err(|error| error.to_string())?;
    let errors = sink.try_clone().map_err(|error| error.to_string())?;
    let base = job.port + 40; // below it the suite's own test server finds its port
    let mut command = Command::new("tclsh");
    command
        .args(["tests/test_helper.tcl", "--single", unit, "--durable", "--clients", "1", "--dont-clean"])
        .args(["--baseport", &base.to_string(), "--portcount", "60"])
        .env("REWIND_UPSTREAM_LOG", &log)
        .current_dir(&tree.root)
        .stdin(Stdio::null())
        .stdout(sink)
        .stderr(errors)
        .process_group(0);
    for skip in job.skips.iter().filter(|skip| skip.applies(unit, mode)) {
        command.args(["--skiptest", &skip.test]);
    }
    let mut external = None;
    if mode == Mode::External {
        let server = external.insert(Server::start(job.server, job.port, None, &[])?);
        command.args(["--host", "127.0.0.1", "--port", &server.port.to_string()]);
    }
    let started = Instant::now();
    let mut child = command.spawn().map_err(|error| format!("tclsh: {error}"))?;
    let mut timed_out = false;
    let ended_well = loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            break status.success();
        }
        if started.elapsed() > job.limit {
            timed_out = true;
            break false;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    // The group holds the suite's clients and the servers they started, which must not outlive the unit.
    if let Some(group) = rustix::process::Pid::from_raw(child.id().cast_signed()) {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.wait();
    let lines = fs::read(&log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let mut verdict = read_log(&lines);
    verdict.timed_out = timed_out;
    verdict.seconds = started.elapsed().as_secs();
    let text = fs::read(&output).map(|b| String::from_utf8_lossy(&b).into_owned()).unwrap_or_default();
    verdict.close(text.contains("The End"));
    if !ended_well {
        let from = text.char_indices().rev().nth(3000).map_or(0, |(index, _)| index);
        verdict.tail = text[from..].to_owned();
    }
    Ok(verdict)
}

fn read_log(text: &str) -> Verdict {
    let mut verdict = Verdict::default();
    let mut running: Option<String> = None;
    for line in text.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        match fields[..] {
            ["outside", command] => {
                verdict.outside.insert(command.to_owned());
            }
            ["begin", name] => running = Some(name.to_owned()),
            ["end", name, outcome, _ms, commands, message] => {
                running = None;
                let outcome = match outcome {
                    "passed" => Outcome::Passed,
                    "ignored" => Outcome::Ignored,
                    "skipped" => Outcome::Skipped,
                    _ => Outcome::Failed,
                };
                let commands = commands.split(',').filter(|c| !c.is_empty()).map(str::to_owned).collect();
                let (name, message) = (name.to_owned(), message.to_owned());
                verdict.tests.push(Test { name, outcome, commands, message });
            }
            _ => {}
        }
    }
    if let Some(name) = running {
        let message = "did not end".to_owned();
        verdict.tests.push(Test { name, outcome: Outcome::Failed, commands: BTreeSet::new(), message });
    }
    number_repeats(&mut verdict.tests);
    verdict
}

/// Some units run a test of one name several times; later ones get a number, so that names are unique.
fn number_repeats(tests: &mut [Test]) {
    for index in 0..tests.len() {
        let earlier = tests[..index].iter().filter(|t| t.name.split(" #").next() == Some(&tests[index].name));
        let count = earlier.count();
        if count > 0 {
            tests[index].name.push_str(&format!(" #{}", count + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_read_and_an_unended_test_has_failed() {
        let mut verdict = read_log(
            "begin\ta\nend\ta\tpassed\t3\tget,set\t\nbegin\ta\nend\ta\tfailed\t3\t\tExpected x\n\
             outside\tset\nbegin\tb\nend\tb\tignored\t0\t\t\nbegin\tc\n",
        );
        let names: Vec<&str> = verdict.tests.iter().map(|test| test.name.as_str()).collect();
        assert_eq!(names, ["a", "a #2", "b", "c"]);
        assert_eq!(verdict.count(Outcome::Passed), 1);
        assert_eq!(verdict.count(Outcome::Failed), 2);
        assert_eq!(verdict.count(Outcome::Ignored), 1);
        assert_eq!(verdict.tests[0].commands.len(), 2);
        assert_eq!(verdict.tests[3].message, "did not end");
        verdict.close(false);
        assert_eq!((verdict.tests[4].outcome, verdict.tests[4].commands.len()), (Outcome::Failed, 1));
    }
}
