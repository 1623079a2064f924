//! A small vocabulary for hand-written tests on the simulated world.
//!
//! ```no_run
//! use sim::story::Story;
//! let mut story = Story::new(2);
//! story.ask("n2", "REPLICAOF n1 6379", "OK");
//! story.ask("n1", "SET k v", "OK");
//! story.fault("cut n1>n2");
//! story.wait_ms(500);
//! story.heal();
//! story.converged();
//! ```
//!
//! A story has servers `n1`, `n2` and so on, and beside each a hand, `h1`, `h2`, that asks it things and
//! waits for the answer. The network is quiet unless the story makes it otherwise, and everything is the
//! same at each run. Every step that does not come out as told fails the test at the story's own line.

use crate::clock::Now;
use crate::fault::Undo;
use crate::host::{Host, Spawn, State};
use crate::network::Weather;
use crate::plan::text::{parse_commands, parse_fault_line};
use crate::plan::{Argv, NodePlan};
use crate::process::{Action, ConnId, Event, HostId, Inspection, Process};
use crate::random::Seed;
use crate::server::Server;
use crate::world::World;
use net::resp::{Decoded, Decoder, Frame, FrameLimits, encode_request};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

/// How long a hand waits for an answer, in simulated microseconds.
const PATIENCE_US: u64 = 2_000_000;

/// What passes between a story and one of its hands.
#[derive(Default)]
struct Desk {
    /// Requests to be written, once there is a connection.
    asked: Vec<u8>,
    answers: VecDeque<Frame>,
    /// The story has lost patience: late answers must not be taken for those to later questions.
    hang_up: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Link {
    Down,
    Connecting,
    Up(ConnId),
}

/// A process that does what the story tells it to.
struct Hand {
    to: HostId,
    desk: Rc<RefCell<Desk>>,
    connections: u64,
    link: Link,
    output: Vec<u8>,
    input: Vec<u8>,
    decoder: Decoder,
    actions: VecDeque<Action>,
}

impl Hand {
    fn new(to: HostId, desk: Rc<RefCell<Desk>>) -> Hand {
        Hand {
            to,
            desk,
            connections: 0,
            link: Link::Down,
            output: Vec::new(),
            input: Vec::new(),
            decoder: Decoder::new(FrameLimits::default()),
            actions: VecDeque::new(),
        }
    }

    fn down(&mut self) {
        self.link = Link::Down;
        self.output.clear();
        self.input.clear();
        self.decoder = Decoder::new(FrameLimits::default());
    }

    fn receive(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
        loop {
            match self.decoder.next(&self.input).expect("servers speak RESP") {
                Decoded::Frame { frame, consumed } => {
                    self.input.drain(..consumed);
                    self.desk.borrow_mut().answers.push_back(frame);
                }
                Decoded::Incomplete { consumed, .. } => {
                    self.input.drain(..consumed);
                    return;
                }
            }
        }
    }
}

impl Process for Hand {
    fn handle(&mut self, _: Now, event: Event<'_>) {
        match event {
            Event::Connected { conn, .. } => self.link = Link::Up(conn),
            Event::Received { bytes, .. } => self.receive(bytes),
            Event::Sent { count, .. } => drop(self.output.drain(..count)),
            Event::Eof { conn } => {
                self.actions.push_back(Action::Close { conn });
                self.down();
            }
            Event::Closed { .. } | Event::ConnectFailed { .. } => self.down(),
            _ => {}
        }
    }

    fn poll(&mut self, _: Now) -> Option<Action> {
        if let Some(action) = self.actions.pop_front() {
            return Some(action);
        }
        if std::mem::take(&mut self.desk.borrow_mut().hang_up)
            && let Link::Up(conn) = self.link
        {
            self.down();
            return Some(Action::Close { conn });
        }
        if self.desk.borrow().asked.is_empty() {
            return None;
        }
        match self.link {
            Link::Connecting => None,
            Link::Down => {
                self.connections += 1;
                self.link = Link::Connecting;
                let conn = ConnId(ConnId::OUTGOING | self.connections);
                Some(Action::Connect { conn, to: self.to })
            }
            Link::Up(conn) => {
                self.output.append(&mut self.desk.borrow_mut().asked);
                Some(Action::Flush { conn })
            }
        }
    }

    fn output(&self, conn: ConnId) -> &[u8] {
        if self.link == Link::Up(conn) { &self.output } else { &[] }
    }

    fn deadline(&self) -> Option<u64> {
        None
    }

    fn inspect(&self) -> Inspection {
        Inspection::default()
    }
}

/// Some servers, a hand beside each, and what happens to them.
pub struct Story {
    world: World,
    nodes: usize,
    desks: Vec<Rc<RefCell<Desk>>>,
    undo: Vec<Undo>,
}

impl Story {
    /// A world of so many servers, all running, in quiet weather.
    pub fn new(nodes: usize) -> Story {
        Story::in_weather(nodes, Weather::default())
    }

    /// The same in other weather.
    pub fn in_weather(nodes: usize, weather: Weather) -> Story {
        let seed = Seed(1);
        let names: Vec<String> = (1..=nodes).map(|n| format!("n{n}")).collect();
        let mut hosts = Vec::new();
        for name in &names {
            let plan = NodePlan { name: name.clone(), skew_ppm: 0, config: Vec::new() };
            let names = names.clone();
            let spawn: Spawn = Box::new(move |boot, _| Box::new(Server::new(&plan, &names, boot)));
            hosts.push(Host::new(seed, name, 0, true, spawn));
        }
        let mut desks = Vec::new();
        for index in 0..nodes {
            let desk = Rc::new(RefCell::new(Desk::default()));
            desks.push(Rc::clone(&desk));
            let to = HostId(index as u16);
            let spawn: Spawn = Box::new(move |_, _| Box::new(Hand::new(to, Rc::clone(&desk))));
            hosts.push(Host::new(seed, &format!("h{}", index + 1), 0, false, spawn));
        }
        let mut world = World::new(seed, weather, hosts);
        for index in 0..2 * nodes {
            world.start(HostId(index as u16));
        }
        Story { world, nodes, desks, undo: Vec::new() }
    }

