//! A way to a daemon that can be cut: a port that passes bytes on, both ways, until the test resets what goes through it. Not a test.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    dead_code,
    unreachable_pub,
    reason = "each test uses its part"
)]

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A port whose connections can be cut.
pub struct Cuttable {
    pub address: SocketAddr,
    through: Arc<Mutex<Through>>,
}

#[derive(Default)]
struct Through {
    streams: Vec<TcpStream>,
    closed: bool,
}

impl Cuttable {
    /// A port that leads to `target`.
    pub fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let through = Arc::new(Mutex::new(Through::default()));
        let kept = through.clone();
        std::thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let mut through = kept.lock().unwrap();
                let Some(far) = (!through.closed).then(|| TcpStream::connect(target).ok()).flatten() else {
                    continue;
                };
                through.streams.extend([near.try_clone().unwrap(), far.try_clone().unwrap()]);
                pass(near.try_clone().unwrap(), far.try_clone().unwrap());
                pass(far, near);
            }
        });
        Self { address, through }
    }

    /// Cuts all that goes through, wherever it is: at a frame's border or within.
    pub fn cut(&self) {
        cut(&mut self.through.lock().unwrap());
    }

    /// Cuts, and lets nothing through until it is opened.
    pub fn close(&self) {
        let mut through = self.through.lock().unwrap();
        through.closed = true;
        cut(&mut through);
    }

    pub fn open(&self) {
        self.through.lock().unwrap().closed = false;
    }
}

fn cut(through: &mut Through) {
    for stream in through.streams.drain(..) {
        let _ = stream.shutdown(Shutdown::Both);
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream) {
    std::thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
    });
}
