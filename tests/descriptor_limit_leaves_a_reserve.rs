//! Promise: with every descriptor taken, a few that were put by can be lent to metrics and reload, and are taken back.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod descriptor_fixture;

use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use descriptor_fixture::{in_child, limit_to};
use oread::descriptors::Reserve;

/// Takes every descriptor that is left.
fn exhaust() -> Vec<File> {
    std::iter::from_fn(|| File::open("/dev/null").ok()).collect()
}

fn can_open() -> bool {
    File::open("/dev/null").is_ok()
}

#[test]
fn out_of_descriptors_a_scrape_is_still_answered() {
    in_child("out_of_descriptors_a_scrape_is_still_answered", || {
        limit_to(100, 100);
        let reserve = Reserve::new();
        let admin = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(admin.local_addr().unwrap()).unwrap();
        let _sessions = exhaust();
        assert!(admin.accept().is_err(), "no descriptor for the connection");

        let loan = reserve.lend().expect("nothing is lent yet");
        let (mut connection, _) = admin.accept().expect("the loan carries it");
        let limits = std::fs::read("/proc/self/stat").expect("and the files that are read for the answer");
        connection.write_all(&limits[..1]).unwrap();
        client.read_exact(&mut [0]).unwrap();
        assert!(!reserve.is_whole(), "accept loops hold still");

        drop(connection);
        drop(loan);
        assert!(reserve.is_whole());
        assert!(!can_open(), "they are held again");
    });
}

#[test]
fn what_others_grabbed_is_taken_back_when_they_let_go() {
    in_child("what_others_grabbed_is_taken_back_when_they_let_go", || {
        limit_to(100, 100);
        let reserve = Reserve::new();
        let _sessions = exhaust();
        let loan = reserve.lend().unwrap();
        let grabbed = exhaust();
        assert_eq!(grabbed.len(), Reserve::A_LOAN);
        drop(loan);
        assert!(!reserve.is_whole());
        drop(grabbed);
        assert!(reserve.is_whole());
        assert!(!can_open());
    });
}

#[test]
fn a_reserve_made_with_too_few_descriptors_fills_up_later() {
    in_child("a_reserve_made_with_too_few_descriptors_fills_up_later", || {
        limit_to(64, 64);
        let sessions = exhaust();
        let reserve = Reserve::new();
        assert!(!reserve.is_whole());
        assert!(reserve.lend().is_none(), "there is nothing to let go");
        drop(sessions);
        assert!(reserve.is_whole());
        assert!(reserve.lend().is_some());
    });
}

#[test]
fn loans_are_counted() {
    let reserve = Reserve::new();
    let loans: Vec<_> = std::iter::from_fn(|| reserve.lend()).collect();
    assert_eq!(loans.len(), Reserve::LOANS);
    drop(loans);
    assert!(reserve.is_whole());
    assert!(reserve.clone().lend().is_some());
}

#[test]
fn threads_never_hold_more_loans_than_there_are() {
    let (reserve, out) = (Reserve::new(), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..500 {
                    let Some(loan) = reserve.lend() else { continue };
                    assert!(out.fetch_add(1, Ordering::SeqCst) < Reserve::LOANS);
                    assert!(!reserve.is_whole());
                    out.fetch_sub(1, Ordering::SeqCst);
                    drop(loan);
                }
            });
        }
    });
    assert!(reserve.is_whole());
}
