//! Servers for the tools to meet: an honest echo and several that are not, on threads and port 0. Not Oread: a tool must not need it.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, reason = "each test file uses a part of it")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Output;

/// A server that hands each connection, with its number from 0 on, to a thread of its own. Returns its address.
pub(crate) fn serve(answer: impl Fn(usize, TcpStream) + Clone + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let (answer, stream) = (answer.clone(), stream.unwrap());
            stream.set_nodelay(true).unwrap();
            std::thread::spawn(move || answer(number, stream));
        }
    });
    address
}

/// Returns what comes, read by read, as `change` leaves it; ends when `change` says so. `change` also gets the bytes echoed before.
pub(crate) fn echo(mut stream: TcpStream, mut change: impl FnMut(u64, &mut Vec<u8>) -> bool) {
    let mut buffer = vec![0; 65_536];
    let mut echoed = 0;
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        let mut answer = buffer[..count].to_vec();
        if !change(echoed, &mut answer) || stream.write_all(&answer).is_err() {
            return;
        }
        echoed += count as u64;
    }
}

/// Returns every byte.
pub(crate) fn honest() -> String {
    serve(|_, stream| echo(stream, |_, _| true))
}

/// An address where nobody listens, and nobody can as long as the test runs: bound, but not listened on.
pub(crate) fn nobody() -> String {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap().to_string();
    std::mem::forget(socket);
    address
}

/// Runs the binary to its end.
pub(crate) fn oread(words: &[&str]) -> Output {
    assert_cmd::Command::cargo_bin("oread").unwrap().args(words).output().unwrap()
}

/// Its exit code.
pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

/// What it wrote to stdout.
pub(crate) fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What it wrote to stderr.
pub(crate) fn complained(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Its stdout, as the JSON that it promised.
pub(crate) fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error} in {:?}", complained(output)))
}
