//! The client's end of a connection: whole frames out and in, and how it ended. Default framing: four bytes of length, big endian.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

use super::PATIENCE;

/// A frame with this payload.
pub fn frame(payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap();
    [&length.to_be_bytes()[..], payload].concat()
}

/// `count` frames of `size` bytes of payload, the first bytes of which are their number.
pub fn frames(count: u32, size: usize) -> Vec<u8> {
    let mut all = Vec::new();
    let mut payload = vec![b'x'; size];
    let shown = size.min(4);
    for number in 0..count {
        payload[..shown].copy_from_slice(&number.to_be_bytes()[..shown]);
        all.extend(frame(&payload));
    }
    all
}

/// How a connection ended, as its client saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// FIN, at a frame border.
    Closed,
    /// FIN inside a frame: it was torn.
    Torn,
    /// RST.
    Reset,
}

/// A client. Any stream that reads and writes.
#[derive(Debug)]
pub struct Wire<S = TcpStream>(pub S);

impl Wire<TcpStream> {
    /// Connects over TCP.
    pub fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Self(stream)
    }

    /// No more will be sent.
    pub fn half_close(&self) {
        self.0.shutdown(Shutdown::Write).unwrap();
    }

    /// Resets the connection.
    pub fn reset(self) {
        socket2::SockRef::from(&self.0).set_linger(Some(std::time::Duration::ZERO)).unwrap();
    }
}

impl<S: Read + Write> Wire<S> {
    /// Sends bytes as they are.
    pub fn send(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.write_all(bytes).unwrap();
        self
    }

    /// The payload of the next frame.
    pub fn receive(&mut self) -> Vec<u8> {
        let mut header = [0; 4];
        self.0.read_exact(&mut header).unwrap();
        let mut payload = vec![0; usize::try_from(u32::from_be_bytes(header)).unwrap()];
        self.0.read_exact(&mut payload).unwrap();
        payload
    }

    /// Sends a frame and asserts that it comes back.
    pub fn echo(&mut self, payload: &[u8]) {
        self.send(&frame(payload));
        assert_eq!(self.receive(), payload);
    }

    /// Asserts that just these bytes come.
    pub fn expect(&mut self, bytes: &[u8]) {
        let mut got = vec![0; bytes.len()];
        self.0.read_exact(&mut got).unwrap();
        assert!(got == bytes, "other bytes came than were sent");
    }

    /// Reads to the end: the payloads of whole frames, and how it ended.
    pub fn rest(&mut self) -> (Vec<Vec<u8>>, Ending) {
        let mut all = Vec::new();
        let reset = match self.0.read_to_end(&mut all) {
            Ok(_) => false,
            Err(error)
                if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted) =>
            {
                true
            }
            Err(error) => panic!("neither an end nor a reset: {error}"),
        };
        let mut payloads = Vec::new();
        let mut left = &all[..];
        while let Some((header, behind)) = left.split_first_chunk::<4>() {
            let length = usize::try_from(u32::from_be_bytes(*header)).unwrap();
            let Some((payload, behind)) = behind.split_at_checked(length) else { break };
            payloads.push(payload.to_vec());
            left = behind;
        }
        let ending = match (reset, left) {
            (true, _) => Ending::Reset,
            (false, []) => Ending::Closed,
            (false, _) => Ending::Torn,
        };
        (payloads, ending)
    }

    /// Asserts that the daemon closes without another byte.
    pub fn expect_close(&mut self) {
        assert_eq!(self.rest(), (Vec::new(), Ending::Closed));
    }
}
