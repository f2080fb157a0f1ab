//! Promise: a stream that ends inside a frame ends the session as `truncated`, and the part is delivered to nobody.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use support::{Daemon, Ending, frame, settings};

#[test]
fn the_part_is_not_answered_and_what_came_before_it_is() {
    let daemon = Daemon::start(settings());
    let whole = frame(b"a whole one");
    let torn = frame(b"never finished");
    for kept in 1..torn.len() {
        let mut client = daemon.connect();
        client.send(&whole).send(&torn[..kept]).half_close();
        assert_eq!(client.rest(), (vec![b"a whole one".to_vec()], Ending::Closed), "cut at byte {kept}");
    }
    let metrics = daemon.assert_settles();
    assert_eq!(metrics.closed("truncated"), i64::try_from(torn.len() - 1).unwrap());
    assert_eq!(metrics.frames("received"), metrics.frames("sent"));
}

#[test]
fn an_end_at_a_border_is_no_fault() {
    let daemon = Daemon::start(settings());
    let mut client = daemon.connect();
    client.send(&frame(b"one")).half_close();
    assert_eq!(client.rest(), (vec![b"one".to_vec()], Ending::Closed));
    assert_eq!(daemon.assert_settles().closed("peer_closed"), 1);
}
