//! The sockets that clients connect to: one per address of `bind`, and a Unix socket.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use socket2::{Domain, Socket, Type};

use super::{log, reason};

/// A listening socket that could not be had; the sentence names it and says why.
#[derive(Debug)]
pub struct ListenError(pub String);

/// Listens on `port` at every address of `bind`; all are nonblocking.
///
/// An address that begins with `-` may be missing on this machine, and so may a whole family of addresses; that is
/// logged or passed over. Anything else that goes wrong closes what was opened. No address at all gives no socket.
/// Port zero lets the system choose, for tests; the server itself does not listen on TCP then.
pub fn tcp(bind: &[Vec<u8>], port: u16, backlog: u32) -> Result<Vec<TcpListener>, ListenError> {
    let mut listeners = Vec::new();
    for address in bind {
        let (optional, address) = match address.strip_prefix(b"-") {
            Some(rest) => (true, rest),
            None => (false, address.as_slice()),
        };
        let address = String::from_utf8_lossy(address);
        match one(&address, port, backlog) {
            Ok(listener) => listeners.push(listener),
            Err(failure) => {
                let sentence = format!(
                    "Could not create server TCP listening socket {address}:{port}: {}",
                    failure.text()
                );
                log::warning(&format!("Warning: {sentence}"));
                if !(optional && failure.is_missing_address() || failure.is_missing_family()) {
                    return Err(ListenError(sentence));
                }
            }
        }
    }
    Ok(listeners)
}

/// Like [`tcp`]; port zero means that no TCP is wanted.
///
/// # Errors
/// As [`tcp`].
pub fn tcp_unless_off(bind: &[Vec<u8>], port: u16, backlog: u32) -> Result<Vec<TcpListener>, ListenError> {
    if port == 0 { Ok(Vec::new()) } else { tcp(bind, port, backlog) }
}

/// Where making a socket went wrong.
enum Failure {
    /// The name has no address.
    Name(io::Error),
    /// A call of the system, by its name.
    Call(&'static str, io::Error),
}

impl Failure {
    fn text(&self) -> String {
        match self {
            Failure::Name(error) => {
                // Rust puts its own words before those of the resolver.
                let text = reason(error);
                text.rsplit(": ").next().unwrap_or(&text).to_owned()
            }
            Failure::Call(call, error) => format!("{call}: {}", reason(error)),
        }
    }

    fn is_missing_address(&self) -> bool {
        matches!(self, Failure::Call(_, error) if error.kind() == io::ErrorKind::AddrNotAvailable)
    }

    fn is_missing_family(&self) -> bool {
        use rustix::io::Errno;
        let missing = [
            Errno::AFNOSUPPORT,
            Errno::PFNOSUPPORT,
            Errno::PROTONOSUPPORT,
            Errno::SOCKTNOSUPPORT,
            Errno::NOPROTOOPT,
        ];
        let Failure::Call(_, error) = self else { return false };
        missing.iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
    }
}

fn one(address: &str, port: u16, backlog: u32) -> Result<TcpListener, Failure> {
    let address = resolve(address, port)?;
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)
        .map_err(|error| Failure::Call("socket", error))?;
    let call = |name| move |error| Failure::Call(name, error);
    if address.is_ipv6() {
        // Its IPv4 side is bound by an address of its own.
        socket.set_only_v6(true).map_err(call("setsockopt"))?;
    }
    socket.set_reuse_address(true).map_err(call("setsockopt"))?;
    socket.bind(&address.into()).map_err(call("bind"))?;
    socket.listen(backlog.min(i32::MAX as u32) as i32).map_err(call("listen"))?;
    socket.set_nonblocking(true).map_err(call("fcntl"))?;
    Ok(socket.into())
}

