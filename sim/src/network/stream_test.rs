//! What TCP promises, whatever the weather: a connection delivers a prefix of what was written, in order,
//! and all of it unless the connection broke; and an end that broke hears so.

use crate::clock::Now;
use crate::fault::Kind;
use crate::fault::swarm::{Field, faults, weather};
use crate::host::{Host, Spawn};
use crate::network::{Effect, Rule, Weather};
use crate::plan::Doing;
use crate::process::{Action, ConnId, Event, Gone, HostId, Inspection, Process};
use crate::random::Seed;
use crate::world::World;
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

/// What both ends saw, for the test to look at.
#[derive(Debug, Default)]
struct Seen {
    taken: usize,
    received: BTreeMap<ConnId, Vec<u8>>,
    eofs: usize,
    sender_lost: Option<Gone>,
    receiver_lost: Option<Gone>,
    slow_reader: bool,
}

type Shared = Rc<RefCell<Seen>>;

/// Writes a pattern as fast as the kernel takes it, then closes.
struct Sender {
    seen: Shared,
    pattern: Vec<u8>,
    actions: VecDeque<Action>,
    conn: ConnId,
}

/// Reads what comes.
struct Receiver {
    seen: Shared,
    actions: VecDeque<Action>,
}

fn pattern(len: usize) -> Vec<u8> {
    (0..len as u32).flat_map(|n| n.to_le_bytes()).take(len).collect()
}

impl Process for Sender {
    fn handle(&mut self, _: Now, event: Event<'_>) {
        match event {
            Event::Connected { conn, .. } => self.actions.push_back(Action::Flush { conn }),
            Event::Sent { conn, count } => {
                self.pattern.drain(..count);
                self.seen.borrow_mut().taken += count;
                if self.pattern.is_empty() {
                    self.actions.push_back(Action::Shutdown { conn });
                }
            }
            Event::Closed { why, .. } | Event::ConnectFailed { why, .. } => {
                assert!(self.seen.borrow_mut().sender_lost.replace(why).is_none(), "told twice");
            }
            _ => {}
        }
    }
    fn poll(&mut self, _: Now) -> Option<Action> {
        self.actions.pop_front()
    }
    fn output(&self, conn: ConnId) -> &[u8] {
        if conn == self.conn { &self.pattern } else { &[] }
    }
    fn deadline(&self) -> Option<u64> {
        None
    }
    fn inspect(&self) -> Inspection {
        Inspection::default()
    }
}

impl Process for Receiver {
    fn handle(&mut self, _: Now, event: Event<'_>) {
        let mut seen = self.seen.borrow_mut();
        match event {
            Event::Accepted { conn, .. } => {
                let slow = seen.slow_reader;
                seen.received.insert(conn, Vec::new());
                if slow {
                    self.actions.push_back(Action::Read { conn, on: false });
                }
            }
            Event::Received { conn, bytes } => seen.received.get_mut(&conn).unwrap().extend_from_slice(bytes),
            Event::Eof { .. } => seen.eofs += 1,
            Event::Closed { why, .. } => assert!(seen.receiver_lost.replace(why).is_none(), "told twice"),
            _ => {}
        }
    }
    fn poll(&mut self, _: Now) -> Option<Action> {
        self.actions.pop_front()
    }
    fn output(&self, _: ConnId) -> &[u8] {
        &[]
    }
    fn deadline(&self) -> Option<u64> {
        None
    }
    fn inspect(&self) -> Inspection {
        Inspection::default()
    }
}

const SERVER: HostId = HostId(0);
const CLIENT: HostId = HostId(1);

fn world(seed: u64, weather: Weather, len: usize) -> (World, Shared) {
    let seen = Shared::default();
    let (to_receiver, to_sender) = (Rc::clone(&seen), Rc::clone(&seen));
    let receiver: Spawn =
        Box::new(move |_, _| Box::new(Receiver { seen: Rc::clone(&to_receiver), actions: VecDeque::new() }));
    let sender: Spawn = Box::new(move |_, _| {
        let conn = ConnId(ConnId::OUTGOING | 1);
        let actions = VecDeque::from([Action::Connect { conn, to: SERVER }]);
        Box::new(Sender { seen: Rc::clone(&to_sender), pattern: pattern(len), actions, conn })
    });
    let hosts =
        vec![Host::new(Seed(seed), "n1", 0, true, receiver), Host::new(Seed(seed), "c1", 0, false, sender)];
    (World::new(Seed(seed), weather, hosts), seen)
}

#[test]
fn a_quiet_connection_delivers_everything_and_its_end() {
    let (mut world, seen) = world(1, Weather::default(), 1_000_000);
    world.start(SERVER);
    world.start(CLIENT);
    world.run_until(5_000_000);
    let seen = seen.borrow();
    assert_eq!(seen.received.values().next().unwrap(), &pattern(1_000_000));
    assert_eq!((seen.eofs, seen.sender_lost, seen.receiver_lost), (1, None, None));
}

