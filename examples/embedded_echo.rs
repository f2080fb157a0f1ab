//! An echo daemon inside another program: built in code, on a port of the kernel's choice, stopped by the program itself.
//!
//! `cargo run --example embedded_echo`

#![expect(clippy::print_stdout, reason = "an example talks to the person who runs it")]

use std::error::Error;

use oread::app::App;
use oread::lifecycle::{Order, Orders};
use oread::settings::{Address, ListenerSettings, Settings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut settings = Settings::default();
    settings.admin.bind = None;
    settings.listeners = vec![ListenerSettings::echo("echo", Address::Tcp(([127, 0, 0, 1], 0).into()))];

    // All that can fail for the host's sake fails here, before anything runs.
    let app = App::build(settings)?;
    let Some((_, Address::Tcp(address))) = app.listeners().next().map(|(l, a)| (l.name.clone(), a.clone()))
    else {
        return Err("there is one TCP listener".into());
    };
    println!("echo on {address}");

    let (orderer, orders) = Orders::channel();
    let daemon = tokio::spawn(app.run(orders));

    let mut client = TcpStream::connect(address).await?;
    client.write_all(b"\0\0\0\x05hello").await?;
    let mut answer = [0; 9];
    client.read_exact(&mut answer).await?;
    println!("answered: {}", String::from_utf8_lossy(&answer[4..]));
    drop(client);

    orderer.send(Order::Stop).await?;
    println!("{}", daemon.await??);
    Ok(())
}
