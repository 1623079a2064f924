//! One connection's task: writes what the node has for it, reads while the node wants more.
//!
//! Per turn of a busy connection there is one read and one write: replies are offered to the socket
//! straight after the batch that made them, and a short read means that nothing more is there.

use super::{Driver, Host};
use crate::node::{ConnId, Event};
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Serves a connection until it ends, then tells the node.
pub(super) async fn serve<H: Host>(driver: Rc<Driver<H>>, conn: ConnId, mut stream: H::Stream) {
    poll_fn(|cx| turn(&driver, conn, &mut stream, cx)).await;
    // What the system can still take of a last reply goes out with the end of the stream.
    let _ = poll_fn(|cx| Pin::new(&mut stream).poll_shutdown(cx)).await;
    driver.tasks.borrow_mut().forget(conn);
    drop(stream);
    driver.handle(Event::Closed { conn });
    driver.tasks.borrow_mut().release(conn);
}

/// Opens a connection that the node asked for and serves it.
pub(super) async fn open<H: Host>(driver: Rc<Driver<H>>, conn: ConnId, host: String, port: u16) {
    match driver.host.connect(host, port).await {
        Ok((stream, local)) => {
            driver.handle(Event::Connected { conn, local });
            serve(driver, conn, stream).await;
        }
        Err(error) => {
            // The node may have asked for its end meanwhile.
            driver.tasks.borrow_mut().forget(conn);
            driver.handle(Event::ConnectFailed { conn, reason: error.to_string() });
        }
    }
}

/// Ready when the connection has ended.
fn turn<H: Host>(
    driver: &Rc<Driver<H>>,
    conn: ConnId,
    stream: &mut H::Stream,
    cx: &mut Context<'_>,
) -> Poll<()> {
    remember_waker(driver, conn, cx);
    loop {
        if write(driver, conn, stream, cx).is_err() {
            return Poll::Ready(());
        }
        let drained = driver.node.borrow().output(conn).is_empty();
        if drained && driver.tasks.borrow_mut().slot(conn).closing {
            return Poll::Ready(());
        }
        if !driver.node.borrow().wants_read(conn) {
            return Poll::Pending;
        }
        match read(driver, conn, stream, cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(false) => return Poll::Ready(()),
            Poll::Ready(true) => {}
        }
    }
}

fn remember_waker<H: Host>(driver: &Driver<H>, conn: ConnId, cx: &Context<'_>) {
    let mut tasks = driver.tasks.borrow_mut();
    match &mut tasks.slot(conn).waker {
        Some(waker) => waker.clone_from(cx.waker()),
        none => *none = Some(cx.waker().clone()),
    }
}

/// Offers everything the node has to the socket.
fn write<H: Host>(
    driver: &Rc<Driver<H>>,
    conn: ConnId,
    stream: &mut H::Stream,
    cx: &mut Context<'_>,
) -> Result<(), ()> {
    loop {
        let mut node = driver.node.borrow_mut();
        let output = node.output(conn);
        if output.is_empty() {
            node.flushed(conn);
            return Ok(());
        }
        match Pin::new(&mut *stream).poll_write(cx, output) {
            Poll::Pending => return Ok(()),
            Poll::Ready(Ok(0)) | Poll::Ready(Err(_)) => return Err(()),
            Poll::Ready(Ok(n)) => {
                let now = node.now();
                node.handle(now, Event::Sent { conn, bytes: n });
                drop(node);
                driver.carry_out(Some(conn));
            }
        }
    }
}

/// Reads once and hands the bytes over. False at the end of the stream.
fn read<H: Host>(
    driver: &Rc<Driver<H>>,
    conn: ConnId,
    stream: &mut H::Stream,
    cx: &mut Context<'_>,
) -> Poll<bool> {
    let mut buffer = driver.read_buffer.borrow_mut();
    let mut read = ReadBuf::new(&mut buffer);
    match Pin::new(stream).poll_read(cx, &mut read) {
        Poll::Pending => Poll::Pending,
        Poll::Ready(Err(_)) => Poll::Ready(false),
        Poll::Ready(Ok(())) if read.filled().is_empty() => Poll::Ready(false),
        Poll::Ready(Ok(())) => {
            let (now, mut watch) = driver.host.start();
            let event = Event::Received { conn, bytes: read.filled() };
            driver.node.borrow_mut().handle_timed(now, event, &mut watch);
            drop(buffer);
            driver.carry_out(Some(conn));
            Poll::Ready(true)
        }
    }
}
