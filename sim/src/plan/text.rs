//! A plan as text, and back.
//!
//! ```text
//! plan 1
//! scenario clients-one-node
//! seed 7
//! check linear
//! weather latency 200us jitter 0us loss 0ppm ...
//! node n1 skew 12ppm
//! config n1 hz 10
//! client c1 to n1 timeout 500ms resp2
//! heal 20s settle 10s
//! 12345us c1 : SET k1 5 | GET k1
//! 100ms fault cut n1>n2 for 3s
//! ```
//!
//! One thing per line; `#` begins a comment line. Times are whole numbers with `us`, `ms` or `s`. Words of
//! a command stand bare where they are plain, otherwise in double quotes with `\"`, `\\` and `\xHH`; a bare
//! `|` parts the commands of one write.

use super::{Argv, ClientPlan, Doing, NodePlan, Plan, Step};
use crate::fault::Fault;
use crate::network::Weather;
use std::fmt::Write;

/// What is wrong with a plan's text, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadPlan {
    /// Counted from 1.
    pub line: usize,
    pub what: String,
}

impl std::fmt::Display for BadPlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

/// Microseconds in the largest unit that keeps them whole.
pub fn duration(us: u64) -> String {
    match us {
        us if us.is_multiple_of(1_000_000) => format!("{}s", us / 1_000_000),
        us if us.is_multiple_of(1000) => format!("{}ms", us / 1000),
        us => format!("{us}us"),
    }
}

fn parse_duration(word: &str) -> Result<u64, String> {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let scale = match &word[digits.len()..] {
        "us" => 1,
        "ms" => 1000,
        "s" => 1_000_000,
        _ => return Err(format!("'{word}' is no time: it needs us, ms or s")),
    };
    let number: u64 = digits.parse().map_err(|_| format!("'{word}' is no time"))?;
    number.checked_mul(scale).filter(|&us| us < 1 << 53).ok_or(format!("'{word}' is too long a time"))
}

fn parse_number<T: std::str::FromStr>(word: &str, unit: &str) -> Result<T, String> {
    let digits = word.strip_suffix(unit).ok_or(format!("'{word}' should end in {unit}"))?;
    digits.parse().map_err(|_| format!("'{word}' is no number in range"))
}

/// One word of a command.
fn write_word(out: &mut String, word: &[u8]) {
    let plain = |b: u8| b.is_ascii_graphic() && !b"\"\\|#".contains(&b);
    if !word.is_empty() && word.iter().all(|&b| plain(b)) {
        return out.push_str(std::str::from_utf8(word).expect("graphic ASCII is UTF-8"));
    }
    out.push('"');
    for &byte in word {
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b' '..=b'~' => out.push(byte as char),
            _ => write!(out, "\\x{byte:02x}").expect("a String takes everything"),
        }
    }
    out.push('"');
}

/// A command as a plan and the trace show it.
pub fn show_command(argv: &[Vec<u8>]) -> String {
    let mut out = String::new();
    for (index, word) in argv.iter().enumerate() {
        if index > 0 {
            out.push(' ');
        }
        write_word(&mut out, word);
    }
    out
}

/// Splits a line of commands at bare bars.
pub fn parse_commands(line: &str) -> Result<Vec<Argv>, String> {
    let mut commands = vec![Argv::new()];
    let mut rest = line.trim_start().as_bytes();
    while let Some(&first) = rest.first() {
        let current = commands.last_mut().expect("never empty");
        if first == b'|' {
            commands.push(Argv::new());
            rest = &rest[1..];
        } else if first == b'"' {
            let (word, after) = quoted(&rest[1..])?;
            current.push(word);
            rest = after;
        } else {
            let end = rest.iter().position(|&b| b == b' ' || b == b'|').unwrap_or(rest.len());
            current.push(rest[..end].to_vec());
            rest = &rest[end..];
        }
        rest = rest.trim_ascii_start();
    }
    if commands.iter().any(Vec::is_empty) {
        return Err("an empty command".into());
    }
    Ok(commands)
}

fn quoted(mut rest: &[u8]) -> Result<(Vec<u8>, &[u8]), String> {
    let mut word = Vec::new();
    loop {
        match rest {
            [b'"', after @ ..] => return Ok((word, after)),
            [b'\\', b'x', hex @ ..] if hex.len() >= 2 => {
                let text = std::str::from_utf8(&hex[..2]).map_err(|_| "a bad \\x escape")?;
                word.push(u8::from_str_radix(text, 16).map_err(|_| format!("a bad escape \\x{text}"))?);
                rest = &hex[2..];
            }
            [b'\\', byte @ (b'"' | b'\\'), after @ ..] => {
                word.push(*byte);
                rest = after;
            }
            [b'\\', ..] => return Err("a bad escape".into()),
            [byte, after @ ..] => {
                word.push(*byte);
                rest = after;
            }
            [] => return Err("a quoted word without its end".into()),
        }
    }
}