#[test]
fn any_weather_and_faults_leave_a_prefix_and_all_of_it_if_nothing_broke() {
    let (servers, clients) = (["n1".to_owned()], ["c1".to_owned()]);
    let mut whole = 0;
    for seed in 0..150 {
        let kinds = [Kind::Cut, Kind::Lossy, Kind::Slow, Kind::Jitter, Kind::Reset, Kind::Pause];
        let field = Field {
            servers: &servers,
            clients: &clients,
            kinds: &kinds,
            checks: &[],
            duration_us: 5_000_000,
        };
        let steps = faults(Seed(seed), &field);
        let (mut world, seen) = world(seed, weather(Seed(seed)), 30_000);
        for (index, step) in steps.iter().enumerate() {
            world.call_at(step.at_us, 2 * index as u32);
        }
        world.start(SERVER);
        world.start(CLIENT);
        let mut undo = vec![crate::fault::Undo::Nothing; steps.len()];
        while let Some(token) = world.run_until(200_000_000) {
            let Doing::Fault { fault, for_us } = &steps[token as usize / 2].doing else { unreachable!() };
            if token % 2 == 0 {
                undo[token as usize / 2] = fault.begin(&mut world);
                world.call_at(world.now() + for_us, token + 1);
            } else {
                undo[token as usize / 2].carry_out(&mut world);
            }
        }
        let seen = seen.borrow();
        let got = seen.received.values().next().cloned().unwrap_or_default();
        assert_eq!(got, pattern(30_000)[..got.len()], "seed {seed}: out of order, doubled or torn");
        if seen.sender_lost.is_none() && seen.receiver_lost.is_none() {
            assert_eq!((got.len(), seen.eofs), (30_000, 1), "seed {seed}: {steps:?}");
            whole += 1;
        }
    }
    assert!((30..150).contains(&whole), "both kinds of end turn up: {whole} of 150 were whole");
}

#[test]
fn a_reader_that_does_not_read_stops_the_writer() {
    let weather = Weather { send_buffer: 1000, window: 500, ..Weather::default() };
    let (mut world, seen) = world(2, weather, 100_000);
    seen.borrow_mut().slow_reader = true;
    world.start(SERVER);
    world.start(CLIENT);
    world.run_until(60_000_000);
    assert_eq!(seen.borrow().taken, 1000 + 500, "a full window and a full send buffer, and no more");
    assert_eq!(seen.borrow().sender_lost, None, "a closed window is no loss");
}

#[test]
fn a_cut_one_way_breaks_the_sender_and_leaves_the_receiver_waiting() {
    let check = |from, to| {
        let small = Weather { segment_max: 100, window: 500, ..Weather::default() };
        let weather = Weather { bytes_per_ms: 1, give_up_us: 2_000_000, ..small };
        let (mut world, seen) = world(3, weather, 5000);
        world.start(SERVER);
        world.start(CLIENT);
        world.run_until(1_000_000);
        world.impose(Rule::new(from, to, Effect::Cut));
        world.run_until(60_000_000);
        assert_eq!(seen.borrow().sender_lost, Some(Gone::TimedOut), "{from:?} {to:?}");
        assert_eq!(seen.borrow().receiver_lost, None, "{from:?} {to:?}");
    };
    check(CLIENT, SERVER);
    check(SERVER, CLIENT);
}

#[test]
fn a_machine_that_lost_power_answers_with_resets_once_it_is_back() {
    let weather = Weather { bytes_per_ms: 1, ..Weather::default() };
    let (mut world, seen) = world(4, weather, 5000);
    world.start(SERVER);
    world.start(CLIENT);
    world.run_until(1_000_000);
    world.power_cut(SERVER);
    world.run_until(2_000_000);
    assert_eq!(seen.borrow().sender_lost, None, "nobody has said anything");
    world.start(SERVER);
    world.run_until(10_000_000);
    assert_eq!(seen.borrow().sender_lost, Some(Gone::Reset));
}

#[test]
fn nobody_listens_and_nobody_is_there() {
    let (mut dead, seen) = world(5, Weather::default(), 10);
    dead.start(SERVER);
    dead.kill(SERVER);
    dead.start(CLIENT);
    dead.run_until(1_000_000);
    assert_eq!(seen.borrow().sender_lost, Some(Gone::Refused));
    let (mut off, seen) = world(5, Weather::default(), 10);
    off.start(CLIENT);
    off.run_until(14_000_000);
    assert_eq!(seen.borrow().sender_lost, None);
    off.run_until(60_000_000);
    assert_eq!(seen.borrow().sender_lost, Some(Gone::TimedOut));
}
