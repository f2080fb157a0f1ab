//! One call to the admin address, with any method and token.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::PATIENCE;

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    pub code: u16,
    /// In lower case.
    pub head: String,
    pub body: String,
}

impl Answer {
    /// Its body, as the JSON that it says it is.
    pub fn json(&self) -> serde_json::Value {
        assert!(self.head.contains("content-type: application/json"), "{self:?}");
        serde_json::from_str(&self.body).unwrap()
    }
}

/// Asks; `call` is method and path.
pub fn ask(admin: SocketAddr, call: &str, token: Option<&str>) -> Answer {
    let mut stream = TcpStream::connect(admin).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let token = token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
    stream.write_all(format!("{call} HTTP/1.1\r\nhost: oread\r\n{token}\r\n").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer");
    let code = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
    Answer { code, head: head.to_ascii_lowercase(), body: body.to_owned() }
}