fn write_weather(out: &mut String, w: &Weather) {
    writeln!(
        out,
        "weather latency {} jitter {} loss {}ppm bandwidth {}b/ms segment {}b split {}ppm read-delay {} \
         send-buffer {}b window {}b retry {} give-up {}",
        duration(w.latency_us),
        duration(w.jitter_us),
        w.loss_ppm,
        w.bytes_per_ms,
        w.segment_max,
        w.split_ppm,
        duration(w.read_delay_us),
        w.send_buffer,
        w.window,
        duration(w.retry_us),
        duration(w.give_up_us),
    )
    .expect("a String takes everything");
}

fn parse_weather(words: &[&str]) -> Result<Weather, String> {
    let mut weather = Weather::default();
    let (pairs, odd) = words.as_chunks::<2>();
    if !odd.is_empty() {
        return Err(format!("'{}' has no value", odd[0]));
    }
    for &[name, value] in pairs {
        match name {
            "latency" => weather.latency_us = parse_duration(value)?,
            "jitter" => weather.jitter_us = parse_duration(value)?,
            "loss" => weather.loss_ppm = parse_number(value, "ppm")?,
            "bandwidth" => weather.bytes_per_ms = parse_number(value, "b/ms")?,
            "segment" => weather.segment_max = parse_number(value, "b")?,
            "split" => weather.split_ppm = parse_number(value, "ppm")?,
            "read-delay" => weather.read_delay_us = parse_duration(value)?,
            "send-buffer" => weather.send_buffer = parse_number(value, "b")?,
            "window" => weather.window = parse_number(value, "b")?,
            "retry" => weather.retry_us = parse_duration(value)?,
            "give-up" => weather.give_up_us = parse_duration(value)?,
            _ => return Err(format!("the weather has no '{name}'")),
        }
    }
    if [weather.segment_max, weather.send_buffer, weather.window].contains(&0) || weather.retry_us == 0 {
        return Err("segment, send-buffer, window and retry must not be 0".into());
    }
    Ok(weather)
}

/// A fault without its duration, as stories write it.
pub fn parse_fault_line(line: &str) -> Result<Fault, String> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    parse_fault(&words).map(|(fault, _)| fault)
}

fn parse_fault(words: &[&str]) -> Result<(Fault, u64), String> {
    let (words, for_us) = match words {
        [head @ .., "for", time] => (head, parse_duration(time)?),
        _ => (words, 0),
    };
    let name = |word: &str| word.to_owned();
    let pair = |word: &str| {
        let (from, to) = word.split_once('>').ok_or(format!("'{word}' is no direction like n1>n2"))?;
        Ok::<_, String>((from.to_owned(), to.to_owned()))
    };
    let fault = match *words {
        ["kill", host] => Fault::Kill { host: name(host) },
        ["power", host] => Fault::Power { host: name(host) },
        ["pause", host] => Fault::Pause { host: name(host) },
        ["cut", way] => pair(way).map(|(from, to)| Fault::Cut { from, to })?,
        ["lossy", way, ppm] => {
            let ((from, to), ppm) = (pair(way)?, parse_number(ppm, "ppm")?);
            Fault::Lossy { from, to, ppm }
        }
        ["slow", way, by] => {
            let ((from, to), by_us) = (pair(way)?, parse_duration(by)?);
            Fault::Slow { from, to, by_us }
        }
        ["jitter", way, by] => {
            let ((from, to), up_to_us) = (pair(way)?, parse_duration(by)?);
            Fault::Jitter { from, to, up_to_us }
        }
        ["reset", way] => pair(way).map(|(a, b)| Fault::Reset { a, b })?,
        ["jump", host, by] => {
            let (negative, time) = match by.split_at_checked(1) {
                Some(("+", time)) => (false, time),
                Some(("-", time)) => (true, time),
                _ => return Err(format!("'{by}' needs a sign")),
            };
            let by_us = parse_duration(time)? as i64;
            Fault::Jump { host: name(host), by_us: if negative { -by_us } else { by_us } }
        }
        ["skew", host, ppm] => Fault::Skew { host: name(host), ppm: parse_number(ppm, "ppm")? },
        ["disk-full", host] => Fault::DiskFull { host: name(host) },
        ["disk-errors", host, ppm] => Fault::DiskErrors { host: name(host), ppm: parse_number(ppm, "ppm")? },
        ["disk-slow", host, by] => Fault::DiskSlow { host: name(host), by_us: parse_duration(by)? },
        _ => return Err(format!("'{}' is no fault", words.join(" "))),
    };
    Ok((fault, for_us))
}

