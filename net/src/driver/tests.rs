//! The driver on a host made by hand: tasks run when woken and only then, sockets count what is done to them.

use super::*;
use crate::config::Config;
use crate::node::{DiskDone, DiskError, DiskRequest, LogLevel, Peer, Vitals};
use engine::time::Now;
use engine::timing::Still;
use std::cell::Cell;
use std::collections::VecDeque;
use std::future::{Future, pending, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A task is to be polled.
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

type Task = (Arc<Flag>, Pin<Box<dyn Future<Output = ()>>>);

/// Tasks in the order in which they were spawned.
#[derive(Clone, Default)]
struct Tasks(Rc<RefCell<Vec<Task>>>, Rc<RefCell<Vec<Task>>>);

impl Tasks {
    fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.1.borrow_mut().push((Arc::new(Flag(AtomicBool::new(true))), Box::pin(task)));
    }

    /// Runs until nobody is awake.
    fn run(&self) {
        let mut busy = true;
        while std::mem::take(&mut busy) {
            self.0.borrow_mut().append(&mut self.1.borrow_mut());
            self.0.borrow_mut().retain_mut(|(flag, task)| {
                if !flag.0.swap(false, Ordering::Relaxed) {
                    return true;
                }
                busy = true;
                task.as_mut().poll(&mut Context::from_waker(&flag.clone().into())).is_pending()
            });
        }
    }
}

struct HandMade {
    tasks: Tasks,
    /// Whoever waits for a connection of our own; waking it refuses the connection.
    dialling: Rc<RefCell<Option<Waker>>>,
    /// Until when the ticker sleeps.
    asleep_until: Rc<Cell<u64>>,
}

impl Host for HandMade {
    type Stream = Socket;
    type Watch = Still;

    fn now(&self) -> Now {
        Now { wall_us: 1_700_000_000_000_000, mono_us: 1_000_000 }
    }

    fn start(&self) -> (Now, Still) {
        (self.now(), Still)
    }

    fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.tasks.spawn(task);
    }

    async fn sleep_until(&self, mono_us: u64) {
        self.asleep_until.set(mono_us);
        pending().await
    }

    async fn yield_now(&self) {}

    async fn connect(&self, _host: String, _port: u16) -> io::Result<(Socket, String)> {
        poll_fn(|cx| match self.dialling.replace(Some(cx.waker().clone())) {
            None => Poll::Pending,
            Some(_) => Poll::Ready(Err(io::ErrorKind::ConnectionRefused.into())),
        })
        .await
    }

    async fn disk(&self, _request: DiskRequest) -> Result<DiskDone, DiskError> {
        Ok(DiskDone::Done)
    }

    fn log(&self, _level: LogLevel, _text: &str) {}

    fn stall(&self, _microseconds: u64) {}

    fn reconfigure(&self, _directive: &'static str, _value: &str) -> Result<(), String> {
        Ok(())
    }

    fn vitals(&self) -> Option<Vitals> {
        None
    }

    fn release_memory(&self) {}

    fn exit(&self, _code: i32) {}
}

/// Both ends of a connection.
#[derive(Default)]
struct Ends {
    /// From the client; an empty piece is the end.
    inbound: VecDeque<Vec<u8>>,
    outbound: Vec<u8>,
    /// Bytes the socket takes before it makes the writer wait.
    room: usize,
    /// Reads and writes that moved something.
    reads: usize,
    writes: usize,
    shut: bool,
    dropped: bool,
    waker: Option<Waker>,
}

/// The driver's end.
struct Socket(Rc<RefCell<Ends>>);

impl Drop for Socket {
    fn drop(&mut self) {
        self.0.borrow_mut().dropped = true;
    }
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut ends = self.0.borrow_mut();
        let Some(piece) = ends.inbound.pop_front() else {
            ends.waker = Some(cx.waker().clone());
            return Poll::Pending;
        };
        ends.reads += 1;
        buf.put_slice(&piece);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let mut ends = self.0.borrow_mut();
        if ends.room == 0 {
            ends.waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let len = buf.len().min(ends.room);
        ends.room -= len;
        ends.writes += 1;
        ends.outbound.extend_from_slice(&buf[..len]);
        Poll::Ready(Ok(len))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.borrow_mut().shut = true;
        Poll::Ready(Ok(()))
    }
}

/// A driver with its tasks.
struct Shell {
    driver: Rc<Driver<HandMade>>,
    tasks: Tasks,
}

impl Shell {
    fn new() -> Shell {
        let tasks = Tasks::default();
        let host = HandMade { tasks: tasks.clone(), dialling: Rc::default(), asleep_until: Rc::default() };
        let node = Node::new(Config::default(), 1, host.now());
        Shell { driver: Driver::start(host, node), tasks }
    }

    /// A client that nobody has served yet. The socket takes `room` bytes.
    fn accept(&self, address: &str, room: usize) -> Rc<RefCell<Ends>> {
        let ends = Rc::new(RefCell::new(Ends { room, ..Ends::default() }));
        let local_address = "127.0.0.1:6379".into();
        let peer = Peer { address: address.into(), local_address, loopback: true, unix: false };
        self.driver.accept(Incoming { stream: Socket(ends.clone()), peer });
        ends
    }

    /// Gives a client's bytes to its socket and runs all that this wakes.
    fn send(&self, ends: &Rc<RefCell<Ends>>, bytes: &[u8]) {
        let waker = {
            let mut ends = ends.borrow_mut();
            ends.inbound.push_back(bytes.to_vec());
            ends.waker.take()
        };
        waker.into_iter().for_each(Waker::wake);
        self.tasks.run();
    }

