//! A chat in the terminal over `oread::client`: shows who is there, what is said and what was missed, says what is typed, and comes back by itself.
//!
//! `cargo run --example chat ADDR ROOM NAME`, such as `127.0.0.1:7001 lobby ada`

#![expect(clippy::print_stdout, reason = "an example talks to the person who runs it")]

use std::error::Error;

use oread::client::{Client, Event, JoinOptions, Options, Target};
use tokio::io::{AsyncBufReadExt, BufReader};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, room, name] = &arguments[..] else { return Err("usage: chat ADDR ROOM NAME".into()) };
    let options = Options { name: name.clone(), ..Options::default() };
    let (client, mut events) = Client::connect(address.parse::<Target>()?, options).await?;
    client.join(room, JoinOptions { presence: true, ..JoinOptions::default() }).await?;

    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    loop {
        tokio::select! {
            event = events.next() => match event {
                Some(event) => show(event),
                None => return Ok(()),
            },
            // Saying waits while there is no connection; a program with more to do would say from a task of its own.
            line = lines.next_line() => match line? {
                Some(line) => client.publish(room, line).await?,
                None => break,
            },
        }
    }
    client.close().await;
    Ok(())
}

fn show(event: Event) {
    match event {
        Event::Message(message) => {
            println!("{}: {}", message.from, message.content.text().unwrap_or("(bytes)"));
        }
        Event::Presence(presence) => {
            for entry in &presence.entries {
                println!("-- {} is {}, session {}", entry.name, word(entry.event), entry.session);
            }
        }
        Event::Gap { missed: Some(missed), .. } => println!("-- missed {} messages", missed.messages()),
        Event::Gap { missed: None, .. } => println!("-- missed some: the room began anew"),
        Event::Disconnected { why, back_in: Some(wait) } => println!("-- {why}; back in {wait:.1?}"),
        Event::Disconnected { why, back_in: None } => println!("-- {why}"),
        Event::Resumed(_) => println!("-- back"),
        Event::Error(error) => println!("-- {error}"),
        _ => {}
    }
}

fn word(event: oread::protocol::Listed<oread::protocol::PresenceEvent>) -> &'static str {
    use oread::protocol::PresenceEvent::{Joined, Left, Lost};
    match event.known() {
        Some(Joined) => "here",
        Some(Left) => "gone",
        Some(Lost) => "cut off",
        None => "changed",
    }
}