fn resolve(address: &str, port: u16) -> Result<SocketAddr, Failure> {
    let ip = match address {
        "*" => Some(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        "::*" => Some(IpAddr::V6(Ipv6Addr::UNSPECIFIED)),
        _ => address.parse().ok(),
    };
    if let Some(ip) = ip {
        return Ok(SocketAddr::new(ip, port));
    }
    let mut found = (address, port).to_socket_addrs().map_err(Failure::Name)?;
    found.next().ok_or_else(|| Failure::Name(io::Error::other("Name or service not known")))
}

/// A Unix socket and its file.
#[derive(Debug)]
pub struct UnixSocket {
    pub listener: UnixListener,
    path: PathBuf,
}

impl UnixSocket {
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes the file away, as at the end of the server.
    pub fn remove(&self) {
        log::notice("Removing the unix socket file.");
        // It may be gone already, and then all is well.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Listens on a Unix socket, in place of whatever file is there; `permissions` of zero are left to the umask.
pub fn unix(path: &[u8], permissions: u32, backlog: u32) -> Result<UnixSocket, ListenError> {
    let path = PathBuf::from(std::ffi::OsStr::from_bytes(path));
    let attempt = || -> Result<UnixListener, (&str, io::Error)> {
        // A socket of an earlier run would be in the way; nothing there is fine too.
        let _ = std::fs::remove_file(&path);
        let address = socket2::SockAddr::unix(&path).map_err(|error| ("bind", error))?;
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None).map_err(|error| ("socket", error))?;
        socket.bind(&address).map_err(|error| ("bind", error))?;
        if permissions != 0 {
            let permissions = std::os::unix::fs::PermissionsExt::from_mode(permissions);
            std::fs::set_permissions(&path, permissions).map_err(|error| ("chmod", error))?;
        }
        socket.listen(backlog.min(i32::MAX as u32) as i32).map_err(|error| ("listen", error))?;
        socket.set_nonblocking(true).map_err(|error| ("fcntl", error))?;
        Ok(socket.into())
    };
    match attempt() {
        Ok(listener) => Ok(UnixSocket { listener, path }),
        Err((call, error)) => {
            Err(ListenError(format!("Failed opening Unix socket: {call}: {}", reason(&error))))
        }
    }
}

/// Warns if the system keeps fewer waiting connections than `tcp-backlog` asks for.
pub fn check_backlog(backlog: u32) {
    let text = std::fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap_or_default();
    if let Ok(limit) = text.trim().parse::<u32>()
        && limit < backlog
    {
        log::warning(&format!(
            "WARNING: The TCP backlog setting of {backlog} cannot be enforced because \
             /proc/sys/net/core/somaxconn is set to the lower value of {limit}."
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(text: &str) -> Vec<Vec<u8>> {
        text.split_ascii_whitespace().map(|address| address.as_bytes().to_vec()).collect()
    }

    #[test]
    fn several_addresses_are_bound() {
        let listeners = tcp(&addresses("127.0.0.1 127.0.0.2"), 0, 511).unwrap();
        assert_eq!(listeners.len(), 2);
        assert_eq!(tcp(&[], 0, 511).unwrap().len(), 0);
    }

    #[test]
    fn a_missing_address_may_be_optional() {
        // 192.0.2.0/24 is for documentation, so no machine has it.
        assert_eq!(tcp(&addresses("-192.0.2.1 127.0.0.1"), 0, 511).unwrap().len(), 1);
        let error = tcp(&addresses("127.0.0.1 192.0.2.1"), 0, 511).unwrap_err().0;
        assert_eq!(
            error,
            "Could not create server TCP listening socket 192.0.2.1:0: bind: Cannot assign requested address"
        );
    }

    #[test]
    fn a_port_in_use_is_named() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = tcp(&addresses("127.0.0.1"), port, 511).unwrap_err().0;
        let expected = format!(
            "Could not create server TCP listening socket 127.0.0.1:{port}: bind: Address already in use"
        );
        assert_eq!(error, expected);
    }

    #[test]
    fn a_unix_socket_has_its_permissions() {
        use std::os::unix::fs::PermissionsExt;
        let path = std::env::temp_dir().join(format!("rewind-listen-{}.sock", std::process::id()));
        std::fs::write(&path, "in the way").unwrap();
        let socket = unix(path.as_os_str().as_bytes(), 0o700, 511).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        socket.remove();
        assert!(!path.exists());
        let error = unix(b"/nonexistent/x.sock", 0, 511).unwrap_err().0;
        assert_eq!(error, "Failed opening Unix socket: bind: No such file or directory");
    }
}
