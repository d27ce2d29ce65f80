//! A client that says exactly what it is told to, byte by byte.

use std::{
    io::{Error, ErrorKind, Read, Write},
    net::TcpStream,
    time::Duration,
};

use testkit::TestService;

pub struct RawClient {
    stream: TcpStream,
}

impl RawClient {
    pub fn connect(gateway: &TestService) -> Self {
        let stream = TcpStream::connect(gateway.url.strip_prefix("http://").unwrap()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self { stream }
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        // A server that has heard enough may have closed the connection.
        let _ = self.stream.write_all(bytes.as_ref());
        self
    }

    /// Whatever comes until the text has been seen, or the connection ends. Silence is neither: it fails the test.
    pub fn read_until(&mut self, end: &str) -> String {
        let mut read = Vec::new();
        let mut buffer = [0; 4096];
        while !String::from_utf8_lossy(&read).contains(end) {
            match self.stream.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => read.extend_from_slice(&buffer[..length]),
                Err(error) if is_silence(&error) => {
                    panic!("the connection stays open without {end:?}: {}", String::from_utf8_lossy(&read))
                }
                Err(_) => break,
            }
        }
        String::from_utf8_lossy(&read).into_owned()
    }

    /// Everything until the server closes.
    pub fn read_to_end(&mut self) -> String {
        self.read_until("\u{0}")
    }
}

fn is_silence(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// The statuses of all answers in a text.
pub fn statuses(answers: &str) -> Vec<u16> {
    let heads = answers.split("HTTP/1.1 ").skip(1);
    heads.filter_map(|head| head.get(..3)?.parse().ok()).collect()
}
