//! Promise: a client does not come back from `replaced`, `kicked` and what would be the same again, also when that word is still unread
//! as its own write fails; from a temporary end it does.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod client_fixture;

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use client_fixture::{LOBBY, Peer, bytes, connected, disconnected, joined, next, options, own};
use oread::client::{Client, Error, Event, Lost};
use oread::protocol::{ErrorCode, ErrorFrame, Listed, Numbered, Request, ServerFrame};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex};

#[tokio::test(start_paused = true)]
async fn every_code_that_ends_a_session_says_whether_to_come_back() {
    for code in ErrorCode::ALL.iter().copied().filter(|code| code.ends_session()) {
        let (mut relay, mut peer, client, mut events) = connected(options()).await;
        peer.error(Request::NONE, code).await;
        if code.temporary() {
            disconnected(&mut events).await;
            assert_eq!(relay.accept().await.hello().await, b"one", "{code}");
            continue;
        }
        let Event::Disconnected { why: Lost::Server(refusal), back_in: None } = next(&mut events).await
        else {
            panic!("{code}: not the last word");
        };
        assert_eq!((refusal.code, refusal.text.as_str()), (Listed::Known(code), "because"));
        assert_eq!(events.next().await, None, "{code}");
        relay.expect_none().await;
        assert!(matches!(client.join(LOBBY, own()).await, Err(Error::Ended(Lost::Server(_)))));
    }
}

#[tokio::test(start_paused = true)]
async fn it_stays_away_when_the_word_comes_while_it_tries_to_come_back() {
    let (mut relay, peer, _client, mut events) = connected(options()).await;
    drop(peer);
    disconnected(&mut events).await;
    let mut peer = relay.accept().await;
    peer.hello().await;
    peer.error(Request::NONE, ErrorCode::BadToken).await;
    assert!(matches!(next(&mut events).await, Event::Disconnected { why: Lost::Server(_), back_in: None }));
    assert_eq!(events.next().await, None);
    relay.expect_none().await;
}

#[tokio::test(start_paused = true)]
async fn a_code_of_a_later_version_is_taken_by_its_flags() {
    for temporary in [false, true] {
        let (mut relay, mut peer, _client, mut events) = connected(options()).await;
        let code = Listed::Other(177);
        let error = ErrorFrame { request: Request::NONE, code, temporary, ends_session: true, text: "new" };
        peer.say(&ServerFrame::Error(error)).await;
        let Event::Disconnected { back_in, .. } = next(&mut events).await else { panic!("not a loss") };
        assert_eq!(back_in.is_some(), temporary);
        if temporary {
            relay.accept().await;
        } else {
            relay.expect_none().await;
        }
    }
}

/// A second device used the ticket; the server said so and closed. This side notices by a write that fails, with the word still unread.
#[tokio::test(start_paused = true)]
async fn the_last_word_is_read_when_writing_fails_first() {
    let (mut near, mut far) = (None, Vec::new());
    let mut made = 0;
    for _ in 0..2 {
        let (client, server) = duplex(1 << 16);
        near = near.or(Some(client));
        far.push(server);
    }
    let mut near = near;
    let connect = move || {
        made += 1;
        let stream = near.take().map(|stream| Deaf { stream, frames: 2 });
        async move { stream.ok_or_else(|| io::Error::other(format!("connection {made}"))) }
    };
    let mut peer = Peer(far.remove(0));
    let (connected, ()) = tokio::join!(Client::connect(connect, options()), async {
        peer.hello().await;
        peer.welcome(1, b"one").await;
    });
    let (client, mut events) = connected.unwrap();
    next(&mut events).await;
    let (_, ()) = tokio::join!(client.join(LOBBY, own()), async {
        let (request, _, _) = peer.join().await;
        peer.joined(request, client_fixture::EPOCH, 0).await;
    });
    next(&mut events).await;

    client.publish(LOBBY, "into a closed connection").await.unwrap();
    tokio::task::yield_now().await;
    let last = ErrorFrame::new(Request::NONE, ErrorCode::Replaced, "another connection is this session now");
    tokio::io::AsyncWriteExt::write_all(&mut peer.0, &bytes(&ServerFrame::Error(last))).await.unwrap();
    let Event::Disconnected { why: Lost::Server(refusal), back_in: None } = next(&mut events).await else {
        panic!("it takes the failed write for a cut");
    };
    assert_eq!(refusal.code, Listed::Known(ErrorCode::Replaced));
}

#[tokio::test(start_paused = true)]
async fn what_was_asked_ends_with_it() {
    let (_relay, mut peer, client, _events) = joined(options(), own(), 0).await;
    let receipt = client.publish_for_receipt(LOBBY, "hi").await.unwrap();
    peer.said().await;
    peer.error(Request::NONE, ErrorCode::Kicked).await;
    assert!(matches!(receipt.await, Err(Error::UnknownOutcome(Lost::Server(_)))));
}

/// A connection that takes so many writes and then fails each.
struct Deaf {
    stream: DuplexStream,
    frames: u32,
}

impl AsyncRead for Deaf {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Deaf {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.frames == 0 {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        self.frames -= 1;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
