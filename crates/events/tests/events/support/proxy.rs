//! A TCP proxy that can be cut: everything through it breaks at once, and nothing gets through until it is restored. Or
//! it swallows everything: connections stay open, and nothing is heard on them.

use std::net::SocketAddr;

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Cut,
    Swallowing,
}

pub struct Proxy {
    pub address: SocketAddr,
    state: watch::Sender<State>,
}

impl Proxy {
    /// Forwards to `upstream` (`host:port`).
    pub async fn to(upstream: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let sender = watch::Sender::new(State::Open);
        let (upstream, state) = (upstream.to_owned(), sender.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if *state.borrow() != State::Cut {
                    tokio::spawn(forward(client, upstream.clone(), state.subscribe()));
                }
            }
        });
        Self { address, state: sender }
    }

    /// A proxy before the server of a URL, and the URL that goes through it.
    pub async fn before(url: &str) -> (Self, String) {
        let (head, tail) = url.split_once('@').unwrap();
        let (upstream, path) = tail.split_once('/').unwrap();
        let proxy = Self::to(upstream).await;
        let through = format!("{head}@{}/{path}", proxy.address);
        (proxy, through)
    }

    pub fn cut(&self) {
        self.state.send_replace(State::Cut);
    }

    pub fn restore(&self) {
        self.state.send_replace(State::Open);
    }

    /// As behind a firewall that has forgotten a connection: nobody is told that it is over.
    pub fn swallow(&self) {
        self.state.send_replace(State::Swallowing);
    }
}

async fn forward(mut client: TcpStream, upstream: String, mut state: watch::Receiver<State>) {
    let mut server = TcpStream::connect(upstream).await.unwrap();
    tokio::select! {
        _ = copy_bidirectional(&mut client, &mut server) => return,
        _ = state.wait_for(|state| *state != State::Open) => {}
    }
    // What was swallowed is lost: such a connection never works again.
    let _ = state.wait_for(|state| *state != State::Swallowing).await;
}