impl std::fmt::Display for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut out = String::new();
        writeln!(out, "plan 1\nscenario {}\nseed {}", self.scenario, self.seed)?;
        if let Some(class) = &self.class {
            writeln!(out, "class {class}")?;
        }
        for check in &self.checks {
            writeln!(out, "check {check}")?;
        }
        write_weather(&mut out, &self.weather);
        for node in &self.nodes {
            writeln!(out, "node {} skew {}ppm", node.name, node.skew_ppm)?;
            for line in &node.config {
                writeln!(out, "config {} {line}", node.name)?;
            }
        }
        for client in &self.clients {
            let resp = if client.resp3 { "resp3" } else { "resp2" };
            writeln!(
                out,
                "client {} to {} timeout {} {resp}",
                client.name,
                client.to,
                duration(client.timeout_us)
            )?;
        }
        writeln!(out, "heal {} settle {}", duration(self.heal_us), duration(self.settle_us))?;
        for step in &self.steps {
            match &step.doing {
                Doing::Send { client, commands } => {
                    let shown: Vec<String> = commands.iter().map(|argv| show_command(argv)).collect();
                    writeln!(out, "{} {client} : {}", duration(step.at_us), shown.join(" | "))?;
                }
                Doing::Fault { fault, for_us } if *for_us > 0 => {
                    writeln!(out, "{} fault {fault} for {}", duration(step.at_us), duration(*for_us))?;
                }
                Doing::Fault { fault, .. } => writeln!(out, "{} fault {fault}", duration(step.at_us))?,
            }
        }
        f.write_str(&out)
    }
}

impl std::str::FromStr for Plan {
    type Err = BadPlan;

    fn from_str(text: &str) -> Result<Plan, BadPlan> {
        let mut plan = Plan {
            scenario: String::new(),
            seed: 0,
            class: None,
            checks: Vec::new(),
            weather: Weather::default(),
            nodes: Vec::new(),
            clients: Vec::new(),
            heal_us: 0,
            settle_us: 0,
            steps: Vec::new(),
        };
        let mut lines =
            text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        match lines.next() {
            Some((_, "plan 1")) => {}
            _ => return Err(BadPlan { line: 1, what: "a plan begins with 'plan 1'".into() }),
        }
        for (index, line) in lines {
            parse_line(&mut plan, line).map_err(|what| BadPlan { line: index + 1, what })?;
        }
        plan.sort();
        Ok(plan)
    }
}

fn parse_line(plan: &mut Plan, line: &str) -> Result<(), String> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    match *words.as_slice() {
        ["scenario", name] => plan.scenario = name.into(),
        ["seed", seed] => plan.seed = parse_number(seed, "")?,
        ["class", ..] => plan.class = Some(line["class ".len()..].trim().into()),
        ["check", name] => plan.checks.push(name.into()),
        ["weather", ref rest @ ..] => plan.weather = parse_weather(rest)?,
        ["node", name, "skew", ppm] => {
            let node = NodePlan { name: name.into(), skew_ppm: parse_skew(ppm)?, config: Vec::new() };
            plan.nodes.push(node);
        }
        ["config", name, ..] => {
            let node = plan.nodes.iter_mut().find(|node| node.name == name);
            let node = node.ok_or(format!("no node {name} above this line"))?;
            let directive = line["config ".len()..].trim_start()[name.len()..].trim();
            node.config.push(directive.into());
        }
        ["client", name, "to", to, "timeout", timeout, resp @ ("resp2" | "resp3")] => {
            let timeout_us = parse_duration(timeout)?;
            let (name, to) = (name.to_owned(), to.to_owned());
            plan.clients.push(ClientPlan { name, to, timeout_us, resp3: resp == "resp3" });
        }
        ["heal", heal, "settle", settle] => {
            plan.heal_us = parse_duration(heal)?;
            plan.settle_us = parse_duration(settle)?;
        }
        [at, "fault", ref rest @ ..] => {
            let (fault, for_us) = parse_fault(rest)?;
            plan.steps.push(Step { at_us: parse_duration(at)?, doing: Doing::Fault { fault, for_us } });
        }
        [at, client, ":", ..] => {
            let commands = parse_commands(line.split_once(" : ").ok_or("no command")?.1)?;
            let doing = Doing::Send { client: client.into(), commands };
            plan.steps.push(Step { at_us: parse_duration(at)?, doing });
        }
        _ => return Err(format!("'{line}' is not a line of a plan")),
    }
    Ok(())
}