    fn make_room(&self, ends: &Rc<RefCell<Ends>>, room: usize) {
        ends.borrow_mut().room = room;
        let waker = ends.borrow_mut().waker.take();
        waker.into_iter().for_each(Waker::wake);
        self.tasks.run();
    }

    /// The address of the client that has this number.
    fn who(&self, number: u32) -> Option<String> {
        self.driver.with_node(|node| Some(node.clients.get(ConnId(number))?.peer.address.clone()))
    }
}

const ROOM: usize = 1 << 20;

#[test]
fn a_turn_is_one_read_and_one_write() {
    let shell = Shell::new();
    let (a, b) = (shell.accept("a", ROOM), shell.accept("b", ROOM));
    for turn in 1..=3 {
        shell.send(&a, &b"PING\r\n".repeat(1000));
        assert_eq!((a.borrow().reads, a.borrow().writes), (turn, turn));
        assert_eq!(a.borrow().outbound.len(), turn * 7 * 1000);
    }
    assert_eq!((b.borrow().reads, b.borrow().writes), (0, 0), "b said nothing");
}

#[test]
fn a_socket_that_is_full_is_written_when_it_has_room() {
    let shell = Shell::new();
    let client = shell.accept("a", 10);
    shell.send(&client, b"PING\r\nPING\r\n");
    assert_eq!(client.borrow().outbound, b"+PONG\r\n+PO");
    shell.make_room(&client, ROOM);
    assert_eq!(client.borrow().outbound, b"+PONG\r\n+PONG\r\n");
    assert_eq!(client.borrow().writes, 2);
}

#[test]
fn a_connection_that_ends_with_output_left_sends_it_first() {
    let shell = Shell::new();
    let client = shell.accept("a", 3);
    shell.send(&client, b"QUIT\r\nPING\r\n");
    assert_eq!(client.borrow().outbound, b"+OK");
    assert!(!client.borrow().shut);
    shell.make_room(&client, ROOM);
    assert_eq!(client.borrow().outbound, b"+OK\r\n", "nothing behind QUIT is answered");
    assert!(client.borrow().shut && client.borrow().dropped);
    assert_eq!(shell.who(0), None);
}

#[test]
fn a_number_is_used_again_once_its_connection_is_closed() {
    let shell = Shell::new();
    let (a, b) = (shell.accept("a", ROOM), shell.accept("b", ROOM));
    shell.tasks.run();
    assert_eq!((shell.who(0), shell.who(1)), (Some("a".into()), Some("b".into())));
    a.borrow_mut().inbound.push_back(Vec::new());
    shell.accept("c", ROOM);
    assert_eq!(shell.who(2), Some("c".into()), "nobody has heard of the end of a");
    let waker = a.borrow_mut().waker.take();
    waker.expect("a is being read").wake();
    assert_eq!(shell.who(0), Some("a".into()));
    shell.tasks.run();
    assert!(a.borrow().dropped);
    assert_eq!(shell.who(0), None);
    let d = shell.accept("d", ROOM);
    assert_eq!(shell.who(0), Some("d".into()));
    shell.send(&d, b"PING\r\n");
    assert_eq!(d.borrow().outbound, b"+PONG\r\n", "d inherits nothing of a");
    shell.send(&b, b"PING\r\n");
    assert_eq!(b.borrow().outbound, b"+PONG\r\n");
}

#[test]
fn a_client_killed_by_another_is_closed_though_it_says_nothing() {
    let shell = Shell::new();
    let (a, b) = (shell.accept("a", ROOM), shell.accept("b", ROOM));
    shell.tasks.run();
    shell.send(&a, b"CLIENT KILL ID 2\r\n");
    assert_eq!(a.borrow().outbound, b":1\r\n");
    assert!(b.borrow().shut && b.borrow().dropped);
    assert_eq!((shell.who(0), shell.who(1)), (Some("a".into()), None));
    let c = shell.accept("c", ROOM);
    shell.send(&c, b"PING\r\n");
    assert_eq!((shell.who(1), c.borrow().outbound.as_slice()), (Some("c".into()), &b"+PONG\r\n"[..]));
}

#[test]
fn a_refused_connection_that_nobody_wants_any_more_leaves_no_slot() {
    let shell = Shell::new();
    let client = shell.accept("a", ROOM);
    shell.send(&client, b"REPLICAOF nowhere 1\r\n");
    shell.driver.handle(Event::Tick);
    shell.send(&client, b"REPLICAOF NO ONE\r\n");
    assert_eq!(client.borrow().outbound, b"+OK\r\n+OK\r\n");
    let waker = shell.driver.host().dialling.borrow().clone();
    waker.expect("the connection was asked for").wake();
    shell.tasks.run();
    assert!(shell.driver.tasks.borrow().opened.is_empty());
}

#[test]
fn the_ticker_is_woken_for_an_earlier_deadline() {
    let shell = Shell::new();
    let client = shell.accept("a", ROOM);
    shell.tasks.run();
    let until = shell.driver.host().asleep_until.clone();
    let (now_us, beat_us) = (shell.driver.host().now().mono_us, until.get());
    shell.send(&client, b"WAIT 1 900\r\n");
    assert_eq!(until.get(), beat_us, "later than the beat");
    let other = shell.accept("b", ROOM);
    shell.send(&other, b"WAIT 1 2\r\n");
    assert_eq!(until.get(), now_us + 2_000);
}

#[test]
fn a_client_that_waits_is_missed_when_it_hangs_up() {
    let shell = Shell::new();
    let client = shell.accept("a", ROOM);
    shell.send(&client, b"WAIT 1 0\r\nSET k v\r\n");
    shell.send(&client, b"");
    assert!(client.borrow().dropped);
    assert_eq!(shell.who(0), None);
}
