//! What every accepted connection is told before it is served.

use std::io;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};

/// Sends small writes at once, and, unless `keepalive_seconds` is zero, probes a silent peer.
///
/// As Redis does it: the first probe after `keepalive_seconds`, three in all, a third of that time apart, so that
/// a dead peer is noticed after twice the time.
pub fn prepare<S: std::os::fd::AsFd>(stream: &S, keepalive_seconds: u32) -> io::Result<()> {
    let socket = SockRef::from(stream);
    socket.set_tcp_nodelay(true)?;
    if keepalive_seconds > 0 {
        let seconds = |seconds: u32| Duration::from_secs(seconds.into());
        let keepalive = TcpKeepalive::new()
            .with_time(seconds(keepalive_seconds))
            .with_interval(seconds((keepalive_seconds / 3).max(1)))
            .with_retries(3);
        socket.set_tcp_keepalive(&keepalive)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn a_connection_is_prepared() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        prepare(&stream, 300).unwrap();
        let socket = SockRef::from(&stream);
        assert!(socket.tcp_nodelay().unwrap() && socket.keepalive().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), Duration::from_secs(300));
        assert_eq!(socket.tcp_keepalive_interval().unwrap(), Duration::from_secs(100));
    }
}
