//! Promise: TERM amid a thousand sessions, each with frames in both directions: no frame is torn, no connection is reset, though the peers go
//! on sending; the process ends with 0, and its report counts them all.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::net::SocketAddr;
use std::time::Duration;

use rustix::process::Signal;
use support::{Program, frame};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::Semaphore;

const PEERS: u32 = 1_000;

/// Sends frames of many sizes until the connection ends, each on leave; every third peer stops inside one and waits for the end there.
async fn talk(mut to: OwnedWriteHalf, peer: u32, leave: &Semaphore) {
    for number in 0_u32.. {
        leave.acquire().await.unwrap().forget();
        let size = usize::try_from((number % 1000 + 1) * (peer + 7) * 31 % 20_000).unwrap() + 4;
        let mut payload = vec![b'.'; size];
        payload[..4].copy_from_slice(&number.to_be_bytes());
        let whole = frame(&payload);
        if peer.is_multiple_of(3) && number == 20 {
            let _ = to.write_all(&whole[..whole.len() / 2]).await;
            std::future::pending::<()>().await;
        }
        if to.write_all(&whole).await.is_err() {
            return;
        }
    }
}

/// Reads to the end and says how many frames came; panics on a torn one, a gap or a reset.
async fn listen(mut from: OwnedReadHalf, leave: &Semaphore) -> u32 {
    let mut expected = 0_u32;
    loop {
        let mut header = [0; 4];
        match from.read(&mut header).await.expect("no reset") {
            0 => return expected,
            got => from.read_exact(&mut header[got..]).await.expect("no torn header"),
        };
        let mut payload = vec![0; usize::try_from(u32::from_be_bytes(header)).unwrap()];
        from.read_exact(&mut payload).await.expect("no torn frame");
        assert_eq!(payload[..4], expected.to_be_bytes(), "no gap");
        expected += 1;
        leave.add_permits(1);
    }
}

async fn converse(address: SocketAddr, peer: u32) -> u32 {
    let (from, to) = TcpStream::connect(address).await.unwrap().into_split();
    // Most have a few frames under way. Some send as fast as they can, whatever comes back.
    let leave = Semaphore::new(if peer % 50 == 1 { 1 << 20 } else { 4 });
    tokio::select! {
        heard = listen(from, &leave) => heard,
        () = async { talk(to, peer, &leave).await; std::future::pending().await } => unreachable!(),
    }
}

#[test]
fn among_a_thousand_sessions_mid_frame() {
    let mut daemon = Program::start(&["runtime.workers=2", "drain.grace=60s", "log.format=json"]);
    let address = daemon.address("echo");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let peers: Vec<_> = (0..PEERS).map(|peer| runtime.spawn(converse(address, peer))).collect();
    let heard = std::thread::spawn(move || {
        runtime.block_on(async {
            let all = async {
                let mut heard = 0_u64;
                for peer in peers {
                    heard += u64::from(peer.await.expect("whole frames to the end"));
                }
                heard
            };
            tokio::time::timeout(Duration::from_mins(2), all).await.expect("every peer sees the end")
        })
    });
    daemon.until("all are talking", |metrics| {
        metrics.active() == i64::from(PEERS) && metrics.sum("oread_handshakes_active", &[]) == 0
    });
    daemon.signal(Signal::TERM);
    assert!(heard.join().unwrap() > u64::from(PEERS));
    assert_eq!(daemon.exit().code(), Some(0));
    let report = daemon.until_logged("\"message\":\"drained\"");
    assert!(report.contains("\"finished\":1000") && report.contains("\"cut\":0"), "{report}");
}
