//! The async shell of a `Node`: accepts, reads, hands over, writes back, keeps time.
//!
//! ```text
//!   accept ─▶ one task per connection ─▶ read ─▶ Node::handle ─▶ Node::output ─▶ write   (one stack, no crossing)
//!   ticker ─▶ Event::Tick at Node::deadline              disk task ─▶ requests in order ─▶ Event::Disk
//! ```
//!
//! It is generic over a `Host`: the streams, clock, disk and task spawner of tokio in production (`os`), of
//! madsim under simulation. All tasks run on one thread; the node is borrowed for the length of one event
//! and never across an await.
//!
//! What must never happen: a task that holds the node while it waits; an action that is dropped.

mod connection;
mod disk;
mod host;
#[cfg(test)]
mod tests;

pub use host::{Host, Incoming};

use crate::node::{Action, ConnId, Event, Node};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Poll, Waker};
use tokio::sync::mpsc;

/// Bytes read at once. Large enough that a deep pipeline costs one system call, small enough to stay in cache.
const READ_BUFFER: usize = 64 * 1024;

/// A node with its host.
pub struct Driver<H: Host> {
    host: H,
    node: RefCell<Node>,
    /// All connections read into this, one after another.
    read_buffer: RefCell<Box<[u8]>>,
    tasks: RefCell<Tasks>,
    disk: mpsc::UnboundedSender<disk::Job>,
    /// Until when the ticker sleeps, and how to wake it earlier.
    ticker: RefCell<Option<(u64, Waker)>>,
}

/// The connection tasks, as far as others need to reach them.
#[derive(Default)]
struct Tasks {
    /// Under the small numbers of accepted connections.
    accepted: Vec<Slot>,
    opened: BTreeMap<ConnId, Slot>,
    free: Vec<u32>,
}

/// What is known of one connection's task.
#[derive(Default)]
struct Slot {
    waker: Option<Waker>,
    /// The node asked for the end of the connection.
    closing: bool,
}

impl Tasks {
    /// A number for a connection that was accepted.
    fn number(&mut self) -> ConnId {
        let number = self.free.pop().unwrap_or_else(|| {
            self.accepted.push(Slot::default());
            self.accepted.len() as u32 - 1
        });
        ConnId(number)
    }

    fn slot(&mut self, conn: ConnId) -> &mut Slot {
        if conn.is_outgoing() {
            self.opened.entry(conn).or_default()
        } else {
            &mut self.accepted[conn.0 as usize]
        }
    }

    /// The task has ended. An accepted connection's number stays taken until `release`.
    fn forget(&mut self, conn: ConnId) {
        if conn.is_outgoing() {
            self.opened.remove(&conn);
        } else {
            self.accepted[conn.0 as usize] = Slot::default();
        }
    }

    fn release(&mut self, conn: ConnId) {
        if !conn.is_outgoing() {
            self.free.push(conn.0);
        }
    }
}

impl<H: Host> Driver<H> {
    /// Starts the ticker and the disk task; connections come through `accept`.
    pub fn start(host: H, node: Node) -> Rc<Self> {
        let (disk, jobs) = mpsc::unbounded_channel();
        let driver = Rc::new(Driver {
            host,
            node: RefCell::new(node),
            read_buffer: RefCell::new(vec![0; READ_BUFFER].into_boxed_slice()),
            tasks: RefCell::new(Tasks::default()),
            disk,
            ticker: RefCell::new(None),
        });
        driver.host.spawn(disk::serve(driver.clone(), jobs));
        driver.host.spawn(tick(driver.clone()));
        driver.carry_out(None);
        driver
    }

    pub fn host(&self) -> &H {
        &self.host
    }

    /// Looks at the node between events.
    pub fn with_node<R>(&self, look: impl FnOnce(&mut Node) -> R) -> R {
        look(&mut self.node.borrow_mut())
    }

    /// Serves a connection that a listener accepted.
    pub fn accept(self: &Rc<Self>, incoming: Incoming<H::Stream>) {
        let conn = self.tasks.borrow_mut().number();
        self.handle(Event::Accepted { conn, peer: incoming.peer });
        self.host.spawn(connection::serve(self.clone(), conn, incoming.stream));
    }

    /// Hands an event to the node and does what it asks for.
    pub fn handle(self: &Rc<Self>, event: Event<'_>) {
        let (now, mut watch) = self.host.start();
        self.node.borrow_mut().handle_timed(now, event, &mut watch);
        self.carry_out(None);
    }

    /// Carries out the node's actions. The connection `current` is being served and looks after itself.
    fn carry_out(self: &Rc<Self>, current: Option<ConnId>) {
        loop {
            let Some(action) = self.node.borrow_mut().poll() else { break };
            match action {
                Action::Flush { conn } if Some(conn) == current => {}
                Action::Flush { conn } => self.wake(conn),
                Action::Close { conn } => {
                    self.tasks.borrow_mut().slot(conn).closing = true;
                    if Some(conn) != current {
                        self.wake(conn);
                    }
                }
                Action::Connect { conn, host, port } => {
                    self.host.spawn(connection::open(self.clone(), conn, host, port));
                }
                Action::Disk { ticket, request } => {
                    // The receiver lives as long as the runtime.
                    let _ = self.disk.send(disk::Job { ticket, request });
                }
                Action::Log { level, text } => self.host.log(level, &text),
                Action::Stall { microseconds } => self.host.stall(microseconds),
                Action::Reconfigure { ticket, directive, value } => {
                    let result = self.host.reconfigure(directive, &value);
                    let now = self.host.now();
                    self.node.borrow_mut().handle(now, Event::Reconfigured { ticket, result });
                }
                Action::ReleaseMemory => self.host.release_memory(),
                Action::Exit { code } => self.host.exit(code),
            }
        }
        self.hurry_ticker();
    }

    /// Wakes the ticker if the node wants its tick earlier than that one thinks.
    fn hurry_ticker(&self) {
        let deadline = self.node.borrow().deadline();
        let earlier = |(until, _): &mut (u64, Waker)| deadline < *until;
        if let Some((_, waker)) = self.ticker.borrow_mut().take_if(earlier) {
            waker.wake();
        }
    }

    /// Ends when the node's deadline has come, which may move meanwhile.
    async fn sleep(&self, until: u64) {
        let mut sleep = pin!(self.host.sleep_until(until));
        poll_fn(|cx| {
            if self.node.borrow().deadline() < until {
                return Poll::Ready(());
            }
            self.ticker.replace(Some((until, cx.waker().clone())));
            sleep.as_mut().poll(cx)
        })
        .await;
        self.ticker.take();
    }

    fn wake(&self, conn: ConnId) {
        if let Some(waker) = &self.tasks.borrow_mut().slot(conn).waker {
            waker.wake_by_ref();
        }
    }
}

/// Calls the node when its deadline has passed, as often as it says.
async fn tick<H: Host>(driver: Rc<Driver<H>>) {
    loop {
        let deadline = driver.node.borrow().deadline();
        if driver.host.now().mono_us < deadline {
            driver.sleep(deadline).await;
            continue;
        }
        // Work in slices: whoever has bytes waiting goes first.
        driver.host.yield_now().await;
        if let Some(vitals) = driver.host.vitals() {
            driver.handle(Event::Vitals(vitals));
        }
        driver.handle(Event::Tick);
    }
}
