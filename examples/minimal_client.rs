//! A minimal client of relay protocol 1 (docs/protocol.md) with nothing but the standard library: it shows what is said in a room and says
//! what is typed. It does not come back when it is cut; `minimal_client.py` does, and `oread::client` does much more.
//!
//! `cargo run --example minimal_client ADDR ROOM NAME`, such as `127.0.0.1:7001 lobby ada`

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc;
use std::thread;

const HELLO: u8 = 0x01;
const JOIN: u8 = 0x02;
const PUBLISH: u8 = 0x04;
const PING: u8 = 0x06;
const PONG: u8 = 0x07;
const JOINED: u8 = 0x82;
const MESSAGE: u8 = 0x84;
const GAP: u8 = 0x88;
const ERROR: u8 = 0x89;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, room, name] = &arguments[..] else {
        return Err(io::Error::other("usage: minimal_client ADDR ROOM NAME"));
    };
    chat(address, room, name, BufReader::new(io::stdin()).lines(), io::stdout())
}

/// Says each of `lines` in the room and writes what others say to `screen`, until the connection ends.
pub fn chat<L>(address: &str, room: &str, name: &str, lines: L, mut screen: impl Write) -> io::Result<()>
where
    L: Iterator<Item = io::Result<String>> + Send + 'static,
{
    let mut stream = TcpStream::connect(address)?;
    let mut incoming = BufReader::new(stream.try_clone()?);
    // One thread writes, so that no frame is torn by another.
    let (send, frames) = mpsc::sync_channel::<Vec<u8>>(16);
    thread::spawn(move || frames.into_iter().try_for_each(|frame| stream.write_all(&frame)));

    // Versions 1 to 1, no flags, no token, no ticket. Who offers one version need not wait for WELCOME.
    send.send(frame(HELLO, &[&[0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], &str8(name)?])).ok();
    send.send(frame(JOIN, &[&[0, 0, 0, 1, 0], &str8(room)?])).ok(); // request 1, no flags
    let mut lines = Some(lines);
    loop {
        let (kind, body) = receive(&mut incoming)?;
        match kind {
            JOINED => {
                let (number, send) = (body[4..8].to_vec(), send.clone());
                let Some(lines) = lines.take() else { continue };
                thread::spawn(move || {
                    for line in lines.map_while(Result::ok) {
                        // 1: text; 0: no receipt
                        send.send(frame(PUBLISH, &[&[1], &number, &[0; 4], line.as_bytes()])).ok();
                    }
                });
            }
            MESSAGE => writeln!(screen, "{}: {}", u64_at(&body, 13), String::from_utf8_lossy(&body[21..]))?,
            GAP => writeln!(screen, "-- missed {} to {}", u64_at(&body, 4), u64_at(&body, 12))?,
            ERROR => writeln!(screen, "-- error: {}", String::from_utf8_lossy(&body[8..]))?,
            PING => drop(send.send(frame(PONG, &[&body]))),
            _ => {} // what else there is can be passed over
        }
    }
}

/// u32 length, u8 type, body.
fn frame(kind: u8, body: &[&[u8]]) -> Vec<u8> {
    let body = body.concat();
    let length = u32::try_from(1 + body.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes()[..], &[kind], &body].concat()
}

fn receive(stream: &mut impl Read) -> io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 5];
    stream.read_exact(&mut head)?;
    let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]);
    let mut body = Vec::new();
    stream.take(u64::from(length.saturating_sub(1))).read_to_end(&mut body)?;
    Ok((head[4], body))
}

fn str8(text: &str) -> io::Result<Vec<u8>> {
    let length = u8::try_from(text.len()).map_err(io::Error::other)?;
    Ok([&[length], text.as_bytes()].concat())
}

fn u64_at(body: &[u8], offset: usize) -> u64 {
    body[offset..].iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}
