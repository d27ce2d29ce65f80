//! Addresses for servers that have to be told where to listen.

use std::{
    net::{SocketAddr, TcpListener},
    sync::atomic::{AtomicU16, Ordering},
};

/// A loopback address where nobody listens, handed out once in a process.
///
/// A port the kernel chose and that was closed again may by then be the near end of somebody's connection. Those begin at
/// 32768 (Linux, `ip_local_port_range`) or above: these ports lie below.
pub fn free_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let candidates = std::iter::repeat_with(|| {
        let step = u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
        let offset = u16::try_from((step + std::process::id() * 37) % 12_000).unwrap_or(0);
        SocketAddr::from(([127, 0, 0, 1], 20_000 + offset))
    });
    candidates.take(12_000).find(|address| TcpListener::bind(address).is_ok()).expect("a free port")
}
