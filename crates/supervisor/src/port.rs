//! Who holds a port: found in the kernel's tables, matched to a process.

use serde::Serialize;
use socket2::{Domain, Socket, Type};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The process behind a listening socket. Everything about it may be hidden from us.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Owner {
    /// Its process id; `None` when it belongs to another user or another container.
    pub pid: Option<u32>,
    /// Its command line, at most 200 characters, control characters stripped.
    pub command: Option<String>,
    /// Name of its user, or the number where there is no name.
    pub user: Option<String>,
    /// Whether it is the process that we started, or was started by it.
    pub ours: bool,
    /// Whether it runs as the user that we run as; `None` when that is unknown.
    #[serde(skip)]
    pub same_user: Option<bool>,
    /// Whether it is known to run as another user than we, and not as the administrator: it gets no secrets and
    /// its responses are not trusted.
    #[serde(skip)]
    pub stranger: bool,
    /// Its socket, so that it is not searched for again.
    #[serde(skip)]
    pub(crate) inode: Option<u64>,
}

/// Whether a program could listen on an address now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Availability {
    /// It could.
    Free,
    /// Somebody listens there.
    Held,
    /// Nobody can: the address is not of this machine, or the port is reserved.
    Unusable(String),
}

/// Tries to take the address, and gives it back at once.
pub fn availability(addr: SocketAddr) -> Availability {
    let bound = Socket::new(Domain::for_address(addr), Type::STREAM, None).and_then(|socket| {
        // As every server does: a connection that is winding down is no holder.
        socket.set_reuse_address(true)?;
        socket.bind(&addr.into())
    });
    match bound.map_err(|error| error.raw_os_error()) {
        Ok(()) => Availability::Free,
        Err(Some(libc::EADDRINUSE)) => Availability::Held,
        Err(Some(libc::EADDRNOTAVAIL)) => {
            Availability::Unusable(format!("{} is not an address of this machine", addr.ip()))
        }
        Err(Some(libc::EACCES)) => Availability::Unusable(format!(
            "port {} is reserved for the administrator",
            addr.port()
        )),
        // Descriptors or memory ran out: that is no information about the port; the start itself will report it.
        Err(_) => Availability::Free,
    }
}

/// Whether an address is one of this machine, on which something may listen: where that is unknown, it is.
pub fn is_local(ip: IpAddr) -> bool {
    let any_port = SocketAddr::new(ip, 0);
    !matches!(availability(any_port), Availability::Unusable(_))
}

/// Whether the program that listens at an address may be shown the access key: who has it can use the service from then on. On
/// another machine it is the one that the user named; on this one (`local`) the kernel must say that it is the user's own, or the
/// administrator's, who could read the key anyway.
pub fn may_receive_key(local: bool, owner: Option<&Owner>) -> bool {
    !local || owner.is_some_and(|owner| owner.same_user.is_some() && !owner.stranger)
}

