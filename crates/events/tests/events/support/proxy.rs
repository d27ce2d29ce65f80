//! A TCP proxy that can be cut: everything through it breaks at once, and nothing gets through until it is restored.

use std::net::SocketAddr;

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

pub struct Proxy {
    pub address: SocketAddr,
    open: watch::Sender<bool>,
}

impl Proxy {
    /// Forwards to `upstream` (`host:port`).
    pub async fn to(upstream: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let open = watch::Sender::new(true);
        let (upstream, state) = (upstream.to_owned(), open.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if *state.borrow() {
                    tokio::spawn(forward(client, upstream.clone(), state.subscribe()));
                }
            }
        });
        Self { address, open }
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
        self.open.send_replace(false);
    }

    pub fn restore(&self) {
        self.open.send_replace(true);
    }
}

async fn forward(mut client: TcpStream, upstream: String, mut open: watch::Receiver<bool>) {
    let mut server = TcpStream::connect(upstream).await.unwrap();
    tokio::select! {
        _ = copy_bidirectional(&mut client, &mut server) => {}
        _ = open.wait_for(|open| !open) => {}
    }
}
