//! WebSockets pass through: the handshake is the service's, the bytes are nobody's business.

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use contracts::auth::v1::{MembershipChanged, SessionRevoked};
use testkit::TestService;

use crate::{
    behind::{Behind, Client},
    raw::{RawClient, statuses},
};

/// A service that accepts every WebSocket and sends back what it is told, until `bye`; its first line is the head it has
/// seen. The channel tells when a client has left.
fn echoing() -> (String, mpsc::Receiver<()>) {
    let (left, leaving) = mpsc::channel();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let left = left.clone();
            thread::spawn(move || {
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") && connection.read(&mut byte).unwrap_or(0) > 0 {
                    head.push(byte[0]);
                }
                let head = String::from_utf8_lossy(&head).replace("\r\n", "|");
                let accept = "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
                              sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
                let _ = connection.write_all(accept.as_bytes());
                let _ = connection.write_all(format!("{head}\n").as_bytes());
                let mut buffer = [0; 1024];
                while let Ok(length @ 1..) = connection.read(&mut buffer) {
                    let _ = connection.write_all(&buffer[..length]);
                    if buffer.starts_with(b"bye") {
                        return;
                    }
                }
                let _ = left.send(());
            });
        }
    });
    (url, leaving)
}

fn handshake(path: &str, more: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: keep-alive, Upgrade\r\nupgrade: WebSocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_talk_as_long_as_they_like() {
    let behind = Behind::start();
    let gateway = behind.gateway().setting("messaging_url", &echoing().0).start().await;
    let client = Client::new();
    let token = behind.token(&gateway, client);
    let mut socket = RawClient::connect(&gateway);
    let forged = format!("authorization: Bearer {token}\r\nx-user-id: forged\r\n");
    let answer = socket.send(handshake("/api/realtime/socket?ticket=1", &forged)).read_until("|\n");
    let (head, seen) = answer.split_once("\r\n\r\n").unwrap();
    assert_eq!(statuses(head), [101], "{answer}");
    assert!(head.to_lowercase().contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="), "{head}");
    assert!(head.to_lowercase().contains("upgrade: websocket"), "{head}");
    assert!(seen.starts_with("GET /api/realtime/socket?ticket=1 HTTP/1.1|"), "{seen}");
    assert!(seen.contains(&client.user.to_string()) && !seen.contains("forged") && !seen.contains(&token), "{seen}");
    assert!(seen.contains("sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ=="), "{seen}");
    for message in ["one", "two", &"x".repeat(100_000)] {
        let heard = socket.send(format!("{message}!")).read_until("!");
        assert_eq!(heard, format!("{message}!"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pipe_ends_with_either_side() {
    let behind = Behind::start();
    let (url, leaving) = echoing();
    let gateway = behind.gateway().setting("messaging_url", &url).start().await;
    let mut socket = RawClient::connect(&gateway);
    socket.send(handshake("/api/realtime/socket", "")).read_until("|\n");
    assert_eq!(socket.send("bye").read_to_end(), "bye", "and the connection ends");
    let mut socket = RawClient::connect(&gateway);
    socket.send(handshake("/api/realtime/socket", "")).read_until("|\n");
    drop(socket);
    leaving.recv_timeout(Duration::from_secs(20)).unwrap();
}

/// An open socket of the client, which the service has seen.
fn open(gateway: &TestService, token: &str) -> RawClient {
    let mut socket = RawClient::connect(gateway);
    let authorization = format!("authorization: Bearer {token}\r\n");
    let answer = socket.send(handshake("/api/realtime/socket", &authorization)).read_until("|\n");
    assert_eq!(statuses(&answer), [101], "{answer}");
    socket
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipe_does_not_outlive_its_session_or_a_change_of_its_users_rights() {
    let behind = Behind::start();
    let gateway = behind.gateway().setting("messaging_url", &echoing().0).start().await;
    let (ada, bob) = (Client::new(), Client::new());
    let phone = Client { session: kernel::SessionId::new(), ..ada };
    let [laptop_token, phone_token, bobs_token] = [ada, phone, bob].map(|client| behind.token(&gateway, client));
    let (mut laptop, mut second) = (open(&gateway, &laptop_token), open(&gateway, &phone_token));
    let mut bobs = open(&gateway, &bobs_token);

    let revoked = SessionRevoked { session_id: ada.session.to_string(), user_id: ada.user.to_string() };
    gateway.deliver(ada.user.uuid(), 1, &revoked).await;
    assert_eq!(laptop.read_to_end(), "", "the session is over, and so is its socket");
    assert_eq!(second.send("still here!").read_until("!"), "still here!", "another session goes on");

    let changed = MembershipChanged { user_id: ada.user.to_string(), ..MembershipChanged::default() };
    gateway.deliver(ada.user.uuid(), 2, &changed).await;
    assert_eq!(second.read_to_end(), "", "what the user may do is to be looked at anew");
    let mut again = open(&gateway, &phone_token);
    gateway.post("/api/auth/logout").bearer(&phone_token).send().await.expect(204);
    assert_eq!(again.read_to_end(), "", "signed out here");
    assert_eq!(bobs.send("nobody else minds!").read_until("!"), "nobody else minds!");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_pipe_is_closed_on_both_sides() {
    let behind = Behind::start();
    let (url, leaving) = echoing();
    let gateway = behind.gateway().setting("messaging_url", &url).setting("gateway_stream_idle_secs", "1");
    let gateway = gateway.start().await;
    let mut socket = RawClient::connect(&gateway);
    socket.send(handshake("/api/realtime/socket", "")).read_until("|\n");
    assert_eq!(socket.read_to_end(), "");
    leaving.recv_timeout(Duration::from_secs(20)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_caller_holds_only_so_many_pipes() {
    let behind = Behind::start();
    let gateway = behind.gateway().setting("messaging_url", &echoing().0).setting("gateway_streams_per_caller", "3");
    let gateway = gateway.start().await;
    let (token, other) = (behind.token(&gateway, Client::new()), behind.token(&gateway, Client::new()));
    let mut held: Vec<RawClient> = (0..3).map(|_| open(&gateway, &token)).collect();
    let authorization = format!("authorization: Bearer {token}\r\n");
    let answer = RawClient::connect(&gateway).send(handshake("/api/realtime/socket", &authorization)).read_until("}");
    assert!(statuses(&answer) == [429] && answer.contains("too_many_streams"), "{answer}");
    open(&gateway, &other);
    held.pop();
    testkit::eventually("one that is closed makes room", async || {
        let mut socket = RawClient::connect(&gateway);
        let answer = socket.send(handshake("/api/realtime/socket", &authorization)).read_until("\r\n\r\n");
        (statuses(&answer) == [101]).then_some(())
    })
    .await;
}

/// Otherwise each would hold up a deployment for as long as the server waits for its connections.
#[tokio::test(flavor = "multi_thread")]
async fn open_pipes_end_when_the_gateway_stops() {
    let behind = Behind::start();
    let gateway = behind.gateway().setting("messaging_url", &echoing().0).start().await;
    let token = behind.token(&gateway, Client::new());
    let mut socket = open(&gateway, &token);
    let began = Instant::now();
    gateway.stop().await;
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert_eq!(socket.read_to_end(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_realtime_routes_switch_and_a_refusal_is_passed_on() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    for (path, status) in [("/api/realtime/refused", 403), ("/api/studios", 200)] {
        let mut socket = RawClient::connect(&gateway);
        let answer = socket.send(handshake(path, "")).read_until("\r\n\r\n");
        assert_eq!(statuses(&answer), [status], "{path}: {answer}");
    }
    let mut stranger = RawClient::connect(&gateway);
    let answer = stranger.send(handshake("/api/realtime/socket", "authorization: Bearer x\r\n")).read_until("}");
    assert_eq!(statuses(&answer), [401], "{answer}");
}