/// Where a client reaches a server that listens on `listen`: wildcards become loopback.
pub fn connect_address(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// Whether a connection to `addr` can arrive at a socket that listens on its port and this address.
fn accepts(listen: IpAddr, addr: SocketAddr) -> bool {
    match listen {
        IpAddr::V6(v6) if addr.is_ipv4() => {
            v6 == Ipv6Addr::UNSPECIFIED || v6.to_ipv4_mapped().map(IpAddr::V4) == Some(addr.ip())
        }
        ip => ip.is_unspecified() || ip == addr.ip(),
    }
}

/// Whoever can answer on `addr`; `None` when nobody listens or nothing is known. Elsewhere than on Linux that is never known, and
/// of the owner perhaps nothing but that it is there.
pub fn holder(addr: SocketAddr) -> Option<Owner> {
    holder_or_known(addr, None)
}

#[cfg(linux_calls)]
pub(crate) use linux::{has_no_listener, holder_or_known, listeners, owner_among};
#[cfg(not(linux_calls))]
pub(crate) use portable::{has_no_listener, holder_or_known, visible_listeners};

#[cfg(linux_calls)]
mod linux {
    use super::{Owner, accepts};
    use crate::tree;
    use rustix::fd::OwnedFd;
    use rustix::io::Errno;
    use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink};
    use std::net::{IpAddr, SocketAddr};

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) struct Listener {
        pub(crate) inode: u64,
        pub(crate) uid: u32,
    }

    const SOCK_DIAG_BY_FAMILY: u16 = 20;
    const NLMSG_ERROR: u16 = 2;
    const NLMSG_DONE: u16 = 3;
    const REQUEST_DUMP: u16 = 0x301;
    const TCP: u8 = 6;
    const LISTEN: u8 = 10;
    const INET: u8 = 2;
    const INET6: u8 = 10;

    /// The sockets on which a connection to `addr` can arrive; `None` when the kernel does not say.
    ///
    /// Asked through `sock_diag`, which knows listeners apart: reading `/proc/net/tcp` walks the table of all
    /// connections, which takes milliseconds on a machine with much memory.
    pub(crate) fn listeners(addr: SocketAddr) -> Option<Vec<Listener>> {
        let fd = rustix::net::socket_with(
            AddressFamily::NETLINK,
            SocketType::DGRAM,
            SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
            Some(netlink::SOCK_DIAG),
        )
        .ok()?;
        let mut found = Vec::new();
        if addr.is_ipv4() {
            dump(&fd, INET, addr, &mut found)?;
        }
        // A socket on the IPv6 wildcard may take IPv4 connections. Without IPv6 in the kernel there is none.
        let v6 = dump(&fd, INET6, addr, &mut found);
        if addr.is_ipv6() {
            v6?;
        }
        Some(found)
    }

    fn dump(fd: &OwnedFd, family: u8, addr: SocketAddr, found: &mut Vec<Listener>) -> Option<()> {
        // struct nlmsghdr, then struct inet_diag_req_v2 with only the source port set.
        let mut request = Vec::with_capacity(72);
        request.extend_from_slice(&72u32.to_ne_bytes());
        request.extend_from_slice(&SOCK_DIAG_BY_FAMILY.to_ne_bytes());
        request.extend_from_slice(&REQUEST_DUMP.to_ne_bytes());
        request.extend_from_slice(&[0; 8]);
        request.extend_from_slice(&[family, TCP, 0, 0]);
        request.extend_from_slice(&(1u32 << LISTEN).to_ne_bytes());
        request.extend_from_slice(&addr.port().to_be_bytes());
        request.resize(64, 0);
        request.extend_from_slice(&[0xff; 8]);
        rustix::net::send(fd, &request, SendFlags::empty()).ok()?;
        let mut reply = [0; 8192];
        loop {
            // The kernel fills the answer in before `send` returns, and goes on at every read.
            let (_, length) = match rustix::net::recv(fd, &mut reply, RecvFlags::empty()) {
                Err(Errno::INTR) => continue,
                other => other.ok()?,
            };
            let mut rest = reply.get(..length)?;
            while rest.len() >= 16 {
                let size =
                    usize::try_from(u32::from_ne_bytes(rest.get(..4)?.try_into().ok()?)).ok()?;
                let message = rest.get(..size)?;
                match u16::from_ne_bytes(message.get(4..6)?.try_into().ok()?) {
                    NLMSG_DONE => return Some(()),
                    NLMSG_ERROR => return None,
                    _ => found.extend(listener(message.get(16..)?, addr)),
                }
                rest = rest.get(size.next_multiple_of(4)..).unwrap_or_default();
            }
            if length < 16 {
                return None;
            }
        }
    }

    /// Reads `struct inet_diag_msg`; `None` when a connection to `addr` cannot arrive there.
    fn listener(message: &[u8], addr: SocketAddr) -> Option<Listener> {
        let family = *message.first()?;
        let port = u16::from_be_bytes(message.get(4..6)?.try_into().ok()?);
        let ip: IpAddr = if family == INET {
            IpAddr::from(<[u8; 4]>::try_from(message.get(8..12)?).ok()?)
        } else {
            IpAddr::from(<[u8; 16]>::try_from(message.get(8..24)?).ok()?)
        };
        let number = |at: usize| {
            Some(u32::from_ne_bytes(
                message.get(at..at + 4)?.try_into().ok()?,
            ))
        };
        (port == addr.port() && accepts(ip, addr)).then_some(())?;
        Some(Listener {
            uid: number(64)?,
            inode: u64::from(number(68)?),
        })
    }

    /// Whether the kernel knows that nobody listens, for all that the address is taken.
    pub(crate) fn has_no_listener(addr: SocketAddr) -> bool {
        listeners(addr).is_some_and(|found| found.is_empty())
    }

    /// Which of these processes holds the socket.
    pub(crate) fn owner_among(pids: impl IntoIterator<Item = u32>, inode: u64) -> Option<u32> {
        let wanted = format!("socket:[{inode}]");
        pids.into_iter()
            .find(|pid| tree::has_descriptor(*pid, wanted.as_bytes()))
    }

    /// As [`super::holder`]; `known` is the last answer, which still holds while the socket is the same.
    pub(crate) fn holder_or_known(addr: SocketAddr, known: Option<&Owner>) -> Option<Owner> {
        let listener = *listeners(addr)?.first()?;
        let same = |known: &&Owner| known.pid.is_some() && known.inode == Some(listener.inode);
        if let Some(known) = known.filter(same) {
            return Some(known.clone());
        }
        let pid = owner_among(tree::all_pids(), listener.inode);
        let own = rustix::process::geteuid().as_raw();
        Some(Owner {
            pid,
            command: pid.and_then(tree::command_line),
            user: Some(tree::user_name(listener.uid)),
            ours: false,
            same_user: Some(listener.uid == own),
            stranger: listener.uid != own && listener.uid != 0,
            inode: Some(listener.inode),
        })
    }
}

