//! Signals of the operating system as orders: TERM, INT (Ctrl-C) and their Windows kin stop, HUP reloads.

use std::io;

use super::orders::{Order, Orderer};

/// Turns signals into orders until the receiver is gone. Must be called in a runtime; handlers are in force when it returns.
#[cfg(unix)]
pub fn listen(orderer: Orderer) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        loop {
            let order = tokio::select! {
                _ = terminate.recv() => Order::Stop,
                _ = interrupt.recv() => Order::Stop,
                _ = hangup.recv() => Order::Reload,
            };
            if !give(&orderer, order).await {
                return;
            }
        }
    });
    Ok(())
}

/// Turns console events into orders until the receiver is gone. Must be called in a runtime; handlers are in force when it returns.
#[cfg(windows)]
pub fn listen(orderer: Orderer) -> io::Result<()> {
    use tokio::signal::windows;

    let (mut ctrl_c, mut ctrl_break) = (windows::ctrl_c()?, windows::ctrl_break()?);
    let (mut close, mut shutdown) = (windows::ctrl_close()?, windows::ctrl_shutdown()?);
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = ctrl_c.recv() => {}
                _ = ctrl_break.recv() => {}
                _ = close.recv() => {}
                _ = shutdown.recv() => {}
            }
            if !give(&orderer, Order::Stop).await {
                return;
            }
        }
    });
    Ok(())
}

/// A reload that finds the channel full is one of a storm; an order to stop is never lost.
async fn give(orderer: &Orderer, order: Order) -> bool {
    match order {
        Order::Reload => {
            let _ = orderer.try_send(order);
            !orderer.is_closed()
        }
        Order::Stop => orderer.send(order).await.is_ok(),
    }
}