    fn id(&self, name: &str) -> HostId {
        self.world.find(name).unwrap_or_else(|| panic!("the story has no {name}"))
    }

    /// Sends commands (one, or several parted by ` | ` in one write) and waits for as many answers. Answers
    /// that do not come within two seconds are missing.
    fn answers(&mut self, node: &str, commands: &str) -> Vec<Frame> {
        let index = self.id(node).0 as usize;
        let commands: Vec<Argv> =
            parse_commands(commands).unwrap_or_else(|what| panic!("{commands}: {what}"));
        let desk = Rc::clone(&self.desks[index]);
        desk.borrow_mut().answers.clear();
        commands.iter().for_each(|argv| encode_request(argv, &mut desk.borrow_mut().asked));
        let until = self.world.now() + PATIENCE_US;
        while self.world.now() < until && desk.borrow().answers.len() < commands.len() {
            self.world.poke(HostId((self.nodes + index) as u16));
            self.world.run_until(self.world.now() + 1000);
        }
        let mut desk = desk.borrow_mut();
        desk.asked.clear();
        desk.hang_up = desk.answers.len() < commands.len();
        desk.answers.drain(..).collect()
    }

    /// Asks a server and expects this answer, written as redis-cli prints it to a file (`(nil)` for nothing,
    /// strings bare). Several commands and their answers are parted by ` | `. No answer at all is `-`.
    #[track_caller]
    pub fn ask(&mut self, node: &str, commands: &str, expected: &str) {
        let answers = self.answers(node, commands);
        let shown: Vec<String> = answers.iter().map(show).collect();
        let shown = if shown.is_empty() { "-".to_owned() } else { shown.join(" | ") };
        assert_eq!(shown, expected, "{node} asked {commands} at {} us", self.world.now());
    }

    /// Asks until the answer is as expected, for at most so many simulated seconds.
    #[track_caller]
    pub fn ask_until(&mut self, node: &str, command: &str, expected: &str, seconds: u64) {
        let until = self.world.now() + seconds * 1_000_000;
        let mut last = String::new();
        while self.world.now() < until {
            last = self.answers(node, command).iter().map(show).collect::<Vec<_>>().join(" | ");
            if last == expected {
                return;
            }
            self.wait_ms(50);
        }
        panic!("{node} still answers {command} with {last} and not {expected}");
    }

    /// One field of a server's INFO.
    #[track_caller]
    pub fn info(&mut self, node: &str, field: &str) -> String {
        let answers = self.answers(node, "INFO everything");
        let text = answers.first().and_then(Frame::text).unwrap_or_else(|| panic!("{node} gives no INFO"));
        let text = String::from_utf8_lossy(text).into_owned();
        let line = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
        line.unwrap_or_else(|| panic!("INFO of {node} has no {field}")).to_owned()
    }

    pub fn wait_ms(&mut self, ms: u64) {
        self.world.run_until(self.world.now() + ms * 1000);
    }

    /// Begins a fault, written as in a plan: `cut n1>n2`, `kill n1`, `pause n2`, `jump n1 +5s`. It lasts
    /// until [`Story::heal`].
    pub fn fault(&mut self, fault: &str) {
        let fault = parse_fault_line(fault).unwrap_or_else(|what| panic!("{what}"));
        for name in fault.hosts() {
            self.id(name);
        }
        self.undo.push(fault.begin(&mut self.world));
    }

    /// Ends all faults and starts what is down.
    pub fn heal(&mut self) {
        for undo in std::mem::take(&mut self.undo) {
            undo.carry_out(&mut self.world);
        }
        for index in 0..2 * self.nodes {
            match self.world.host(HostId(index as u16)).state {
                State::Off | State::Dead => self.world.start(HostId(index as u16)),
                State::Paused => self.world.resume(HostId(index as u16)),
                State::Running => {}
            }
        }
    }

    /// All servers hold the same data within a minute.
    #[track_caller]
    pub fn converged(&mut self) {
        for _ in 0..600 {
            let digests: Vec<Option<String>> =
                self.servers().map(|server| server.and_then(|process| process.digest())).collect();
            if digests.iter().all(|digest| digest.is_some() && *digest == digests[0]) {
                return;
            }
            self.wait_ms(100);
        }
        let status =
            |server: Option<&dyn Process>| server.map_or("down".into(), |process| process.inspect().status);
        let states: Vec<String> = self.servers().map(status).collect();
        panic!("the servers still differ: {}", states.join("; "));
    }

    fn servers(&self) -> impl Iterator<Item = Option<&dyn Process>> {
        self.world.hosts().take(self.nodes).map(|(_, host)| host.process.as_deref())
    }
}

/// An answer on one line.
fn show(frame: &Frame) -> String {
    match frame {
        Frame::Simple(text) | Frame::Bulk(text) | Frame::Error(text) => text.escape_ascii().to_string(),
        Frame::Integer(number) => number.to_string(),
        Frame::NullBulk | Frame::NullArray | Frame::Null => "(nil)".into(),
        Frame::Array(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(", ")),
        other => other.print().trim_end().replace('\n', " "),
    }
}