/// Without Linux's tables: the sockets of the processes that we may inspect, those of our user.
#[cfg(not(linux_calls))]
mod portable {
    use super::{Owner, accepts};
    use listeners::{Protocol, SocketState};
    use std::net::SocketAddr;

    /// A process that listens where a connection to an address can arrive.
    pub(crate) struct VisibleListener {
        pub(crate) pid: u32,
        pub(crate) program: String,
        /// Whether it listens on that very address: on a wildcard, a process that is hidden from us may listen more precisely
        /// and be the one that answers.
        pub(crate) exact: bool,
    }

    pub(crate) fn visible_listeners(addr: SocketAddr) -> Vec<VisibleListener> {
        let all = listeners::get_all().unwrap_or_default();
        let mut found: Vec<VisibleListener> = all
            .into_iter()
            .filter(|one| one.protocol == Protocol::TCP && one.state == SocketState::Listen)
            .filter(|one| one.socket.port() == addr.port() && accepts(one.socket.ip(), addr))
            .map(|one| VisibleListener {
                pid: one.process.pid,
                program: crate::capture::strip_controls(&one.process.path)
                    .chars()
                    .take(200)
                    .collect(),
                exact: one.socket.ip() == addr.ip(),
            })
            .collect();
        found.sort_unstable_by_key(|one| one.pid);
        found
    }

    /// Whether it is known that nobody listens: never, since others may be hidden.
    pub(crate) fn has_no_listener(_addr: SocketAddr) -> bool {
        false
    }

