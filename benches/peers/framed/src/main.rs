//! The idiomatic echo on tokio-util: `Framed` with `LengthDelimitedCodec`, a task a connection, one thread. What a careful newcomer
//! writes, and so what Oread's batches are compared with. No limits, metrics or drain.

use std::io;

use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::codec::{Framed, LengthDelimitedCodec};

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let port = std::env::args().nth(1).and_then(|port| port.parse::<u16>().ok());
    let port = port.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "usage: framed PORT"))?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(echo(stream));
    }
}

async fn echo(stream: TcpStream) -> io::Result<()> {
    let mut frames = Framed::new(stream, LengthDelimitedCodec::new());
    while let Some(frame) = frames.next().await {
        frames.send(frame?.freeze()).await?;
    }
    Ok(())
}
