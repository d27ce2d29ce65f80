//! Requests that two servers might read differently (RFC 9112, section 11), one row each: they are refused, or they
//! arrive as one request, with a framing of our own. Never does a second request come out of one.

use crate::{
    behind::Behind,
    raw::{RawClient, statuses},
};

/// The second request that an attacker wants to have sent, unseen by the gateway.
const SMUGGLED: &str = "GET /internal/users HTTP/1.1\r\nhost: x\r\n\r\n";

fn rows() -> Vec<(&'static str, String)> {
    let length = SMUGGLED.len();
    let post = |headers: &str, body: &str| format!("POST /api/studios HTTP/1.1\r\nhost: x\r\n{headers}\r\n\r\n{body}");
    vec![
        (
            "CL.TE",
            post(
                &format!("content-length: {}\r\ntransfer-encoding: chunked", length + 5),
                &format!("0\r\n\r\n{SMUGGLED}"),
            ),
        ),
        (
            "TE.CL",
            post("transfer-encoding: chunked\r\ncontent-length: 4", &format!("{length:x}\r\n{SMUGGLED}\r\n0\r\n\r\n")),
        ),
        ("TE.TE", post("transfer-encoding: chunked\r\ntransfer-encoding: identity", &format!("0\r\n\r\n{SMUGGLED}"))),
        ("a coding before chunked", post("transfer-encoding: gzip, chunked", "0\r\n\r\n")),
        ("an obscured chunked", post("transfer-encoding: xchunked", &format!("0\r\n\r\n{SMUGGLED}"))),
        ("a space before the colon", post("transfer-encoding : chunked", &format!("0\r\n\r\n{SMUGGLED}"))),
        ("two lengths that differ", post(&format!("content-length: 0\r\ncontent-length: {length}"), SMUGGLED)),
        ("two lengths that agree", post("content-length: 1\r\ncontent-length: 1", "x")),
        ("a list of lengths", post("content-length: 1, 1", "x")),
        ("a signed length", post("content-length: +1", "x")),
        ("a negative length", post("content-length: -1", "x")),
        ("a length in hex", post("content-length: 0x1", "x")),
        ("obs-fold", post("x-a: b\r\n content-length: 5", SMUGGLED)),
        ("a folded coding", post("transfer-encoding:\r\n chunked", &format!("0\r\n\r\n{SMUGGLED}"))),
        ("a NUL in a value", post("x-a: b\0c", "")),
        ("a CR in a value", post("x-a: b\rc", "")),
        ("no host", "GET /api/studios HTTP/1.1\r\n\r\n".to_owned()),
        ("two hosts", "GET /api/studios HTTP/1.1\r\nhost: x\r\nhost: y\r\n\r\n".to_owned()),
        ("absolute form of another host", "GET http://evil.example/api/studios HTTP/1.1\r\nhost: x\r\n\r\n".to_owned()),
        ("chunk size too large", post("transfer-encoding: chunked", "ffffffffffffffff1\r\nx\r\n0\r\n\r\n")),
        ("chunk size with a sign", post("transfer-encoding: chunked", "+1\r\nx\r\n0\r\n\r\n")),
        ("chunk size in 0x", post("transfer-encoding: chunked", "0x1\r\nx\r\n0\r\n\r\n")),
        ("chunk ended by a bare LF", post("transfer-encoding: chunked", "1\nx\n0\n\n")),
        ("a bare CR in a chunk extension", post("transfer-encoding: chunked", "1;a\rb\r\nx\r\n0\r\n\r\n")),
        ("chunk longer than it says", post("transfer-encoding: chunked", "1\r\nxyz\r\n0\r\n\r\n")),
        ("a request line with a tab", "GET\t/api/studios\tHTTP/1.1\r\nhost: x\r\n\r\n".to_owned()),
        ("HTTP/0.9", "GET /api/studios\r\n\r\n".to_owned()),
        ("HTTP/2 in clear text", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_be_read_in_two_ways_is_refused() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    // All at once: a server that waits for more closes an idle connection only after a while.
    std::thread::scope(|scope| {
        for (name, attack) in rows() {
            let mut client = RawClient::connect(&gateway);
            scope.spawn(move || {
                let answers = client.send(&attack).read_to_end();
                let refused = statuses(&answers);
                assert!(refused.len() <= 1 && refused.iter().all(|status| *status == 400), "{name}: {answers}");
            });
        }
    });
    assert_eq!(behind.arrived(), 0, "not one of them, nor what it carried, has reached a service");
    gateway.get("/api/studios").send().await.expect(200);
    assert_eq!(behind.arrived(), 1);
}

/// What is legal, or harmless, arrives once and in our own words.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_odd_but_clear_arrives_as_one_request() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    let rows = [
        (
            "chunk extensions",
            "POST /api/studios HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n\
             5;a=b;c\r\nhello\r\n0;last\r\n\r\n",
            5,
        ),
        (
            "trailers",
            "POST /api/studios HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n\
             5\r\nhello\r\n0\r\nauthorization: Bearer forged\r\nx-user-id: forged\r\n\r\n",
            5,
        ),
        (
            "lines that end in a bare LF",
            "POST /api/studios HTTP/1.1\nhost: x\nconnection: close\ncontent-length: 5\n\nhello",
            5,
        ),
        (
            "absolute form of our own host",
            "POST http://x/api/studios HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello",
            5,
        ),
    ];
    for (name, request, length) in rows {
        let answer = RawClient::connect(&gateway).send(request).read_to_end();
        assert_eq!(statuses(&answer), [200], "{name}: {answer}");
        assert!(answer.contains(&format!("\"length\":{length}")), "{name}: {answer}");
        assert!(!answer.contains("forged"), "{name}: {answer}");
    }
    assert_eq!(behind.arrived(), 4);
}

/// 120 headers are more than the server reads: it refuses them all, rather than passing on what it has not looked at.
#[tokio::test(flavor = "multi_thread")]
async fn a_forged_header_behind_many_others_does_not_slip_through() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    for fillers in [60, 120, 500] {
        let fillers: String = (0..fillers).map(|filler| format!("x-filler-{filler}: 1\r\n")).collect();
        let request = format!(
            "GET /api/studios HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{fillers}\
             x-user-id: forged\r\nx_user_id: forged\r\nX-Roomtone_User: forged\r\nforwarded: for=forged\r\n\r\n"
        );
        let answer = RawClient::connect(&gateway).send(&request).read_to_end();
        assert!(!answer.contains("forged"), "{answer}");
        assert!(matches!(statuses(&answer)[..], [200 | 400 | 431]), "{answer}");
    }
    gateway.get("/api/studios").send().await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_dawdles_over_its_first_head_is_let_go() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    let mut slow = RawClient::connect(&gateway);
    let answer = slow.send("GET /api/studios HTTP/1.1\r\nhost: x\r\n").read_to_end();
    assert!(answer.is_empty() || statuses(&answer) == [408], "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_waits_for_permission_is_given_it() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    let mut client = RawClient::connect(&gateway);
    client.send(
        "POST /api/photos HTTP/1.1\r\nhost: x\r\nconnection: close\r\nexpect: 100-continue\r\ncontent-length: 100000\r\n\r\n",
    );
    let permission = client.read_until("\r\n\r\n");
    assert!(permission.starts_with("HTTP/1.1 100"), "{permission}");
    let answer = client.send(vec![b'x'; 100_000]).read_to_end();
    assert_eq!(statuses(&answer), [200]);
    assert!(answer.contains("\"length\":100000") && !answer.contains("100-continue"), "{answer}");
}