    /// As [`super::holder`]; nothing of the last answer is taken over.
    pub(crate) fn holder_or_known(addr: SocketAddr, _known: Option<&Owner>) -> Option<Owner> {
        let exact = visible_listeners(addr).into_iter().find(|one| one.exact);
        let user = rustix::process::geteuid();
        Some(exact.map_or_else(Owner::default, |one| Owner {
            pid: Some(one.pid),
            command: Some(one.program).filter(|program| !program.is_empty()),
            // The administrator sees everybody's, so that being visible says nothing about the owner.
            same_user: (!user.is_root()).then_some(true),
            ..Owner::default()
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn the_key_is_shown_to_nobody_whom_the_kernel_does_not_name() {
        let owner = |same_user, stranger| Owner {
            same_user,
            stranger,
            ..Owner::default()
        };
        let own = owner(Some(true), false);
        let root = owner(Some(false), false);
        let other = owner(Some(false), true);
        let owner_unknown = owner(None, false);
        for (local, owner, shown) in [
            (true, Some(&own), true),
            (true, Some(&root), true),
            (true, Some(&other), false),
            (true, Some(&owner_unknown), false),
            // Nobody listens, or the owner is unknown.
            (true, None, false),
            (false, None, true),
        ] {
            assert_eq!(may_receive_key(local, owner), shown, "{local} {owner:?}");
        }
    }

    #[test]
    fn a_holder_is_named() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        assert_eq!(availability(addr), Availability::Held);
        let owner = holder(addr).unwrap();
        assert_eq!(owner.pid, Some(std::process::id()));
        assert!(owner.command.unwrap().contains("supervisor"));
        // Where the administrator sees everybody's, being visible says nothing about the owner.
        let told = cfg!(linux_calls) || !rustix::process::geteuid().is_root();
        assert_eq!(owner.same_user, told.then_some(true));
        drop(listener);
        assert_eq!(availability(addr), Availability::Free);
        #[cfg(linux_calls)]
        assert_eq!(holder(addr), None);
    }

    #[cfg(linux_calls)]
    #[test]
    fn every_way_to_hold_a_port_is_seen() {
        for (listen, ask) in [
            ("0.0.0.0:0", "127.0.0.1"),
            ("[::]:0", "127.0.0.1"),
            ("[::1]:0", "::1"),
            ("[::]:0", "::1"),
        ] {
            let listener = TcpListener::bind(listen).unwrap();
            let addr = SocketAddr::new(ask.parse().unwrap(), listener.local_addr().unwrap().port());
            assert_eq!(
                holder(addr).unwrap().pid,
                Some(std::process::id()),
                "{listen}"
            );
            assert_eq!(availability(addr), Availability::Held, "{listen}");
        }
        let listener = TcpListener::bind("[::1]:0").unwrap();
        let addr = SocketAddr::new(
            "127.0.0.1".parse().unwrap(),
            listener.local_addr().unwrap().port(),
        );
        assert_eq!(
            holder(addr),
            None,
            "a holder on the other family is no holder"
        );
    }

    /// A server that closes a connection first leaves the port with a socket that winds down for a minute.
    #[cfg(linux_calls)]
    #[test]
    fn a_connection_that_winds_down_holds_nothing() {
        use std::io::Read;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let mut client = std::net::TcpStream::connect(addr).unwrap();
        drop(listener.accept().unwrap());
        assert_eq!(client.read(&mut [0]).unwrap(), 0);
        drop(client);
        drop(listener);
        let winding_down = format!("0100007F:{:04X} ", addr.port());
        harness::wait::expect_true("the socket that winds down", || {
            let sockets = std::fs::read_to_string("/proc/net/tcp").unwrap();
            sockets.lines().any(|line| {
                let mut fields = line.split_once(": ").unwrap_or_default().1.split(' ');
                fields.next() == Some(winding_down.trim_end()) && fields.nth(1) == Some("06")
            })
        });
        assert_eq!(availability(addr), Availability::Free);
        assert_eq!(holder(addr), None);
    }

    #[test]
    fn a_foreign_address_is_unusable() {
        assert!(matches!(
            availability("192.0.2.1:4000".parse().unwrap()),
            Availability::Unusable(_)
        ));
    }
}
