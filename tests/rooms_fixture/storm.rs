//! A room full of members of every kind: who reads, who stops for a while, who is killed in one way or another, all of whom speak.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use tokio::sync::watch;

use super::{Chronicle, Guest, Ledger, Mouth, Quiet, Random, Speaker, in_time, play, relay, until};
use crate::support::Daemon;
use oread::settings::RoomSettings;

/// How many of each kind, and what they say.
#[derive(Debug, Clone, Copy)]
pub struct Storm {
    pub workers: usize,
    pub readers: u32,
    /// Stop reading until everyone else is through.
    pub stallers: u32,
    /// Are killed at random.
    pub victims: u32,
    /// Messages of each; those who stall say a tenth.
    pub messages: u32,
    /// Bytes of a message at the most.
    pub longest: u32,
    pub room: RoomSettings,
    /// `limits.queued`.
    pub queued: u64,
}

impl Default for Storm {
    fn default() -> Self {
        Self {
            workers: 1,
            readers: 8,
            stallers: 4,
            victims: 12,
            messages: 200,
            longest: 4_000,
            room: RoomSettings { log_bytes: 256 << 10, ..RoomSettings::default() },
            queued: 256 << 20,
        }
    }
}

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    /// Positions that members were told are missing, in all.
    pub missing: u64,
    /// Sessions of each worker while all were there.
    pub shares: Vec<u64>,
}

struct Scene {
    address: SocketAddr,
    storm: Storm,
    /// Members that have said all and know where it stands.
    through: AtomicUsize,
    /// The last position of all, once it is known: then those who stall read on.
    end: watch::Sender<u64>,
}

/// Runs it, and holds each member that is left to its account.
pub fn run(storm: Storm, random: &mut Random) -> Outcome {
    let mut settings = relay(storm.room);
    settings.limits.queued = storm.queued;
    settings.runtime.workers = storm.workers.try_into().unwrap();
    let daemon = Daemon::start(settings);
    play(blow(&daemon, storm, random))
}

async fn blow(daemon: &Daemon, storm: Storm, random: &mut Random) -> Outcome {
    let through = AtomicUsize::new(0);
    let scene = Arc::new(Scene { address: daemon.address("echo"), storm, through, end: watch::channel(0).0 });
    let members = storm.readers + storm.stallers;
    let left: Vec<_> = (0..members)
        .map(|member| tokio::spawn(survive(scene.clone(), member < storm.readers, random.fork())))
        .collect();
    let victims: Vec<_> =
        (0..storm.victims).map(|_| tokio::spawn(be_killed(scene.clone(), random.fork()))).collect();
    let mut silent = Vec::new();
    for victim in victims {
        silent.extend(victim.await.unwrap());
    }
    until("all have said what they had to say", || {
        scene.through.load(SeqCst) == usize::try_from(members).unwrap()
    })
    .await;
    let there = i64::from(members) + i64::try_from(silent.len()).unwrap();
    until("those that were killed are gone", || daemon.metrics().active() == there).await;
    let workers = daemon.status()["workers"].as_array().unwrap().clone();
    let shares = workers.iter().map(|worker| worker["sessions"].as_u64().unwrap()).collect();
    let mut referee = Speaker::come(scene.address).await;
    scene.end.send_replace(referee.say_end().await);

    let (mut chronicle, mut ledgers) = (Chronicle::default(), Vec::new());
    for member in left {
        let ledger = in_time("a member hears the end", member).await.unwrap();
        chronicle.add(&ledger);
        ledgers.push(ledger);
    }
    for ledger in &ledgers {
        ledger.assert_conserved(chronicle.newest);
    }
    drop(silent);
    Outcome { missing: ledgers.iter().map(Ledger::missing).sum(), shares }
}

/// Speaks, and hears everything to the end. Who does not read all the time stops in between.
async fn survive(scene: Arc<Scene>, reads: bool, mut random: Random) -> Ledger {
    let mut guest = Guest::connect(scene.address).await;
    let mut ledger = guest.join(random.once_in(2)).await;
    let all = if reads { scene.storm.messages } else { scene.storm.messages / 10 };
    let Guest { ears, mouth, .. } = &mut guest;
    let mut rest = random.fork();
    let hear = async {
        while ledger.own.len() < all as usize {
            let heard = ears.hear().await.expect("a receipt for each message");
            ledger.note(&heard);
        }
    };
    tokio::join!(talk(mouth, &scene.storm, all, &mut random), hear);
    scene.through.fetch_add(1, SeqCst);
    if !reads {
        for _ in 0..rest.below(50) {
            ledger.note(&ears.hear().await.expect("more"));
        }
        scene.end.subscribe().wait_for(|end| *end > 0).await.unwrap();
    }
    let mut end = scene.end.subscribe();
    loop {
        let last = *end.borrow_and_update();
        if last > 0 && ledger.next > last {
            return ledger;
        }
        tokio::select! {
            heard = ears.hear() => ledger.note(&heard.expect("more")),
            known = end.changed() => known.unwrap(),
        }
    }
}

/// Speaks and hears until something happens to it. It may remain as one that does nothing any more.
async fn be_killed(scene: Arc<Scene>, mut random: Random) -> Option<Quiet> {
    let mut guest = Guest::connect(scene.address).await;
    let mut ledger = guest.join(random.once_in(2)).await;
    let Guest { ears, mouth, .. } = &mut guest;
    let heard = random.below(2_000);
    let mut fate = random.fork();
    let hear = async {
        for _ in 0..heard {
            let heard = ears.hear().await.expect("more");
            ledger.note(&heard);
        }
    };
    // Whichever is through first: it goes in the middle of either.
    tokio::select! {
        () = hear => {}
        () = talk(mouth, &scene.storm, scene.storm.messages, &mut random) => {}
    }
    match fate.below(3) {
        0 => guest.reset(),
        1 => guest.close(),
        _ => return Some(guest.fall_silent()),
    }
    None
}

/// Says numbered messages of many sizes, several at a time.
async fn talk(mouth: &mut Mouth, storm: &Storm, messages: u32, random: &mut Random) {
    let mut number = 0;
    while number < messages {
        let mut bytes = Vec::new();
        for _ in 0..=random.below(8).min(messages - number - 1) {
            let mut payload = vec![b'.'; 4 + random.below(storm.longest) as usize];
            payload[..4].copy_from_slice(&number.to_be_bytes());
            number += 1;
            bytes.extend(mouth.message(number, &payload));
        }
        mouth.send(&bytes).await;
        tokio::task::yield_now().await;
    }
}