fn parse_skew(word: &str) -> Result<i32, String> {
    let ppm: i32 = parse_number(word, "ppm")?;
    if ppm.unsigned_abs() < 500_000 { Ok(ppm) } else { Err(format!("'{word}' is more than half")) }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name() -> impl Strategy<Value = String> {
        "[a-z][a-z0-9-]{0,5}"
    }

    fn fault() -> impl Strategy<Value = Fault> {
        let us = 0u64..10_000_000;
        prop_oneof![
            name().prop_map(|host| Fault::Kill { host }),
            name().prop_map(|host| Fault::Power { host }),
            name().prop_map(|host| Fault::Pause { host }),
            (name(), name()).prop_map(|(from, to)| Fault::Cut { from, to }),
            (name(), name(), 0u32..1_000_000).prop_map(|(from, to, ppm)| Fault::Lossy { from, to, ppm }),
            (name(), name(), us.clone()).prop_map(|(from, to, by_us)| Fault::Slow { from, to, by_us }),
            (name(), name(), us.clone()).prop_map(|(from, to, up_to_us)| Fault::Jitter {
                from,
                to,
                up_to_us
            }),
            (name(), name()).prop_map(|(a, b)| Fault::Reset { a, b }),
            (name(), -10_000_000i64..10_000_000).prop_map(|(host, by_us)| Fault::Jump { host, by_us }),
            (name(), -9999i32..9999).prop_map(|(host, ppm)| Fault::Skew { host, ppm }),
            name().prop_map(|host| Fault::DiskFull { host }),
            (name(), 0u32..1_000_000).prop_map(|(host, ppm)| Fault::DiskErrors { host, ppm }),
            (name(), us).prop_map(|(host, by_us)| Fault::DiskSlow { host, by_us }),
        ]
    }

    fn step() -> impl Strategy<Value = Step> {
        let word = proptest::collection::vec(any::<u8>(), 0..6);
        let argv = proptest::collection::vec(word, 1..4);
        let send = (name(), proptest::collection::vec(argv, 1..4))
            .prop_map(|(client, commands)| Doing::Send { client, commands });
        let fault = (fault(), 0u64..10_000_000).prop_map(|(fault, for_us)| Doing::Fault { fault, for_us });
        (0u64..100_000_000, prop_oneof![send, fault]).prop_map(|(at_us, doing)| Step { at_us, doing })
    }

    prop_compose! {
        pub(crate) fn plan()(
            scenario in name(), seed: u64, class in proptest::option::of("[a-z]{1,9}"),
            checks in proptest::collection::vec(name(), 0..3),
            nodes in proptest::collection::vec((name(), -400_000i32..400_000, proptest::collection::vec("[a-z]{1,4} [a-z0-9]{1,4}", 0..3)), 0..3),
            clients in proptest::collection::vec((name(), name(), 1u64..10_000_000, any::<bool>()), 0..3),
            latency_us in 0u64..1_000_000, loss_ppm in 0u32..1_000_000, window in 1usize..100_000,
            heal_us in 0u64..100_000_000, settle_us in 0u64..100_000_000,
            steps in proptest::collection::vec(step(), 0..12),
        ) -> Plan {
            let mut nodes: Vec<NodePlan> = nodes.into_iter()
                .map(|(name, skew_ppm, config)| NodePlan { name, skew_ppm, config }).collect();
            nodes.sort_by(|a, b| a.name.cmp(&b.name));
            nodes.dedup_by(|a, b| a.name == b.name);
            let clients = clients.into_iter()
                .map(|(name, to, timeout_us, resp3)| ClientPlan { name, to, timeout_us, resp3 }).collect();
            let weather = Weather { latency_us, loss_ppm, window, ..Weather::default() };
            let mut plan = Plan { scenario, seed, class, checks, weather, nodes, clients, heal_us, settle_us, steps };
            plan.sort();
            plan
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(150))]
        #[test]
        fn a_plan_comes_back_from_its_text(plan in plan()) {
            prop_assert_eq!(plan.to_string().parse::<Plan>(), Ok(plan));
        }

        #[test]
        fn any_text_is_a_plan_or_an_error(text in "(plan 1\n)?([a-z0-9:>| \"\\\\]{0,30}\n){0,4}") {
            let _ = text.parse::<Plan>();
        }
    }

    #[test]
    fn errors_name_their_line() {
        let check = |text: &str, line, what: &str| {
            let bad = text.parse::<Plan>().expect_err(text);
            assert_eq!((bad.line, bad.what.as_str()), (line, what), "{text}");
        };
        check("", 1, "a plan begins with 'plan 1'");
        check("plan 1\nseed x", 2, "'x' is no number in range");
        check("plan 1\n\n# why\n5 c1 : GET k", 4, "'5' is no time: it needs us, ms or s");
        check("plan 1\n5s c1 : GET \"k", 2, "a quoted word without its end");
        check("plan 1\n5s fault burn n1", 2, "'burn n1' is no fault");
        check("plan 1\nconfig n9 hz 10", 2, "no node n9 above this line");
        check("plan 1\n5s c1 : GET k | ", 2, "an empty command");
    }
}
