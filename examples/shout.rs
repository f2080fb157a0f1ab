//! A service of one's own: it answers each line in capitals, and ends the session at `bye`. Limits, metrics and drain come with the daemon.
//!
//! `cargo run --example shout`, then `nc 127.0.0.1 7002` in another terminal; Ctrl-C drains.

#![expect(clippy::print_stdout, reason = "an example talks to the person who runs it")]

use std::error::Error;

use oread::app::App;
use oread::lifecycle::{Orders, signals};
use oread::service::{Batch, Next, Reply, Service, Talk, Turn};
use oread::settings::{Address, CodecSettings, LineSettings, ListenerSettings, ServiceKind, Settings};

/// The service: one for the listener.
struct Shout;

/// One session of it.
struct Shouting {
    lines: u64,
}

impl Service for Shout {
    type Talk = Shouting;

    fn open(&self, _: &Turn<'_>) -> Shouting {
        Shouting { lines: 0 }
    }
}

impl Talk for Shouting {
    fn answer(&mut self, _: &Turn<'_>, batch: &mut Batch<'_>, reply: &mut Reply<'_>) -> Next {
        for frame in batch.frames() {
            self.lines += 1;
            if frame.payload == b"bye" {
                // It fits: the listener's maximum is far above it.
                let _ = reply.send(format!("{} lines. Bye.", self.lines).as_bytes());
                return Next::Close;
            }
            let _ = reply.send(&frame.payload.to_ascii_uppercase());
        }
        Next::Go
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut listener = ListenerSettings::echo("shout", Address::Tcp(([127, 0, 0, 1], 7002).into()));
    listener.service = ServiceKind::Custom("shout".into());
    listener.codec = CodecSettings::Lines(LineSettings::default());
    listener.limits.handshake = std::time::Duration::from_mins(5); // people type slowly
    let mut settings = Settings { listeners: vec![listener], ..Settings::default() };
    settings.admin.bind = None; // or an address of its own, beside another daemon

    let app = App::builder(settings).service("shout", Shout).build()?;
    println!("shout on 127.0.0.1:7002");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let report = runtime.block_on(async {
        let (orderer, orders) = Orders::channel();
        signals::listen(orderer)?;
        app.run(orders).await
    })?;
    println!("{report}");
    Ok(())
}
