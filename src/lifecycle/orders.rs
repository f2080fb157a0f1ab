//! What a running daemon can be told: drain, end, read the configuration again. Where orders come from (signals, an embedding program, a
//! test) is not the daemon's business.

use tokio::sync::mpsc;

/// An order to the daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Finish what is being written and end. A second one ends at once.
    Stop,
    /// Read the configuration again.
    Reload,
}

/// The receiving end, which [`App::run`](crate::app::App::run) takes.
#[derive(Debug)]
pub struct Orders(mpsc::Receiver<Order>);

/// The sending end.
pub type Orderer = mpsc::Sender<Order>;

impl Orders {
    /// Orders from whoever holds the other end. A storm of them coalesces: what does not fit in the channel is one that waits there already.
    pub fn channel() -> (Orderer, Self) {
        let (sender, receiver) = mpsc::channel(4);
        (sender, Self(receiver))
    }

    /// The next order. Waits for ever when nobody is left to give one.
    pub async fn next(&mut self) -> Order {
        match self.0.recv().await {
            Some(order) => order,
            None => std::future::pending().await,
        }
    }
}
